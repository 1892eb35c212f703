//! The medians of a system, as they are heard.

use std::time::Duration;

#[cfg(feature = "bus")]
use chassis::clock::Clock;
use chassis::grid::Timestamp;
use tokio::{
    io::{BufReader, Lines},
    process::ChildStdout,
    time::timeout,
};

#[cfg(feature = "bus")]
use crate::peers::bus::Subscription;
use crate::{Result, process::Process, watch::Watch};

/// A system that starts, or goes on, says something within this.
const SILENCE_MAX: Duration = Duration::from_mins(1);

/// The end of a minute, and when it was heard, both by the system's own clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    /// Start of the minute.
    pub(crate) minute: Timestamp,
    pub(crate) at: Timestamp,
    /// How many decisions the median is of; none without one.
    pub(crate) count: usize,
}

/// How they are heard.
pub(crate) enum Medians {
    /// From a trader with Minutehand's interface, whose clock is so much behind.
    Trader(Watch, Duration),
    /// From lines that are printed for each, by the system's clock: by its trader, or by a process that
    /// only watches.
    Lines { lines: Lines<BufReader<ChildStdout>>, _watch: Option<Process> },
    /// From a bus, on which everything is so much behind, with so many strategies.
    #[cfg(feature = "bus")]
    Bus(Subscription, Duration, usize),
}

impl Medians {
    /// The next one.
    pub(crate) async fn next(&mut self) -> Result<Heard> {
        let heard = timeout(SILENCE_MAX, self.hear()).await;
        heard.map_err(|_| format!("nothing was heard for {SILENCE_MAX:?}"))?
    }

    async fn hear(&mut self) -> Result<Heard> {
        match self {
            Self::Trader(watch, behind) => {
                let heard = watch.next().await?;
                let count = heard.verdict.median.map_or(0, |_| heard.verdict.count);
                let at = heard.at.minus(*behind);
                Ok(Heard { minute: heard.minute, at, count: usize::try_from(count)? })
            }
            Self::Lines { lines, .. } => {
                read(&lines.next_line().await?.ok_or("the watch has ended")?)
            }
            #[cfg(feature = "bus")]
            Self::Bus(subscription, behind, strategies) => {
                let minute = subscription.next().await?.minute;
                let at = Clock::system().wall().minus(*behind);
                Ok(Heard { minute, at, count: *strategies })
            }
        }
    }
}

/// A line as bench/python and a counting server of the bench print it: kind, minute, when it was heard,
/// and how many decisions.
fn read(line: &str) -> Result<Heard> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [kind, minute, at, count] = words[..] else {
        return Err(format!("the watch says: {line}").into());
    };
    let [minute, at] = [minute, at].map(|micros| micros.parse().map(Timestamp::from_micros));
    let count = if kind == "median" { count.parse()? } else { 0 };
    Ok(Heard { minute: minute?, at: at?, count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_a_minute_ended_with() {
        for (line, count) in [("median 1000000 1002500 3", 3), ("failed 1000000 1002500 2", 0)] {
            let heard = read(line).unwrap();
            assert_eq!(heard.count, count, "{line}");
            assert_eq!(heard.at.since(heard.minute), Duration::from_micros(2_500));
        }
        assert!(read("Traceback (most recent call last):").is_err());
    }
}

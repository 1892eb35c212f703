//! Whole systems, side by side: each has three generators, some strategies and a trader as real
//! processes, and is asked how long after the boundary its median is heard.
//!
//! All of them run at once, and none measures another: the clock of each is behind by a part of the
//! second of its own, so that they have their boundaries one after the other.

mod medians;
mod start;
#[cfg(feature = "bus")]
mod broker;

use std::time::Duration;

use chassis::{
    clock::Clock,
    grid::{Interval, Minute},
};
use futures_util::future::try_join_all;
use tempfile::TempDir;

use self::medians::{Heard, Medians};
pub(crate) use self::start::Shape;
use crate::{Result, figures::to_f64, process::Process};

/// Length of a minute.
pub(crate) const INTERVAL: &str = "1s";

/// Minutes that are not counted: everything that was started has come to rest after them.
const WARM: usize = 5;

/// A start of a hundred interpreters takes a while: so many minutes are waited for.
const START_MAX: usize = 120;

/// One system: all its processes, and whoever hears its medians.
pub(crate) struct System {
    /// What it is called in the table.
    pub(crate) name: String,
    strategies: usize,
    medians: Medians,
    processes: Vec<Process>,
    /// Percent of the minutes that may pass without all decisions, or heard after their end.
    missed_max: usize,
    _directory: TempDir,
}

/// Minutes one after the other, by the system's own clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Minutes {
    pub(crate) first: Minute,
    pub(crate) count: usize,
}

impl Minutes {
    /// The next so many, once everything has come to rest.
    fn soon(count: usize) -> Result<Self> {
        let interval = interval()?;
        let next = Minute::first_after(Clock::system().wall(), interval);
        let first = (0..WARM).fold(next, |minute: Minute, _| minute.next(interval));
        Ok(Self { first, count })
    }

    /// All of them.
    pub(crate) fn each(self) -> Result<impl Iterator<Item = Minute>> {
        let interval = interval()?;
        let after = move |minute: &Minute| Some(minute.next(interval));
        Ok(std::iter::successors(Some(self.first), after).take(self.count))
    }
}

fn interval() -> Result<Interval> {
    Ok(INTERVAL.parse()?)
}

/// How late each median of so many minutes was in each of the systems, in milliseconds, and what
/// `beside` came to in the same minutes.
pub(crate) async fn side_by_side<T>(
    systems: &mut [System],
    minutes: usize,
    beside: impl AsyncFnOnce(Minutes) -> Result<T>,
) -> Result<(Vec<Vec<f64>>, T)> {
    let minutes = Minutes::soon(minutes)?;
    let lateness = try_join_all(systems.iter_mut().map(|system| system.lateness(minutes)));
    tokio::try_join!(lateness, beside(minutes))
}

impl System {
    /// It, once all its strategies have a median: the next one starts on a machine that has time.
    pub(crate) async fn there(mut self) -> Result<Self> {
        for _ in 0..START_MAX {
            if self.hear().await?.count == self.strategies {
                return Ok(self);
            }
        }
        let Self { name, strategies, .. } = self;
        Err(format!("{name}: {strategies} strategies were not all there after {START_MAX} minutes")
            .into())
    }

    async fn hear(&mut self) -> Result<Heard> {
        let heard = self.medians.next().await;
        heard.map_err(|error| format!("{}: {error}", self.name).into())
    }

    async fn lateness(&mut self, minutes: Minutes) -> Result<Vec<f64>> {
        let interval = interval()?;
        let last = minutes.each()?.last().ok_or("no minutes")?;
        let mut lateness = Vec::new();
        let mut minute = minutes.first;
        while minute < last {
            let heard = self.hear().await?;
            minute = Minute::containing(heard.minute, interval);
            let late = late(heard).map_err(|error| format!("{}: {error}", self.name))?;
            let counts = (minutes.first..=last).contains(&minute);
            if counts && heard.count == self.strategies && late < interval.duration() {
                lateness.push(millis(late));
            }
        }
        let missed = minutes.count.saturating_sub(lateness.len());
        if lateness.is_empty() || missed * 100 > minutes.count * self.missed_max {
            let Self { name, .. } = self;
            return Err(format!("{name}: {missed} of {} minutes missed", minutes.count).into());
        }
        Ok(lateness)
    }

    /// Resident memory of all its processes, in MiB.
    pub(crate) fn resident_mib(&self) -> Result<f64> {
        let all = self.processes.iter().map(Process::resident_kib).sum::<Result<f64>>()?;
        Ok(all / to_f64(1_024))
    }
}

/// A median before its boundary says that the two clocks are not behind by the same.
fn late(heard: Heard) -> Result<Duration> {
    if heard.at < heard.minute {
        return Err(format!("{} was heard before it began, at {}", heard.minute, heard.at).into());
    }
    Ok(heard.at.since(heard.minute))
}

/// As a float.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use chassis::grid::Timestamp;

    use super::*;

    #[test]
    fn a_median_before_its_boundary_is_no_measurement() {
        let heard = |at| {
            let [minute, at] = [1_000_000, at].map(Timestamp::from_micros);
            late(Heard { minute, at, count: 1 })
        };
        assert_eq!(heard(1_002_500).unwrap(), Duration::from_micros(2_500));
        assert!(heard(999_999).unwrap_err().to_string().contains("before it began"));
    }
}

//! A history that passes on the wall clock, and the signal it gives in each minute. Pure.

use std::fmt;

use chassis::grid::{Minute, Timestamp};
use indicators::{
    expression::{BuildError, NoValue, Tree},
    reader::Reader,
};
use market::history::{History, NoBar};

/// Why a minute has no signal.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum NoSignal {
    /// The replay begins later.
    #[error("the replay starts at {0}")]
    NotStarted(Timestamp),
    /// The history has no bar for it.
    #[error(transparent)]
    NoBar(#[from] NoBar),
    /// The bars have no value yet, or none that is finite.
    #[error(transparent)]
    NoValue(#[from] NoValue),
}

/// A replay: at the wall clock's `starts_at` the first bar is just over, and from then on the history
/// passes `speed` times as fast as the wall clock. So what a minute's signal is depends on the
/// history, these two and the minute, whenever the generator was started.
#[derive(Debug)]
pub(crate) struct Replay {
    reader: Reader,
    speed: u32,
    starts_at: Timestamp,
}

impl Replay {
    pub(crate) fn new(
        history: History,
        signal: &Tree,
        speed: u32,
        starts_at: Timestamp,
    ) -> Result<Self, BuildError> {
        let mut reader = Reader::new(history.into());
        reader.add(signal)?;
        Ok(Self { reader, speed, starts_at })
    }

    /// What is replayed.
    pub(crate) fn history(&self) -> &History {
        self.reader.history()
    }

    /// The signal of the wall clock's `minute`: of the last bar that is over at its beginning.
    pub(crate) fn signal(&mut self, minute: Minute) -> Result<f64, NoSignal> {
        let now = self.time_at(minute.start())?;
        let [value] = self.reader.values(now)? else { unreachable!("there is one expression") };
        Ok(value.clone()?)
    }

    /// The history's time at an instant of the wall clock.
    fn time_at(&self, wall: Timestamp) -> Result<Timestamp, NoSignal> {
        if wall < self.starts_at {
            return Err(NoSignal::NotStarted(self.starts_at));
        }
        let first_end = self.history().first().next(self.history().interval()).start();
        Ok(first_end.plus(wall.since(self.starts_at).saturating_mul(self.speed)))
    }
}

/// When which bars come.
impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (starts_at, first, speed) = (self.starts_at, self.history().first(), self.speed);
        write!(
            f,
            "replay: the bar of {first} is over at {starts_at}, then {speed} times as fast as the clock"
        )
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use chassis::grid::Interval;
    use market::{convention::Declared, reading::read};

    use super::*;

    const START: i64 = 1_795_176_000_000_000;

    /// Bars of a minute, which close at their number; number 4 is missing.
    fn history() -> History {
        let mut text = "timestamp,open,high,low,close,volume\n".to_owned();
        for n in (1..=8_i64).filter(|n| *n != 4) {
            let at = (START + n * 60_000_000) / 1_000;
            writeln!(text, "{at},{n},{n},{n},{n},1").unwrap();
        }
        let now = Timestamp::from_micros(START * 2);
        read(text.into_bytes(), Declared::default(), now).unwrap()
    }

    /// The wall clock's minutes of two seconds, from a start that has nothing to do with the bars.
    fn wall(n: i64) -> Minute {
        let at = Timestamp::from_micros(START * 2 + n * 2_000_000);
        Minute::containing(at, "2s".parse::<Interval>().unwrap())
    }

    fn replay(signal: &str, speed: u32) -> Replay {
        Replay::new(history(), &signal.parse().unwrap(), speed, wall(0).start()).unwrap()
    }

    fn said(replay: &mut Replay, n: i64) -> String {
        replay.signal(wall(n)).map_or_else(|error| error.to_string(), |value| value.to_string())
    }

    #[test]
    fn g2_each_minute_has_the_signal_of_the_bar_that_is_over() {
        let mut replay = replay("close * 2", 30);
        let said: Vec<_> = (-1..=8).map(|n| said(&mut replay, n)).collect();
        assert_eq!(said[0], format!("the replay starts at {}", wall(0)));
        assert_eq!(said[1..4], ["2", "4", "6"]);
        assert_eq!(said[4], "no bar for 2026-11-20T12:04:00Z");
        assert_eq!(said[5..9], ["10", "12", "14", "16"]);
        assert_eq!(
            said[9],
            "no bar for 2026-11-20T12:09:00Z: the data end with 2026-11-20T12:08:00Z"
        );
    }

    #[test]
    fn g4_a_signal_depends_on_the_minute_and_not_on_when_the_generator_was_started() {
        let whole: Vec<_> = {
            let mut replay = replay("sma(close, 2)", 30);
            (0..8).map(|n| said(&mut replay, n)).collect()
        };
        assert_eq!(whole[0], "`sma(close, 2)` is warming up: 1 of 2 bars");
        assert_eq!(whole[4], "4");
        for n in 0..8 {
            let late = said(&mut replay("sma(close, 2)", 30), n);
            assert_eq!(late, whole[usize::try_from(n).unwrap()]);
        }
    }

    #[test]
    fn g4_a_clock_that_is_stepped_back_brings_the_same_signals_again() {
        let mut replay = replay("sma(close, 2)", 30);
        let forth: Vec<_> = (0..8).map(|n| said(&mut replay, n)).collect();
        let back: Vec<_> = (0..8).rev().map(|n| said(&mut replay, n)).collect();
        assert!(back.iter().rev().eq(&forth));
    }

    #[test]
    fn a_faster_replay_takes_all_bars_and_a_slower_one_waits() {
        let mut fast = replay("sma(close, 3)", 90);
        assert_eq!(said(&mut fast, 0), "`sma(close, 3)` is warming up: 1 of 3 bars");
        assert_eq!(said(&mut fast, 2), "6");
        let mut slow = replay("close", 15);
        let said: Vec<_> = (0..5).map(|n| said(&mut slow, n)).collect();
        assert_eq!(said, ["1", "1", "2", "2", "3"]);
    }

    #[test]
    fn what_cannot_be_built_is_refused_at_once() {
        let refused = Replay::new(history(), &"imbalance(5)".parse().unwrap(), 1, wall(0).start());
        assert_eq!(
            refused.unwrap_err().to_string(),
            "the source has no column of what takers bought, which `imbalance(5)` is computed from"
        );
        let refused = Replay::new(history(), &"sma(close, 0)".parse().unwrap(), 1, wall(0).start());
        assert!(refused.unwrap_err().to_string().contains("expected a whole number"));
    }
}

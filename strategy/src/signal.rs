//! A generator's signal, and what makes it fit for a decision (rules S2, T2).

use std::time::Duration;

use chassis::{
    grid::{Interval, Minute, Timestamp},
    name::{Name, untrusted},
    wire,
};
use proto::v1;

/// One number that a generator computed for one minute, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Name of the generator.
    pub generator: Box<str>,
    /// Random id of the generator's process.
    pub run_id: Box<str>,
    /// The minute it is for.
    pub minute: Minute,
    /// The number: finite.
    pub value: f64,
    /// When it was produced, by the generator's clock.
    pub produced_at: Timestamp,
}

/// Why an answer of a generator is not fit for a decision.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// Something is missing or too long.
    #[error("malformed: the answer has no {0}")]
    Malformed(&'static str),
    /// For another minute than the one asked for.
    #[error("wrong minute: the answer is for {got}, asked was {asked}")]
    OtherMinute {
        /// As asked.
        asked: Minute,
        /// As answered.
        got: Timestamp,
    },
    /// Produced before the minute began, by the generator's own clock.
    #[error("stale: produced at {produced_at}, {:.3} s before the minute began at {boundary}",
        boundary.since(*produced_at).as_secs_f64())]
    Stale {
        /// As stamped.
        produced_at: Timestamp,
        /// Start of the minute.
        boundary: Timestamp,
    },
    /// Produced beyond this process's clock and the skew.
    #[error("future: produced at {produced_at}, {:.3} s after {now} by this machine's clock, with {:.3} s tolerated; compare the two clocks",
        produced_at.since(*now).as_secs_f64(), skew.as_secs_f64())]
    Future {
        /// As stamped.
        produced_at: Timestamp,
        /// This process's clock.
        now: Timestamp,
        /// Largest tolerated difference.
        skew: Duration,
    },
    /// Sent by a generator whose clock is ahead: its minutes begin before they do.
    #[error("clock: the generator's clock showed {theirs}, {:.3} s after {now} by this machine's clock, with {:.3} s tolerated; compare the two clocks",
        theirs.since(*now).as_secs_f64(), skew.as_secs_f64())]
    ClockAhead {
        /// The generator's clock.
        theirs: Timestamp,
        /// This process's clock.
        now: Timestamp,
        /// Largest tolerated difference.
        skew: Duration,
    },
    /// Not a number, or infinite.
    #[error("not finite: the signal is {0}")]
    NotFinite(f64),
}

impl Signal {
    /// Checks a generator's answer for `minute`, read at `now`.
    pub fn check(
        raw: v1::Signal,
        minute: Minute,
        now: Timestamp,
        skew: Duration,
    ) -> Result<Self, Unfit> {
        let fits = |text: &str| (1..=Name::LENGTH_MAX).contains(&text.chars().count());
        if !fits(&raw.generator) {
            return Err(Unfit::Malformed("generator name of 1 to 64 characters"));
        }
        if !fits(&raw.run_id) {
            return Err(Unfit::Malformed("run id of 1 to 64 characters"));
        }
        let instant = |at: Option<_>| at.and_then(|at| wire::read_timestamp(at).ok());
        let got = instant(raw.minute).ok_or(Unfit::Malformed("minute"))?;
        let produced_at = instant(raw.produced_at).ok_or(Unfit::Malformed("time of production"))?;
        let boundary = minute.start();
        if got != boundary {
            return Err(Unfit::OtherMinute { asked: minute, got });
        }
        if produced_at < boundary {
            return Err(Unfit::Stale { produced_at, boundary });
        }
        if produced_at > now.plus(skew) {
            return Err(Unfit::Future { produced_at, now, skew });
        }
        if !raw.value.is_finite() {
            return Err(Unfit::NotFinite(raw.value));
        }
        let (generator, run_id) = (raw.generator.into(), raw.run_id.into());
        Ok(Self { generator, run_id, minute, value: raw.value, produced_at })
    }

    /// Checks the clock of the generator that sent an answer read at `now`: one that was ahead by
    /// more than `skew` when it sent it may have given the signal of a minute that had not begun.
    pub fn check_clock(
        theirs: Option<prost_types::Timestamp>,
        now: Timestamp,
        skew: Duration,
    ) -> Result<(), Unfit> {
        let Some(theirs) = theirs else { return Ok(()) };
        let theirs = wire::read_timestamp(theirs).map_err(|_| Unfit::Malformed("clock"))?;
        if theirs > now.plus(skew) { Err(Unfit::ClockAhead { theirs, now, skew }) } else { Ok(()) }
    }

    /// A signal for the test of a decision: of the first minute of 1970.
    pub fn example(generator: &str, value: f64) -> Self {
        let minute = Minute::containing(Timestamp::default(), Interval::default());
        let (generator, run_id) = (generator.into(), "example".into());
        Self { generator, run_id, minute, value, produced_at: minute.start() }
    }

    /// For the wire.
    pub fn to_wire(&self) -> v1::Signal {
        v1::Signal {
            generator: self.generator.to_string(),
            run_id: self.run_id.to_string(),
            minute: Some(wire::timestamp(self.minute.start())),
            value: self.value,
            produced_at: Some(wire::timestamp(self.produced_at)),
        }
    }
}

/// The first generator name that two of `signals` carry. The trader takes each name once.
pub fn shared_name(signals: &[Signal]) -> Option<String> {
    if signals.len() < 2 {
        return None;
    }
    let mut names: Vec<&str> = signals.iter().map(|signal| &*signal.generator).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| untrusted(pair[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: &str = "2026-11-20T12:01:00Z";

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    /// Checks a signal for 12:01 that is read at 12:01:02 with a skew of one second.
    fn check(minute: &str, produced_at: &str, value: f64) -> Result<f64, String> {
        let raw = v1::Signal {
            generator: "g".to_owned(),
            run_id: "r".to_owned(),
            minute: Some(wire::timestamp(at(minute))),
            value,
            produced_at: Some(wire::timestamp(at(produced_at))),
        };
        let asked = Minute::starting(at(MINUTE), Interval::default()).unwrap();
        let checked =
            Signal::check(raw.clone(), asked, at("2026-11-20T12:01:02Z"), Duration::from_secs(1));
        if let Ok(signal) = &checked {
            assert_eq!(signal.to_wire(), raw);
        }
        checked.map(|signal| signal.value).map_err(|unfit| unfit.to_string())
    }

    #[test]
    fn s2_t2_each_signal_is_checked() {
        for (minute, produced_at, value, expected) in [
            (MINUTE, "2026-11-20T12:01:00Z", 0.5, Ok(0.5)),
            (MINUTE, "2026-11-20T12:01:03Z", -0.5, Ok(-0.5)),
            (
                MINUTE,
                "2026-11-20T12:00:59.5Z",
                0.5,
                Err(
                    "stale: produced at 2026-11-20T12:00:59.500Z, 0.500 s before the minute began at 2026-11-20T12:01:00Z",
                ),
            ),
            (
                MINUTE,
                "2026-11-20T12:01:03.001Z",
                0.5,
                Err(
                    "future: produced at 2026-11-20T12:01:03.001Z, 1.001 s after 2026-11-20T12:01:02Z by this machine's clock, with 1.000 s tolerated; compare the two clocks",
                ),
            ),
            (
                "2026-11-20T12:00:00Z",
                "2026-11-20T12:01:00Z",
                0.5,
                Err(
                    "wrong minute: the answer is for 2026-11-20T12:00:00Z, asked was 2026-11-20T12:01:00Z",
                ),
            ),
            (MINUTE, "2026-11-20T12:01:00Z", f64::NAN, Err("not finite: the signal is NaN")),
            (MINUTE, "2026-11-20T12:01:00Z", f64::INFINITY, Err("not finite: the signal is inf")),
        ] {
            assert_eq!(check(minute, produced_at, value), expected.map_err(str::to_owned));
        }
    }

    #[test]
    fn s2_an_answer_with_parts_missing_is_not_used() {
        let asked = Minute::starting(at(MINUTE), Interval::default()).unwrap();
        let whole = v1::Signal {
            generator: "g".to_owned(),
            run_id: "r".to_owned(),
            minute: Some(wire::timestamp(at(MINUTE))),
            value: 1.0,
            produced_at: Some(wire::timestamp(at(MINUTE))),
        };
        let without: [fn(&mut v1::Signal); 5] = [
            |raw| raw.generator.clear(),
            |raw| raw.generator = "x".repeat(65),
            |raw| raw.run_id.clear(),
            |raw| raw.minute = None,
            |raw| raw.produced_at = None,
        ];
        for remove in without {
            let mut raw = whole.clone();
            remove(&mut raw);
            let checked = Signal::check(raw, asked, at(MINUTE), Duration::from_secs(1));
            assert!(matches!(checked, Err(Unfit::Malformed(_))), "{checked:?}");
        }
    }

    #[test]
    fn t2_a_generator_whose_clock_is_ahead_is_not_believed() {
        let skew = Duration::from_secs(1);
        let check = |theirs: &str| {
            let theirs = wire::timestamp(at(&format!("2026-11-20T12:{theirs}Z")));
            Signal::check_clock(Some(theirs), at(MINUTE), skew)
        };
        assert_eq!((check("00:00"), check("01:00"), check("01:01")), (Ok(()), Ok(()), Ok(())));
        assert_eq!(Signal::check_clock(None, at(MINUTE), skew), Ok(()));
        let ahead = check("01:03").unwrap_err().to_string();
        assert!(
            ahead.starts_with(
                "clock: the generator's clock showed 2026-11-20T12:01:03Z, 3.000 s after "
            ),
            "{ahead}"
        );
    }
}

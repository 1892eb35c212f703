//! What computing and serving share: the outcomes of the last two minutes.

use chassis::{
    grid::{Interval, Minute, Timestamp},
    name::Name,
};

/// A signal that may be served.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signal {
    pub(crate) minute: Minute,
    pub(crate) value: f64,
    pub(crate) produced_at: Timestamp,
    pub(crate) run_id: Name,
}

/// How a minute's computation ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) minute: Minute,
    /// The signal, or why there is none.
    pub(crate) result: Result<Signal, String>,
    /// When it began, and when it ended or was given up.
    pub(crate) computing: (Timestamp, Timestamp),
}

/// The last minute's outcome and that of the minute before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcomes {
    newest: Option<Outcome>,
    before: Option<Outcome>,
}

/// What there is to say about one minute.
#[derive(Debug, PartialEq)]
pub(crate) enum Found<'a> {
    /// Its computation has ended.
    Outcome(&'a Outcome),
    /// It is older than what is kept, or was slept over: nothing will ever be said about it.
    Gone { oldest: Minute },
    /// Its turn has not come, or is now.
    NotYet,
}

impl Outcomes {
    /// Adds the outcome of a later minute, and forgets all but the one just before it.
    pub(crate) fn push(&mut self, outcome: Outcome, interval: Interval) {
        let last = self.newest.take();
        assert!(last.as_ref().is_none_or(|last| last.minute < outcome.minute), "minutes go on");
        self.before = last.filter(|last| last.minute.next(interval) == outcome.minute);
        self.newest = Some(outcome);
    }

    /// The last minute's outcome.
    pub(crate) fn newest(&self) -> Option<&Outcome> {
        self.newest.as_ref()
    }

    /// The oldest minute that is kept.
    pub(crate) fn oldest(&self) -> Option<Minute> {
        self.before.as_ref().or(self.newest.as_ref()).map(|outcome| outcome.minute)
    }

    /// What there is to say about `minute`.
    pub(crate) fn find(&self, minute: Minute) -> Found<'_> {
        let mut kept = [&self.newest, &self.before].into_iter().flatten();
        if let Some(outcome) = kept.find(|outcome| outcome.minute == minute) {
            return Found::Outcome(outcome);
        }
        match self.oldest() {
            Some(oldest) if minute < oldest => Found::Gone { oldest },
            _ => Found::NotYet,
        }
    }

    /// The latest signal; where there is none, the latest reason; none before the first outcome.
    pub(crate) fn latest(&self) -> Option<&Outcome> {
        let mut kept = [&self.newest, &self.before].into_iter().flatten();
        kept.find(|outcome| outcome.result.is_ok()).or(self.newest.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(k: i64) -> Minute {
        Minute::starting(Timestamp::from_micros(k * 60_000_000), Interval::default()).unwrap()
    }

    fn outcome(k: i64, good: bool) -> Outcome {
        let at = minute(k);
        let run_id = "r".parse().unwrap();
        let signal = Signal { minute: at, value: 0.5, produced_at: at.start(), run_id };
        let result = if good { Ok(signal) } else { Err("why".to_owned()) };
        Outcome { minute: at, result, computing: (at.start(), at.start()) }
    }

    fn after(minutes: &[(i64, bool)]) -> Outcomes {
        let mut outcomes = Outcomes::default();
        for (k, good) in minutes {
            outcomes.push(outcome(*k, *good), Interval::default());
        }
        outcomes
    }

    #[test]
    fn g1_the_last_two_minutes_are_kept() {
        let outcomes = after(&[(1, true), (2, true), (3, false)]);
        assert_eq!(outcomes.find(minute(1)), Found::Gone { oldest: minute(2) });
        assert_eq!(outcomes.find(minute(2)), Found::Outcome(&outcome(2, true)));
        assert_eq!(outcomes.find(minute(3)), Found::Outcome(&outcome(3, false)));
        assert_eq!(outcomes.find(minute(4)), Found::NotYet);
        assert_eq!(Outcomes::default().find(minute(1)), Found::NotYet);
    }

    #[test]
    fn g1_minutes_that_were_slept_over_are_gone() {
        let outcomes = after(&[(1, true), (5, true)]);
        for k in 1..5 {
            assert_eq!(outcomes.find(minute(k)), Found::Gone { oldest: minute(5) }, "{k}");
        }
    }

    #[test]
    fn g2_the_latest_signal_is_never_older_than_two_minutes() {
        assert_eq!(after(&[]).latest(), None);
        assert_eq!(after(&[(1, true), (2, true)]).latest(), Some(&outcome(2, true)));
        assert_eq!(after(&[(1, true), (2, false)]).latest(), Some(&outcome(1, true)));
        let failing = after(&[(1, true), (2, false), (3, false)]);
        assert_eq!(failing.latest(), Some(&outcome(3, false)));
    }
}

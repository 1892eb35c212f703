//! What a watcher has seen: where to go on after a lost link, and what would be told twice. Pure.

use crate::report::{Moment, StateChange, Verdict};

/// What has been seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    after: Option<Moment>,
    state: Option<StateChange>,
}

impl Seen {
    /// Everything up to and with `after` counts as seen; none: not known yet.
    pub(super) fn starting(after: Option<Moment>) -> Self {
        Self { after, state: None }
    }

    /// The last minute seen: ask for those after it.
    pub(super) fn after(&self) -> Option<Moment> {
        self.after
    }

    /// Whether the verdict is news. Verdicts come in the order of their minutes.
    pub(super) fn verdict(&mut self, verdict: &Verdict) -> bool {
        let news = self.after.is_none_or(|after| verdict.last_minute > after);
        self.after = self.after.max(Some(verdict.last_minute));
        news
    }

    /// Whether the change of state is news. The first message after each connection repeats the
    /// state, which is news only if it, or its cause, became another one meanwhile.
    pub(super) fn state(&mut self, change: &StateChange) -> bool {
        let repeats = change.from == change.to;
        let same = |seen: &StateChange| {
            (seen.to, &seen.causes, &seen.halt_reason)
                == (change.to, &change.causes, &change.halt_reason)
        };
        let news = !(repeats && self.state.as_ref().is_some_and(same));
        self.state = Some(change.clone());
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn m6_no_verdict_is_told_twice_and_none_is_lost() {
        let mut seen = Seen::starting(None);
        let mut told = Vec::new();
        // A replay after each loss begins again at the minute that was asked for.
        for minute in ["12:01:00", "12:02:00", "12:02:00", "12:01:00", "12:03:00", "12:03:00"] {
            if seen.verdict(&samples::median(minute).into()) {
                told.push(minute);
            }
        }
        assert_eq!(told, ["12:01:00", "12:02:00", "12:03:00"]);
        assert_eq!(seen.after(), Some(samples::stamp("12:03:00").unwrap().into()));
    }

    #[test]
    fn m6_a_run_of_minutes_is_seen_to_its_end() {
        let mut seen = Seen::starting(Some(samples::stamp("12:01:00").unwrap().into()));
        assert!(seen.verdict(&samples::not_running("12:02:00", "12:05:00").into()));
        assert!(!seen.verdict(&samples::median("12:05:00").into()));
        assert!(seen.verdict(&samples::median("12:06:00").into()));
    }

    #[test]
    fn m6_a_state_is_told_again_only_when_it_is_another_one() {
        let mut seen = Seen::default();
        let error = StateChange::from(samples::to_error("12:01:10"));
        let again = StateChange { from: "ERROR", ..error.clone() };
        let mended = StateChange { causes: vec![], ..again.clone() };
        assert!(seen.state(&error));
        assert!(!seen.state(&again), "said on reconnection");
        assert!(seen.state(&mended), "its causes are others");
        assert!(seen.state(&error), "it came anew");
    }
}

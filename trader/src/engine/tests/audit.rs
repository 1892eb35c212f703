//! Invariants 1, 2 and 6: verdicts, recomputed from what went in; and the state that they leave.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chassis::{
    grid::{Minute, Now, Timestamp},
    name::Name,
};

use super::{journal::Journal, witness::Witness};
use crate::engine::{
    Engine,
    submission::Content,
    verdict::{CauseCode, Outcome, State, Subject, Verdict},
};

/// A minute at the moment when the core judged it.
#[derive(Debug)]
pub(super) struct Judged {
    /// Who was expected, and what they had said.
    pub(super) due: BTreeMap<Name, Option<Content>>,
    pub(super) missing: BTreeSet<Name>,
    pub(super) at: Timestamp,
    /// When the oldest of the earlier minutes was judged that are not on disk.
    pub(super) waiting_since: Option<Timestamp>,
    /// Whether the trader was halted while it was open.
    pub(super) halted: bool,
    /// Whether a write failed that held it.
    pub(super) withheld: bool,
    /// Whether it was halted after that, before the minute was on disk.
    pub(super) halted_since: bool,
}

impl Judged {
    pub(super) fn spoken(&self) -> usize {
        self.due.values().flatten().count()
    }

    fn decisions(&self) -> Vec<f64> {
        let decision = |said: &Option<Content>| match said {
            Some(Content::Decision(value)) => Some(*value),
            Some(Content::Abstention(_)) | None => None,
        };
        self.due.values().filter_map(decision).collect()
    }

    fn undecided(&self) -> BTreeSet<Name> {
        let undecided = |said: &Option<Content>| !matches!(said, Some(Content::Decision(_)));
        self.due.iter().filter(|(_, said)| undecided(said)).map(|(name, _)| name.clone()).collect()
    }
}

/// Whether the clock is not believed, since it is so far ahead.
pub(super) fn leapt(wall: Timestamp, closed: Minute) -> bool {
    wall > closed.start().plus(Duration::from_hours(24 * 30))
}

impl Witness {
    /// A verdict is told.
    pub(super) fn published(&mut self, verdict: &Arc<Verdict>, journal: &Journal) {
        let timing = self.settings.timing;
        let mut on_disk = journal.judgements().rev();
        let on_disk = on_disk.find(|judgement| judgement.verdict == *verdict);
        let judgement = on_disk.expect("told before it is on disk");
        let next =
            self.last.as_ref().map_or(self.first_minute, |last| last.last.next(timing.interval));
        assert_eq!(verdict.minute, next, "one verdict each, in order, without gaps");
        assert_eq!(verdict.valid_until, timing.deadline(verdict.last.next(timing.interval)));

        let judged = &self.judged[&verdict.minute];
        assert_eq!(verdict.closed_at, judged.at);
        assert_eq!(verdict.count, judged.decisions().len());
        let mut said: Vec<&Name> = judgement.submissions.iter().map(|(name, _)| name).collect();
        said.sort();
        let spoken = judged.due.iter().filter(|(_, said)| said.is_some()).map(|(name, _)| name);
        assert!(said.into_iter().eq(spoken), "what is behind it is in the journal");
        self.audit(verdict, judged);

        self.judged.retain(|minute, _| *minute > verdict.last);
        self.last = Some((**verdict).clone());
    }

    fn audit(&self, verdict: &Verdict, judged: &Judged) {
        let timing = &self.settings.timing;
        let asleep = verdict.closed_at > timing.asleep_after(verdict.minute);
        assert_eq!(asleep, verdict.outcome == Outcome::NotRunning, "{verdict:?}");
        let at_least = self.settings.at_least;
        let short = !judged.missing.is_empty() || at_least > 1 && judged.due.len() < at_least;
        let slow = |since: Timestamp| since.plus(Duration::from_millis(1_500)) <= verdict.closed_at;
        let held_up = judged.waiting_since.is_some_and(slow);
        let halted = verdict.outcome == Outcome::Halted;
        assert!(asleep || halted || !judged.halted, "{verdict:?}");
        match &verdict.outcome {
            Outcome::Median(median) => {
                assert!(!judged.withheld, "a median whose write had failed");
                assert!(!self.halt_on_disk, "a median after the halt was on disk");
                assert!(verdict.closed_at >= verdict.minute.start(), "before the boundary");
                assert!(!short && judged.undecided().is_empty(), "{judged:?}");
                let time_is_up = verdict.closed_at >= timing.deadline(verdict.minute);
                assert!(judged.waiting_since.is_none() || time_is_up && !held_up, "{judged:?}");
                let mut values = judged.decisions();
                values.sort_by(f64::total_cmp);
                let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
                assert_eq!(median.value.to_bits(), low.midpoint(high).to_bits());
                assert_eq!(Some(&median.lowest), values.first());
                assert_eq!(Some(&median.highest), values.last());
            }
            Outcome::Failed(causes) => {
                let of = |subject: &Subject| match subject {
                    Subject::Strategy(name) => Some(name.clone()),
                    Subject::Trader => None,
                };
                let named: BTreeSet<Name> =
                    causes.iter().filter_map(|cause| of(&cause.subject)).collect();
                assert_eq!(named, judged.undecided(), "the causes name exactly those");
                let code = |code| causes.iter().any(|cause| cause.code == code);
                assert_eq!(code(CauseCode::TooFew), short, "{verdict:?} {judged:?}");
                let withheld = named.is_empty() && !short;
                let journal = code(CauseCode::Journal);
                assert!(journal || !held_up && !withheld, "{judged:?}");
                assert!(!journal || judged.waiting_since.is_some() || withheld, "{judged:?}");
                let silent = judged.spoken() < judged.due.len();
                assert!(
                    !silent || verdict.closed_at >= timing.deadline(verdict.minute),
                    "too early"
                );
            }
            Outcome::NoStrategies => assert!(judged.due.is_empty() && !short && !held_up),
            Outcome::Halted => assert!(judged.halted || judged.halted_since),
            Outcome::NotRunning => {
                let next = verdict.last.next(timing.interval);
                assert!(verdict.closed_at > timing.asleep_after(verdict.last));
                assert!(verdict.closed_at <= timing.asleep_after(next), "a run too short");
            }
        }
    }

    /// The state is what follows from all that, and there is a current median only in OK.
    pub(super) fn look_at_the_state(&self, engine: &mut Engine, now: Now) {
        let timing = &self.settings.timing;
        let state = engine.state();
        let closed = self.open.previous(timing.interval);
        if self.is_halted() {
            assert_eq!(state, State::Halted);
        } else if now.wall < closed.start() || leapt(now.wall, closed) {
            assert_eq!(state, State::Error, "the clock is not believed");
        } else if let Some(judged) = self.judged.get(&closed)
            && judged.at == now.wall
            && !(judged.halted || judged.halted_since)
            && now.wall <= timing.asleep_after(closed)
            && judged.undecided().iter().any(|name| self.members.contains_key(name))
        {
            assert_eq!(state, State::Error, "some did not decide: {judged:?}");
        }
        assert!(state != State::Idle || self.members.is_empty());
        match engine.current(now) {
            Ok(verdict) => {
                assert_eq!(state, State::Ok);
                assert_eq!(Some(&*verdict), self.last.as_ref(), "the last verdict, and told");
                assert!(verdict.median().is_some() && now.wall < verdict.valid_until);
                assert!(!self.is_halted());
            }
            Err(none) => assert!(none.state != State::Ok && none.state == state),
        }
    }
}

//! The open minute: who is due, who has spoken, and what it comes to.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chassis::{
    grid::{Minute, Timestamp},
    name::Name,
};

use super::{
    median::median,
    registry::{Registry, Strategy, too_few},
    submission::Accepted,
    verdict::{Cause, Outcome},
};

/// From when on, and how often, it is said that a minute cannot be judged yet.
const RETRYING_EVERY: Duration = Duration::from_secs(1);

/// The minute that is judged next.
#[derive(Clone, Debug)]
pub(super) struct Round {
    /// Which.
    pub(super) minute: Minute,
    /// Whether its boundary has come; who is due is fixed from then on.
    pub(super) begun: bool,
    /// Names that must be registered for it and are not.
    pub(super) missing: BTreeSet<Name>,
    /// How many are due.
    pub(super) due: usize,
    /// How many of them have spoken.
    pub(super) spoken: usize,
    /// How many of those abstained.
    pub(super) abstained: usize,
    /// Whether the trader was halted during any instant of it.
    pub(super) halted: bool,
    /// When it is next said that it cannot be judged yet.
    pub(super) retrying_at: Timestamp,
}

impl Round {
    pub(super) fn new(minute: Minute) -> Self {
        Self {
            minute,
            begun: false,
            missing: BTreeSet::new(),
            due: 0,
            spoken: 0,
            abstained: 0,
            halted: false,
            retrying_at: minute.start().plus(RETRYING_EVERY),
        }
    }

    /// The boundary has come: fixes who is due, and counts what came early.
    pub(super) fn begin(&mut self, registry: &Registry) {
        assert!(!self.begun && self.due == 0, "a minute begins once");
        self.begun = true;
        self.missing.clone_from(&registry.missing);
        let minute = self.minute;
        let (due, later): (Vec<_>, Vec<_>) =
            registry.iter().partition(|(_, strategy)| strategy.expected_in(minute));
        self.due = due.len();
        for accepted in due.into_iter().filter_map(|(_, strategy)| strategy.said(minute)) {
            self.hear(accepted);
        }
        let later = later.into_iter().map(|(name, _)| name);
        self.missing.extend(later.filter(|name| registry.expect.contains(*name)).cloned());
    }

    /// One of those due has spoken.
    pub(super) fn hear(&mut self, accepted: &Accepted) {
        self.spoken += 1;
        self.abstained += usize::from(accepted.decision().is_none());
        assert!(self.spoken <= self.due, "everyone speaks once");
    }

    /// A name is off the list; `strategy` is what it was, if it was registered.
    pub(super) fn dismiss(
        &mut self,
        name: &Name,
        strategy: Option<&Strategy>,
        registry: &Registry,
    ) {
        if !self.begun {
            return;
        }
        if registry.missing.contains(name) {
            self.missing.insert(name.clone());
        } else {
            self.missing.remove(name);
        }
        let due = strategy.filter(|strategy| strategy.expected_in(self.minute));
        let said = due.and_then(|strategy| strategy.said(self.minute));
        self.due -= usize::from(due.is_some());
        self.spoken -= usize::from(said.is_some());
        self.abstained -= usize::from(said.is_some_and(|accepted| accepted.decision().is_none()));
    }

    /// What is too few in it, if anything: names missing, or too small a number.
    pub(super) fn shortage(&self, at_least: usize) -> Option<String> {
        let (missing, count) = (&self.missing, self.due);
        if !too_few(missing.len(), count, at_least) {
            return None;
        }
        if missing.is_empty() {
            return Some(format!(
                "{count} registered, --at-least {at_least}; start more strategies"
            ));
        }
        let named: Vec<&str> = missing.iter().map(Name::as_str).collect();
        Some(format!(
            "not registered: {}; start them, or `deregister -n NAME` to go on without",
            named.join(", ")
        ))
    }

    /// Whether all who are due have spoken.
    pub(super) fn complete(&self) -> bool {
        self.begun && self.spoken == self.due
    }

    /// Puts the next word about waiting a while off.
    pub(super) fn waited(&mut self, now: Timestamp) {
        while self.retrying_at <= now {
            self.retrying_at = self.retrying_at.plus(RETRYING_EVERY);
        }
    }

    /// What those who were due said, by name.
    pub(super) fn submissions(&self, registry: &Registry) -> Vec<(Name, Arc<Accepted>)> {
        let said = |(name, strategy): (&Name, &Strategy)| {
            let accepted = strategy.said(self.minute)?;
            strategy.expected_in(self.minute).then(|| (name.clone(), Arc::clone(accepted)))
        };
        registry.iter().filter_map(said).collect()
    }

    /// What the minute comes to, from what is in; `trader` is what is wrong with the trader itself.
    pub(super) fn judge(
        &self,
        registry: &Registry,
        submissions: &[(Name, Arc<Accepted>)],
        mut trader: Vec<Cause>,
    ) -> Outcome {
        assert!(self.begun && submissions.len() == self.spoken, "the counts are right");
        if self.halted {
            return Outcome::Halted;
        }
        if self.due == 0 && trader.is_empty() {
            return Outcome::NoStrategies;
        }
        let decided = self.complete() && self.abstained == 0;
        if decided && trader.is_empty() {
            let mut values: Vec<f64> =
                submissions.iter().filter_map(|(_, accepted)| accepted.decision()).collect();
            assert_eq!(values.len(), self.due, "one decision of everyone due, and no other");
            return Outcome::Median(median(&mut values).expect("somebody is due"));
        }
        let due = registry.iter().filter(|(_, strategy)| strategy.expected_in(self.minute));
        trader.extend(due.filter_map(|(_, strategy)| strategy.cause(self.minute)));
        assert!(!trader.is_empty(), "a minute fails for a cause");
        Outcome::Failed(trader)
    }
}

/// Generators under whose name decisions carry different values.
pub(super) fn disagreeing(submissions: &[(Name, Arc<Accepted>)]) -> Vec<Name> {
    let mut values: BTreeMap<&Name, u64> = BTreeMap::new();
    let mut disagreeing = BTreeSet::new();
    let decisions = submissions.iter().filter(|(_, accepted)| accepted.decision().is_some());
    for signal in decisions.flat_map(|(_, accepted)| &accepted.signals) {
        let bits = signal.value.to_bits();
        if *values.entry(&signal.generator).or_insert(bits) != bits {
            disagreeing.insert(&signal.generator);
        }
    }
    disagreeing.into_iter().cloned().collect()
}

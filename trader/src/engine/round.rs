//! The open minute: who is due, who has spoken, and what it comes to.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chassis::{
    grid::{Minute, Timestamp},
    name::Name,
};

use super::{
    median::median,
    registry::{Registry, Strategy, too_few},
    said::Said,
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
    /// What was said, also before the boundary.
    pub(super) said: Said,
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
            said: Said::default(),
            halted: false,
            retrying_at: minute.start().plus(RETRYING_EVERY),
        }
    }

    /// The boundary has come: fixes who is due.
    pub(super) fn begin(&mut self, registry: &mut Registry) {
        assert!(!self.begun && self.due == 0, "a minute begins once");
        self.begun = true;
        registry.begin(self.minute);
        self.missing.clone_from(&registry.missing);
        self.missing.extend(registry.later.intersection(&registry.expect).cloned());
        self.due = registry.len() - registry.later.len();
        assert!(self.spoken() <= self.due, "whoever speaks early is due");
    }

    /// One of those due has spoken, or one who will be.
    pub(super) fn hear(&mut self, name: Name, accepted: Arc<Accepted>) {
        self.said.push(name, accepted);
        assert!(!self.begun || self.spoken() <= self.due, "everyone speaks once");
    }

    /// How many have spoken.
    pub(super) fn spoken(&self) -> usize {
        self.said.count()
    }

    /// A name is off the list; `strategy` is what it was, if it was registered.
    pub(super) fn dismiss(
        &mut self,
        name: &Name,
        strategy: Option<&Strategy>,
        registry: &Registry,
    ) {
        if let Some(said) = strategy.and_then(|strategy| strategy.said(self.minute)) {
            self.said.dismiss(said);
        }
        if !self.begun {
            return;
        }
        if registry.missing.contains(name) {
            self.missing.insert(name.clone());
        } else {
            self.missing.remove(name);
        }
        let due = strategy.is_some_and(|strategy| strategy.expected_in(self.minute));
        self.due -= usize::from(due);
    }

    /// What is too few in it, if anything: names missing, or too small a number.
    pub(super) fn shortage(&self, at_least: usize, here: &str) -> Option<String> {
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
            "not registered: {}; start them, or `deregister -n NAME{here}` to go on without",
            named.join(", ")
        ))
    }

    /// Whether all who are due have spoken.
    pub(super) fn complete(&self) -> bool {
        self.begun && self.spoken() == self.due
    }

    /// Puts the next word about waiting a while off.
    pub(super) fn waited(&mut self, now: Timestamp) {
        while self.retrying_at <= now {
            self.retrying_at = self.retrying_at.plus(RETRYING_EVERY);
        }
    }

    /// What the minute comes to, from what is in; `trader` is what is wrong with the trader itself.
    pub(super) fn judge(&mut self, registry: &Registry, mut trader: Vec<Cause>) -> Outcome {
        assert!(self.begun, "no minute is judged before it begins");
        if self.halted {
            return Outcome::Halted;
        }
        if self.due == 0 && trader.is_empty() {
            return Outcome::NoStrategies;
        }
        let decided = self.complete() && self.said.abstained() == 0;
        if decided && trader.is_empty() {
            let decisions = self.said.decisions();
            assert_eq!(decisions.len(), self.due, "one decision of everyone due, and no other");
            return Outcome::Median(median(decisions).expect("somebody is due"));
        }
        let due = registry.iter().filter(|(_, strategy)| strategy.expected_in(self.minute));
        trader.extend(due.filter_map(|(_, strategy)| strategy.cause(self.minute, &registry.here)));
        assert!(!trader.is_empty(), "a minute fails for a cause");
        Outcome::Failed(trader)
    }
}

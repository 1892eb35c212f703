//! What the core says of itself to whoever asks.

use std::{ops::Bound, sync::Arc};

use chassis::{
    grid::{Minute, Now, Timestamp, Timing},
    name::Name,
};

use super::{
    Engine, Settings,
    ledger::{Halt, StateChange},
    registry::Strategy,
    standing::{Standing, trader_cause},
    submission::Accepted,
    verdict::{Cause, CauseCode, State, Verdict},
    watch::ClockFault,
};

/// There is no current median.
#[derive(Clone, Debug)]
pub struct NoMedian {
    /// The state.
    pub state: State,
    /// Why.
    pub causes: Arc<[Cause]>,
    /// Reason of the halt in force.
    pub halt_reason: Option<String>,
}

/// What the trader knows at this moment; of the strategies, a page.
#[derive(Clone, Debug)]
pub struct StatusPage {
    /// State now.
    pub state: State,
    /// When it began, by the trader's clock.
    pub state_since: Timestamp,
    /// Why.
    pub causes: Arc<[Cause]>,
    /// The halt in force, and whether it is on disk.
    pub halt: Option<(Halt, bool)>,
    /// The last verdict on disk.
    pub last_verdict: Option<Arc<Verdict>>,
    /// The minute that is open or comes next.
    pub current_minute: Minute,
    /// By name: a strategy, or none where one is expected and missing.
    pub strategies: Vec<(Name, Option<Strategy>)>,
    /// How many strategies there are in all, the missing ones included.
    pub strategies_total: usize,
    /// Whether there is another page.
    pub more: bool,
}

impl Engine {
    /// The settings it was started with.
    pub fn timing(&self) -> &Timing {
        &self.settings.timing
    }

    /// Id of the journal.
    pub fn journal(&self) -> &str {
        &self.settings.journal
    }

    /// State as of the last input.
    pub fn state(&self) -> State {
        self.state
    }

    /// The last verdict on disk.
    pub fn last_verdict(&self) -> Option<&Arc<Verdict>> {
        self.last_verdict.as_ref()
    }

    /// How many strategies are registered.
    pub fn strategy_count(&self) -> usize {
        self.registry.len()
    }

    /// How many strategies may be registered.
    pub fn strategies_max(&self) -> usize {
        self.settings.strategies_max
    }

    /// What has been said for the minute that is open or comes next, in the order in which it came in.
    pub fn said_so_far(&self) -> (Minute, &[(Name, Arc<Accepted>)]) {
        (self.round.minute, self.round.said.so_far())
    }

    /// The present state in the form of a change, for whoever joins.
    pub fn present(&self) -> StateChange {
        StateChange {
            from: self.state,
            to: self.state,
            at: self.state_since,
            causes: self.causes(),
            halt_reason: self.halt_reason(),
        }
    }

    /// What the trader was told when it started.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The halt in force.
    pub fn halted(&self) -> Option<&Halt> {
        self.halt.as_ref()
    }

    /// Reason of the halt in force.
    pub fn halt_reason(&self) -> Option<String> {
        self.halt.as_ref().map(|halt| halt.reason.clone())
    }

    /// The verdict with the current median, if there is one.
    pub fn current(&mut self, now: Now) -> Result<Arc<Verdict>, NoMedian> {
        self.tick(now);
        match &self.current {
            Some(current) if self.state == State::Ok => Ok(Arc::clone(&current.verdict)),
            _ => Err(NoMedian {
                state: self.state,
                causes: self.causes(),
                halt_reason: self.halt_reason(),
            }),
        }
    }

    /// The status, with at most `limit` strategies whose names come after `after`.
    pub fn status(&mut self, now: Now, after: Option<&Name>, limit: usize) -> StatusPage {
        self.tick(now);
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let registered = self.registry.strategies.range::<Name, _>((start, Bound::Unbounded));
        let mut strategies: Vec<_> = registered
            .take(limit + 1)
            .map(|(name, strategy)| (name.clone(), Some(strategy.clone())))
            .collect();
        let missing = self.registry.missing.range::<Name, _>((start, Bound::Unbounded));
        strategies.extend(missing.take(limit + 1).map(|name| (name.clone(), None)));
        strategies.sort_by(|(a, _), (b, _)| a.cmp(b));
        let more = strategies.len() > limit;
        strategies.truncate(limit);
        StatusPage {
            state: self.state,
            state_since: self.state_since,
            causes: self.causes(),
            halt: self.halt.clone().map(|halt| (halt, self.ledger.unwritten_halts() == 0)),
            last_verdict: self.last_verdict.clone(),
            current_minute: self.round.minute,
            strategies,
            strategies_total: self.registry.len() + self.registry.missing.len(),
            more,
        }
    }

    pub(super) fn state_by_now(&self) -> State {
        if self.halt.is_some() {
            return State::Halted;
        }
        if self.watch.fault.is_some() || self.journal_fault.is_some() {
            return State::Error;
        }
        match &self.standing {
            Standing::Error(_) => State::Error,
            Standing::Ok => State::Ok,
            Standing::Waiting if self.registry.is_empty() && !self.registry.short() => State::Idle,
            Standing::Waiting => State::Waiting,
        }
    }

    /// Why there is no median, as told last: the trader's own causes first, then the strategies' by
    /// name.
    pub fn causes(&self) -> Arc<[Cause]> {
        Arc::clone(&self.told)
    }

    /// Why there is no median.
    pub(super) fn causes_by_now(&self) -> Arc<[Cause]> {
        let mut causes: Vec<Cause> =
            [self.clock_cause(), self.journal_cause()].into_iter().flatten().collect();
        let present: Vec<_> = causes.iter().map(|cause| cause.code).collect();
        let left = self.standing.of_the_trader().iter();
        causes.extend(left.filter(|cause| !present.contains(&cause.code)).cloned());
        causes.extend(self.standing.of_strategies().cloned());
        causes.into()
    }

    fn clock_cause(&self) -> Option<Cause> {
        let closed = self.closed();
        let detail = match self.watch.fault? {
            ClockFault::Behind => format!(
                "the clock is behind the last closed minute {closed}; set the clock, or wait until it has passed"
            ),
            ClockFault::Leapt => format!(
                "the clock is more than 30 days after the last closed minute {closed}; set the clock, or restart with --accept-clock if it is right"
            ),
        };
        Some(trader_cause(CauseCode::Clock, closed, detail))
    }

    fn journal_cause(&self) -> Option<Cause> {
        let detail = format!("{}; mend the journal's disk", self.journal_detail());
        Some(trader_cause(CauseCode::Journal, self.journal_fault?, detail))
    }

    /// State and causes in one line.
    pub(super) fn summary(&self) -> String {
        if let Some(halt) = &self.halt {
            return format!("by {}: {}", halt.operator, halt.reason);
        }
        let causes = self.causes();
        let shown: Vec<String> = causes.iter().take(3).map(Cause::to_string).collect();
        let rest = causes.len().saturating_sub(shown.len());
        let more = if rest > 0 { format!("; and {rest} more") } else { String::new() };
        format!("{}{more}", shown.join("; "))
    }
}

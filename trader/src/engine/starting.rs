//! How the core goes on from what the journal knows.

use chassis::grid::{Minute, Now, Timestamp};

use super::{
    Current, Engine, Recovered, Settings,
    ledger::Ledger,
    registry::Registry,
    round::Round,
    standing::{Reminders, Standing},
    verdict::{Cause, Outcome, State, Subject},
    watch::{self, ClockFault, ClockWatch},
};

/// Why the core does not start.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "the clock shows {now}, more than 30 days after the last minute on record, {last}: \
     set the clock, or start once with --accept-clock if it is right"
)]
pub struct ClockLeapt {
    now: Timestamp,
    last: Minute,
}

impl Engine {
    /// Goes on from what the journal knows.
    pub fn new(settings: Settings, recovered: Recovered, now: Now) -> Result<Self, ClockLeapt> {
        let interval = settings.timing.interval;
        let Recovered { first_minute, last_verdict, .. } = &recovered;
        let open = last_verdict.as_ref().map_or(*first_minute, |last| last.last.next(interval));
        let closed = open.previous(interval);
        let leapt = watch::fault(now.wall, closed) == Some(ClockFault::Leapt);
        if leapt && !settings.accept_clock {
            return Err(ClockLeapt { now: now.wall, last: closed });
        }
        let resumed_at = recovered.resumed_at;
        let mut engine = Self::standing_by(settings, recovered, open, now);
        engine.recall(now, resumed_at);
        engine.state = engine.state_by_now();
        engine.reminders = Reminders::of(engine.state, now.mono);
        engine.told = engine.causes_by_now();
        if leapt {
            engine.advance(now);
        }
        engine.tick(now);
        Ok(engine)
    }

    fn standing_by(settings: Settings, recovered: Recovered, open: Minute, now: Now) -> Self {
        let Recovered { last_epoch, registrations, excused, halt, resumed_at, .. } = recovered;
        let mut registry = Registry::new(&settings, last_epoch, &excused);
        for registration in registrations {
            registry.recover(registration);
        }
        let mut round = Round::new(open);
        round.halted = resumed_at.is_some_and(|at| at >= settings.timing.opens(open));
        Self {
            registry,
            round,
            ledger: Ledger::default(),
            halt,
            standing: Standing::Waiting,
            watch: ClockWatch::new(now),
            current: None,
            last_verdict: recovered.last_verdict.map(Into::into),
            state: State::Idle,
            state_since: now.wall,
            reminders: Reminders::of(State::Idle, now.mono),
            unsettled: false,
            told: [].into(),
            tell_at: now.mono,
            journal_fault: None,
            events: Vec::new(),
            settings,
        }
    }

    /// Stands where the last verdict left the trader, if that is not past and no halt came after it.
    fn recall(&mut self, now: Now, resumed_at: Option<Timestamp>) {
        let Some(verdict) = self.last_verdict.clone() else { return };
        for cause in verdict.causes() {
            if let Subject::Strategy(name) = &cause.subject {
                self.registry.fails(name, cause);
            }
        }
        let past = now.wall >= verdict.valid_until || now.wall < verdict.last.start();
        if past || resumed_at.is_some_and(|at| at >= verdict.closed_at) {
            return;
        }
        match &verdict.outcome {
            Outcome::Median(_) if !self.registry.is_empty() => {
                let left = verdict.valid_until.since(now.wall);
                let expires_at = now.mono + left.min(self.lifetime());
                self.current = Some(Current { verdict, expires_at });
                self.standing = Standing::Ok;
            }
            Outcome::Failed(causes) => {
                let there = |cause: &&Cause| match &cause.subject {
                    Subject::Trader => true,
                    Subject::Strategy(name) => self.registry.strategies.contains_key(name),
                };
                let causes: Vec<Cause> = causes.iter().filter(there).cloned().collect();
                self.standing = Standing::failed(&causes);
            }
            Outcome::Median(_) | Outcome::NoStrategies | Outcome::Halted | Outcome::NotRunning => {}
        }
    }
}

//! The trader in numbers: counted from what the core tells, and shown with what the core knows at that
//! moment. Pure.

mod families;
mod bounds;
mod seconds;
mod strategies;
mod snapshot;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use chassis::{
    figures::Histogram,
    grid::{Interval, Minute, Now},
    name::Name,
};

use crate::engine::{
    Engine,
    error::Refusal,
    event::Event,
    ledger::StateChange,
    verdict::{Cause, CauseCode, Outcome, State, Subject, Verdict},
};
pub use families::FAMILIES;
use seconds::Seconds;
pub use snapshot::Snapshot;
use strategies::Strategies;

/// Strategies that have series of their own, the first by name; `…_strategies_left_out` says how many
/// have none.
pub const STRATEGIES_SHOWN_MAX: usize = 256;

/// Submissions that came late, as they are remembered by name: a minute of a full page.
const LATE_MAX: usize = 256;

/// Minutes that somebody was expected in, by what they ended with.
const CLOSED: [&str; 2] = ["median", "failed"];

/// What a minute ends with, as a label.
const OUTCOMES: [&str; 5] = ["median", "failed", "no-strategies", "halted", "not-running"];

/// How a strategy took part in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Its decision is in the median.
    Included,
    /// It decided, and there was no median.
    Unused,
    /// Its submission came when the minute was closed.
    Late,
    /// What it said was stamped before the minute.
    Stale,
    /// What it said was ahead of the trader's clock.
    Future,
    /// It said that it has no decision.
    Abstained,
    /// Connected, and nothing came.
    Silent,
    /// Not even connected.
    Disconnected,
}

impl Part {
    pub(crate) const ALL: [Self; 8] = [
        Self::Included,
        Self::Unused,
        Self::Late,
        Self::Stale,
        Self::Future,
        Self::Abstained,
        Self::Silent,
        Self::Disconnected,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Included => "included",
            Self::Unused => "unused",
            Self::Late => "late",
            Self::Stale => "stale",
            Self::Future => "future",
            Self::Abstained => "abstained",
            Self::Silent => "silent",
            Self::Disconnected => "disconnected",
        }
    }

    /// What a cause makes of the strategy that it names; none of the trader's own.
    pub(crate) const fn of(code: CauseCode) -> Option<Self> {
        match code {
            CauseCode::Silent => Some(Self::Silent),
            CauseCode::Disconnected => Some(Self::Disconnected),
            CauseCode::Stale => Some(Self::Stale),
            CauseCode::Future => Some(Self::Future),
            CauseCode::Abstained => Some(Self::Abstained),
            CauseCode::Clock | CauseCode::Journal | CauseCode::TooFew => None,
        }
    }
}

/// What has been counted since the process started.
#[derive(Clone, Debug)]
pub struct Figures {
    started: Now,
    interval: Interval,
    minutes: [u64; OUTCOMES.len()],
    participants: [u64; Part::ALL.len()],
    close: [Histogram; CLOSED.len()],
    last_median: Option<Minute>,
    changes: [u64; State::ALL.len()],
    recoveries: u64,
    /// Whether there was an error since the last median.
    troubled: bool,
    seconds: Seconds,
    /// How often the journal could not be written.
    outages: u64,
    writable: bool,
    clock_steps: u64,
    strategies: Strategies,
    /// Whose submissions came when their minute was closed, the last of them.
    late: VecDeque<(Name, Minute)>,
}

impl Figures {
    /// From a core that has just been started.
    pub fn new(engine: &Engine, now: Now) -> Self {
        let state = engine.state();
        let before = engine.last_verdict().filter(|verdict| verdict.median().is_some());
        Self {
            started: now,
            interval: engine.timing().interval,
            minutes: Default::default(),
            participants: Default::default(),
            close: [(); CLOSED.len()].map(|()| Histogram::new(bounds::of(engine.timing().grace))),
            last_median: before.map(|verdict| verdict.last),
            changes: Default::default(),
            recoveries: 0,
            troubled: state == State::Error,
            seconds: Seconds::new(state, &engine.causes(), now.mono),
            outages: 0,
            writable: true,
            clock_steps: 0,
            strategies: Strategies::default(),
            late: VecDeque::new(),
        }
    }

    /// Counts what the core tells.
    pub fn note(&mut self, now: Now, event: &Event) {
        match event {
            Event::Accepted { name, minute, decision: Some(_) } => {
                self.strategies.decided(name, *minute, now.mono);
            }
            Event::Published(verdict) => self.published(now, verdict),
            Event::Changed(change) => self.changed(now, change),
            Event::ClockStepped { .. } => self.clock_steps += 1,
            Event::WriteFailed { .. } => {
                self.outages += 1;
                self.writable = false;
            }
            Event::WriteRecovered => self.writable = true,
            Event::Accepted { decision: None, .. }
            | Event::Registered { .. }
            | Event::Deregistered { .. }
            | Event::Halted { .. }
            | Event::Resumed { .. }
            | Event::Refused { .. }
            | Event::SessionOver { .. }
            | Event::SessionLost { .. }
            | Event::Retrying { .. }
            | Event::Reminder { .. } => {}
        }
    }

    /// Counts a submission that was refused.
    pub fn refused(&mut self, name: &Name, refusal: &Refusal) {
        if let Refusal::Late { minute, .. } = refusal {
            if self.late.len() == LATE_MAX {
                self.late.pop_front();
            }
            self.late.push_back((name.clone(), *minute));
            self.participants[Part::Late as usize] += 1;
            self.strategies.failed(name, Part::Late);
        }
    }

    /// What is to be shown of it at this moment.
    pub fn snapshot(&mut self, engine: &mut Engine, now: Now) -> Snapshot {
        let status = engine.status(now, None, STRATEGIES_SHOWN_MAX);
        self.strategies.keep(status.strategies.iter().map(|(name, _)| name));
        self.seconds.pass(now.mono);
        Snapshot { figures: self.clone(), status, timing: *engine.timing(), now }
    }

    fn published(&mut self, now: Now, verdict: &Verdict) {
        let Verdict { minute, last, outcome, count, .. } = verdict;
        let length = self.interval.duration().as_micros();
        let span = last.start().since(minute.start()).as_micros() / length;
        let minutes = u64::try_from(span).unwrap_or(u64::MAX).saturating_add(1);
        let took = now.wall.since(last.start()).as_secs_f64();
        let place = match outcome {
            Outcome::Median(_) => {
                self.close[0].observe(took);
                self.last_median = Some(*minute);
                self.participants[Part::Included as usize] += *count as u64;
                self.strategies.included(*minute);
                0
            }
            Outcome::Failed(causes) => {
                self.close[1].observe(took);
                self.participants[Part::Unused as usize] += *count as u64;
                for cause in causes {
                    self.blamed(cause);
                }
                1
            }
            Outcome::NoStrategies => 2,
            Outcome::Halted => 3,
            Outcome::NotRunning => 4,
        };
        self.minutes[place] += minutes;
    }

    /// A strategy kept a minute from its median.
    fn blamed(&mut self, cause: &Cause) {
        let Subject::Strategy(name) = &cause.subject else { return };
        let Some(part) = Part::of(cause.code) else { return };
        self.participants[part as usize] += 1;
        self.strategies.failed(name, part);
    }

    fn changed(&mut self, now: Now, change: &StateChange) {
        self.seconds.change(change.to, &change.causes, now.mono);
        if change.from != change.to {
            self.changes[change.to as usize] += 1;
        }
        match change.to {
            State::Error => self.troubled = true,
            State::Ok => self.recoveries += u64::from(std::mem::take(&mut self.troubled)),
            State::Idle | State::Waiting | State::Halted => {}
        }
    }
}

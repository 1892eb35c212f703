//! What minutes end with, and why.

use std::{fmt, sync::Arc};

use chassis::{
    grid::{Minute, Timestamp},
    name::Name,
};

use super::submission::Accepted;

/// What a minute, or a run of minutes, ended with. It is final.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The minute, or the first of a run.
    pub minute: Minute,
    /// The last minute of a run; else the same.
    pub last: Minute,
    /// What it ended with.
    pub outcome: Outcome,
    /// How many decisions had come in.
    pub count: usize,
    /// The trader's state by this verdict.
    pub state: State,
    /// When it was decided, by the trader's clock.
    pub closed_at: Timestamp,
    /// From here on it says nothing about the present.
    pub valid_until: Timestamp,
    /// Generators under whose name decisions carry different values.
    pub disagreeing: Vec<Name>,
}

/// What a minute ends with.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Everyone expected decided.
    Median(Median),
    /// Somebody did not, or the trader could not.
    Failed(Vec<Cause>),
    /// Nobody was expected.
    NoStrategies,
    /// An operator had stopped the trader.
    Halted,
    /// The trader was down or asleep.
    NotRunning,
}

/// The median of a minute's decisions, and how far they spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Median {
    /// The middle value, or the midpoint of the two middle ones.
    pub value: f64,
    /// The lowest decision.
    pub lowest: f64,
    /// The highest decision.
    pub highest: f64,
}

impl Verdict {
    /// Why it failed; empty unless it did.
    pub fn causes(&self) -> &[Cause] {
        match &self.outcome {
            Outcome::Failed(causes) => causes,
            Outcome::Median(_) | Outcome::NoStrategies | Outcome::Halted | Outcome::NotRunning => {
                &[]
            }
        }
    }

    /// The median, if that is what it is.
    pub fn median(&self) -> Option<Median> {
        match self.outcome {
            Outcome::Median(median) => Some(median),
            Outcome::Failed(_) | Outcome::NoStrategies | Outcome::Halted | Outcome::NotRunning => {
                None
            }
        }
    }
}

/// A verdict on its way to the disk, with everything behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Arc<Verdict>,
    /// Who said what, in the order in which it came in.
    pub submissions: Arc<Vec<(Name, Arc<Accepted>)>>,
}

/// Why there is no median.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// With whom something is wrong.
    pub subject: Subject,
    /// What is wrong.
    pub code: CauseCode,
    /// First minute in a row with this subject and code.
    pub since: Minute,
    /// When the subject was last heard of, by the trader's clock.
    pub last_seen: Option<Timestamp>,
    /// The rest, for a person to read.
    pub detail: String,
}

impl Cause {
    /// What makes it another cause than before.
    pub(super) fn key(&self) -> (Subject, CauseCode) {
        (self.subject.clone(), self.code)
    }
}

/// With whom something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The trader itself.
    Trader,
    /// A strategy.
    Strategy(Name),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trader => f.write_str("trader"),
            Self::Strategy(name) => name.fmt(f),
        }
    }
}

/// What is wrong with a strategy, or with the trader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CauseCode {
    /// Connected, but nothing came.
    Silent,
    /// No session, and nothing came.
    Disconnected,
    /// What came was stamped before the minute began.
    Stale,
    /// What came was ahead of the trader's clock + skew.
    Future,
    /// It said that it has no decision.
    Abstained,
    /// The trader's clock cannot be believed.
    Clock,
    /// The trader cannot write its journal.
    Journal,
    /// Fewer are registered than should be.
    TooFew,
}

impl CauseCode {
    /// Every code.
    pub const ALL: [Self; 8] = [
        Self::Silent,
        Self::Disconnected,
        Self::Stale,
        Self::Future,
        Self::Abstained,
        Self::Clock,
        Self::Journal,
        Self::TooFew,
    ];

    /// As the contract writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Disconnected => "disconnected",
            Self::Stale => "stale",
            Self::Future => "future",
            Self::Abstained => "abstained",
            Self::Clock => "clock",
            Self::Journal => "journal",
            Self::TooFew => "too-few",
        }
    }
}

impl fmt::Display for CauseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `Y silent since 2026-11-20T12:01:00Z, last seen 2026-11-20T12:00:00.004Z: no submission`
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} since {}", self.subject, self.code, self.since)?;
        if let Some(last_seen) = self.last_seen {
            write!(f, ", last seen {last_seen}")?;
        }
        write!(f, ": {}", self.detail)
    }
}

/// State of the trader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody is registered.
    Idle,
    /// No verdict yet since the start or the last repair.
    Waiting,
    /// The last verdict is a median.
    Ok,
    /// No median, for the causes given.
    Error,
    /// Stopped by an operator.
    Halted,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Idle, Self::Waiting, Self::Ok, Self::Error, Self::Halted];

    /// As the contract writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "IDLE",
            Self::Waiting => "WAITING",
            Self::Ok => "OK",
            Self::Error => "ERROR",
            Self::Halted => "HALTED",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//! What strategies say: decisions and abstentions, and the signals behind them.

use std::sync::Arc;

use chassis::{
    grid::{ClockOffset, Minute, Timestamp},
    name::Name,
};

/// One generator's number for one minute, as a strategy read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Name of the generator.
    pub generator: Name,
    /// Id of the generator's process.
    pub run_id: Name,
    /// The minute it is for.
    pub minute: Minute,
    /// The signal, finite.
    pub value: f64,
    /// When it was produced, by the generator's clock.
    pub produced_at: Timestamp,
}

/// A strategy's word for a minute.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A finite number.
    Decision(f64),
    /// No decision, because …
    Abstention(Box<str>),
}

impl Content {
    /// The decision, unless it is an abstention.
    pub fn decision(&self) -> Option<f64> {
        match self {
            Self::Decision(value) => Some(*value),
            Self::Abstention(_) => None,
        }
    }
}

/// A submission as it comes in, well-formed.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// Who says it.
    pub name: Name,
    /// Which process of that name.
    pub instance: Name,
    /// Id of the journal that gave the epoch.
    pub journal: Box<str>,
    /// Epoch held.
    pub epoch: u64,
    /// For which minute.
    pub minute: Minute,
    /// When, by the strategy's clock.
    pub decided_at: Timestamp,
    /// What.
    pub content: Content,
    /// From what; at most one a generator.
    pub signals: Box<[Signal]>,
    /// The trader's clock less the strategy's, as the strategy measured it.
    pub clock_offset: Option<ClockOffset>,
}

/// A submission that counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// Epoch it was accepted under.
    pub epoch: u64,
    /// Which process sent it.
    pub instance: Name,
    /// For which minute.
    pub minute: Minute,
    /// When it was decided, by the strategy's clock.
    pub decided_at: Timestamp,
    /// When it arrived, by the trader's clock.
    pub received_at: Timestamp,
    /// What was said.
    pub content: Content,
    /// From what.
    pub signals: Box<[Signal]>,
}

impl Accepted {
    pub(super) fn new(submission: Submission, received_at: Timestamp) -> Arc<Self> {
        let Submission { instance, epoch, minute, decided_at, content, signals, .. } = submission;
        Arc::new(Self { epoch, instance, minute, decided_at, received_at, content, signals })
    }

    /// Whether `again` says the same, bit for bit: the value and every signal, or the abstention.
    pub(super) fn says_the_same(&self, again: &Submission) -> bool {
        let content = match (&self.content, &again.content) {
            (Content::Decision(a), Content::Decision(b)) => a.to_bits() == b.to_bits(),
            (Content::Abstention(a), Content::Abstention(b)) => return a == b,
            (Content::Decision(_), Content::Abstention(_))
            | (Content::Abstention(_), Content::Decision(_)) => false,
        };
        let bits = |signal: &Signal| signal.value.to_bits();
        content
            && self.signals == again.signals
            && self.signals.iter().map(bits).eq(again.signals.iter().map(bits))
    }

    /// The decision, unless it abstains.
    pub fn decision(&self) -> Option<f64> {
        self.content.decision()
    }
}

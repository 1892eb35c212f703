//! What happened in one minute: who said what from which signals.

use proto::v1;
use serde::Serialize;

use super::{Cause, Halt, Moment, Verdict};

/// One minute, as the journal has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// How it ended.
    pub verdict: Verdict,
    /// Who said what, by name.
    pub submissions: Vec<Submission>,
    /// Every cause, not only the verdict's sixteen.
    pub causes: Vec<Cause>,
    /// The first halt that was in force in it, if it ended halted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub halt: Option<Halt>,
}

/// What one strategy said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Submission {
    /// Its name.
    pub strategy: String,
    /// Epoch it was accepted under.
    pub epoch: u64,
    /// Id of the process that sent it.
    pub instance: String,
    /// When it was decided, by the strategy's clock.
    pub decided_at: Moment,
    /// When it arrived, by the trader's clock.
    pub received_at: Moment,
    /// Decision or abstention.
    #[serde(flatten)]
    pub said: Said,
    /// The signals behind it.
    pub signals: Vec<SignalUsed>,
}

/// Decision or abstention.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// The decision.
    Decision(f64),
    /// Why there was none.
    Abstention(String),
}

/// A signal behind a submission.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignalUsed {
    /// Name of the generator.
    pub generator: String,
    /// Id of the generator's process.
    pub run_id: String,
    /// The signal.
    pub value: f64,
    /// When it was produced, by the generator's clock.
    pub produced_at: Moment,
}

impl From<v1::RecordedSubmission> for Submission {
    fn from(wire: v1::RecordedSubmission) -> Self {
        use v1::recorded_submission::Content;
        let said = match wire.content {
            Some(Content::Decision(value)) => Said::Decision(value),
            Some(Content::Abstention(why)) => Said::Abstention(why),
            None => Said::Abstention("nothing of it is recorded".to_owned()),
        };
        Self {
            strategy: wire.strategy,
            epoch: wire.epoch,
            instance: wire.instance,
            decided_at: Moment::read(wire.decided_at),
            received_at: Moment::read(wire.received_at),
            said,
            signals: wire.signals.into_iter().map(SignalUsed::from).collect(),
        }
    }
}

impl From<v1::Signal> for SignalUsed {
    fn from(wire: v1::Signal) -> Self {
        Self {
            generator: wire.generator,
            run_id: wire.run_id,
            value: wire.value,
            produced_at: Moment::read(wire.produced_at),
        }
    }
}

//! A strategy's word for one minute: a decision or an abstention.

use chassis::{
    grid::{ClockOffset, Minute, Timestamp},
    name::Name,
    wire,
};
use proto::v1::{self, submit_request};

use crate::signal::Signal;

/// Longest cause of an abstention, in bytes, that the trader takes.
pub const CAUSE_BYTES_MAX: usize = 1_024;

/// What a strategy holds a name by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Id of the journal that gave the epoch.
    pub journal: String,
    /// Fencing number.
    pub epoch: u64,
}

/// Decision or abstention.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A finite number.
    Decision(f64),
    /// Why there is none.
    Abstention(String),
}

impl Content {
    /// An abstention whose cause fits the wire.
    pub fn abstention(mut cause: String) -> Self {
        if cause.len() > CAUSE_BYTES_MAX {
            const MARK: &str = "…";
            cause.truncate(cause.floor_char_boundary(CAUSE_BYTES_MAX - MARK.len()));
            cause.push_str(MARK);
        }
        Self::Abstention(cause)
    }

    /// Why there is no decision, if there is none.
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Decision(_) => None,
            Self::Abstention(cause) => Some(cause),
        }
    }
}

/// A strategy's word for one minute. It is made once, and repeated as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// The minute.
    pub minute: Minute,
    /// When it was decided, by the strategy's clock.
    pub decided_at: Timestamp,
    /// What was decided.
    pub content: Content,
    /// The signals behind it.
    pub signals: Vec<Signal>,
}

impl Submission {
    /// For the wire: said by `instance` of `name` under `hold`.
    pub fn to_wire(
        &self,
        name: &Name,
        instance: &Name,
        hold: &Hold,
        offset: Option<&ClockOffset>,
    ) -> v1::SubmitRequest {
        v1::SubmitRequest {
            name: name.to_string(),
            instance: instance.to_string(),
            journal: hold.journal.clone(),
            epoch: hold.epoch,
            minute: Some(wire::timestamp(self.minute.start())),
            decided_at: Some(wire::timestamp(self.decided_at)),
            content: Some(match &self.content {
                Content::Decision(value) => submit_request::Content::Decision(*value),
                Content::Abstention(cause) => submit_request::Content::Abstention(cause.clone()),
            }),
            signals: self.signals.iter().map(Signal::to_wire).collect(),
            clock_offset: offset.map(|offset| v1::ClockOffset {
                offset: Some(wire::difference(offset.micros)),
                uncertainty: Some(wire::duration(offset.uncertainty)),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_a_long_cause_is_cut_between_characters() {
        let Content::Abstention(cause) = Content::abstention("é".repeat(1_000)) else {
            panic!("an abstention");
        };
        assert!((1_020..=CAUSE_BYTES_MAX).contains(&cause.len()) && cause.ends_with("é…"));
        for whole in ["x".to_owned(), "x".repeat(CAUSE_BYTES_MAX)] {
            assert_eq!(Content::abstention(whole.clone()), Content::Abstention(whole));
        }
    }
}

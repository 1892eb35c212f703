//! What an unsuccessful answer of the trader means for the strategy.

use chassis::{grid::ClockOffset, status};
use tonic::{Code, Status};

/// The trader's refusal, or a lost link to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// What it means.
    pub reason: Reason,
    /// The root cause, for a person.
    pub message: String,
    /// The trader's clock less this process's, where the refusal told.
    pub offset: Option<ClockOffset>,
}

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Another instance has the name: refused for good.
    Fenced,
    /// The name was taken off the list: refused for good.
    Deregistered,
    /// Strategy and trader do not mean the same minutes: refused for good.
    Interval,
    /// Another instance with a living session has the name.
    Taken,
    /// The trader's journal does not know the hold: register anew.
    NotRegistered,
    /// The link failed, or the trader is not ready: try again.
    Passing,
    /// This very request is refused, and would be again.
    Other,
}

impl Refusal {
    /// Reads a status.
    pub fn read(status: &Status, offset: Option<ClockOffset>) -> Self {
        let reason = if status::is_transient(status) {
            Reason::Passing
        } else {
            classify(status.code(), status::reason(status).as_deref().unwrap_or_default())
        };
        Self { reason, message: status::root_cause(status), offset }
    }

    /// A link that failed for a reason known on this side.
    pub fn passing(message: impl Into<String>) -> Self {
        Self { reason: Reason::Passing, message: message.into(), offset: None }
    }
}

fn classify(code: Code, reason: &str) -> Reason {
    match (code, reason) {
        (Code::Aborted, "deregistered") => Reason::Deregistered,
        (Code::Aborted, _) => Reason::Fenced,
        (Code::FailedPrecondition, "interval") => Reason::Interval,
        (Code::AlreadyExists, "taken") => Reason::Taken,
        (Code::NotFound, "not-registered") => Reason::NotRegistered,
        _ => Reason::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn s4_refusals_are_told_apart_by_code_and_reason() {
        for (code, reason, expected) in [
            (Code::Aborted, "fenced", Reason::Fenced),
            (Code::Aborted, "deregistered", Reason::Deregistered),
            (Code::FailedPrecondition, "interval", Reason::Interval),
            (Code::AlreadyExists, "taken", Reason::Taken),
            (Code::NotFound, "not-registered", Reason::NotRegistered),
            (Code::NotFound, "", Reason::Other),
            (Code::Unavailable, "journal", Reason::Passing),
            (Code::ResourceExhausted, "full", Reason::Passing),
            (Code::Cancelled, "", Reason::Passing),
            (Code::OutOfRange, "late", Reason::Other),
            (Code::OutOfRange, "future", Reason::Other),
            (Code::FailedPrecondition, "stale", Reason::Other),
            (Code::FailedPrecondition, "not-expected", Reason::Other),
            (Code::AlreadyExists, "conflict", Reason::Other),
            (Code::PermissionDenied, "not-yours", Reason::Other),
            (Code::Unauthenticated, "no-identity", Reason::Other),
            (Code::InvalidArgument, "malformed", Reason::Other),
            (Code::InvalidArgument, "name", Reason::Other),
            (Code::PermissionDenied, "", Reason::Other),
        ] {
            let status = status::refusal(code, reason, "why", []);
            let refusal = Refusal::read(&status, None);
            assert_eq!((refusal.reason, &*refusal.message), (expected, "why"), "{code:?} {reason}");
        }
        let lost = Status::from_error(Box::new(io::Error::from_raw_os_error(104)));
        assert_eq!(Refusal::read(&lost, None), Refusal::passing("connection reset by peer"));
    }
}

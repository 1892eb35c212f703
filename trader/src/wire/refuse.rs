//! Refusals as statuses, each with its `google.rpc` details: one match, without a wildcard.

use chassis::{
    grid::{Minute, Timestamp},
    status::{ERROR_DOMAIN, refusal},
};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, PreconditionViolation, StatusExt as _};

use super::read::WireError;
use crate::{
    engine::{
        NoMedian,
        error::Refusal,
        verdict::{Cause, CauseCode},
    },
    handle::{HandleError, ReadError},
};

/// Causes that a status carries; cut, they stay below the 8 KiB of headers that a stock client
/// takes.
const CAUSES_MAX: usize = 16;

/// Longest cause of a status, and longest detail of a cause in a message, in bytes.
const CAUSE_BYTES_MAX: usize = 256;

/// Longest message of a status, in bytes: the journal's words have paths in them.
const MESSAGE_BYTES_MAX: usize = 1_024;

/// `text`, cut at 256 bytes.
pub fn cut(text: &str) -> &str {
    cut_at(text, CAUSE_BYTES_MAX)
}

/// `text`, cut at so many bytes.
pub fn cut_at(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// The core's refusal.
pub fn refused(refused: &Refusal, now: Timestamp) -> Status {
    let (code, reason) = match refused {
        Refusal::Taken { .. } => (Code::AlreadyExists, "taken"),
        Refusal::Fenced { .. } => (Code::Aborted, "fenced"),
        Refusal::Deregistered { .. } => (Code::Aborted, "deregistered"),
        Refusal::Full { .. } => (Code::ResourceExhausted, "full"),
        Refusal::Journal(_) => (Code::Unavailable, "journal"),
        Refusal::Unknown { .. } => (Code::NotFound, "unknown"),
        Refusal::NotRegistered { .. } => (Code::NotFound, "not-registered"),
        Refusal::Late { .. } => (Code::OutOfRange, "late"),
        Refusal::Future { .. } => (Code::OutOfRange, "future"),
        Refusal::Stamp { code, .. } | Refusal::SignalMinute { code, .. } => match code {
            CauseCode::Future => (Code::OutOfRange, "future"),
            CauseCode::Stale
            | CauseCode::Silent
            | CauseCode::Disconnected
            | CauseCode::Abstained
            | CauseCode::Clock
            | CauseCode::Journal
            | CauseCode::TooFew => (Code::FailedPrecondition, "stale"),
        },
        Refusal::NotExpected { .. } => (Code::FailedPrecondition, "not-expected"),
        Refusal::Conflict { .. } => (Code::AlreadyExists, "conflict"),
        Refusal::NotHalted => (Code::FailedPrecondition, "not-halted"),
    };
    status(code, reason, &refused.to_string(), now)
}

/// A message that is not well-formed.
pub fn wire_error(error: &WireError, now: Timestamp) -> Status {
    let (code, reason) = match error {
        WireError::Name { field: "name", .. } | WireError::Reserved => {
            (Code::InvalidArgument, "name")
        }
        WireError::Interval { .. } => (Code::FailedPrecondition, "interval"),
        WireError::OffGrid(_) => (Code::InvalidArgument, "off-grid"),
        WireError::Name { .. }
        | WireError::Missing(_)
        | WireError::Range { .. }
        | WireError::NotFinite { .. }
        | WireError::SignalCount(_)
        | WireError::Twice(_)
        | WireError::Length { .. } => (Code::InvalidArgument, "malformed"),
    };
    status(code, reason, &error.to_string(), now)
}

/// A submission that is not well-formed.
pub fn malformed(error: &WireError, now: Timestamp) -> Status {
    status(Code::InvalidArgument, "malformed", &error.to_string(), now)
}

/// There is nothing of that minute on record.
pub fn no_verdict(minute: Minute, now: Timestamp) -> Status {
    let message = format!("unknown: the journal has no verdict for minute {minute}");
    status(Code::NotFound, "unknown", &message, now)
}

/// The journal could not be read.
pub fn unreadable(error: &ReadError, now: Timestamp) -> Status {
    match error {
        ReadError::Busy => status(Code::ResourceExhausted, "overload", &error.to_string(), now),
        ReadError::Gone { .. } => status(Code::OutOfRange, "gone", &error.to_string(), now),
        ReadError::Journal(error) => {
            status(Code::Unavailable, "journal", &format!("journal: {error}"), now)
        }
    }
}

/// Nobody else can watch.
pub fn crowded(now: Timestamp) -> Status {
    let message = "overload: too many others are watching; try again";
    status(Code::ResourceExhausted, "overload", message, now)
}

/// A watcher fell behind; `last` is the last minute that it was sent.
pub fn too_slow(last: Option<Minute>, now: Timestamp) -> Status {
    let last = last.map(|last| last.to_string()).unwrap_or_default();
    let message = "slow: this reader fell behind; watch again after the last minute received";
    let facts = [("trader_time", now.to_string()), ("last_minute", last)];
    refusal(Code::ResourceExhausted, "slow", message, facts)
}

/// The driver does not answer.
pub fn unanswered(error: HandleError, now: Timestamp) -> Status {
    let (code, reason) = match error {
        HandleError::Overload => (Code::ResourceExhausted, "overload"),
        HandleError::Stopped => (Code::Unavailable, "stopping"),
    };
    status(code, reason, &error.to_string(), now)
}

fn status(code: Code, reason: &str, message: &str, now: Timestamp) -> Status {
    let facts = [("trader_time", now.to_string())];
    refusal(code, reason, cut_at(message, MESSAGE_BYTES_MAX), facts)
}

/// There is no current median: the state and its causes.
pub fn no_median(none: &NoMedian, now: Timestamp) -> Status {
    let facts = [
        ("state", none.state.to_string()),
        ("causes_total", none.causes.len().to_string()),
        ("trader_time", now.to_string()),
        ("halt_reason", cut(none.halt_reason.as_deref().unwrap_or_default()).to_owned()),
    ];
    let facts = facts.map(|(key, value)| (key.to_owned(), value));
    let mut details = ErrorDetails::with_error_info("no-median", ERROR_DOMAIN, facts);
    let violations: Vec<_> = none.causes.iter().take(CAUSES_MAX).map(violation).collect();
    if !violations.is_empty() {
        details.set_precondition_failure(violations);
    }
    let first = none.causes.first().map(|cause| format!(": {} {}", cause.subject, cause.code));
    let message =
        format!("no current median: the state is {}{}", none.state, first.unwrap_or_default());
    Status::with_error_details(Code::FailedPrecondition, message, details)
}

fn violation(cause: &Cause) -> PreconditionViolation {
    let (code, subject) = (cause.code.as_str(), cause.subject.to_string());
    let last_seen = cause.last_seen.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let rest = format!("since {}, last seen {last_seen}: {}", cause.since, cause.detail);
    let rest = cut_at(&rest, CAUSE_BYTES_MAX - code.len() - subject.len());
    PreconditionViolation::new(code, subject, rest)
}

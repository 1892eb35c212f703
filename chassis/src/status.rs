//! Refusals on the wire: building them with `google.rpc` details, and reading them again.

use std::{error::Error as _, io};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Domain of every `google.rpc.ErrorInfo` that a server of this project sends.
pub const ERROR_DOMAIN: &str = "minutehand";

/// A refusal with its machine-readable reason and further facts, as a `google.rpc.ErrorInfo`.
pub fn refusal<const N: usize>(
    code: Code,
    reason: &str,
    message: impl Into<String>,
    metadata: [(&str, String); N],
) -> Status {
    let facts = metadata.map(|(key, value)| (key.to_owned(), value));
    let details = ErrorDetails::with_error_info(reason, ERROR_DOMAIN, facts);
    Status::with_error_details(code, message, details)
}

/// The reason that a server gave with a refusal.
pub fn reason(status: &Status) -> Option<String> {
    status.get_details_error_info().map(|info| info.reason)
}

/// A further fact that a server gave with a refusal.
pub fn fact(status: &Status, key: &str) -> Option<String> {
    status.get_details_error_info().and_then(|mut info| info.metadata.remove(key))
}

/// Whether the link failed, rather than the server refused: a status that was made on this side has
/// a source, one that came over the wire has none.
pub fn is_transport(status: &Status) -> bool {
    status.source().is_some()
}

/// Whether the same call may well succeed a moment later: the link failed, or the server was out of
/// time, overloaded or not ready.
pub fn is_transient(status: &Status) -> bool {
    let passing =
        [Code::Unavailable, Code::ResourceExhausted, Code::Cancelled, Code::DeadlineExceeded];
    is_transport(status) || passing.contains(&status.code()) || is_garbled(status)
}

/// Whether time ran out while an answer was waited for.
pub fn is_silence(status: &Status) -> bool {
    matches!(status.code(), Code::Cancelled | Code::DeadlineExceeded)
}

/// Whether an answer was cut off, or is none that a server of this project gives: that is no
/// refusal, whose reason it would say.
fn is_garbled(status: &Status) -> bool {
    let made_here = [Code::Internal, Code::Unknown, Code::DataLoss, Code::OutOfRange];
    made_here.contains(&status.code()) && reason(status).is_none()
}

/// How h2 says that the other side has gone.
const CLOSED: &str = "stream closed because of a broken pipe";

/// The same in plain words.
const CLOSED_PLAINLY: &str = "the connection was closed";

/// How h2 says that it hears something else, which is what TLS sounds like in the clear.
const NO_HTTP_2: &str = "connection error detected: frame with invalid size";

/// How tonic says that a call took longer than it was given.
const EXPIRED: &str = "Timeout expired";

/// The same in plain words.
pub const NO_ANSWER: &str = "no answer in time";

/// What went wrong, for a person: the operating system's word where the link failed, else the
/// server's.
pub fn root_cause(status: &Status) -> String {
    let mut cause = status.source();
    let mut last = None;
    while let Some(error) = cause {
        if let Some(system) = error.downcast_ref::<io::Error>() {
            return describe(system);
        }
        last = Some(error.to_string());
        cause = error.source();
    }
    match last {
        Some(text) if text == EXPIRED => NO_ANSWER.to_owned(),
        Some(text) if text == CLOSED => CLOSED_PLAINLY.to_owned(),
        Some(text) if text == NO_HTTP_2 => "it does not speak HTTP/2 in the clear".to_owned(),
        Some(text) if !text.is_empty() => text,
        _ if status.message().is_empty() => status.code().description().to_owned(),
        _ if status.message() == EXPIRED => NO_ANSWER.to_owned(),
        _ => status.message().to_owned(),
    }
}

/// What to do about a trader that is out of reach, for whoever typed a command.
pub fn remedy(status: &Status) -> &'static str {
    if root_cause(status).starts_with("TLS: ") {
        "see --tls-ca, --tls-cert and --tls-key"
    } else {
        "start it, or name another with --trader HOST:PORT or --trader-port PORT"
    }
}

/// An operating system's error in plain words, without its number.
fn describe(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => {
            let text = error.to_string();
            let plain = text.split(" (os error").next().unwrap_or(&text);
            plain.to_lowercase()
        }
        // What TLS says of a sudden end goes on for lines.
        None if error.kind() == io::ErrorKind::UnexpectedEof => CLOSED_PLAINLY.to_owned(),
        None if error.to_string() == CLOSED => CLOSED_PLAINLY.to_owned(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_back_as_it_was_built() {
        let status = refusal(Code::Aborted, "fenced", "gone", [("epoch", "7".to_owned())]);
        assert_eq!(reason(&status).as_deref(), Some("fenced"));
        assert_eq!(fact(&status, "epoch").as_deref(), Some("7"));
        assert_eq!(fact(&status, "other"), None);
        assert!(!is_transient(&status));
        assert_eq!(root_cause(&status), "gone");
    }

    #[test]
    fn s4_a_garbled_answer_is_no_refusal() {
        for code in [Code::Internal, Code::Unknown, Code::DataLoss, Code::OutOfRange] {
            assert!(is_transient(&Status::new(code, "cut off")), "{code:?}");
            assert!(!is_transient(&refusal(code, "late", "closed", [])), "{code:?}");
        }
        for code in [Code::PermissionDenied, Code::Unimplemented, Code::InvalidArgument] {
            assert!(!is_transient(&Status::new(code, "no")), "{code:?}");
        }
    }

    #[test]
    fn a_failed_link_is_named_in_the_systems_words() {
        let refused = io::Error::from_raw_os_error(111);
        let status = Status::from_error(Box::new(refused));
        assert!(is_transport(&status) && is_transient(&status));
        assert_eq!(root_cause(&status), "connection refused");
        let closed = io::Error::new(io::ErrorKind::BrokenPipe, CLOSED);
        assert_eq!(root_cause(&Status::from_error(Box::new(closed))), "the connection was closed");
        let cut = io::Error::new(io::ErrorKind::UnexpectedEof, "peer closed connection without …");
        assert_eq!(root_cause(&Status::from_error(Box::new(cut))), "the connection was closed");
        assert!(remedy(&status).starts_with("start it, "));
    }

    #[test]
    fn no_answer_is_called_so_whoever_noticed_first() {
        let of_tonic = Status::from_error(Box::new(tonic::TimeoutExpired(())));
        assert!(is_transport(&of_tonic));
        for noticed in [of_tonic, Status::cancelled(EXPIRED), Status::deadline_exceeded(NO_ANSWER)]
        {
            assert_eq!(root_cause(&noticed), NO_ANSWER, "{noticed:?}");
        }
    }

    #[test]
    fn fault_55_what_tls_forbids_is_not_mended_by_a_start() {
        let refused = io::Error::other("TLS: it refuses this side: the certificate is expired");
        let refused = Status::from_error(Box::new(refused));
        assert_eq!(remedy(&refused), "see --tls-ca, --tls-cert and --tls-key");
    }
}

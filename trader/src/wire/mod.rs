//! The wire and the core's words: requests in, answers out, refusals as statuses.

mod read;
mod refuse;
mod show;

pub use read::{WireError, application, clean, minute, name, submission};
pub use refuse::{
    crowded, cut, cut_at, malformed, no_median, no_verdict, refused, too_slow, unanswered,
    unreadable, wire_error,
};
pub use show::{explanation, happening, registered, session_end, status, verdict};

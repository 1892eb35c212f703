//! A generator's part in the traces of those who ask it.

use chassis::{
    name::Name,
    span,
    trace::{Context, under},
};
use tracing::{Span, field::Empty};

use crate::outcomes::Outcome;

/// A call is answered, from when it came until there is a signal or a reason why there is none.
pub(crate) fn answering(asking: Option<&Context>, name: &Name) -> Span {
    span!(
        "GetSignal",
        trace.parent = under(asking),
        trace.state = asking.map(Context::state),
        trace.kind = "server",
        trace.error = Empty,
        generator = %name
    )
}

/// What the answer at hand came of. It is computed once, and shown to everyone who asked for it.
pub(crate) fn computed(outcome: &Outcome) {
    let Outcome { minute, result, computing: (began, ended) } = outcome;
    let signal = result.as_ref().ok();
    drop(span!(
        "compute",
        trace.start = began.as_micros(),
        trace.end = ended.as_micros(),
        trace.error = result.as_ref().err().map(String::as_str),
        minute = %minute,
        run_id = signal.map(|signal| signal.run_id.as_str())
    ));
}

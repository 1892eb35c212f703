//! One trace a minute across all processes, though nobody tells them to begin one: the trader's journal
//! and the minute give the trace its id, and the trader's span of the minute the id under which
//! everybody else names it as their parent, also before it exists.
//!
//! Parts make spans by [`span!`](crate::span), hand them on in W3C's headers by [`inject`], and take them up by
//! [`Context::received`]. In a build without the feature `otlp` all of it comes to nothing.

mod context;
mod endpoint;
#[cfg(feature = "otlp")]
mod queue;
#[cfg(feature = "otlp")]
mod layer;
#[cfg(feature = "otlp")]
mod exporter;
#[cfg(all(feature = "otlp", any(test, feature = "testing")))]
pub mod testing;
#[cfg(test)]
#[cfg(feature = "otlp")]
mod tests;

use tonic::{Status, metadata::MetadataMap};
use tracing::{
    Instrument as _, Span,
    field::{DisplayValue, display},
};

pub use context::Context;
pub use endpoint::{Endpoint, EndpointError};
#[cfg(feature = "otlp")]
pub(crate) use exporter::Exporter;

/// Whether this build can export traces.
pub const COMPILED: bool = cfg!(feature = "otlp");

/// The target of all spans: logs leave it out, and what exports takes nothing else.
pub const TARGET: &str = "minutehand::trace";

/// What went wrong with a call that was dropped while it was under way.
pub const GIVEN_UP: &str = "given up before it was answered";

/// Which part of the system exports.
#[derive(Clone, Debug)]
pub struct Service {
    /// `generator`, `strategy` or `trader`.
    pub kind: &'static str,
    /// Which of them; none if it has no name before it runs.
    pub name: Option<String>,
}

/// A span of a minute's trace, which ends when it is dropped. Fields are its attributes, but for these:
///
/// - `trace.parent`: a [`Context`] that it belongs under; else it is the span's that is entered, and
///   where there is none, it is not exported
/// - `trace.state`: the [`Context::state`] of that
/// - `trace.root`: a [`Context`] that it is itself
/// - `trace.kind`: `client` or `server`
/// - `trace.start`, `trace.end`: when, in microseconds since 1970; else when it is made and dropped
/// - `trace.error`: what went wrong, which may be recorded later; empty: nothing did
#[macro_export]
macro_rules! span {
    ($name:literal, $($fields:tt)+) => {
        if $crate::trace::COMPILED {
            ::tracing::info_span!(target: $crate::trace::TARGET, $name, $($fields)+)
        } else {
            ::tracing::Span::none()
        }
    };
}

/// A place for the field `trace.parent`, if there is one.
pub fn under(context: Option<&Context>) -> Option<DisplayValue<&Context>> {
    context.map(display)
}

/// Names the span that is entered in a request's metadata, for whoever answers it.
#[cfg(feature = "otlp")]
pub fn inject(metadata: &mut MetadataMap) {
    if let Some(context) = layer::current() {
        context.write(metadata);
    }
}

/// Names no span: there is none.
#[cfg(not(feature = "otlp"))]
pub fn inject(_: &mut MetadataMap) {}

/// Makes a call within `span`, which is told if it fails: it needs a field `trace.error`.
pub async fn call<T>(
    span: Span,
    call: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    if !COMPILED {
        return call.await;
    }
    // Whoever gives up a call drops it.
    span.record("trace.error", GIVEN_UP);
    let answered = call.instrument(span.clone()).await;
    span.record("trace.error", answered.as_ref().err().map_or("", Status::message));
    answered
}

//! From `tracing`'s spans to OTLP's: a span is put together while it lasts, and queued when it ends.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::{Span, SpanFlags, Status, span::SpanKind, status::StatusCode},
};
use rand::{Rng as _, rngs::StdRng};
use tracing::{
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Registry,
    layer::Context as Layered,
    registry::{LookupSpan, SpanRef},
};

use super::{Context, queue::Queue};
use crate::clock::Clock;

/// Longest text in a span, in bytes: that of an abstention.
const TEXT_BYTES_MAX: usize = 1_024;

/// Every one is taken.
const SAMPLED: u32 = 1;

/// Puts spans together.
#[derive(Debug)]
pub(crate) struct Layer {
    queue: Arc<Queue>,
    clock: Clock,
    ids: Mutex<StdRng>,
}

/// A span while it lasts.
#[derive(Debug, Default)]
struct Draft {
    span: Span,
    parent: Option<Context>,
    root: Option<Context>,
}

impl Layer {
    /// Into `queue`, with ids from `ids`.
    pub(super) fn new(queue: Arc<Queue>, clock: Clock, ids: StdRng) -> Self {
        Self { queue, clock, ids: Mutex::new(ids) }
    }

    /// Gives the span its place: its own, that under its parent, or none.
    fn place(&self, mut draft: Draft, above: Option<Context>) -> Option<Draft> {
        let Draft { span, parent, root } = &mut draft;
        let is_remote = parent.is_some();
        if let Some(root) = root {
            (span.trace_id, span.span_id) = (root.trace.to_vec(), root.span.to_vec());
        } else {
            let above = parent.take().or(above).filter(|above| above.sampled)?;
            span.trace_id = above.trace.to_vec();
            span.parent_span_id = above.span.to_vec();
            span.trace_state = above.state;
            span.span_id = self.new_id().to_vec();
            span.flags = SpanFlags::ContextHasIsRemoteMask as u32;
            if is_remote {
                span.flags |= SpanFlags::ContextIsRemoteMask as u32;
            }
        }
        span.flags |= SAMPLED;
        if span.start_time_unix_nano == 0 {
            span.start_time_unix_nano = nanoseconds(self.clock.wall().as_micros());
        }
        Some(draft)
    }

    fn new_id(&self) -> [u8; 8] {
        // Nothing panics half-way through a change.
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let id = ids.next_u64();
            if id != 0 {
                return id.to_be_bytes();
            }
        }
    }
}

impl<S> tracing_subscriber::Layer<S> for Layer
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attrs: &Attributes<'_>, id: &Id, ctx: Layered<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        let mut draft = Draft::default();
        span.name().clone_into(&mut draft.span.name);
        draft.span.kind = SpanKind::Internal as i32;
        attrs.record(&mut draft);
        if let Some(draft) = self.place(draft, span.parent().as_ref().and_then(place_of)) {
            span.extensions_mut().insert(draft);
        }
    }

    fn on_record(&self, span: &Id, values: &Record<'_>, ctx: Layered<'_, S>) {
        if let Some(span) = ctx.span(span)
            && let Some(draft) = span.extensions_mut().get_mut::<Draft>()
        {
            values.record(draft);
        }
    }

    fn on_close(&self, id: Id, ctx: Layered<'_, S>) {
        let draft = ctx.span(&id).and_then(|span| span.extensions_mut().remove::<Draft>());
        let Some(Draft { mut span, .. }) = draft else { return };
        if span.end_time_unix_nano == 0 {
            span.end_time_unix_nano = nanoseconds(self.clock.wall().as_micros());
        }
        // A clock may be set back meanwhile.
        span.end_time_unix_nano = span.end_time_unix_nano.max(span.start_time_unix_nano);
        self.queue.push(span);
    }
}

/// The place of the span that is entered, if it is exported.
pub(super) fn current() -> Option<Context> {
    tracing::Span::current()
        .with_subscriber(|(id, subscriber)| {
            let registry = subscriber.downcast_ref::<Registry>()?;
            place_of(&registry.span(id)?)
        })
        .flatten()
}

fn place_of<'a, R: LookupSpan<'a>>(span: &SpanRef<'a, R>) -> Option<Context> {
    let extensions = span.extensions();
    let Draft { span, .. } = extensions.get::<Draft>()?;
    Some(Context {
        trace: span.trace_id.as_slice().try_into().ok()?,
        span: span.span_id.as_slice().try_into().ok()?,
        sampled: true,
        state: span.trace_state.clone(),
    })
}

impl Draft {
    fn attribute(&mut self, field: &Field, value: Value) {
        let key = field.name();
        let value = Some(AnyValue { value: Some(value) });
        let attributes = &mut self.span.attributes;
        match attributes.iter_mut().find(|attribute| attribute.key == key) {
            Some(attribute) => attribute.value = value,
            None => attributes.push(KeyValue { key: key.to_owned(), value, ..KeyValue::default() }),
        }
    }

    fn text(&mut self, field: &Field, mut text: String) {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        match field.name() {
            "trace.parent" => self.parent = Context::parse(&text),
            "trace.root" => self.root = Context::parse(&text),
            "trace.state" => {
                if let Some(parent) = &mut self.parent {
                    parent.state = text;
                }
            }
            "trace.kind" => self.span.kind = kind(&text) as i32,
            "trace.error" => {
                let error = StatusCode::Error as i32;
                self.span.status =
                    (!text.is_empty()).then_some(Status { message: text, code: error });
            }
            _ => self.attribute(field, Value::StringValue(text)),
        }
    }
}

impl Visit for Draft {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.attribute(field, Value::DoubleValue(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        match field.name() {
            "trace.start" => self.span.start_time_unix_nano = nanoseconds(value),
            "trace.end" => self.span.end_time_unix_nano = nanoseconds(value),
            _ => self.attribute(field, Value::IntValue(value)),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.attribute(field, Value::IntValue(i64::try_from(value).unwrap_or(i64::MAX)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attribute(field, Value::BoolValue(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format!("{value:?}"));
    }
}

fn kind(text: &str) -> SpanKind {
    match text {
        "client" => SpanKind::Client,
        "server" => SpanKind::Server,
        _ => SpanKind::Internal,
    }
}

/// Since 1970, of microseconds since then.
fn nanoseconds(micros: i64) -> u64 {
    u64::try_from(micros).unwrap_or_default().saturating_mul(1_000)
}

//! A strategy's part in the trace of a minute: from the boundary until its submission is acknowledged.

use chassis::{
    channel::Address,
    grid::Minute,
    name::Name,
    retry::Failure,
    span,
    trace::{COMPILED, Context, GIVEN_UP},
};
use tracing::{Span, field::Empty};

use crate::{session::Answer, submission::Hold};

/// The span of the minute at hand, under the trader's.
#[derive(Debug)]
pub(crate) struct Traced {
    /// Whose minute it is.
    of: Option<(String, Minute)>,
    /// None: there was no such minute yet, or it is over.
    span: Span,
    abstained: bool,
}

impl Default for Traced {
    fn default() -> Self {
        Self { of: None, span: Span::none(), abstained: false }
    }
}

impl Traced {
    /// Begins the span of `minute` unless it is at hand; it fails if nothing comes of it. Without a hold
    /// nobody knows which trace is meant.
    pub(crate) fn begin(&mut self, name: &Name, hold: Option<&Hold>, minute: Minute) {
        if !COMPILED {
            return;
        }
        let of = hold.map(|hold| (hold.journal.clone(), minute));
        if self.of == of && of.is_some() {
            return;
        }
        self.span = of.as_ref().map_or_else(Span::none, |(journal, minute)| {
            span!(
                "minute",
                trace.parent = %Context::root_of(journal, *minute),
                trace.start = minute.start().as_micros(),
                trace.error = "not acknowledged by the trader",
                minute = %minute,
                strategy = %name,
                outcome = Empty,
                reason = Empty
            )
        });
        self.of = of;
    }

    /// What is under way for the minute at hand belongs under this.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Decides within it.
    pub(crate) fn decide(
        &self,
        decide: impl FnOnce() -> Result<f64, String>,
    ) -> Result<f64, String> {
        self.span.in_scope(|| {
            let span = span!("decide", trace.error = Empty);
            let decision = span.in_scope(decide);
            if let Err(why_not) = &decision {
                span.record("trace.error", why_not.as_str());
            }
            decision
        })
    }

    /// It is decided, or why it is not.
    pub(crate) fn decided(&mut self, why_not: Option<&str>) {
        self.abstained = why_not.is_some();
        self.span.record("outcome", if self.abstained { "abstained" } else { "decided" });
        if let Some(why_not) = why_not {
            self.span.record("reason", why_not).record("trace.error", why_not);
        }
    }

    /// Its submission was answered, which is its end.
    pub(crate) fn answered(&mut self, answer: &Answer) {
        match answer {
            Answer::Received(_) if self.abstained => {}
            Answer::Received(_) => drop(self.span.record("trace.error", "")),
            Answer::Refused(refusal) => drop(self.span.record("trace.error", &*refusal.message)),
        }
        self.span = Span::none();
    }
}

/// One generator is asked, as often as it takes.
pub(crate) fn asking(generator: &Address) -> Span {
    span!(
        "GetSignal",
        trace.kind = "client",
        trace.error = GIVEN_UP,
        generator = %generator,
        tries = Empty
    )
}

/// The decision is handed in, as often as it takes.
pub(crate) fn submitting() -> Span {
    span!("Submit", trace.kind = "client", trace.error = GIVEN_UP, tries = Empty)
}

/// A call was answered, or why it was not.
pub(crate) fn ended(span: &Span, failure: Option<&Failure>) {
    if !span.is_disabled() {
        span.record("trace.error", failure.map(Failure::to_string).unwrap_or_default());
    }
}

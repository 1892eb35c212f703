//! The trader's part in the trace of a minute: its root, the write that it waits for, and what is submitted.

use chassis::{
    grid::{Interval, Minute, Timestamp},
    span,
    trace::{COMPILED, Context, under},
};
use tracing::{Span, field::Empty};

use crate::engine::{
    submission::{Content, Submission},
    verdict::{Cause, Outcome, Verdict},
};

/// Causes that a span names, as many as a status does.
const CAUSES_MAX: usize = 16;

/// Of a run of minutes that nobody attended to, so many of the last ones have a root: strategies may have
/// spans in them.
const RUN_MAX: usize = 60;

/// When the last write to the journal began and ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written {
    pub(crate) began: Timestamp,
    pub(crate) ended: Timestamp,
}

/// A submission is answered: under the strategy's call, or the minute itself if the caller names none.
pub(crate) fn submitted(asking: Option<&Context>, journal: &str, submission: &Submission) -> Span {
    let Submission { name, minute, content, .. } = submission;
    let root = asking.is_none().then(|| Context::root_of(journal, *minute));
    span!(
        "Submit",
        trace.parent = under(asking.or(root.as_ref())),
        trace.state = asking.map(Context::state),
        trace.kind = "server",
        trace.error = Empty,
        minute = %minute,
        strategy = %name,
        outcome = match content {
            Content::Decision(_) => "decided",
            Content::Abstention(_) => "abstained",
        }
    )
}

/// A verdict is on disk: the root of its minute, from the boundary on.
pub(crate) fn published(journal: &str, interval: Interval, verdict: &Verdict, written: Written) {
    if !COMPILED {
        return;
    }
    let mut minute = verdict.last;
    for _ in 0..RUN_MAX {
        root(journal, minute, verdict, written);
        if minute <= verdict.minute {
            return;
        }
        minute = minute.previous(interval);
    }
}

fn root(journal: &str, minute: Minute, verdict: &Verdict, written: Written) {
    let Written { began, ended } = written;
    let median = verdict.median();
    let root = span!(
        "minute",
        trace.root = %Context::root_of(journal, minute),
        trace.start = minute.start().as_micros(),
        trace.end = ended.as_micros(),
        trace.error = fault(verdict),
        minute = %minute,
        journal = journal,
        verdict = word(&verdict.outcome),
        count = verdict.count,
        median = median.map(|median| median.value),
        causes = causes(verdict, |cause| format!("{} {}", cause.subject, cause.code))
    );
    root.in_scope(|| {
        let (began, ended) = (began.as_micros(), ended.as_micros());
        drop(span!("journal", trace.start = began, trace.end = ended));
    });
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Median(_) => "median",
        Outcome::Failed(_) => "failed",
        Outcome::NoStrategies => "no strategies",
        Outcome::Halted => "halted",
        Outcome::NotRunning => "not running",
    }
}

/// Why there is no median; none if there is, or nobody waits for one.
fn fault(verdict: &Verdict) -> Option<String> {
    match &verdict.outcome {
        Outcome::Median(_) | Outcome::NoStrategies => None,
        Outcome::Failed(_) => causes(verdict, Cause::to_string),
        Outcome::Halted => Some("an operator has halted the trader".to_owned()),
        Outcome::NotRunning => Some("the trader was down or asleep".to_owned()),
    }
}

fn causes(verdict: &Verdict, said: impl Fn(&Cause) -> String) -> Option<String> {
    let causes: Vec<_> = verdict.causes().iter().take(CAUSES_MAX).map(said).collect();
    (!causes.is_empty()).then(|| causes.join("; "))
}

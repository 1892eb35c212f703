//! What must hold of the verdicts that a trader publishes, whatever was sent to it: invariants 1 and
//! 2, from what is told and what is behind it.

use chassis::grid::{Interval, Minute};
use trader::{
    engine::{
        submission::Content,
        verdict::{Outcome, Verdict},
    },
    journal::Explanation,
};

/// The last minute that has a verdict; none before the first.
#[derive(Debug, Default)]
pub(super) struct Watermark(Option<Minute>);

impl Watermark {
    /// A verdict is told: it follows on the one before it.
    pub(super) fn published(&mut self, verdict: &Verdict, interval: Interval) {
        if let Some(last) = self.0 {
            assert_eq!(verdict.minute, last.next(interval), "one verdict each, without gaps");
        }
        assert!(verdict.minute <= verdict.last, "{verdict:?}");
        self.0 = Some(verdict.last);
    }
}

/// A median is that of the decisions behind it, and nobody abstained.
pub(super) fn audit(explanation: &Explanation) {
    let Outcome::Median(told) = &explanation.verdict.outcome else { return };
    let decision = |content: &Content| match content {
        Content::Decision(value) => *value,
        Content::Abstention(why) => panic!("a median in spite of an abstention: {why}"),
    };
    let said = explanation.submissions.iter().map(|(_, said)| decision(&said.content));
    let mut values: Vec<f64> = said.collect();
    values.sort_by(f64::total_cmp);
    assert_eq!(values.len(), explanation.verdict.count);
    let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    assert_eq!(told.value.to_bits(), low.midpoint(high).to_bits(), "{values:?}");
}

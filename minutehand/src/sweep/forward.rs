//! Walk-forward: for each fold the best combination so far, and what it came to afterwards.

use std::collections::BTreeMap;

use backtest::{course::Course, equity::Equity, forward::Folds, statistics::Statistics};
use chassis::grid::Minute;

use super::{
    measure::{Figures, ranked},
    tried::{Outcome, Shared},
};

/// What a fold chose.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    /// The first minute of its test.
    pub(super) tested_from: Minute,
    /// Which combination was best before.
    pub(super) chosen: usize,
    /// The figure by which it was.
    pub(super) in_sample: Option<f64>,
    /// The same figure in the test.
    pub(super) out_of_sample: Option<f64>,
    /// What it earned in the test.
    pub(super) earned: f64,
}

/// All folds, and their tests as one.
#[derive(Debug)]
pub(super) struct Forward {
    pub(super) choices: Vec<Choice>,
    /// The medians of all tests, one after the other.
    pub(super) course: Course,
    /// What one account earned that went through them.
    pub(super) equity: Equity,
}

impl Forward {
    /// Of what all combinations come to.
    pub(super) fn new(
        shared: &Shared<'_>,
        folds: &Folds,
        figures: &[Result<Figures, String>],
    ) -> Result<Self, String> {
        let chosen: Vec<usize> = (0..folds.count()).map(|fold| best(figures, fold)).collect();
        let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
        for n in &chosen {
            if !outcomes.contains_key(n) {
                outcomes.insert(*n, shared.outcome(*n)?);
            }
        }
        let choice = |(fold, n): (usize, &usize)| {
            let Outcome { course, equity } = &outcomes[n];
            let test = folds.out_of_sample(fold);
            let from = course.minutes().nth(test.start).expect("the test is in the period");
            let statistics = Statistics::of(&equity.part(test), course.interval);
            Choice {
                tested_from: from,
                chosen: *n,
                in_sample: figures[*n].as_ref().ok().and_then(|figures| figures.in_sample[fold]),
                out_of_sample: shared.by.of(&statistics),
                earned: statistics.total_return,
            }
        };
        let choices = chosen.iter().enumerate().map(choice).collect();
        let courses: Vec<&Course> = chosen.iter().map(|n| &outcomes[n].course).collect();
        let course = folds.stitched(&courses);
        let equity = shared.equity(&course, shared.prepared(chosen[0])?.traded());
        Ok(Self { choices, course, equity })
    }
}

/// The best combination in what a fold may learn from. If none has a figure, the first that can be run.
fn best(figures: &[Result<Figures, String>], fold: usize) -> usize {
    let ran = figures.iter().enumerate();
    let ran = ran.filter_map(|(n, figures)| Some((n, figures.as_ref().ok()?.in_sample[fold])));
    *ranked(ran).first().expect("one could be run")
}

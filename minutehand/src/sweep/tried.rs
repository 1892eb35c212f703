//! Each combination over the same data.

use backtest::{
    course::Course,
    equity::{Equity, equity},
    forward::Folds,
    run::run,
};
use market::history::History;

use super::{
    grid::Grid,
    measure::{By, Figures},
    template::Template,
    workers,
};
use crate::{
    backtest::{
        data::Data,
        prepare::{Given, Prepared},
        progress::Progress,
    },
    plan::Plan,
};

/// What all combinations share.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    pub(super) given: &'a Given,
    pub(super) template: &'a Template,
    pub(super) grid: &'a Grid,
    pub(super) data: &'a Data,
    pub(super) by: By,
    /// How many folds.
    pub(super) folds: usize,
}

/// A combination that was run: its medians, and what they earn.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) course: Course,
    pub(super) equity: Equity,
}

impl Shared<'_> {
    /// The plan of the n-th combination.
    pub(super) fn plan(&self, n: usize) -> Result<Plan, String> {
        let text = self.template.fill(&self.grid.values(n));
        self.given.plan_of(&text)
    }

    /// The n-th combination with its data.
    pub(super) fn prepared(&self, n: usize) -> Result<Prepared<'_>, String> {
        let prepared = Prepared::new(&self.plan(n)?, self.data, &self.given.silence);
        prepared.map_err(|failure| failure.message)
    }

    /// Runs the n-th combination.
    pub(super) fn outcome(&self, n: usize) -> Result<Outcome, String> {
        let prepared = self.prepared(n)?;
        let course = run(prepared.study()).map_err(|error| error.to_string())?;
        let equity = self.equity(&course, prepared.traded());
        Ok(Outcome { course, equity })
    }

    /// What the medians of a course earn.
    pub(super) fn equity(&self, course: &Course, traded: &History) -> Equity {
        equity(course, &course.medians, traded, self.given.costs())
    }

    fn figures(&self, n: usize) -> Result<Figures, String> {
        let Outcome { course, equity } = self.outcome(n)?;
        let folds = Folds::of(course.medians.len(), self.folds);
        Ok(Figures::of(&equity, course.interval, folds.as_ref(), self.by))
    }

    /// What all combinations come to, in their order, or why one cannot be run; by so many threads.
    pub(super) fn all(&self, threads: usize) -> Vec<Result<Figures, String>> {
        let count = self.grid.combinations();
        let progress = Progress::of(count as u64, "combinations");
        let figures = workers::all(count, threads, |n| {
            let figures = self.figures(n);
            progress.more(1);
            figures
        });
        progress.end();
        figures
    }
}

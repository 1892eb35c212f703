//! What each strategy adds to the median: what the median of all earned, less what that of all others would
//! have earned.

use market::history::History;
use trader::engine::median::median;

use crate::{
    course::{Column, Course},
    equity::{Costs, equity},
};

/// The medians of all strategies but one, of the minutes that have one of all.
fn without(course: &Course, left_out: usize) -> Column {
    let mut decisions = Vec::with_capacity(course.strategies.len());
    let of_minute = |(n, whole): (usize, Option<f64>)| {
        whole?;
        decisions.clear();
        let others = course.strategies.iter().enumerate().filter(|(place, _)| *place != left_out);
        decisions.extend(others.filter_map(|(_, strategy)| strategy.decisions.get(n)));
        median(&mut decisions).map(|median| median.value)
    };
    course.medians.iter().enumerate().map(of_minute).collect()
}

/// For each strategy, what it added to the total return; none if it is the only one.
pub fn contributions(course: &Course, history: &History, costs: Costs) -> Vec<Option<f64>> {
    let total = |decisions: &Column| equity(course, decisions, history, costs).total_return();
    let whole = total(&course.medians);
    let count = course.strategies.len();
    let of = |left_out| (count > 1).then(|| whole - total(&without(course, left_out)));
    (0..count).map(of).collect()
}

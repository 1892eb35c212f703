//! Walk-forward: what was best so far is tried on what comes next.
//!
//! A period is cut into parts of about the same length. Each part but the first is the test of one fold; all that
//! is before it is what the fold may learn from.

use std::{collections::BTreeMap, ops::Range};

use crate::course::{Column, Course};

/// A part has at least so many minutes: one alone has no deviation.
const PART_MINUTES_MIN: usize = 2;

/// Where a period is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    /// From 0 to the number of minutes.
    cuts: Vec<usize>,
}

impl Folds {
    /// So many folds of a period of so many minutes: one part more than folds. None if the period is too short.
    pub fn of(minutes: usize, count: usize) -> Option<Self> {
        let parts = count.checked_add(1).filter(|_| count > 0)?;
        let fits = minutes / parts >= PART_MINUTES_MIN;
        fits.then(|| Self { cuts: (0..=parts).map(|n| n * minutes / parts).collect() })
    }

    /// Fewest minutes that so many folds can be made of.
    pub fn minutes_min(count: usize) -> usize {
        (count + 1) * PART_MINUTES_MIN
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.cuts.len() - 2
    }

    /// The minutes that a fold, from 0, may learn from: all parts before its test.
    pub fn in_sample(&self, fold: usize) -> Range<usize> {
        0..self.cuts[fold + 1]
    }

    /// The minutes that a fold, from 0, is tested on.
    pub fn out_of_sample(&self, fold: usize) -> Range<usize> {
        self.cuts[fold + 1]..self.cuts[fold + 2]
    }

    /// The medians of all tests, one after the other: those of the fold's course in the minutes of its test.
    /// One account that goes through them trades, and pays, what it takes to get from one course's position to the
    /// next one's.
    pub fn stitched(&self, chosen: &[&Course]) -> Course {
        assert_eq!(chosen.len(), self.count(), "each fold has chosen");
        let first = chosen[0];
        let begins = first.minutes().nth(self.cuts[1]).expect("tests are within the period");
        let medians = (0..)
            .zip(chosen)
            .flat_map(|(fold, course)| self.out_of_sample(fold).map(|n| course.medians.get(n)));
        Course {
            first: begins,
            interval: first.interval,
            medians: medians.collect::<Column>(),
            strategies: Vec::new(),
            changes: Vec::new(),
            shortfalls: BTreeMap::new(),
        }
    }
}

//! What a function was given, taken one by one.

use std::slice::Iter;

use chassis::grid::Interval;

use super::{error::BuildError, node::Node, tree::Tree};

/// Longest window, in bars: more than a month of minutes, and memory that nobody misses.
const LENGTH_MAX: u32 = 50_000;

/// What a function was given.
pub(super) struct Arguments<'a> {
    name: &'static str,
    parameters: &'static str,
    left: Iter<'a, Tree>,
    left_parameters: std::str::Split<'static, &'static str>,
    interval: Interval,
    build: fn(&Tree, Interval) -> Result<Node, BuildError>,
}

impl<'a> Arguments<'a> {
    /// As many as there are parameters.
    pub(super) fn new(
        name: &'static str,
        parameters: &'static str,
        given: &'a [Tree],
        interval: Interval,
        build: fn(&Tree, Interval) -> Result<Node, BuildError>,
    ) -> Self {
        let (left, left_parameters) = (given.iter(), parameters.split(", "));
        Self { name, parameters, left, left_parameters, interval, build }
    }

    /// How long the bars are.
    pub(super) fn interval(&self) -> Interval {
        self.interval
    }

    fn take(&mut self) -> (&'static str, &'a Tree) {
        let taken = self.left_parameters.next().zip(self.left.next());
        taken.expect("a function takes no more than its parameters")
    }

    /// An expression.
    pub(super) fn series(&mut self) -> Result<Node, BuildError> {
        let (_, tree) = self.take();
        (self.build)(tree, self.interval)
    }

    /// An expression over bars of another interval.
    pub(super) fn series_of(&mut self, interval: Interval) -> Result<Node, BuildError> {
        let (_, tree) = self.take();
        (self.build)(tree, interval)
    }

    /// A number of bars, `min` at least.
    pub(super) fn length(&mut self, min: u32) -> Result<usize, BuildError> {
        self.length_up_to(min, LENGTH_MAX)
    }

    fn length_up_to(&mut self, min: u32, max: u32) -> Result<usize, BuildError> {
        let (parameter, tree) = self.take();
        let length = match tree {
            Tree::Number(number) => {
                let whole = number.to_string().parse::<u32>().ok();
                whole.filter(|length| (min..=max).contains(length))
            }
            Tree::Every(_)
            | Tree::Name(_)
            | Tree::Negative(_)
            | Tree::Pair(..)
            | Tree::Call(..) => None,
        };
        let expected = || format!("a whole number from {min} to {max}");
        let length = length.ok_or_else(|| self.wrong(parameter, expected(), tree))?;
        Ok(usize::try_from(length).expect("it fits"))
    }

    /// A number above zero.
    pub(super) fn factor(&mut self) -> Result<f64, BuildError> {
        let (parameter, tree) = self.take();
        match tree {
            Tree::Number(number) if *number > 0.0 => Ok(*number),
            Tree::Number(_)
            | Tree::Every(_)
            | Tree::Name(_)
            | Tree::Negative(_)
            | Tree::Pair(..)
            | Tree::Call(..) => Err(self.wrong(parameter, "a number above zero".to_owned(), tree)),
        }
    }

    /// A length of time.
    pub(super) fn every(&mut self) -> Result<Interval, BuildError> {
        let (parameter, tree) = self.take();
        match tree {
            Tree::Every(every) => Ok(*every),
            Tree::Number(_)
            | Tree::Name(_)
            | Tree::Negative(_)
            | Tree::Pair(..)
            | Tree::Call(..) => {
                Err(self.wrong(parameter, "a length of time like 5m".to_owned(), tree))
            }
        }
    }

    /// Two lengths, of which the first is the shorter one.
    pub(super) fn two_lengths(&mut self) -> Result<(usize, usize), BuildError> {
        let fast = self.length_up_to(1, LENGTH_MAX - 1)?;
        let shortest = u32::try_from(fast + 1).expect("it fits");
        Ok((fast, self.length(shortest)?))
    }

    fn wrong(&self, parameter: &'static str, expected: String, found: &Tree) -> BuildError {
        let (name, parameters, found) = (self.name, self.parameters, found.to_string());
        BuildError::Argument { name, parameters, parameter, expected, found }
    }
}

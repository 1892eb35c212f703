//! What can be told of the last so many numbers, without ever taking a number back.
//!
//! Subtracting what leaves a window leaves its rounding errors behind: they add up, and a window of zeros
//! behind large numbers has a sum that is not zero. So numbers are only ever put together. They are
//! taken in blocks as long as the window. Of the last whole block there is a fold from each of its
//! numbers to its end, of the one that has begun there is one fold of all; the window is the end of the
//! one and all of the other. (Tangwongsan, Hirzel and Schneider, "Low-Latency Sliding-Window Aggregation
//! in Worst-Case Constant Time", DEBS 2017, describe this as the two-stacks method: constant time on
//! average.)

/// What can be told of numbers in a row.
pub trait Fold: Copy {
    /// Of a single number.
    type Number;

    /// What can be told of it.
    fn of(number: Self::Number) -> Self;

    /// What can be told of these numbers and of those that follow them.
    #[must_use]
    fn then(self, later: Self) -> Self;
}

/// The fold of the last so many numbers. Warm-up: as many.
#[derive(Clone, Debug)]
pub struct Folded<F> {
    length: usize,
    /// From each number of the last whole block to its end; empty before there was one.
    ends: Vec<F>,
    /// The numbers of the block that has begun.
    begun: Vec<F>,
    /// All of them.
    all: Option<F>,
}

impl<F: Fold> Folded<F> {
    /// Of so many numbers, at least one.
    pub fn new(length: usize) -> Self {
        assert!(length > 0, "a window has room");
        Self { length, ends: Vec::new(), begun: Vec::new(), all: None }
    }

    /// Takes a number, gives the fold of the last numbers, if there were enough.
    pub fn next(&mut self, number: F::Number) -> Option<F> {
        let number = F::of(number);
        let all = self.all.map_or(number, |all| all.then(number));
        self.begun.push(number);
        if self.begun.len() == self.length {
            self.end_block();
            return Some(all);
        }
        self.all = Some(all);
        self.ends.get(self.begun.len()).map(|end| end.then(all))
    }

    fn end_block(&mut self) {
        for at in (1..self.length).rev() {
            self.begun[at - 1] = self.begun[at - 1].then(self.begun[at]);
        }
        std::mem::swap(&mut self.ends, &mut self.begun);
        self.begun.clear();
        self.all = None;
    }
}

/// A count as a double.
#[expect(clippy::cast_precision_loss, reason = "no window has 2^53 numbers")]
pub(crate) fn double(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers themselves, as digits.
    #[derive(Clone, Copy, Debug)]
    struct Digits(u64);

    impl Fold for Digits {
        type Number = u64;

        fn of(number: u64) -> Self {
            Self(number)
        }

        fn then(self, later: Self) -> Self {
            let digits = later.0.checked_ilog10().unwrap_or(0) + 1;
            Self(self.0 * 10_u64.pow(digits) + later.0)
        }
    }

    #[test]
    fn the_last_numbers_are_folded_in_their_order() {
        let mut window = Folded::<Digits>::new(3);
        let folds: Vec<_> = (1..=8).map(|n| window.next(n).map(|fold| fold.0)).collect();
        let expected = [123, 234, 345, 456, 567, 678].map(Some);
        assert_eq!(folds[..2], [None, None]);
        assert_eq!(folds[2..], expected);
        let mut single = Folded::<Digits>::new(1);
        assert!([5, 6].map(|n| single.next(n).map(|fold| fold.0)) == [Some(5), Some(6)]);
    }
}

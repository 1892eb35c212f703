//! A distribution: how many observations were at most so large.

use std::sync::Arc;

/// Counts observations by size.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    bounds: Arc<[f64]>,
    /// One for each bound, and one for what is beyond them all.
    counts: Vec<u64>,
    sum: f64,
}

impl Histogram {
    /// With these upper bounds, which rise; what is beyond the last one is counted as well.
    pub fn new(bounds: impl Into<Arc<[f64]>>) -> Self {
        let bounds = bounds.into();
        assert!(bounds.is_sorted() && bounds.iter().all(|bound| bound.is_finite()), "they rise");
        let counts = vec![0; bounds.len() + 1];
        Self { bounds, counts, sum: 0.0 }
    }

    /// Counts one.
    pub fn observe(&mut self, value: f64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        self.counts[place] += 1;
        self.sum += value;
    }

    /// Each bound, and how many were at most as large.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        let counts = self.counts.iter().scan(0, |total, count| {
            *total += count;
            Some(*total)
        });
        self.bounds.iter().copied().chain([f64::INFINITY]).zip(counts)
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// What they come to.
    pub fn sum(&self) -> f64 {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_at_a_bound_is_within_it() {
        let mut histogram = Histogram::new([0.5, 1.0]);
        for value in [0.25, 0.5, 0.75, 1.0, 4.0] {
            histogram.observe(value);
        }
        let buckets: Vec<_> = histogram.buckets().collect();
        assert_eq!(buckets, [(0.5, 2), (1.0, 4), (f64::INFINITY, 5)]);
        assert_eq!((histogram.count(), histogram.sum().to_bits()), (5, 6.5_f64.to_bits()));
    }
}

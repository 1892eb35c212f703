//! Medians and spreads of measurements.

/// The middle one of measurements, or the midpoint of the two middle ones.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// What a share of the measurements lies at or below, between neighbours in proportion.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    assert!(!values.is_empty(), "nothing was measured");
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share * to_f64(sorted.len() - 1);
    let (below, above) = (to_index(place.floor()), to_index(place.ceil()));
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}

/// The smallest and the largest.
pub(crate) fn spread(values: &[f64]) -> [f64; 2] {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    [least, most]
}

/// A count as a float.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(crate) fn to_f64(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number within an index's bounds"
)]
fn to_index(place: f64) -> usize {
    place as usize
}

/// Numbers in [0, 1) in no order, the same in every run: the fractions of a multiple of the golden
/// ratio (Knuth, The Art of Computer Programming, volume 3, 6.4).
pub(crate) fn scattered(index: usize) -> f64 {
    (to_f64(index) * 0.618_033_988_749_894_9).fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [4.0, 1.0, 3.0, 2.0];
        for (share, expected) in [(0.0, 1.0), (0.5, 2.5), (0.9, 3.7), (1.0, 4.0)] {
            assert!((quantile(&values, share) - expected).abs() < 1e-12, "{share}");
        }
        assert_eq!(spread(&values).map(f64::to_bits), [1.0, 4.0].map(f64::to_bits));
    }
}

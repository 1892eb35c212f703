//! Long series for narrow plots: of each stretch, its lowest and its highest value stay.

/// Of so many stretches, each of which keeps two values: more than a screen has columns.
const STRETCHES_MAX: usize = 750;

/// The places of the values that stay, in order: of each stretch the lowest and the highest, and the first and the
/// last of all. What is no number does not stay.
pub(super) fn thinned(values: &[f64]) -> Vec<usize> {
    let length = values.len().div_ceil(STRETCHES_MAX).max(1);
    let last = values.len().saturating_sub(1);
    let mut kept = Vec::new();
    for (n, stretch) in values.chunks(length).enumerate() {
        let numbered = || (n * length..).zip(stretch).filter(|(_, value)| value.is_finite());
        let lowest = numbered().min_by(|a, b| a.1.total_cmp(b.1));
        let highest = numbered().max_by(|a, b| a.1.total_cmp(b.1));
        kept.extend([lowest, highest].into_iter().flatten().map(|(place, _)| place));
    }
    kept.extend([0, last].into_iter().filter(|n| values.get(*n).is_some_and(|x| x.is_finite())));
    kept.sort_unstable();
    kept.dedup();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_series_stays_whole() {
        let values: Vec<f64> = (0..750).map(f64::from).collect();
        assert_eq!(thinned(&values), (0..750).collect::<Vec<_>>());
        assert_eq!(thinned(&[]), Vec::<usize>::new());
        assert_eq!(thinned(&[1.0, f64::NAN, 2.0]), [0, 2]);
        assert_eq!(thinned(&[f64::NAN]), Vec::<usize>::new());
    }

    #[test]
    fn each_stretch_of_a_long_one_keeps_its_lowest_and_highest() {
        let values: Vec<f64> =
            (0..45_031).map(|n| f64::from((n * 7_919) % 45_031) + f64::from(n).sin()).collect();
        let kept = thinned(&values);
        assert!(kept.is_sorted_by(|a, b| a < b));
        assert!((1_400..=2 * STRETCHES_MAX + 2).contains(&kept.len()), "{}", kept.len());
        assert_eq!((kept.first(), kept.last()), (Some(&0), Some(&45_030)));
        let length = values.len().div_ceil(STRETCHES_MAX);
        for (n, stretch) in values.chunks(length).enumerate() {
            let of = |fold: fn(f64, f64) -> f64| stretch.iter().copied().reduce(fold).unwrap();
            let (lowest, highest) = (of(f64::min), of(f64::max));
            let has = |value: f64| {
                kept.iter().any(|k| k / length == n && values[*k].to_bits() == value.to_bits())
            };
            assert!(has(lowest) && has(highest), "stretch {n}");
        }
    }
}

//! The median of finite numbers.

use super::verdict::Median;

/// Median and range of `values`, which are finite; none of nothing. Odd count: the middle value;
/// even count: the midpoint of the two middle values, without overflow.
pub fn median(values: &mut [f64]) -> Option<Median> {
    assert!(values.iter().all(|value| value.is_finite()), "NaN and infinities never get in");
    let half = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let even = values.len().is_multiple_of(2);
    let (below, &mut middle, above) = values.select_nth_unstable_by(half, f64::total_cmp);
    let highest = above.iter().copied().max_by(f64::total_cmp).unwrap_or(middle);
    let lowest = below.iter().copied().min_by(f64::total_cmp).unwrap_or(middle);
    let value = if even {
        let other = below.iter().copied().max_by(f64::total_cmp).expect("two values at least");
        f64::midpoint(other, middle)
    } else {
        middle
    };
    assert!(lowest <= value && value <= highest, "a median lies within its decisions");
    Some(Median { value, lowest, highest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> Option<f64> {
        median(&mut values.to_vec()).map(|median| median.value)
    }

    #[test]
    fn m2_odd_count_takes_the_middle_value() {
        assert_eq!(of(&[3.0, -1.0, 2.0]), Some(2.0));
        assert_eq!(of(&[7.5]), Some(7.5));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn m2_even_count_takes_the_midpoint() {
        assert_eq!(
            of(&[0.674_154_327_535_675_2, 0.463_577_970_273_096_33]),
            Some(0.568_866_148_904_385_8)
        );
        assert_eq!(of(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn m2_the_midpoint_does_not_overflow() {
        assert_eq!(of(&[f64::MAX, f64::MAX]), Some(f64::MAX));
        assert_eq!(of(&[-f64::MAX, f64::MAX]), Some(0.0));
        assert_eq!(of(&[5e-324, 5e-324]), Some(5e-324));
        assert_eq!(of(&[-0.0, 0.0, -0.0]), Some(0.0));
    }

    #[test]
    fn m5_lowest_and_highest_are_of_all_decisions() {
        let spread = median(&mut [5.0, 1.0, 9.0, 7.0]).unwrap();
        assert_eq!((spread.lowest, spread.value, spread.highest), (1.0, 6.0, 9.0));
    }

    #[test]
    #[should_panic(expected = "never get in")]
    fn m2_nan_is_a_broken_invariant() {
        of(&[1.0, f64::NAN]);
    }
}

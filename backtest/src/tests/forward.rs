//! Cut periods.

use std::sync::Arc;

use proptest::prelude::*;

use super::{history, minute};
use crate::{
    course::{Column, Course},
    equity::{Costs, Equity, equity},
    forward::Folds,
};

fn course(decisions: &[f64]) -> Course {
    Course {
        first: minute(1),
        interval: chassis::grid::Interval::default(),
        medians: decisions.iter().map(|decision| Some(*decision)).collect(),
        strategies: Vec::new(),
        changes: Vec::new(),
        shortfalls: [].into(),
    }
}

#[test]
fn a_period_is_cut_into_one_part_more_than_folds() {
    let folds = Folds::of(100, 4).unwrap();
    let of = |fold| (folds.in_sample(fold), folds.out_of_sample(fold));
    assert_eq!(folds.count(), 4);
    assert_eq!([of(0), of(3)], [(0..20, 20..40), (0..80, 80..100)]);
    assert_eq!((Folds::of(9, 4), Folds::of(10, 4).is_some()), (None, true));
    assert_eq!((Folds::of(9, 0), Folds::of(9, usize::MAX)), (None, None));
    assert_eq!(Folds::minutes_min(4), 10);
}

#[test]
fn a_part_of_an_equity_begins_anew() {
    let whole = Equity {
        values: vec![2.0, 1.0, 4.0, 0.0, 0.0],
        traded: vec![0.1, 0.2, 0.3, 0.4, 0.0],
        held: vec![1.0, 2.0, 3.0, 4.0, 0.0],
    };
    assert_eq!(whole.part(0..5), whole);
    let part = whole.part(1..3);
    assert_eq!(
        (part.values, part.traded, part.held),
        (vec![0.5, 2.0], vec![0.2, 0.3], vec![2.0, 3.0])
    );
    assert_eq!(whole.part(4..5).values, [0.0], "what was lost before stays lost");
    assert_eq!(whole.part(2..2), Equity::default());
}

#[test]
fn getting_from_one_course_to_the_next_is_paid() {
    let prices = history(&[Some(100.0); 8]);
    let (long, short) = (course(&[1.0; 6]), course(&[-1.0; 6]));
    let folds = Folds::of(6, 2).unwrap();
    let costs = Costs { fee: 0.01, slippage: 0.0 };
    let of = |chosen: &[&Course]| {
        let stitched = folds.stitched(chosen);
        assert_eq!((stitched.first, stitched.medians.len()), (minute(3), 4));
        equity(&stitched, &stitched.medians, &prices, costs).traded
    };
    assert_eq!(of(&[&long, &long])[0..2], [1.0, of(&[&long, &short])[1]]);
    assert!(of(&[&long, &long])[2] < 0.02, "what is held stays");
    assert!(of(&[&long, &short])[2] > 1.9, "what was bought is sold, and as much again");
}

proptest! {
    #[test]
    fn the_tests_together_cover_what_follows_on_the_first_part_exactly_once(
        minutes in 0..2_000_usize, count in 1..60_usize,
    ) {
        let Some(folds) = Folds::of(minutes, count) else {
            prop_assert!(minutes < Folds::minutes_min(count));
            return Ok(());
        };
        prop_assert_eq!(folds.count(), count);
        let mut covered = vec![0; minutes];
        for fold in 0..count {
            let (learnt, tested) = (folds.in_sample(fold), folds.out_of_sample(fold));
            prop_assert!(tested.clone().all(|n| !learnt.contains(&n)), "it has seen its test");
            prop_assert_eq!((learnt.start, learnt.end), (0, tested.start));
            prop_assert!(tested.len().abs_diff(minutes / (count + 1)) <= 1);
            tested.for_each(|n| covered[n] += 1);
        }
        let first = folds.in_sample(0).len();
        prop_assert!(covered[..first].iter().all(|times| *times == 0));
        prop_assert!(covered[first..].iter().all(|times| *times == 1));
    }

    /// Without costs, and where nothing happens between two bars, one account through all tests earns what the
    /// tests earn one after the other.
    #[test]
    fn what_is_stitched_earns_what_the_tests_earn(
        moves in prop::collection::vec(0.9..1.1_f64, 12..60),
        decisions in prop::collection::vec(prop::collection::vec(-1.0..1.0_f64, 60), 3),
    ) {
        let mut price = 100.0;
        let closes: Vec<Option<f64>> = std::iter::once(Some(price)).chain(moves.iter().map(|x| {
            price *= x;
            Some((price * 1e6).round() / 1e6)
        })).collect();
        let prices = Arc::new(history(&closes));
        let courses: Vec<Course> =
            decisions.iter().map(|decisions| course(&decisions[..moves.len()])).collect();
        let folds = Folds::of(moves.len(), 3).unwrap();
        let of = |course: &Course, medians: &Column| equity(course, medians, &prices, Costs::default());
        let mut product = 1.0;
        for (fold, course) in courses.iter().enumerate() {
            let part = of(course, &course.medians).part(folds.out_of_sample(fold));
            product *= 1.0 + part.total_return();
        }
        let stitched = folds.stitched(&courses.iter().collect::<Vec<_>>());
        let total = 1.0 + of(&stitched, &stitched.medians).total_return();
        prop_assert!((total / product - 1.0).abs() < 1e-9, "{} is not {}", total, product);
    }
}

//! Warm-up, missing numbers and rounding.

use super::bars::{candle, closes, values};
use crate::expression::{FUNCTIONS, NoValue};

fn counted(count: u32) -> Vec<f64> {
    (0..count).map(|n| 100.0 + f64::from(n % 7) - f64::from(n % 3)).collect()
}

#[test]
fn warm_up_is_said_until_it_is_over() {
    let values = values("ema(close, 3) - sma(close, 2)", &closes(&counted(5)));
    let said: Vec<String> =
        values[..2].iter().map(|value| value.clone().unwrap_err().to_string()).collect();
    assert_eq!(
        said,
        [
            "`ema(close, 3) - sma(close, 2)` is warming up: 1 of 3 bars",
            "`ema(close, 3) - sma(close, 2)` is warming up: 2 of 3 bars"
        ]
    );
    assert!(values[2..].iter().all(Result::is_ok));
}

#[test]
fn every_function_has_its_first_value_when_it_says() {
    let candles: Vec<_> = (0..)
        .zip(counted(200))
        .map(|(n, x)| candle(n, [x, x + 1.0, x - 1.5, x + 0.5, 3.0, 1.0 + x / 100.0]))
        .collect();
    for function in FUNCTIONS {
        let given = |parameter: &str| match parameter {
            "" => "",
            "x" | "y" => "close",
            "fast" => "3",
            "slow" => "5",
            "every" => "2m",
            _ => "4",
        };
        let given: Vec<&str> = function.parameters.split(", ").map(given).collect();
        let expression = format!("{}({})", function.name, given.join(", "));
        let values = values(&expression, &candles);
        let first = values.iter().position(Result::is_ok).expect(&expression);
        assert!(values[first..].iter().all(Result::is_ok), "{expression}");
        let waits = |value: &Result<f64, NoValue>| matches!(value, Err(NoValue::WarmingUp { .. }));
        // Levels also wait for a turn.
        let waits =
            ["support", "resistance"].contains(&function.name) || values[..first].iter().all(waits);
        assert!(waits, "{expression}: {:?}", values[first - 1]);
    }
}

#[test]
fn what_has_no_value_gives_none_and_leaves_what_follows_as_it_was() {
    let values = values("sma(1 / close, 2)", &closes(&[1.0, 2.0, 0.0, 4.0, 4.0]));
    assert_eq!(values[1].clone().unwrap().to_bits(), 0.75_f64.to_bits());
    let undefined = values[2].clone().unwrap_err().to_string();
    assert!(undefined.starts_with("`sma(1 / close, 2)` has no finite value:"), "{undefined}");
    assert_eq!(values[3].clone().unwrap().to_bits(), 0.375_f64.to_bits());
    assert_eq!(values[4].clone().unwrap().to_bits(), 0.25_f64.to_bits());
}

#[test]
fn what_is_beyond_doubles_does_not_stay_in_an_average() {
    let candles = closes(&[709.7, 709.7, 1.0, 1.0, 1.0]);
    for expression in ["ema(exp(close), 2)", "wilder(exp(close), 2)", "sma(exp(close), 2)"] {
        let values = values(expression, &candles);
        assert!(matches!(values[1], Err(NoValue::Undefined(_))), "{expression}: {values:?}");
        assert!(values[4].is_ok(), "{expression}: {values:?}");
    }
}

#[test]
fn nothing_moved_is_no_value_rather_than_an_extreme() {
    let flat = closes(&[100.0; 20]);
    for expression in ["rsi(close, 5)", "zscore(close, 5)", "bollinger_share(close, 5, 2)"] {
        let last = values(expression, &flat).pop().unwrap();
        assert!(matches!(last, Err(NoValue::Undefined(_))), "{expression}: {last:?}");
    }
}

#[test]
fn what_has_left_a_window_leaves_nothing_behind() {
    let mut prices = vec![1e15, 0.3, 7e14, 0.1];
    prices.extend([0.1; 9]);
    let candles = closes(&prices);
    for (expression, last) in [("std(close, 5)", 0.0), ("slope(close, 5)", 0.0)] {
        let value = values(expression, &candles).pop().unwrap().unwrap();
        assert!((value - last).abs() < 1e-16, "{expression}: {value}");
    }
    let quiet =
        (0..9).map(|n| candle(n, [1.0, 1.0, 1.0, 1.0, if n < 4 { 0.1 * 3.0 } else { 0.0 }, 0.0]));
    let last = values("vwap(3)", &quiet.collect::<Vec<_>>()).pop().unwrap();
    assert!(matches!(last, Err(NoValue::Undefined(_))), "{last:?}");
}

#[test]
fn large_numbers_close_together_keep_their_digits() {
    let prices: Vec<f64> = (0..50).map(|n| 1e9 + f64::from(n % 2)).collect();
    let last = values("std(close, 10)", &closes(&prices)).pop().unwrap().unwrap();
    assert!((last - 0.5).abs() < 1e-7, "{last}");
}

#[test]
fn longer_bars_begin_on_their_own_grid_and_end_when_they_are_over() {
    // From 12:01: the first bar of five minutes has no beginning, the next one ends at 12:10.
    let candles: Vec<_> = (1..21)
        .filter(|n| *n != 14)
        .map(|n| {
            let x = 100.0 + f64::from(i32::try_from(n).unwrap());
            candle(n, [x, x + 0.5, x - 0.5, x, 1.0, 0.5])
        })
        .collect();
    let at = |expression: &str| -> Vec<Option<f64>> {
        values(expression, &candles).into_iter().map(Result::ok).collect()
    };
    let opens = at("resample(5m, open)");
    assert_eq!(opens[..8], [None; 8]);
    // 12:14 is missing: the bar is over when that of 12:15 comes.
    assert_eq!(opens[8..13], [Some(105.0); 5]);
    assert_eq!(opens[13..17], [Some(110.0); 4]);
    assert_eq!(opens[17..], [Some(115.0); 2]);
    assert_eq!(at("resample(5m, volume)")[13..], [4.0, 4.0, 4.0, 4.0, 5.0, 5.0].map(Some));
    assert_eq!(at("resample(5m, high)")[9], Some(109.5));
    assert_eq!(at("resample(5m, low)")[9], Some(104.5));
    assert_eq!(at("resample(5m, lag(close, 1))")[13], Some(109.0));
}

#[test]
fn a_turn_is_known_when_the_bars_after_it_are() {
    let candles = closes(&[5.0, 4.0, 3.0, 4.0, 5.0, 6.0, 5.0, 4.0, 4.5]);
    let support: Vec<_> = values("support(2)", &candles).into_iter().map(Result::ok).collect();
    assert_eq!(support[..4], [None; 4]);
    assert_eq!(support[4..], [Some(3.0); 5]);
    let resistance = values("resistance(2)", &candles);
    assert!(matches!(resistance[6], Err(NoValue::Undefined(_))));
    assert_eq!(resistance[7].clone().ok(), Some(6.0));
}

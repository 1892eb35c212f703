//! Each indicator gives what its definition says, from the bar on from which it can.

use proptest::prelude::*;

use super::bars::{candle, values};
use crate::candle::Candle;

/// A definition over the last bars, as many as it needs.
type Definition = fn(&[Candle]) -> f64;

/// What is computed, how many bars it needs, and what it is.
const DEFINITIONS: &[(&str, usize, Definition)] = &[
    ("sma(close, 7)", 7, |bars| mean(&closes(bars))),
    ("wma(close, 4)", 4, |bars| {
        let weighted: f64 = closes(bars).iter().zip([1.0, 2.0, 3.0, 4.0]).map(|(x, w)| x * w).sum();
        weighted / 10.0
    }),
    ("std(close, 6)", 6, |bars| deviation(&closes(bars))),
    ("zscore(high, 6)", 6, |bars| {
        let highs = highs(bars);
        (highs[5] - mean(&highs)) / deviation(&highs)
    }),
    ("bollinger_upper(close, 5, 2)", 5, |bars| {
        mean(&closes(bars)) + 2.0 * deviation(&closes(bars))
    }),
    ("bollinger_lower(close, 5, 2)", 5, |bars| {
        mean(&closes(bars)) - 2.0 * deviation(&closes(bars))
    }),
    ("bollinger_share(close, 5, 2)", 5, |bars| {
        let (middle, half) = (mean(&closes(bars)), 2.0 * deviation(&closes(bars)));
        (bars[4].close - (middle - half)) / (2.0 * half)
    }),
    ("highest(close, 3)", 3, |bars| highest(&closes(bars))),
    ("lowest(close, 3)", 3, |bars| lowest(&closes(bars))),
    ("donchian_upper(4)", 4, |bars| highest(&highs(bars))),
    ("donchian_lower(4)", 4, |bars| lowest(&lows(bars))),
    ("donchian_middle(4)", 4, middle),
    ("ichimoku_conversion()", 9, middle),
    ("ichimoku_base()", 26, middle),
    ("ichimoku_span_a()", 52, |bars| f64::midpoint(middle(&bars[17..26]), middle(&bars[..26]))),
    ("ichimoku_span_b()", 78, |bars| middle(&bars[..52])),
    ("ichimoku_lagging()", 27, |bars| bars[26].close - bars[0].close),
    ("lag(close, 3)", 4, |bars| bars[0].close),
    ("momentum(close, 3)", 4, |bars| bars[3].close - bars[0].close),
    ("roc(close, 3)", 4, |bars| 100.0 * (bars[3].close - bars[0].close) / bars[0].close),
    ("slope(close, 5)", 5, |bars| {
        let (closes, places) = (closes(bars), [-2.0, -1.0, 0.0, 1.0, 2.0]);
        closes.iter().zip(places).map(|(x, place)| x * place).sum::<f64>() / 10.0
    }),
    ("vwap(3)", 3, |bars| {
        let turnover: f64 =
            bars.iter().map(|bar| (bar.high + bar.low + bar.close) / 3.0 * bar.volume).sum();
        turnover / bars.iter().map(|bar| bar.volume).sum::<f64>()
    }),
    ("imbalance(3)", 3, |bars| {
        let bought: f64 = bars.iter().filter_map(|bar| bar.taker_buy).sum();
        let volume: f64 = bars.iter().map(|bar| bar.volume).sum();
        (bought - (volume - bought)) / volume
    }),
    ("resample(3m, close)", 3, |bars| bars[2].close),
];

fn closes(bars: &[Candle]) -> Vec<f64> {
    bars.iter().map(|bar| bar.close).collect()
}

fn highs(bars: &[Candle]) -> Vec<f64> {
    bars.iter().map(|bar| bar.high).collect()
}

fn lows(bars: &[Candle]) -> Vec<f64> {
    bars.iter().map(|bar| bar.low).collect()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / f64::from(u32::try_from(numbers.len()).unwrap())
}

fn deviation(numbers: &[f64]) -> f64 {
    let mean_of_all = mean(numbers);
    mean(&numbers.iter().map(|x| (x - mean_of_all).powi(2)).collect::<Vec<_>>()).sqrt()
}

fn highest(numbers: &[f64]) -> f64 {
    numbers.iter().copied().fold(f64::MIN, f64::max)
}

fn lowest(numbers: &[f64]) -> f64 {
    numbers.iter().copied().fold(f64::MAX, f64::min)
}

fn middle(bars: &[Candle]) -> f64 {
    f64::midpoint(highest(&highs(bars)), lowest(&lows(bars)))
}

/// Random bars that could have been traded.
pub(super) fn bars(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Candle>> {
    let numbers = (90.0..110.0, 0.0..5.0, 0.0..5.0, 0.0..1.0, 1.0..9.0, 0.0..1.0);
    prop::collection::vec(numbers, count).prop_map(|bars| {
        let bar = |(n, (open, up, down, close, volume, bought)): (
            i64,
            (f64, f64, f64, f64, f64, f64),
        )| {
            let (high, low) = (open + up, open - down);
            candle(n, [open, high, low, low + close * (high - low), volume, volume * bought])
        };
        (0..).zip(bars).map(bar).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn indicators_are_what_they_are_defined_as(bars in bars(100..160)) {
        for (expression, needs, definition) in DEFINITIONS {
            let values = values(expression, &bars);
            for (at, value) in values.iter().enumerate() {
                let is_resampled = expression.starts_with("resample");
                if at + 1 < *needs {
                    prop_assert!(value.is_err(), "{expression} at {at}");
                } else if !is_resampled || (at + 1).is_multiple_of(3) {
                    let expected = definition(&bars[at + 1 - needs..=at]);
                    let value = value.clone().map_err(|error| TestCaseError::fail(error.to_string()))?;
                    let wrong = (value - expected).abs() / expected.abs().max(1.0);
                    prop_assert!(wrong < 1e-12, "{expression} at {at}: {value}, not {expected}");
                }
            }
        }
    }
}

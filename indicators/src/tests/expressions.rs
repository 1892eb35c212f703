//! How expressions are read, written, and refused.

use chassis::grid::Interval;
use proptest::prelude::*;

use super::bars::{closes, values};
use crate::expression::{Expression, Tree};

fn refused(text: &str) -> String {
    match text.parse::<Tree>() {
        Err(error) => error.to_string(),
        Ok(tree) => Expression::new(&tree, Interval::default()).unwrap_err().to_string(),
    }
}

#[test]
fn operators_bind_as_everywhere() {
    let candles = closes(&[8.0]);
    for (text, value, written) in [
        ("close", 8.0, "close"),
        ("1+2*close", 17.0, "1 + 2 * close"),
        ("(1+2)*close", 24.0, "(1 + 2) * close"),
        ("10-4-3", 3.0, "10 - 4 - 3"),
        ("10-(4-3)", 9.0, "10 - (4 - 3)"),
        ("16/4/2", 2.0, "16 / 4 / 2"),
        ("16/(4/2)", 8.0, "16 / (4 / 2)"),
        ("-close*2", -16.0, "-close * 2"),
        ("-(close*2)", -16.0, "-(close * 2)"),
        ("2 - -close", 10.0, "2 - -close"),
        ("1e-1 + .5 + 2.", 2.6, "0.1 + 0.5 + 2"),
        ("1e300 / 1E300 + 2e-9", 1.000_000_002, "1e300 / 1e300 + 2e-9"),
        ("max( abs(-3) ,min(close, 5))", 5.0, "max(abs(-3), min(close, 5))"),
        ("sign(0) + sqrt(close * 2) + ln(exp(1))", 5.0, "sign(0) + sqrt(close * 2) + ln(exp(1))"),
    ] {
        let found = values(text, &candles).pop().unwrap().unwrap();
        assert!((found - value).abs() < 1e-12, "{text}: {found}");
        assert_eq!(text.parse::<Tree>().unwrap().to_string(), written);
    }
}

#[test]
fn what_cannot_be_read_or_built_says_where_and_why() {
    for (text, said) in [
        ("", "at character 1: expected a number, a name, `-` or `(`, found the end"),
        ("close +", "at character 8: expected a number, a name, `-` or `(`, found the end"),
        ("close 3", "at character 7: expected an operator or the end, found `3`"),
        ("(close", "at character 7: expected `)` or an operator, found the end"),
        ("sma(close, 3", "at character 13: expected `,`, `)` or an operator, found the end"),
        ("close ^ 2", "at character 7: `^` is neither number nor name nor one of + - * / ( ) ,"),
        ("5x", "at character 1: `5x` is neither number nor name nor one of + - * / ( ) ,"),
        (
            "\u{1b}[2J",
            r"at character 1: `\u{1b}` is neither number nor name nor one of + - * / ( ) ,",
        ),
        ("µ", "at character 1: `µ` is neither number nor name nor one of + - * / ( ) ,"),
        (
            "clos",
            "`clos` is no field of a bar: there are open, high, low, close, volume, taker_buy, typical",
        ),
        ("sma", "`sma` is a function: write it as `sma(x, n)`"),
        ("sma(close)", "`sma(x, n)` was given 1 arguments"),
        ("doji(3)", "`doji()` was given 1 arguments"),
        (
            "sma(close, 0)",
            "`sma(x, n)`: expected a whole number from 1 to 50000 for `n`, found `0`",
        ),
        (
            "sma(close, 2.5)",
            "`sma(x, n)`: expected a whole number from 1 to 50000 for `n`, found `2.5`",
        ),
        (
            "sma(close, close)",
            "`sma(x, n)`: expected a whole number from 1 to 50000 for `n`, found `close`",
        ),
        (
            "slope(close, 1)",
            "`slope(x, n)`: expected a whole number from 2 to 50000 for `n`, found `1`",
        ),
        (
            "macd(close, 26, 12)",
            "`macd(x, fast, slow)`: expected a whole number from 27 to 50000 for `slow`, found `12`",
        ),
        (
            "bollinger_upper(close, 5, -1)",
            "`bollinger_upper(x, n, k)`: expected a number above zero for `k`, found `-1`",
        ),
        (
            "resample(5, close)",
            "`resample(every, x)`: expected a length of time like 5m for `every`, found `5`",
        ),
        (
            "resample(90s, close)",
            "bars of 1m cannot be put together to bars of 1m 30s: it is no multiple",
        ),
        ("5m + 1", "`5m` is a length of time, not a number: only `resample` takes one"),
    ] {
        assert_eq!(refused(text), said, "{text}");
    }
    assert!(refused("f(1)").starts_with("there is no function `f`: there are sma, ema, "));
    assert_eq!(refused(&"1".repeat(1_001)), "it is longer than 1000 bytes");
    assert_eq!(refused(&"-".repeat(60)), "at character 51: more than 50 things within each other");
    assert_eq!(refused(&"(".repeat(60)), "at character 51: more than 50 things within each other");
}

/// Trees as people could have meant them.
fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        (0..1_000_u32).prop_map(|n| Tree::Number(f64::from(n) / 8.0)),
        Just(Tree::Name("close".into())),
        Just(Tree::Every(Interval::default())),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let sign = prop::sample::select(vec!['+', '-', '*', '/']);
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::Negative(Box::new(tree))),
            (inner.clone(), sign, inner.clone()).prop_map(|(a, sign, b)| Tree::Pair(
                Box::new(a),
                sign,
                Box::new(b)
            )),
            prop::collection::vec(inner, 0..3).prop_map(|trees| Tree::Call("f".into(), trees)),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same(tree in trees()) {
        prop_assert_eq!(tree.to_string().parse::<Tree>(), Ok(tree));
    }

    #[test]
    fn rubbish_is_refused_or_read(text in "[-+*/(),.0-9a-z_ ]{0,60}|\\PC{0,30}") {
        if let Ok(tree) = text.parse::<Tree>() {
            drop(Expression::new(&tree, Interval::default()));
        }
    }
}

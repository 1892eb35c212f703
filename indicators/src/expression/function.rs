//! The functions that an expression may name.

use super::{argument::Arguments, error::BuildError, node::Node};
use crate::{
    average::{Ema, Sma, Wma},
    candle::Candle,
    extremes::Range,
    folded::Folded,
    level::Level,
    momentum::{Lag, Rsi},
    pattern::{Doji, Engulfing, Hammer, SpinningTop},
    range::Atr,
    resample::Resample,
    spread::Moments,
    trend::{Macd, Slope},
    volume::{Imbalance, Vwap},
};

/// A function: what it takes, what it gives.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// How it is called.
    pub name: &'static str,
    /// What it takes: `x` and `y` are expressions, `every` is a length of time, the others are numbers.
    pub parameters: &'static str,
    /// What it gives.
    pub meaning: &'static str,
    build: Build,
}

type Build = fn(&mut Arguments<'_>) -> Result<Node, BuildError>;

impl Function {
    /// How many arguments it takes.
    pub(super) fn takes(&self) -> usize {
        self.parameters.split(", ").filter(|parameter| !parameter.is_empty()).count()
    }

    pub(super) fn build(&self, arguments: &mut Arguments<'_>) -> Result<Node, BuildError> {
        (self.build)(arguments)
    }
}

const fn function(
    name: &'static str,
    parameters: &'static str,
    meaning: &'static str,
    build: Build,
) -> Function {
    Function { name, parameters, meaning, build }
}

/// All of them.
pub const FUNCTIONS: &[Function] = &[
    function("sma", "x, n", "mean of the last n", |given| {
        let (x, n) = (given.series()?, given.length(1)?);
        let mut sma = Sma::new(n);
        Ok(x.then(n, move |x| sma.next(x)))
    }),
    function("ema", "x, n", "exponential average, share 2 / (n + 1)", |given| {
        let (x, n) = (given.series()?, given.length(1)?);
        let mut ema = Ema::new(n);
        Ok(x.then(n, move |x| ema.next(x)))
    }),
    function("wilder", "x, n", "exponential average, share 1 / n", |given| {
        let (x, n) = (given.series()?, given.length(1)?);
        let mut ema = Ema::wilder(n);
        Ok(x.then(n, move |x| ema.next(x)))
    }),
    function("wma", "x, n", "weighted average, the newest counts n times", |given| {
        let (x, n) = (given.series()?, given.length(1)?);
        let mut wma = Wma::new(n);
        Ok(x.then(n, move |x| wma.next(x)))
    }),
    function("std", "x, n", "standard deviation of the last n", |given| {
        spread(given, |moments, _| Some(moments.deviation()))
    }),
    function("zscore", "x, n", "deviations from the mean of the last n", |given| {
        spread(given, Moments::score)
    }),
    function("bollinger_upper", "x, n, k", "mean plus k deviations", |given| {
        bollinger(given, |moments, k, _| Some(moments.mean() + k * moments.deviation()))
    }),
    function("bollinger_lower", "x, n, k", "mean less k deviations", |given| {
        bollinger(given, |moments, k, _| Some(moments.mean() - k * moments.deviation()))
    }),
    function("bollinger_share", "x, n, k", "0 at the lower band, 1 at the upper one", |given| {
        bollinger(given, |moments, k, x| Some(f64::midpoint(moments.score(x)? / k, 1.0)))
    }),
    function("highest", "x, n", "highest of the last n", |given| {
        extreme(given, |range| range.high)
    }),
    function("lowest", "x, n", "lowest of the last n", |given| extreme(given, |range| range.low)),
    function("donchian_upper", "n", "highest high of the last n", |given| {
        Ok(donchian(given.length(1)?, |range| range.high))
    }),
    function("donchian_lower", "n", "lowest low of the last n", |given| {
        Ok(donchian(given.length(1)?, |range| range.low))
    }),
    function("donchian_middle", "n", "half way between the two", |given| {
        Ok(donchian(given.length(1)?, Range::middle))
    }),
    function("ichimoku_conversion", "", "donchian_middle(9)", |_| Ok(donchian(9, Range::middle))),
    function("ichimoku_base", "", "donchian_middle(26)", |_| Ok(donchian(26, Range::middle))),
    function("ichimoku_span_a", "", "mean of conversion and base, of 26 bars ago", |_| {
        let (conversion, base) = (donchian(9, Range::middle), donchian(26, Range::middle));
        Ok(displaced(conversion.with(base, f64::midpoint)))
    }),
    function("ichimoku_span_b", "", "donchian_middle(52) of 26 bars ago", |_| {
        Ok(displaced(donchian(52, Range::middle)))
    }),
    function("ichimoku_lagging", "", "close less that of 26 bars ago, where it is drawn", |_| {
        let mut lag = Lag::new(26);
        Ok(Node::new(27, move |candle| Some(candle.close - lag.next(candle.close)?)))
    }),
    function("lag", "x, n", "what it was n bars ago", |given| lag(given, |_, earlier| earlier)),
    function("momentum", "x, n", "what it is more than n bars ago", |given| {
        lag(given, |x, earlier| x - earlier)
    }),
    function("roc", "x, n", "the same in per cent", |given| {
        lag(given, |x, earlier| (x / earlier - 1.0) * 100.0)
    }),
    function("rsi", "x, n", "relative strength index, 0 to 100", |given| {
        let (x, n) = (given.series()?, given.length(1)?);
        let mut rsi = Rsi::new(n);
        Ok(x.then(n + 1, move |x| rsi.next(x)))
    }),
    function("macd", "x, fast, slow", "fast less slow exponential average", |given| {
        let x = given.series()?;
        let (fast, slow) = given.two_lengths()?;
        let mut macd = Macd::new(fast, slow);
        Ok(x.then(slow, move |x| macd.next(x)))
    }),
    function("macd_signal", "x, fast, slow, n", "exponential average of macd", |given| {
        signal(given, |_, signal| signal)
    }),
    function("macd_histogram", "x, fast, slow, n", "macd less macd_signal", |given| {
        signal(given, |macd, signal| macd - signal)
    }),
    function("slope", "x, n", "of the straight line through the last n, a bar", |given| {
        let (x, n) = (given.series()?, given.length(2)?);
        let mut slope = Slope::new(n);
        Ok(x.then(n, move |x| slope.next(x)))
    }),
    function("atr", "n", "average true range, Wilder's", |given| {
        let n = given.length(1)?;
        let mut atr = Atr::new(n);
        Ok(Node::new(n + 1, move |candle| atr.next(candle)))
    }),
    function("vwap", "n", "volume-weighted average price of the last n", |given| {
        let n = given.length(1)?;
        let mut vwap = Vwap::new(n);
        Ok(Node::new(n, move |candle| vwap.next(candle)))
    }),
    function("imbalance", "n", "takers bought less sold, of all, of the last n", |given| {
        let n = given.length(1)?;
        let mut imbalance = Imbalance::new(n);
        Ok(Node::new(n, move |candle| imbalance.next(candle)))
    }),
    function("support", "n", "last low that none of the n on each side is below", |given| {
        let n = given.length(1)?;
        let mut level = Level::support(n);
        Ok(Node::new(2 * n + 1, move |candle| level.next(candle.low)))
    }),
    function("resistance", "n", "last high that none of the n on each side is above", |given| {
        let n = given.length(1)?;
        let mut level = Level::resistance(n);
        Ok(Node::new(2 * n + 1, move |candle| level.next(candle.high)))
    }),
    function("doji", "", "hardly any body: 1 or 0", |_| {
        let mut doji = Doji::default();
        Ok(Node::new(11, move |candle| doji.next(candle)))
    }),
    function("hammer", "", "short body low down, long lower shadow: 1 or 0", |_| {
        let mut hammer = Hammer::default();
        Ok(Node::new(11, move |candle| hammer.next(candle)))
    }),
    function("spinning_top", "", "short body, longer shadows: 1, -1 or 0", |_| {
        let mut top = SpinningTop::default();
        Ok(Node::new(11, move |candle| top.next(candle)))
    }),
    function("engulfing", "", "body that holds the one before: 1, -1, 0; 0.8 if no more", |_| {
        let mut engulfing = Engulfing::default();
        Ok(Node::new(2, move |candle| engulfing.next(candle)))
    }),
    function("resample", "every, x", "x over longer bars, the last whole one", resample),
    function("min", "x, y", "the lower one", |given| {
        Ok(given.series()?.with(given.series()?, f64::min))
    }),
    function("max", "x, y", "the higher one", |given| {
        Ok(given.series()?.with(given.series()?, f64::max))
    }),
    function("abs", "x", "without its sign", |given| map(given, f64::abs)),
    function("sign", "x", "1, -1 or 0", |given| {
        map(given, |x| if x == 0.0 { 0.0 } else { x.signum() })
    }),
    function("sqrt", "x", "square root", |given| map(given, f64::sqrt)),
    function("ln", "x", "natural logarithm", |given| map(given, f64::ln)),
    function("exp", "x", "exponential", |given| map(given, f64::exp)),
];

fn map(given: &mut Arguments<'_>, map: fn(f64) -> f64) -> Result<Node, BuildError> {
    Ok(given.series()?.then(1, move |x| Some(map(x))))
}

fn spread(
    given: &mut Arguments<'_>,
    of: fn(&Moments, f64) -> Option<f64>,
) -> Result<Node, BuildError> {
    let (x, n) = (given.series()?, given.length(1)?);
    let mut spread = Folded::<Moments>::new(n);
    Ok(x.then(n, move |x| of(&spread.next(x)?, x)))
}

fn bollinger(
    given: &mut Arguments<'_>,
    of: fn(&Moments, f64, f64) -> Option<f64>,
) -> Result<Node, BuildError> {
    let (x, n, k) = (given.series()?, given.length(1)?, given.factor()?);
    let mut spread = Folded::<Moments>::new(n);
    Ok(x.then(n, move |x| of(&spread.next(x)?, k, x)))
}

fn extreme(given: &mut Arguments<'_>, of: fn(&Range) -> f64) -> Result<Node, BuildError> {
    let (x, n) = (given.series()?, given.length(1)?);
    let mut channel = Folded::new(n);
    Ok(x.then(n, move |x| Some(of(&channel.next(Range { low: x, high: x })?))))
}

fn donchian(n: usize, of: fn(&Range) -> f64) -> Node {
    let mut channel = Folded::new(n);
    let range = |candle: &Candle| Range { low: candle.low, high: candle.high };
    Node::new(n, move |candle| Some(of(&channel.next(range(candle))?)))
}

/// Ichimoku's leading spans, as a chart has them at the present bar: those of 26 bars ago.
fn displaced(span: Node) -> Node {
    let mut lag = Lag::new(26);
    span.then(27, move |span| lag.next(span))
}

fn lag(given: &mut Arguments<'_>, of: fn(f64, f64) -> f64) -> Result<Node, BuildError> {
    let (x, n) = (given.series()?, given.length(1)?);
    let mut lag = Lag::new(n);
    Ok(x.then(n + 1, move |x| Some(of(x, lag.next(x)?))))
}

fn signal(given: &mut Arguments<'_>, of: fn(f64, f64) -> f64) -> Result<Node, BuildError> {
    let x = given.series()?;
    let ((fast, slow), n) = (given.two_lengths()?, given.length(1)?);
    let (mut macd, mut ema) = (Macd::new(fast, slow), Ema::new(n));
    Ok(x.then(slow + n - 1, move |x| {
        let macd = macd.next(x)?;
        Some(of(macd, ema.next(macd)?))
    }))
}

fn resample(given: &mut Arguments<'_>) -> Result<Node, BuildError> {
    let (interval, every) = (given.interval(), given.every()?);
    let (mut resample, bars) = Resample::new(interval, every)?;
    let mut x = given.series_of(every)?;
    let mut last = None;
    Ok(Node::new(x.needs() * bars, move |candle| {
        resample.next(candle, |longer| last = x.next(longer));
        last
    }))
}

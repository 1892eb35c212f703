//! Whole runs, against what is computed without any of this.

mod runs;
mod money;
mod forward;

use std::fmt::Write as _;

use chassis::{
    grid::{Interval, Minute, Timestamp, Timing},
    name::Name,
};
use market::{convention::Declared, history::History, reading::read};
use strategy::decide::Rule;

use crate::study::{Generator, Signals, Silence, Strategy, Study};

/// The minute so many minutes after the beginning of 2022.
pub(super) fn minute(n: usize) -> Minute {
    let at = 1_640_995_200_000_000 + i64::try_from(n).unwrap() * 60_000_000;
    Minute::containing(Timestamp::from_micros(at), Interval::default())
}

/// Bars that open at the price before and close at the given one; minutes without a price are missing.
pub(super) fn history(closes: &[Option<f64>]) -> History {
    from(0, closes)
}

/// The same from a later minute on.
pub(super) fn from(first: usize, closes: &[Option<f64>]) -> History {
    let mut text = "timestamp,open,high,low,close,volume\n".to_owned();
    let mut open = closes[0].unwrap();
    for (n, close) in closes.iter().enumerate() {
        let Some(close) = close else { continue };
        let at = minute(first + n).start().as_micros();
        let (high, low) = (open.max(*close), open.min(*close));
        writeln!(text, "{at},{open},{high},{low},{close},1").unwrap();
        open = *close;
    }
    let now = minute(1_000_000).start();
    let declared = Declared { interval: Some(Interval::default()), ..Declared::default() };
    read(text.into_bytes(), declared, now).unwrap()
}

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// Strategies `s0`, `s1` and so on, each of the signal of one generator of its own.
pub(super) fn study(closes: &[Option<f64>], signals: &[&str]) -> Study {
    let generator = |(n, signal): (usize, &&str)| Generator {
        name: name(&format!("g{n}")),
        signals: Signals::Of { history: 0, signal: signal.parse().unwrap() },
    };
    let strategy = |n: usize| Strategy {
        name: name(&format!("s{n}")),
        signals: vec![n],
        decide: Box::new(Rule::Sum),
    };
    Study {
        timing: Timing::new(Interval::default(), None, None).unwrap(),
        histories: vec![history(closes).into()],
        generators: signals.iter().enumerate().map(generator).collect(),
        strategies: (0..signals.len()).map(strategy).collect(),
        silences: Vec::new(),
    }
}

/// `s1` says nothing in these minutes.
pub(super) fn silence(minutes: std::ops::Range<usize>) -> Silence {
    let (from, until) = (minute(minutes.start).start(), minute(minutes.end).start());
    Silence { strategy: name("s1"), from, until }
}

//! What decisions would have earned.
//!
//! A decision is a target: the part of the equity that is held, 1 all of it long, -1 all of it short; what is
//! beyond is cut. It is made when a minute begins, from bars that are over, and is traded at the open
//! of the bar that begins then, with a fee and slippage in parts of what is traded. In a minute
//! without a decision, or without a bar, nothing is traded and what is held stays. Equity that is lost ends
//! it: from then on it is 0.

use std::ops::Range;

use market::{bar::Bar, history::History};

use crate::course::{Column, Course};

/// What trading costs, in parts of what is traded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Costs {
    /// To the exchange.
    pub fee: f64,
    /// By a worse price than the open.
    pub slippage: f64,
}

/// Equity over the minutes of a run, of 1 at the beginning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Equity {
    /// At the close of each minute's bar.
    pub values: Vec<f64>,
    /// What was traded in each minute, in parts of the equity.
    pub traded: Vec<f64>,
    /// What is held in each minute, in parts of the equity.
    pub held: Vec<f64>,
}

impl Equity {
    /// What was earned in all, in parts of what there was at the beginning.
    pub fn total_return(&self) -> f64 {
        self.values.last().map_or(0.0, |last| last - 1.0)
    }

    /// Some of its minutes, as if it were 1 before them. What was lost before them stays lost.
    pub fn part(&self, minutes: Range<usize>) -> Self {
        let before = minutes.start.checked_sub(1).map_or(1.0, |last| self.values[last]);
        let anew = |value: &f64| if before > 0.0 { value / before } else { 0.0 };
        Self {
            values: self.values[minutes.clone()].iter().map(anew).collect(),
            traded: self.traded[minutes.clone()].to_vec(),
            held: self.held[minutes].to_vec(),
        }
    }

    /// What is lost from the highest value so far, in parts of it; not positive. It begins with a peak of 1.
    pub fn drawdowns(&self) -> impl Iterator<Item = f64> {
        self.values.iter().scan(1.0_f64, |peak, value| {
            *peak = peak.max(*value);
            Some(value / *peak - 1.0)
        })
    }

    /// What each minute earned, in parts of what there was.
    pub fn returns(&self) -> impl Iterator<Item = f64> {
        let before = std::iter::once(1.0).chain(self.values.iter().copied());
        let earned =
            |value: f64, before: f64| if before > 0.0 { value / before - 1.0 } else { 0.0 };
        self.values.iter().zip(before).map(move |(value, before)| earned(*value, before))
    }
}

/// The position of a run so far.
#[derive(Clone, Copy, Debug)]
struct Account {
    equity: f64,
    /// Units of what is traded.
    units: f64,
    /// The price at which the equity was last counted.
    price: f64,
}

/// What `decisions` of the minutes of `course` earn at the prices of `history`.
pub fn equity(course: &Course, decisions: &Column, history: &History, costs: Costs) -> Equity {
    let mut account = Account { equity: 1.0, units: 0.0, price: 0.0 };
    let mut equity = Equity::default();
    let end = history.last().next(history.interval()).start();
    let mut bars = history.closed(end).peekable();
    for (minute, decision) in course.minutes().zip(decisions.iter()) {
        while bars.next_if(|bar| bar.bar().minute < minute).is_some() {}
        let bar = bars.next_if(|bar| bar.bar().minute == minute);
        let traded = bar.map_or(0.0, |bar| account.pass(bar.bar(), decision, costs));
        equity.values.push(account.equity);
        equity.traded.push(traded);
        equity.held.push(account.held());
    }
    equity
}

impl Account {
    /// A bar passes; what was traded at its open, in parts of the equity.
    fn pass(&mut self, bar: &Bar, decision: Option<f64>, costs: Costs) -> f64 {
        self.count_at(bar.open.nearest());
        let target = decision.filter(|_| self.equity > 0.0);
        let traded = target.map_or(0.0, |target| self.trade(target.clamp(-1.0, 1.0), costs));
        self.count_at(bar.close.nearest());
        traded
    }

    fn count_at(&mut self, price: f64) {
        self.equity += self.units * (price - self.price);
        self.price = price;
        if self.equity <= 0.0 {
            (self.equity, self.units) = (0.0, 0.0);
        }
    }

    /// What is held, in parts of the equity.
    fn held(&self) -> f64 {
        if self.units == 0.0 { 0.0 } else { self.units * self.price / self.equity }
    }

    fn trade(&mut self, target: f64, costs: Costs) -> f64 {
        let units = target * self.equity / self.price;
        let traded = (units - self.units).abs() * self.price;
        let part = traded / self.equity;
        self.equity -= traded * (costs.fee + costs.slippage);
        self.units = units;
        part
    }
}

//! Bars of trades that come in order, twice, late, or not at all.

use proptest::prelude::*;

use super::*;

const START: i64 = 1_795_176_000_000_000;

fn minute(n: i64) -> Minute {
    Minute::containing(Timestamp::from_micros(START + n * 60_000_000), Interval::default())
}

fn trade(id: u64, second: i64, price: &str) -> Trade {
    let at = Timestamp::from_micros(START + second * 1_000_000);
    let (price, size) = (price.parse().unwrap(), "0.1".parse().unwrap());
    Trade { id, at, price, size, taker_buys: id.is_multiple_of(2) }
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_micros(START + second * 1_000_000)
}

/// What is said of minutes, in short.
fn said(settled: &[Settled]) -> Vec<String> {
    let one = |settled: &Settled| match &settled.bar {
        Err(why) => why.to_string(),
        Ok(bar) => format!(
            "{} {} {} {} of {} bought {}",
            bar.open,
            bar.high,
            bar.low,
            bar.close,
            bar.volume,
            bar.taker_buy.unwrap()
        ),
    };
    settled.iter().map(one).collect()
}

fn heard(trades: &mut Trades, new: &[Trade]) -> Vec<String> {
    let mut settled = Vec::new();
    for trade in new {
        trades.trade(trade, &mut settled);
    }
    said(&settled)
}

fn passed(trades: &mut Trades, second: i64, last: Option<u64>) -> Vec<String> {
    let mut settled = Vec::new();
    trades.passed(time(second), last, &mut settled);
    said(&settled)
}

#[test]
fn a_bar_is_of_all_trades_of_its_minute_and_the_first_minute_has_none() {
    let mut trades = Trades::new(Interval::default());
    let heard = heard(
        &mut trades,
        &[
            trade(7, 30, "10"),
            trade(8, 60, "11"),
            trade(9, 61, "13.5"),
            trade(10, 100, "9"),
            trade(11, 119, "12"),
            trade(12, 120, "1"),
        ],
    );
    assert_eq!(
        heard,
        [
            "the first trade that was received, 7, came in its midst",
            "11 13.5 9 12 of 0.4 bought 0.2"
        ]
    );
}

#[test]
fn trades_that_are_missing_take_the_bars_of_their_minutes() {
    let mut trades = Trades::new(Interval::default());
    heard(&mut trades, &[trade(1, 0, "10"), trade(2, 60, "10")]);
    assert_eq!(
        heard(&mut trades, &[trade(4, 70, "10"), trade(5, 120, "10")]),
        ["trade 3 was not received"]
    );
    assert_eq!(heard(&mut trades, &[trade(6, 185, "10")]), ["10 10 10 10 of 0.1 bought 0"]);
    let long = heard(&mut trades, &[trade(100, 300, "10"), trade(101, 365, "10")]);
    assert_eq!(long, ["trades 7 to 99 were not received"; 3]);
}

#[test]
fn a_lost_connection_costs_nothing_if_nothing_was_missed() {
    let mut trades = Trades::new(Interval::default());
    heard(&mut trades, &[trade(1, 0, "10"), trade(2, 60, "10")]);
    trades.connected();
    assert_eq!(passed(&mut trades, 121, None), [""; 0]);
    assert!(trades.waits().contains("before the connection was made"));
    // The snapshot of a new connection says again what was said before.
    assert_eq!(
        heard(&mut trades, &[trade(1, 0, "10"), trade(2, 60, "10"), trade(3, 62, "10")]),
        [""; 0]
    );
    assert_eq!(passed(&mut trades, 121, None), ["10 10 10 10 of 0.2 bought 0.1"]);
}

#[test]
fn a_minute_in_which_nothing_was_traded_is_settled_by_the_exchanges_time() {
    let mut trades = Trades::new(Interval::default());
    assert_eq!(passed(&mut trades, 60, None), [""; 0]);
    heard(&mut trades, &[trade(1, 0, "10")]);
    assert_eq!(passed(&mut trades, 59, None), [""; 0]);
    assert_eq!(passed(&mut trades, 60, None).len(), 1);
    assert_eq!(passed(&mut trades, 180, None), ["nothing was traded"; 2]);
    assert_eq!(heard(&mut trades, &[trade(2, 100, "10")]), [""; 0]);
    assert_eq!(trades.late, 1);
}

#[test]
fn a_minute_waits_for_the_trades_that_the_exchange_speaks_of() {
    let mut trades = Trades::new(Interval::default());
    heard(&mut trades, &[trade(1, 0, "10"), trade(2, 60, "10")]);
    assert_eq!(passed(&mut trades, 120, Some(3)), [""; 0]);
    assert_eq!(trades.waits(), "trade 3 is the last one, 2 the last that was received");
    assert_eq!(heard(&mut trades, &[trade(3, 119, "11")]), [""; 0]);
    assert_eq!(passed(&mut trades, 121, None), ["10 11 10 11 of 0.2 bought 0.1"]);
}

#[test]
fn a_clock_that_is_out_by_years_begins_anew() {
    let mut trades = Trades::new(Interval::default());
    heard(&mut trades, &[trade(1, 0, "10")]);
    assert_eq!(passed(&mut trades, 60_000_000, None), [""; 0]);
    assert_eq!(heard(&mut trades, &[trade(2, 60_000_000, "10")]), [""; 0]);
    let said = heard(&mut trades, &[trade(3, 60_000_060, "10")]);
    assert_eq!(said, ["trades were received until 2026-11-20T12:00:00Z, and then from 2 on"]);
}

#[test]
fn an_exchange_that_counts_anew_is_heard() {
    let mut trades = Trades::new(Interval::default());
    heard(&mut trades, &[trade(1_000, 0, "10"), trade(1_001, 60, "10")]);
    let said = heard(&mut trades, &[trade(1, 190, "11"), trade(2, 250, "12"), trade(3, 310, "13")]);
    let anew = "the exchange counts its trades anew: 1 came after 1001";
    assert_eq!(said, [anew, anew, anew, "12 12 12 12 of 0.1 bought 0.1"]);
    // After so long that what is between is not gone through.
    assert_eq!(heard(&mut trades, &[trade(1, 60_000_000, "10")]), [""; 0]);
    let said = heard(&mut trades, &[trade(2, 60_000_060, "10"), trade(3, 60_000_120, "10")]);
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(passed(&mut trades, 60_000_180, Some(3)).len(), 1);
}

#[test]
fn what_is_missing_before_a_trade_of_an_earlier_minute_may_be_of_either() {
    let mut trades = Trades::new(Interval::default());
    heard(&mut trades, &[trade(1, 0, "10"), trade(2, 60, "10"), trade(3, 121, "10")]);
    assert_eq!(heard(&mut trades, &[trade(5, 119, "10")]), [""; 0]);
    assert_eq!(heard(&mut trades, &[trade(6, 180, "10")]), ["trade 4 was not received"]);
    assert_eq!(trades.late, 1);
}

#[test]
fn nothing_was_missed_where_the_last_trade_is_the_one_that_was_heard() {
    let mut trades = Trades::new(Interval::default());
    heard(&mut trades, &[trade(1, 0, "10"), trade(2, 60, "10")]);
    trades.connected();
    assert_eq!(passed(&mut trades, 119, Some(2)), [""; 0]);
    assert_eq!(passed(&mut trades, 120, None), ["10 10 10 10 of 0.1 bought 0.1"]);
}

proptest! {
    /// Whatever is lost, said twice, or interrupted: a minute's bar is that of all its trades, or there
    /// is none, and each minute is settled once, in order.
    #[test]
    fn there_is_no_bar_of_some_of_its_trades(
        steps in prop::collection::vec((0..40_i64, 0..20_u8), 1..200)
    ) {
        let mut all = BTreeMap::<Minute, Vec<Trade>>::new();
        let (mut trades, mut settled) = (Trades::new(Interval::default()), Vec::new());
        let mut at = 0;
        for (id, (wait, fate)) in (1..).zip(steps) {
            at += wait;
            let price = (100 + (id * 7) % 13).to_string();
            let trade = trade(id, at, &price);
            let minute = Minute::containing(trade.at, Interval::default());
            all.entry(minute).or_default().push(trade);
            match fate {
                0 => {}
                1 => trades.connected(),
                2 => trades.passed(trade.at, Some(id), &mut settled),
                3 => { trades.trade(&trade, &mut settled); trades.trade(&trade, &mut settled); }
                _ => trades.trade(&trade, &mut settled),
            }
        }
        prop_assert!(settled.is_sorted_by(|a, b| a.minute.next(Interval::default()) == b.minute));
        for one in &settled {
            let Ok(bar) = &one.bar else { continue };
            let mut those = all[&one.minute].iter();
            let mut whole = Bar::beginning(one.minute, &those.next().unwrap().tick());
            those.for_each(|trade| whole.add(&trade.tick()));
            prop_assert_eq!(bar, &whole);
        }
    }
}

#[test]
fn bars_that_cannot_be_are_none() {
    let mut trades = Trades::new(Interval::default());
    heard(&mut trades, &[trade(1, 0, "10"), trade(2, 60, "0")]);
    assert_eq!(passed(&mut trades, 120, None), ["its open, 0, is not positive"]);
    assert_eq!(trades.next, Some(minute(2)));
}

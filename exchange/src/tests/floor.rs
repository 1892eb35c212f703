//! The floor as time passes, without any time passing.

use std::{sync::Arc, time::Duration};

use chassis::grid::{Now, Timestamp};

use super::samples::at;
use crate::{
    floor::{Config, Floor},
    market::Trade,
    message::{Event, Second},
    mischief::Mischief,
    venue::Venue,
};

/// A floor whose clock the test moves.
struct Run {
    floor: Floor,
    now: Now,
}

impl Run {
    fn new(venue: Venue) -> Self {
        let now = Now { wall: at("2026-11-20T11:59:58.1Z"), mono: Duration::ZERO };
        Self { floor: Floor::new(&Config { seed: 7, ..Config::of(venue) }, now), now }
    }

    /// Goes from deadline to deadline for this long.
    fn pass(&mut self, length: Duration) -> Vec<Event> {
        let end = self.now.wall.plus(length);
        let mut events = Vec::new();
        while self.now.wall < end {
            let next = self.floor.next_deadline(self.now).min(end);
            assert!(next > self.now.wall, "a shell would turn without end");
            self.now.mono += next.since(self.now.wall);
            self.now.wall = next;
            events.extend(self.floor.pass(self.now));
        }
        events
    }

    fn obey(&mut self, mischief: Mischief) {
        self.floor.obey(mischief, self.now);
    }
}

fn trades(events: &[Event]) -> Vec<Trade> {
    let trade = |event: &Event| match event {
        Event::Trade(trade) => Some(*trade),
        Event::Quarter(_) | Event::Second(_) | Event::Mischief(_) => None,
    };
    events.iter().filter_map(trade).collect()
}

fn seconds(events: &[Event]) -> Vec<Arc<Second>> {
    let second = |event: &Event| match event {
        Event::Second(second) => Some(Arc::clone(second)),
        Event::Trade(_) | Event::Quarter(_) | Event::Mischief(_) => None,
    };
    events.iter().filter_map(second).collect()
}

#[test]
fn a_seed_makes_the_same_trades_at_the_rate_that_was_asked_for() {
    let run = || trades(&Run::new(Venue::Coinbase).pass(Duration::from_mins(1)));
    let trades = run();
    assert_eq!(run(), trades);
    assert!((1_100..=1_300).contains(&trades.len()), "{}", trades.len());
    assert!(trades.iter().zip(1..).all(|(trade, id)| trade.id == id));
    assert!(trades.is_sorted_by_key(|trade| trade.at));
    assert!(trades.iter().any(|trade| trade.at.as_micros() % 1_000 != 0));
    let whole = |trade: &Trade| trade.at.as_micros() % 1_000 == 0;
    let binance = Run::new(Venue::Binance).pass(Duration::from_secs(1));
    assert!(self::trades(&binance).iter().all(whole), "Binance tells milliseconds");
}

#[test]
fn bars_are_what_was_traded_in_their_time() {
    let events = Run::new(Venue::Binance).pass(Duration::from_secs(124));
    let (trades, seconds) = (trades(&events), seconds(&events));
    assert_eq!(seconds.len(), 124);
    assert!(seconds.iter().zip(0..).all(|(second, count)| second.count == count));
    let minute = Duration::from_mins(1);
    let closed: Vec<_> = seconds
        .iter()
        .flat_map(|second| &second.closed)
        .filter(|bar| bar.length == minute)
        .collect();
    let starts: Vec<String> = closed.iter().map(|bar| bar.start.to_string()).collect();
    assert_eq!(starts, ["2026-11-20T11:59:00Z", "2026-11-20T12:00:00Z", "2026-11-20T12:01:00Z"]);
    for bar in closed {
        let within = |trade: &&Trade| (bar.start..bar.end()).contains(&trade.at);
        let within: Vec<&Trade> = trades.iter().filter(within).collect();
        assert_eq!(bar.trades, within.len() as u64);
        assert_eq!(bar.ids, Some((within[0].id, within[within.len() - 1].id)));
        assert_eq!((bar.open, bar.close), (within[0].price, within[within.len() - 1].price));
        assert_eq!(bar.volume, within.iter().map(|trade| trade.size).sum());
    }
}

#[test]
fn trades_that_are_skipped_happen_and_are_not_told() {
    let mut run = Run::new(Venue::Coinbase);
    run.obey(Mischief::Skip(3));
    let events = run.pass(Duration::from_secs(1));
    let told: Vec<u64> = trades(&events).iter().map(|trade| trade.id).collect();
    assert_eq!(told[0], 4);
    assert_eq!(run.floor.tape().len(), told.len() + 3);
    assert_eq!(run.floor.opening(run.now.wall).recent[0].id, 4);
    assert_eq!(run.floor.opening(run.now.wall).bars[0].trades, run.floor.tape().len() as u64);
}

#[test]
fn a_market_pauses_and_resumes_while_seconds_go_on() {
    let mut run = Run::new(Venue::Coinbase);
    run.obey(Mischief::Pause);
    let events = run.pass(Duration::from_secs(10));
    assert_eq!((trades(&events).len(), seconds(&events).len()), (0, 10));
    run.obey(Mischief::Resume);
    run.obey(Mischief::Resume);
    let resumed = trades(&run.pass(Duration::from_secs(1)));
    assert!((10..=30).contains(&resumed.len()), "{}", resumed.len());
}

#[test]
fn only_the_last_second_of_a_standstill_is_made_up_for() {
    let mut run = Run::new(Venue::Coinbase);
    run.now.wall = run.now.wall.plus(Duration::from_mins(10));
    run.now.mono += Duration::from_mins(10);
    let events = run.floor.pass(run.now);
    assert!((10..=30).contains(&trades(&events).len()));
    assert_eq!(seconds(&events).len(), 600);
    let last: Timestamp = trades(&events)[0].at;
    assert_eq!(last, run.now.wall);
}

//! A feed listens to an exchange that behaves, and to one that does not.

use std::path::{Path, PathBuf};

use chassis::{
    clock::Clock,
    grid::{Interval, Minute, Timing},
};
use exchange::{Config, Local, Mischief, Trade, Venue};
use indicators::expression::Tree;
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::task::JoinSet;

use crate::{
    asking::Asker, feed::Feed, live::Live, recording::Recording, replay, signals::Signals,
    source::Source,
};

/// What is asked for: it depends on the last trade and on all of them.
const SIGNAL: &str = "close + volume";

/// Minutes within which everything is well again, whatever happened.
const AGAIN_MAX: usize = 15;

/// An exchange, and a feed that listens to it.
struct Stage {
    exchange: Local,
    asker: Asker,
    clock: Clock,
    timing: Timing,
    interval: Interval,
    asked: Minute,
    _running: JoinSet<()>,
}

impl Stage {
    async fn new(venue: Venue, of: &str, recording: Option<&Path>) -> Self {
        Self::with(venue, of, "2s", recording).await
    }

    async fn with(venue: Venue, of: &str, interval: &str, recording: Option<&Path>) -> Self {
        let clock = Clock::system();
        let exchange = Local::start(Config { rate: 50, ..Config::of(venue) }).await.unwrap();
        let interval: Interval = interval.parse().unwrap();
        let source: Source = of.parse().unwrap();
        let feed = Feed::new(source.clone(), interval).unwrap();
        let signals = Signals::new(feed, &SIGNAL.parse().unwrap()).unwrap();
        let timing = Timing::new(interval, Some(interval.duration() * 3 / 4), None).unwrap();
        let with = (timing, clock, StdRng::seed_from_u64(7));
        let (live, asker) = Live::new(
            signals,
            recording.map(Path::to_owned),
            exchange.endpoint.parse().unwrap(),
            with,
        )
        .unwrap();
        let mut running = JoinSet::new();
        running.spawn(async move { panic!("{}", live.run().await) });
        let asked = Minute::containing(clock.wall(), interval);
        Self { exchange, asker, clock, timing, interval, asked, _running: running }
    }

    /// The next minute, and its signal or why there is none.
    async fn next(&mut self) -> (Minute, Result<f64, String>) {
        let minute = self.asked.next(self.interval);
        self.asked = minute;
        self.clock.reach(minute.start()).await;
        let answer = self.asker.signal(minute).await;
        (minute, answer.map_err(|error| error.to_string()))
    }

    /// The first minute that has a signal, which is right, and the reasons of those before.
    async fn next_good(&mut self) -> (Minute, Vec<String>) {
        let mut reasons = Vec::new();
        for _ in 0..AGAIN_MAX {
            match self.next().await {
                (minute, Ok(signal)) => {
                    self.check(minute, signal).await;
                    return (minute, reasons);
                }
                (_, Err(why)) => reasons.push(why),
            }
        }
        panic!("no signal in {AGAIN_MAX} minutes: {reasons:#?}");
    }

    /// So many minutes in a row have a signal, and it is right.
    async fn all_good(&mut self, minutes: usize) {
        for _ in 0..minutes {
            let (minute, signal) = self.next().await;
            self.check(minute, signal.unwrap()).await;
        }
    }

    /// Whether a signal is what all trades of the minute before come to.
    async fn check(&self, minute: Minute, signal: f64) {
        let before = minute.previous(self.interval);
        let tape = self.exchange.tape().await;
        let of_it = |trade: &&Trade| Minute::containing(trade.at, self.interval) == before;
        let trades: Vec<_> = tape.iter().filter(of_it).collect();
        let double = |number: &dyn ToString| number.to_string().parse::<f64>().unwrap();
        let volume = trades.iter().map(|trade| trade.size).sum::<rust_decimal::Decimal>();
        let expected = double(&trades.last().unwrap().price) + double(&volume);
        assert_eq!(signal.to_bits(), expected.to_bits(), "{minute}: {signal}, not {expected}");
    }
}

/// The same with both exchanges, at the same time.
async fn with_both(story: impl AsyncFn(Venue, &'static str)) {
    tokio::join!(
        story(Venue::Binance, "binance:BTCUSDT"),
        story(Venue::Coinbase, "coinbase:BTC-USD")
    );
}

#[tokio::test]
async fn bars_are_of_all_trades_of_their_minutes() {
    with_both(async |venue, of| {
        let mut stage = Stage::new(venue, of, None).await;
        let (_, reasons) = stage.next_good().await;
        assert!(reasons.len() <= 3, "{reasons:#?}");
        stage.all_good(3).await;
    })
    .await;
}

#[tokio::test]
async fn bars_that_binance_makes_are_the_same() {
    let mut stage = Stage::with(Venue::Binance, "binance:BTCUSDT/klines", "1s", None).await;
    stage.next_good().await;
    stage.all_good(2).await;
    stage.exchange.order(Mischief::Drop).await;
    stage.next_good().await;
}

#[tokio::test]
async fn a_trade_that_is_missing_takes_its_minute_by_name_and_no_other() {
    with_both(async |venue, of| {
        let mut stage = Stage::new(venue, of, None).await;
        stage.next_good().await;
        stage.exchange.order(Mischief::Skip(2)).await;
        let (_, reasons) = stage.next_good().await;
        assert!((1..=2).contains(&reasons.len()), "{reasons:#?}");
        assert!(reasons.iter().all(|why| why.contains("not received")), "{reasons:#?}");
        stage.all_good(1).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_said_twice_counts_once() {
    with_both(async |venue, of| {
        let mut stage = Stage::new(venue, of, None).await;
        stage.next_good().await;
        stage.exchange.order(Mischief::Repeat(5)).await;
        // Coinbase counts its messages: there it is a message that came where another was due.
        stage.next_good().await;
        stage.all_good(1).await;
    })
    .await;
}

#[tokio::test]
async fn a_lost_connection_costs_what_was_missed_and_no_more() {
    let mut binance = Stage::new(Venue::Binance, "binance:BTCUSDT", None).await;
    let mut coinbase = Stage::new(Venue::Coinbase, "coinbase:BTC-USD", None).await;
    for mischief in [Mischief::Drop, Mischief::Close, Mischief::HalfFrame, Mischief::Garbage] {
        binance.next_good().await;
        binance.exchange.order(mischief).await;
        let (_, reasons) = binance.next_good().await;
        assert!(reasons.len() <= 2, "{mischief}: {reasons:#?}");
        // The snapshot of the next connection has what was missed.
        coinbase.next_good().await;
        coinbase.exchange.order(mischief).await;
        let (_, reasons) = coinbase.next_good().await;
        assert!(reasons.iter().all(|why| why.contains("yet:")), "{mischief}: {reasons:#?}");
    }
}

#[tokio::test]
async fn an_exchange_that_is_connected_but_mute_is_down() {
    with_both(async |venue, of| {
        let mut stage = Stage::new(venue, of, None).await;
        stage.next_good().await;
        stage.exchange.order(Mischief::Mute).await;
        let mut reasons = Vec::new();
        while !reasons.iter().any(|why: &String| why.contains("mute for 5 s")) {
            let (_, answer) = stage.next().await;
            reasons.extend(answer.err());
            assert!(reasons.len() <= AGAIN_MAX, "{reasons:#?}");
        }
        assert!(reasons[0].contains("yet: heard since"), "{reasons:#?}");
        stage.exchange.order(Mischief::Speak).await;
        stage.next_good().await;
        stage.all_good(1).await;
    })
    .await;
}

#[tokio::test]
async fn an_exchange_that_takes_no_connection_is_tried_again() {
    let mut stage = Stage::new(Venue::Binance, "binance:BTCUSDT", None).await;
    stage.next_good().await;
    stage.exchange.order(Mischief::Refuse).await;
    stage.exchange.order(Mischief::Drop).await;
    let mut reasons = Vec::new();
    while reasons.len() < 3 {
        reasons.extend(stage.next().await.1.err());
    }
    assert!(reasons[2].contains("nothing was heard since"), "{reasons:#?}");
    stage.exchange.order(Mischief::Accept).await;
    stage.next_good().await;
}

#[tokio::test]
async fn a_subscription_that_is_refused_is_the_reason() {
    let mut stage = Stage::new(Venue::Coinbase, "coinbase:ETH-USD", None).await;
    let mut why = String::new();
    for _ in 0..3 {
        why = stage.next().await.1.unwrap_err();
    }
    assert!(why.contains("the exchange refuses coinbase:ETH-USD"), "{why}");
}

#[tokio::test]
async fn a_recording_gives_what_was_given_live_whatever_happened() {
    let directory = tempfile::tempdir().unwrap();
    with_both(async |venue, of| {
        let file: PathBuf = directory.path().join(of.replace(':', "-"));
        let mut given = Vec::new();
        let mut stage = Stage::new(venue, of, Some(&file)).await;
        for mischief in [Mischief::Skip(1), Mischief::Drop, Mischief::Repeat(2), Mischief::Garbage]
        {
            given.push(stage.next().await);
            given.push(stage.next().await);
            stage.exchange.order(mischief).await;
        }
        given.push(stage.next().await);
        let timing = stage.timing;
        drop(stage);
        let replayed = replay::signals(
            Recording::open(&file).unwrap(),
            &SIGNAL.parse::<Tree>().unwrap(),
            timing,
        )
        .unwrap();
        let replayed: Vec<_> = replayed
            .into_iter()
            .map(|(minute, signal)| (minute, signal.map_err(|error| error.to_string())))
            .collect();
        assert_eq!(replayed, given);
        assert!(given.iter().any(|(_, signal)| signal.is_ok()), "{given:#?}");
        let history =
            replay::history(Recording::open(&file).unwrap(), Clock::system().wall()).unwrap();
        assert!(history.quality.bars >= 4, "{}", history.quality);
    })
    .await;
}

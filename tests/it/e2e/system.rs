//! The system of most stories: generators `a` and `b`, a trader with its journal on disk, strategy
//! `X` of the one and `Y` of the other.

use std::path::PathBuf;

use chassis::{
    channel::{Address, Dialer},
    grid::Timestamp,
    tls::Role,
};
use proto::v1::{GetMedianRequest, trader_service_client::TraderServiceClient};
use serde_json::Value;
use tempfile::TempDir;
use tonic::{Status, transport::Channel};

use crate::harness::{INTERVAL, Output, Part, run, word};

/// All its parts.
#[derive(Debug)]
pub(super) struct System {
    pub(super) a: Part,
    pub(super) b: Part,
    pub(super) trader: Part,
    pub(super) x: Part,
    pub(super) y: Part,
    pub(super) journal: PathBuf,
    _directory: TempDir,
}

/// A median as the trader's log has it.
#[derive(Debug)]
pub(super) struct Median {
    pub(super) minute: String,
    pub(super) value: f64,
}

impl Median {
    pub(super) fn read(line: &str) -> Self {
        let minute = word(line, "minute=").to_owned();
        Self { minute, value: word(line, "median: ").parse().unwrap() }
    }
}

impl System {
    /// All parts, and a median of X, which has epoch 1, and Y, which has epoch 2.
    pub(super) async fn start() -> Self {
        Self::with(&["--interval", INTERVAL], &[]).await
    }

    /// The same with minutes of six seconds, so long that much can happen within one of them.
    pub(super) async fn slow() -> Self {
        Self::with(&["--interval", "6s"], &["--grace", "5s"]).await
    }

    async fn with(interval: &[&str], grace: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("trader.sqlite");
        let timing = [interval, grace].concat();
        let args = [&timing[..], &["--journal", journal.to_str().unwrap()]].concat();
        let mut trader = Part::server("trader", "trader", &args).await;
        let a = Part::server("a", "generator", &[&timing[..], &["--name", "a"]].concat()).await;
        let b = Part::server("b", "generator", &[&timing[..], &["--name", "b"]].concat()).await;
        let x = Part::strategy_at("X", trader.port, &[a.port], interval);
        trader.line("INFO registered X").await;
        let y = Part::strategy_at("Y", trader.port, &[b.port], interval);
        let mut system = Self { a, b, trader, x, y, journal, _directory: directory };
        median_of(&mut system.trader, 2).await;
        system
    }

    /// Lets `Y` find its trader and its generator at these ports, as another process of epoch 3.
    pub(super) async fn reroute_y(&mut self, trader: u16, generator: u16, interval: &str) {
        self.y.stop().await;
        let args = ["--interval", interval];
        self.y = Part::strategy_at("Y", trader, &[generator], &args);
        self.y.line("INFO registered Y").await;
        median_of(&mut self.trader, 2).await;
    }

    /// Another process of the name `Y`.
    pub(super) fn another_y(&self) -> Part {
        Part::strategy("Y", &self.trader, &[&self.b], &[])
    }

    /// `minutehand ARGS`, of this trader.
    pub(super) async fn minutehand(&self, args: &[&str]) -> Output {
        minutehand(&self.trader, args).await
    }

    /// Why nobody is given a median.
    pub(super) async fn no_median(&self) -> Status {
        let answer = client(&self.trader).get_median(GetMedianRequest {}).await;
        answer.expect_err("there is a current median")
    }

    /// Every invariant holds in the journal: each minute has one verdict, without gaps, and each
    /// median follows from the decisions behind it.
    pub(super) async fn all_is_well(&self) {
        let journal = self.journal.to_str().unwrap();
        let doctor = run("minutehand", &["doctor", "--journal", journal]).await;
        assert_eq!((doctor.code, &*doctor.err), (0, ""), "{}", doctor.out);
    }
}

/// `minutehand ARGS`, of this trader.
pub(super) async fn minutehand(trader: &Part, args: &[&str]) -> Output {
    let port = ["--trader-port", &trader.port.to_string()];
    run("minutehand", &[args, &port].concat()).await
}

/// A client of this trader.
pub(super) fn client(trader: &Part) -> TraderServiceClient<Channel> {
    TraderServiceClient::new(Dialer::tcp().channel(&Address::local(trader.port), Role::Trader))
}

/// The next median of so many decisions.
pub(super) async fn median_of(trader: &mut Part, count: usize) -> Median {
    let what = format!("a median of {count}");
    let count = format!("count={count}");
    let is_it = |line: &str| line.contains("INFO median: ") && line.ends_with(&count);
    let line = trader.line_where(&what, is_it).await;
    Median::read(&line)
}

/// Among the events of a watcher, each verdict begins where the one before has ended.
pub(super) fn verdicts_without_gaps(watcher: &Part) {
    verdicts_each(2_000_000, watcher);
}

/// The same, of minutes of so many microseconds.
pub(super) fn verdicts_each(interval_us: i64, watcher: &Part) {
    let mut verdicts = watcher.events();
    verdicts.retain(|event| event["event"] == "verdict");
    for pair in verdicts.windows(2) {
        let (last, next) = (instant(&pair[0]["last_minute"]), instant(&pair[1]["minute"]));
        assert_eq!(next.as_micros() - last.as_micros(), interval_us, "{} {}", pair[0], pair[1]);
    }
}

pub(super) fn instant(value: &Value) -> Timestamp {
    Timestamp::parse(value.as_str().unwrap()).unwrap()
}

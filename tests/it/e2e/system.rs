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

use crate::harness::{Output, Part, run, word};

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

impl System {
    /// All parts, and a median of X, which has epoch 1, and Y, which has epoch 2.
    pub(super) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("trader.sqlite");
        let mut trader = Part::trader(&["--journal", journal.to_str().unwrap()]).await;
        let (a, b) = (Part::generator("a", &[]).await, Part::generator("b", &[]).await);
        let x = Part::strategy("X", &trader, &[&a], &[]);
        trader.line("INFO registered X").await;
        let y = Part::strategy("Y", &trader, &[&b], &[]);
        let mut system = Self { a, b, trader, x, y, journal, _directory: directory };
        median_of(&mut system.trader, 2).await;
        system
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
    let minute = word(&line, "minute=").to_owned();
    Median { minute, value: word(&line, "median: ").parse().unwrap() }
}

/// Among the events of a watcher, each verdict begins where the one before has ended.
pub(super) fn verdicts_without_gaps(watcher: &Part) {
    let mut verdicts = watcher.events();
    verdicts.retain(|event| event["event"] == "verdict");
    for pair in verdicts.windows(2) {
        let (last, next) = (instant(&pair[0]["last_minute"]), instant(&pair[1]["minute"]));
        assert_eq!(next.as_micros() - last.as_micros(), 2_000_000, "{} {}", pair[0], pair[1]);
    }
}

fn instant(value: &Value) -> Timestamp {
    Timestamp::parse(value.as_str().unwrap()).unwrap()
}

//! Secured systems. The one here has parts that show certificates made for the test: generators `a` and
//! `b`, a trader, strategies `X` and `Y`, and an operator `ann`.

pub(super) mod foreign;
mod rights;
mod pages;
mod strangers;
mod renewal;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use chassis::{chance, clock::Clock, grid::Timestamp};
use minutehand::certs::{self, Order};
use tempfile::TempDir;

use super::system::median_of;
use crate::harness::{Output, Part, run};

/// How long a certificate lasts, unless a test is about its end: nobody warns of it yet.
const LONG: Duration = Duration::from_hours(24 * 90);

/// The CA is as old as this.
const SINCE: Duration = Duration::from_hours(24 * 7);

/// A directory of certificates.
#[derive(Debug)]
pub(super) struct Papers(TempDir);

/// All parts of the system, and their certificates.
#[derive(Debug)]
struct Certified {
    papers: Papers,
    a: Part,
    b: Part,
    trader: Part,
    x: Part,
    y: Part,
    journal: PathBuf,
}

impl Papers {
    /// A CA of its own, and a certificate for each `ROLE/NAME`.
    pub(super) fn of(identities: &[&str]) -> Self {
        let papers = Self(tempfile::tempdir().unwrap());
        papers.issue(&[], now().minus(SINCE), LONG);
        papers.issue(identities, now(), LONG);
        papers
    }

    /// New certificates, as if they were made at this time.
    fn issue(&self, identities: &[&str], at: Timestamp, life: Duration) {
        let order = Order {
            directory: self.directory().to_owned(),
            identities: identities.iter().map(|who| certs::identity(who).unwrap()).collect(),
            hosts: BTreeSet::new(),
            life,
            renew: true,
        };
        certs::fill(&order, at, &mut chance::start(None)).unwrap();
    }

    pub(super) fn directory(&self) -> &Path {
        self.0.path()
    }

    /// What a command is given to be that one.
    pub(super) fn flags(&self, identity: &str) -> [String; 3] {
        certs::flags(self.directory(), &certs::identity(identity).unwrap())
    }
}

impl Certified {
    /// All parts, and a median of X, which has epoch 1, and Y, which has epoch 2.
    async fn start() -> Self {
        let all = [
            "generator/a",
            "generator/b",
            "trader/main",
            "strategy/X",
            "strategy/Y",
            "operator/ann",
        ];
        Self::of(Papers::of(&all)).await
    }

    /// With these certificates.
    async fn of(papers: Papers) -> Self {
        let journal = papers.directory().join("trader.sqlite");
        let flags = papers.flags("trader/main");
        let args = [&["--journal", journal.to_str().unwrap()], &*words(&flags)].concat();
        let mut trader = Part::trader(&args).await;
        let [a, b] = ["generator/a", "generator/b"].map(|identity| papers.flags(identity));
        let a = Part::generator("a", &words(&a)).await;
        let b = Part::generator("b", &words(&b)).await;
        let x = Part::strategy("X", &trader, &[&a], &words(&papers.flags("strategy/X")));
        trader.line("INFO registered X").await;
        let y = Part::strategy("Y", &trader, &[&b], &words(&papers.flags("strategy/Y")));
        median_of(&mut trader, 2).await;
        Self { papers, a, b, trader, x, y, journal }
    }

    /// `KIND ARGS`, of this trader, by `identity`.
    async fn run_as(&self, identity: &str, kind: &str, args: &[&str]) -> Output {
        let (port, flags) = (self.trader.port.to_string(), self.papers.flags(identity));
        run(kind, &[args, &["--trader-port", &port], &words(&flags)].concat()).await
    }

    /// Every invariant holds in the journal.
    async fn all_is_well(&self) {
        let doctor =
            run("minutehand", &["doctor", "--journal", self.journal.to_str().unwrap()]).await;
        assert_eq!((doctor.code, &*doctor.err), (0, ""), "{}", doctor.out);
    }
}

/// The machine's time.
fn now() -> Timestamp {
    Clock::system().wall()
}

/// As arguments are passed.
pub(super) fn words(flags: &[String]) -> Vec<&str> {
    flags.iter().map(String::as_str).collect()
}

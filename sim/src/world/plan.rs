//! What a run is made of: everything that its seed decides before it begins.

use std::{collections::BTreeMap, time::Duration};

use chassis::grid::{Interval, Timestamp, Timing};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

use crate::record::Description;

/// The trader's host.
pub(crate) const TRADER: &str = "trader";

/// Where the operator sits.
pub(crate) const OPERATOR: &str = "operator";

/// Where the medians are read.
pub(crate) const READER: &str = "reader";

/// Where raw calls come from that no part of ours would make.
pub(crate) const ROGUE: &str = "rogue";

/// Where second processes of a name run.
pub(crate) const TWIN: &str = "twin";

/// The first moment of every run, a little before a minute.
const EPOCH: &str = "2026-11-20T11:59:40Z";

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A process is killed.
    Kill,
    /// A machine loses its power, and its disk what was not synced.
    PowerCut,
    /// A process is asked to stop.
    Stop,
    /// Messages of a link are lost.
    Partition,
    /// Messages of a link are lost, in one direction.
    OneWay,
    /// Messages of a link are late, all at once in the end.
    Hold,
    /// As `Hold`, for all links of a host.
    Isolation,
    /// Messages of a link are slow.
    Latency,
    /// The connections of a link are reset.
    Reset,
    /// A wall clock is stepped, and stepped back later.
    Clock,
    /// The trader's disk is slow.
    SlowDisk,
    /// The trader's disk is full, or fails.
    BadDisk,
    /// A computation takes long, or never ends.
    SlowGenerator,
    /// A computation fails, or gives no number.
    BadGenerator,
    /// An operator takes a name off the list.
    Deregistration,
    /// An operator halts the trader, and resumes it later.
    Halt,
    /// A second process of a name is started.
    Twin,
    /// A strategy contradicts itself.
    Visit,
    /// A process that was replaced speaks again.
    Haunt,
    /// A stranger uses the name of another.
    Intrusion,
}

/// Runs that have room for minutes of five minutes.
const LONG: Duration = Duration::from_mins(45);

/// A run, before it begins.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the checker may know.
    pub description: Description,
    /// True time at the start.
    pub epoch: Timestamp,
    /// How long it lasts.
    pub length: Duration,
    /// What can break.
    pub faults: Vec<Kind>,
    /// How long there is between two faults, on average.
    pub fault_gap: Duration,
    /// The slowest message of a healthy network.
    pub latency_max: Duration,
    /// Generators that give the same value for a minute after a restart.
    pub sticky: Vec<String>,
    /// Strategies that stay registered when they are stopped.
    pub stay: Vec<String>,
    /// A strategy that never comes back in the end.
    pub gone: Option<String>,
    /// By how many millionths each host's clock runs fast.
    pub drift: BTreeMap<String, i64>,
}

impl Kind {
    const ALL: [Self; 20] = [
        Self::Kill,
        Self::PowerCut,
        Self::Stop,
        Self::Partition,
        Self::OneWay,
        Self::Hold,
        Self::Isolation,
        Self::Latency,
        Self::Reset,
        Self::Clock,
        Self::SlowDisk,
        Self::BadDisk,
        Self::SlowGenerator,
        Self::BadGenerator,
        Self::Deregistration,
        Self::Halt,
        Self::Twin,
        Self::Visit,
        Self::Haunt,
        Self::Intrusion,
    ];

    /// Its name in records and sums.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::PowerCut => "power cut",
            Self::Stop => "stop",
            Self::Partition => "partition",
            Self::OneWay => "one-way partition",
            Self::Hold => "held link",
            Self::Isolation => "held host",
            Self::Latency => "latency",
            Self::Reset => "reset connection",
            Self::Clock => "clock",
            Self::SlowDisk => "slow disk",
            Self::BadDisk => "failing disk",
            Self::SlowGenerator => "slow computation",
            Self::BadGenerator => "failed computation",
            Self::Deregistration => "deregistration",
            Self::Halt => "halt",
            Self::Twin => "second process",
            Self::Visit => "contradictory strategy",
            Self::Haunt => "zombie",
            Self::Intrusion => "intruder",
        }
    }
}

/// Randomness of its own for one purpose of a run.
pub(crate) fn chance(seed: u64, purpose: &str) -> StdRng {
    let mixed = purpose.bytes().fold(seed ^ 0x51_7c_c1_b7_27_22_0a_95, |mixed, byte| {
        (mixed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
    });
    StdRng::seed_from_u64(mixed)
}

impl Plan {
    /// The run of a seed.
    pub fn new(seed: u64, length: Duration) -> Self {
        let mut rng = chance(seed, "plan");
        let timing = timing(&mut rng, length);
        let generators: Vec<String> =
            (1..=rng.random_range(1..=4)).map(|n| format!("g{n}")).collect();
        let count = *[1, 2, 3, 3, 4, 4, 5, 5, 6, 7].choose(&mut rng).expect("not empty");
        let names: Vec<String> = (1..=count).map(|n| format!("s{n}")).collect();
        let some = |rng: &mut StdRng, names: &[String], share: f64| -> Vec<String> {
            names.iter().filter(|_| rng.random_bool(share)).cloned().collect()
        };
        let mut strategies = BTreeMap::new();
        for name in &names {
            let mut asked = some(&mut rng, &generators, 0.6);
            if asked.is_empty() {
                asked.extend(generators.choose(&mut rng).cloned());
            }
            strategies.insert(name.clone(), asked);
        }
        let expect = if rng.random_bool(0.3) { some(&mut rng, &names, 0.5) } else { Vec::new() };
        let gone = rng.random_bool(0.3).then(|| names.choose(&mut rng).cloned()).flatten();
        let at_least = if rng.random_bool(0.2) { count.min(2) } else { 1 };
        let gone = gone.filter(|_| count > at_least.max(1));
        let short = timing.interval.duration() < Duration::from_secs(20);
        let tick = if short || rng.random_bool(0.02) { 10 } else { 50 };
        let gap = *[20_u64, 40, 60, 120, 240].choose(&mut rng).expect("not empty");
        let hosts = [TRADER, READER].map(str::to_owned);
        let hosts = hosts.into_iter().chain(generators.clone()).chain(names.clone());
        Self {
            epoch: Timestamp::parse(EPOCH).expect("written well"),
            length,
            faults: kinds(&mut rng),
            fault_gap: Duration::from_secs(gap),
            latency_max: Duration::from_millis(*[2, 10, 30].choose(&mut rng).expect("not empty")),
            sticky: some(&mut rng, &generators, 0.5),
            stay: some(&mut rng, &names, 0.7),
            gone,
            drift: hosts.map(|host| (host, rng.random_range(-50..=50))).collect(),
            description: Description {
                seed,
                timing,
                tick: Duration::from_millis(tick),
                generators,
                strategies,
                expect,
                at_least,
            },
        }
    }

    /// All hosts, those that others dial first.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let Description { generators, strategies, .. } = &self.description;
        let rogue = self.has_rogues().then_some(ROGUE);
        let twin = self.faults.contains(&Kind::Twin).then_some(TWIN);
        let fixed = [TRADER, OPERATOR, READER].into_iter().chain(rogue).chain(twin);
        let parts = generators.iter().chain(strategies.keys()).cloned();
        fixed.map(str::to_owned).chain(parts).collect()
    }

    /// Whether there are callers that no part of ours would be.
    pub(crate) fn has_rogues(&self) -> bool {
        let rogues = [Kind::Visit, Kind::Haunt, Kind::Intrusion];
        rogues.iter().any(|kind| self.faults.contains(kind))
    }
}

fn timing(rng: &mut StdRng, length: Duration) -> Timing {
    let seconds = match rng.random_range(0..100) {
        0..3 => 2,
        3..6 => 10,
        6..9 if length >= LONG => 300,
        _ => 60,
    };
    let interval = Interval::try_from(Duration::from_secs(seconds)).expect("long enough");
    Timing::new(interval, None, None).expect("the defaults fit")
}

/// Some kinds of faults: runs differ in what can happen to them.
fn kinds(rng: &mut StdRng) -> Vec<Kind> {
    let share = *[0.0, 0.1, 0.3, 0.6, 0.6, 1.0, 1.0, 1.0].choose(rng).expect("not empty");
    Kind::ALL.into_iter().filter(|_| rng.random_bool(share)).collect()
}

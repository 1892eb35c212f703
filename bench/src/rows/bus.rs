//! The same job over a message bus: Minutehand beside the streams of NATS and Redis, from the
//! boundary to the median at a watcher, and in the memory of all processes.
//!
//! Each system has three generators and two strategies, one on the first generator and one on the
//! other two, and keeps what it publishes on disk. They run in turns: whatever happens at a boundary
//! happens in all systems at once, and two that run together would measure each other.

use std::time::Duration;

use chassis::{
    clock::Clock,
    grid::{Interval, Minute, Timestamp},
};
use proto::v1::VerdictKind;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::{
    Result,
    figures::quantile,
    parts,
    peers::{
        broker::MEDIANS,
        bus::{Bus, Over, Subscription},
        roles::READY,
    },
    process::{Process, Server},
    report::{Row, Target},
    rows::Options,
    watch::Watch,
};

const INTERVAL: &str = "1s";

/// Strategies, and the generators that each of them follows.
const STRATEGIES: [(&str, &[usize]); 2] = [("X", &[0]), ("Y", &[1, 2])];

const GENERATORS: usize = 3;

/// Minutes that are left out, from the first median on.
const WARMUP: usize = 3;

/// A system publishes a median within this, and then each minute.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// Of a hundred minutes, so many may go without a median in time.
const MISSED_MAX: usize = 1;

/// What a system came to in a round.
struct Measured {
    /// From the boundary to the median at the watcher, in milliseconds.
    half: f64,
    ninety_nine: f64,
    /// Resident, of all processes, in MiB.
    memory: f64,
}

/// Latency and memory, against each bus.
pub(crate) async fn bus(options: &Options) -> Result<Vec<Row>> {
    let mut ours = Vec::new();
    let mut theirs = [Over::Nats, Over::Redis].map(|over| (over, String::new(), Vec::new()));
    for _ in 0..options.rounds {
        ours.push(System::minutehand().await?.measure(options.minutes).await?);
        for (over, peer, measured) in &mut theirs {
            let system = System::over(*over).await?;
            peer.clone_from(&system.name);
            measured.push(system.measure(options.minutes).await?);
        }
    }
    let mut rows = Vec::new();
    for (_, peer, theirs) in &theirs {
        let mut row = |what: &str, unit, figure: fn(&Measured) -> f64| {
            let sides = ours.iter().zip(theirs);
            let rounds: Vec<_> = sides.map(|pair| [figure(pair.0), figure(pair.1)]).collect();
            let name = format!("bus: {what}");
            rows.push(Row::paired(name, unit, peer, &rounds, Target::AtMost(1.0)));
        };
        row("boundary to published median, p50", "ms", |measured| measured.half);
        row("boundary to published median, p99", "ms", |measured| measured.ninety_nine);
        row("resident memory of all processes", "MiB", |measured| measured.memory);
    }
    Ok(rows)
}

/// All processes of one system, and a watcher of its medians.
struct System {
    name: String,
    watcher: Watcher,
    processes: Vec<Process>,
    _directory: TempDir,
}

impl System {
    async fn minutehand() -> Result<Self> {
        let directory = TempDir::new()?;
        let mut processes = Vec::new();
        let mut generators = Vec::new();
        for _ in 0..GENERATORS {
            generators.push(Server::start(parts::generator(INTERVAL)?).await?);
        }
        let journal = directory.path().join("journal.sqlite");
        let trader = Server::start(parts::trader(INTERVAL, &journal)?).await?;
        for (name, follows) in STRATEGIES {
            let follows: Vec<&Server> = follows.iter().map(|index| &generators[*index]).collect();
            let strategy = parts::strategy(name, INTERVAL, &trader, &follows)?;
            processes.push(Process::start(strategy)?.0);
        }
        processes.extend(generators.into_iter().map(|generator| generator.process));
        let watcher = Watcher::Trader(Watch::begin(trader.port).await?);
        processes.push(trader.process);
        Ok(Self { name: "Minutehand".to_owned(), watcher, processes, _directory: directory })
    }

    async fn over(over: Over) -> Result<Self> {
        let directory = TempDir::new()?;
        let broker = over.serve(directory.path()).await?;
        let bus = Bus::connect(over, broker.port).await?;
        let watcher = Watcher::Bus(bus.subscribe(&[MEDIANS.to_owned()]).await?);
        let generators: Vec<String> = (0..GENERATORS).map(|index| format!("g{index}")).collect();
        let strategies = STRATEGIES.map(|(name, _)| name).join(",");
        let mut processes = vec![broker.process];
        let mut begin = async |args: &[&str]| -> Result<()> {
            processes.push(member(over, broker.port, args).await?);
            Ok(())
        };
        // Whoever listens is there before those it listens to.
        begin(&["aggregator", "--strategies", &strategies]).await?;
        for (name, follows) in STRATEGIES {
            let follows: Vec<&str> = follows.iter().map(|index| &*generators[*index]).collect();
            begin(&["strategy", "--name", name, "--generators", &follows.join(",")]).await?;
        }
        for name in &generators {
            begin(&["generator", "--name", name, "--interval", INTERVAL]).await?;
        }
        Ok(Self { name: broker.peer, watcher, processes, _directory: directory })
    }

    /// Watches so many minutes, asks how much memory all have, and ends them.
    async fn measure(mut self, minutes: usize) -> Result<Measured> {
        let lateness =
            self.watch(minutes).await.map_err(|error| format!("{}: {error}", self.name))?;
        let resident = self.processes.iter().map(Process::resident_kib);
        let resident: f64 = resident.sum::<Result<f64>>()?;
        let [half, ninety_nine] = [0.5, 0.99].map(|share| quantile(&lateness, share));
        Ok(Measured { half, ninety_nine, memory: resident / 1024.0 })
    }

    /// How late each median of so many minutes was, in milliseconds.
    async fn watch(&mut self, minutes: usize) -> Result<Vec<f64>> {
        let interval: Interval = INTERVAL.parse()?;
        let began = loop {
            if let Some(heard) = self.hear().await? {
                break Minute::containing(heard.minute, interval);
            }
        };
        let after =
            |minute, count| (0..count).fold(minute, |minute: Minute, _| minute.next(interval));
        let first = after(began, WARMUP);
        let end = after(first, minutes);
        let mut lateness = Vec::new();
        // The first one after the end says that no more of them come.
        while let heard = self.hear().await?
            && heard.as_ref().is_none_or(|heard| heard.minute < end.start())
        {
            let counts = |heard: &Heard| heard.minute >= first.start();
            let late = heard.filter(counts).map(|heard| heard.at.since(heard.minute));
            let in_time = late.filter(|late| *late < interval.duration());
            lateness.extend(in_time.map(|late| late.as_secs_f64() * 1e3));
        }
        let missed = minutes.saturating_sub(lateness.len());
        if lateness.is_empty() || missed * 100 > minutes * MISSED_MAX {
            return Err(format!("{missed} of {minutes} minutes had no median in time").into());
        }
        Ok(lateness)
    }

    async fn hear(&mut self) -> Result<Option<Heard>> {
        let heard = timeout(SILENCE_MAX, self.watcher.next()).await;
        heard.map_err(|_| format!("no median for {SILENCE_MAX:?}"))?
    }
}

/// Starts a role, and waits until it has begun.
async fn member(over: Over, port: u16, args: &[&str]) -> Result<Process> {
    let mut command = parts::bus()?;
    command.args(["--over", over.name(), "--port", &port.to_string()]);
    command.args(args);
    let (process, mut lines) = Process::start(command)?;
    let line = timeout(SILENCE_MAX, lines.next_line()).await??;
    match line.as_deref() {
        Some(READY) => Ok(process),
        Some(_) | None => Err(format!("{} did not begin: {line:?}", args[0]).into()),
    }
}

/// A median, and when it was heard.
struct Heard {
    minute: Timestamp,
    at: Timestamp,
}

enum Watcher {
    Trader(Watch),
    Bus(Subscription),
}

impl Watcher {
    /// The next median of all strategies, or nothing if a minute ended otherwise.
    async fn next(&mut self) -> Result<Option<Heard>> {
        match self {
            Self::Trader(watch) => {
                let heard = watch.next().await?;
                let whole = heard.verdict.kind() == VerdictKind::Median
                    && usize::try_from(heard.verdict.count)? == STRATEGIES.len();
                Ok(whole.then_some(Heard { minute: heard.minute, at: heard.at }))
            }
            Self::Bus(subscription) => {
                let median = subscription.next().await?;
                Ok(Some(Heard { minute: median.minute, at: Clock::system().wall() }))
            }
        }
    }
}

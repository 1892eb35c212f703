//! One trader with thousands of strategies that decide each minute from a few processes.

use std::{path::PathBuf, time::Duration};

use chassis::{
    clock::Clock,
    grid::{Interval, Minute, Timestamp},
};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use tokio::{
    io::{BufReader, Lines},
    process::ChildStdout,
};

use crate::{
    Result,
    figures::{median, to_f64},
    parts::{large_trader, own},
    peers::sqlite::Bare,
    plot::{Line, Plot},
    process::{Process, Server},
    report::{Row, Target},
    rows::{Measured, Options},
    watch::Watch,
};

/// Strategies, and a minute and a grace in which they can all register and decide.
const SIZES: [(usize, &str, &str); 3] =
    [(1_000, "5s", "3s"), (10_000, "10s", "5s"), (100_000, "40s", "10s")];

/// Processes that the strategies are spread over, with so many connections each …
const LOADS: usize = 2;
const CONNECTIONS: &str = "4";

/// … and so many submissions in flight.
const IN_FLIGHT: &str = "64";

/// What a minute came to.
struct Round {
    /// From the boundary to the last submission, in seconds.
    all_in: f64,
    /// From the last submission to the median at a watcher, in milliseconds.
    published: f64,
    /// Processor time of the trader a strategy, in microseconds.
    cost: f64,
    /// The commit of a bare transaction that has the same rows in it, in milliseconds.
    commit: f64,
}

/// Each size, against limits, a bare transaction, a bare server's streams, and the smallest size.
pub(crate) async fn scale(options: &Options) -> Result<Measured> {
    let (mut rows, mut costs) = (Vec::new(), Vec::new());
    let mut smallest = None;
    for (strategies, interval, grace) in SIZES {
        let mut house = House::start(strategies, interval.parse()?, grace).await?;
        let mut rounds = Vec::new();
        // The first minute's memory is new to the process.
        for round in 0..=options.rounds {
            let measured = house.round().await?;
            if round > 0 {
                rounds.push(measured);
            }
        }
        let cost: Vec<f64> = rounds.iter().map(|round| round.cost).collect();
        costs.push([to_f64(strategies), median(&cost)]);
        let first = *smallest.get_or_insert_with(|| median(&cost));
        let cost: Vec<[f64; 2]> = cost.iter().map(|cost| [*cost, first]).collect();
        let name = |what| format!("{strategies} strategies: {what}");
        rows.push(Row::paired(
            name("processor time a strategy and minute"),
            "us",
            "with 1,000",
            &cost,
            Target::AtMost(1.0),
        ));
        let all_in: Vec<f64> = rounds.iter().map(|round| round.all_in).collect();
        let target = if strategies == 100_000 { Target::AtMost(1.0) } else { Target::None };
        rows.push(Row::limited(name("all in after the boundary"), "s", &all_in, 2.5, target));
        let published: Vec<f64> = rounds.iter().map(|round| round.published).collect();
        let target = if strategies == 10_000 { Target::AtMost(1.0) } else { Target::None };
        rows.push(Row::limited(name("last submission to median"), "ms", &published, 20.0, target));
        let commits: Vec<[f64; 2]> =
            rounds.iter().map(|round| [round.published, round.commit]).collect();
        let target = if strategies == 100_000 { Target::AtMost(1.3) } else { Target::None };
        rows.push(Row::paired(
            name("last submission to median"),
            "ms",
            "commit of a bare transaction",
            &commits,
            target,
        ));
        let [ours, bare] = house.memory;
        rows.push(Row::limited(
            name("memory a strategy with its session"),
            "KiB",
            &[ours],
            8.0,
            Target::AtMost(1.0),
        ));
        rows.push(Row::limited(
            name("of that, more than a bare stream"),
            "KiB",
            &[ours - bare],
            2.0,
            Target::AtMost(1.0),
        ));
    }
    Ok(Measured { rows, plots: vec![plot(costs)], missing: None })
}

fn plot(costs: Vec<[f64; 2]>) -> Plot {
    Plot {
        file: "scale-cost".to_owned(),
        title: "Processor time of the trader a strategy and minute".to_owned(),
        x: "strategies".to_owned(),
        y: "microseconds".to_owned(),
        lines: vec![Line { name: "trader".to_owned(), points: costs }],
    }
}

/// A trader with all its strategies.
struct House {
    trader: Server,
    watch: Watch,
    /// Resident memory a strategy: ours, and a bare server's with as many streams; in KiB.
    memory: [f64; 2],
    bare: Bare,
    file: PathBuf,
    interval: Interval,
    strategies: usize,
    _loads: Loads,
    _directory: TempDir,
}

impl House {
    async fn start(strategies: usize, interval: Interval, grace: &str) -> Result<Self> {
        let directory = TempDir::new()?;
        let file = directory.path().join("journal.sqlite");
        let bare = Bare::create(&directory.path().join("bare.sqlite"))?;
        let echo = Server::start(own(&["echo"])?).await?;
        let (streams, loads) = loaded(&echo, strategies, interval, "0").await?;
        drop((echo, loads));

        let trader = Server::start(large_trader(&interval.to_string(), grace, &file)?).await?;
        let watch = Watch::begin(trader.port).await?;
        let (memory, loads) = loaded(&trader, strategies, interval, "1000000").await?;
        let memory = [memory, streams];
        Ok(Self {
            trader,
            watch,
            memory,
            bare,
            file,
            interval,
            strategies,
            _loads: loads,
            _directory: directory,
        })
    }

    /// The next minute that all decide in, and a bare transaction after it.
    async fn round(&mut self) -> Result<Round> {
        let clock = Clock::system();
        let minute = Minute::first_after(clock.wall(), self.interval);
        clock.reach(minute.start()).await;
        let before = self.trader.process.processor()?;
        let heard = self.watch.median(minute, self.strategies).await?;
        let (last, names) = self.arrivals(minute)?;
        let third = self.interval.duration() / 3;
        clock.reach(minute.start().plus(third)).await;
        let cost = self.trader.process.processor()?.saturating_sub(before);
        let commit = self.bare.write(&names, 1)?.commit;
        let millis = |took: Duration| took.as_secs_f64() * 1e3;
        Ok(Round {
            all_in: last.since(minute.start()).as_secs_f64(),
            published: millis(heard.at.since(last)),
            cost: cost.as_secs_f64() * 1e6 / to_f64(self.strategies),
            commit: millis(commit),
        })
    }

    /// When the last submission of a minute arrived, and whose they were in the order of arrival.
    fn arrivals(&self, minute: Minute) -> Result<(Timestamp, Vec<String>)> {
        let journal = Connection::open_with_flags(&self.file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let minute = minute.start().as_micros();
        let sql = "SELECT max(received_at) FROM submissions WHERE minute = ?1";
        let last = journal.query_row(sql, [minute], |row| row.get(0))?;
        let sql = "SELECT strategy FROM submissions WHERE minute = ?1 ORDER BY received_at";
        let mut statement = journal.prepare(sql)?;
        let names = statement.query_map([minute], |row| row.get(0))?;
        Ok((Timestamp::from_micros(last), names.collect::<rusqlite::Result<_>>()?))
    }
}

type Loads = Vec<(Process, Lines<BufReader<ChildStdout>>)>;

/// Registers strategies with a server, from several processes which then decide for so many minutes;
/// how much its memory grew a strategy, in KiB.
async fn loaded(
    server: &Server,
    strategies: usize,
    interval: Interval,
    minutes: &str,
) -> Result<(f64, Loads)> {
    let before = server.process.resident_kib()?;
    let clock = Clock::system();
    // Whoever registers right after a boundary is there by the next one.
    clock.reach(Minute::first_after(clock.wall(), interval).start()).await;
    let mut loads = Vec::new();
    for index in 0..LOADS {
        let mut load = own(&["load", "--hold", "--trader-port", &server.port.to_string()])?;
        load.args(["--interval", &interval.to_string(), "--minutes", minutes]);
        load.args(["--prefix", &format!("p{index}-"), "--connections", CONNECTIONS]);
        load.args(["--strategies", &(strategies / LOADS).to_string(), "--in-flight", IN_FLIGHT]);
        loads.push(Process::start(load)?);
    }
    for (_, lines) in &mut loads {
        let line = lines.next_line().await?.ok_or("a load ended before it was registered")?;
        if !line.starts_with("registered ") {
            return Err(format!("a load says: {line}").into());
        }
    }
    let grown = server.process.resident_kib()? - before;
    Ok((grown / to_f64(strategies), loads))
}

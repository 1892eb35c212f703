//! What the servers take: on disk, in memory, in threads, in time to start, and when nobody asks.

use std::{fs, time::Duration};

use tempfile::TempDir;
use tokio::{process::Command, time::sleep};

use crate::{
    Result,
    figures::to_f64,
    parts,
    peers::python::{Flavour, Python},
    process::{Server, binary},
    report::{Row, Target},
    rows::Options,
};

/// Binaries, and how many KiB they may have.
const BINARIES: [(&str, f64); 3] =
    [("generator", 5_120.0), ("strategy", 5_120.0), ("trader", 7_680.0)];

/// Resident when nobody asks, in KiB at most.
const RESIDENT: [(&str, f64); 2] = [("generator", 5_120.0), ("trader", 8_192.0)];

/// Length of a minute, the default.
const INTERVAL: &str = "60s";

/// Serving within so many milliseconds of exec.
const READY_MS: f64 = 15.0;

/// How long a server is left alone before it is asked what it takes.
const SETTLED: Duration = Duration::from_secs(2);

/// Sizes against their limits, and servers beside a bare one and one in Python.
pub(crate) async fn footprint(options: &Options) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, limit) in BINARIES {
        let kib = to_f64(usize::try_from(fs::metadata(binary(name)?)?.len())?) / 1_024.0;
        rows.push(Row::limited(
            format!("{name}: binary"),
            "KiB",
            &[kib],
            limit,
            Target::AtMost(1.0),
        ));
    }
    let python = Python::ready().await?;
    for (name, limit) in RESIDENT {
        let mut samples = Vec::new();
        for _ in 0..options.rounds {
            let directory = TempDir::new()?;
            let ours = Sample::of(ours(name, &directory)?).await?;
            let bare = Sample::of(parts::own(&["echo"])?).await?;
            let theirs = Sample::of(in_python(&python, name, &directory)).await?;
            samples.push([ours, bare, theirs]);
        }
        rows.extend(Sample::rows(name, limit, &samples));
    }
    rows.push(idle(&python, options).await?);
    Ok(rows)
}

fn ours(name: &str, directory: &TempDir) -> Result<Command> {
    match name {
        "trader" => parts::trader(INTERVAL, &directory.path().join("ours.sqlite")),
        _ => parts::generator(INTERVAL),
    }
}

fn in_python(python: &Python, name: &str, directory: &TempDir) -> Command {
    let mut command = python.command(Flavour::Rpyc, &[name, "-p", "0", "--interval", "60"]);
    if name == "trader" {
        let file = directory.path().join("python.sqlite");
        command.args(["--grace", "10", "--journal"]).arg(file);
    }
    command
}

/// One server that nobody asks anything.
struct Sample {
    ready_ms: f64,
    resident_kib: f64,
    threads: f64,
}

impl Sample {
    async fn of(command: Command) -> Result<Self> {
        let server = Server::start(command).await?;
        sleep(SETTLED).await;
        let ready_ms = server.ready.as_secs_f64() * 1e3;
        let (resident_kib, threads) = (server.process.resident_kib()?, server.process.threads()?);
        Ok(Self { ready_ms, resident_kib, threads })
    }

    fn rows(name: &str, limit: f64, samples: &[[Self; 3]]) -> Vec<Row> {
        let of = |figure: fn(&Self) -> f64, who: usize| -> Vec<f64> {
            samples.iter().map(|sample| figure(&sample[who])).collect()
        };
        let pairs = |figure: fn(&Self) -> f64, peer: usize| -> Vec<[f64; 2]> {
            of(figure, 0).into_iter().zip(of(figure, peer)).map(<[f64; 2]>::from).collect()
        };
        let (resident, ready) =
            (|sample: &Self| sample.resident_kib, |sample: &Self| sample.ready_ms);
        let threads = |sample: &Self| sample.threads;
        let title = |what: &str| format!("{name}: {what}");
        let (bare, python) = ("bare tonic server", "Python, rpyc");
        let none = Target::None;
        vec![
            Row::limited(
                title("resident, idle"),
                "KiB",
                &of(resident, 0),
                limit,
                Target::AtMost(1.0),
            ),
            Row::paired(title("resident, idle"), "KiB", bare, &pairs(resident, 1), none),
            Row::paired(title("resident, idle"), "KiB", python, &pairs(resident, 2), none),
            Row::limited(
                title("from exec to serving"),
                "ms",
                &of(ready, 0),
                READY_MS,
                Target::AtMost(1.0),
            ),
            Row::paired(title("from exec to serving"), "ms", bare, &pairs(ready, 1), none),
            Row::paired(title("from exec to serving"), "ms", python, &pairs(ready, 2), none),
            Row::paired(title("threads, idle"), "", bare, &pairs(threads, 1), none),
            Row::paired(title("threads, idle"), "", python, &pairs(threads, 2), none),
        ]
    }
}

/// Processor time of a trader that nobody has registered with, and of Python's, at the same time. (A bare
/// server has nothing to do, and takes none.)
async fn idle(python: &Python, options: &Options) -> Result<Row> {
    let directory = TempDir::new()?;
    let ours = Server::start(ours("trader", &directory)?).await?;
    let theirs = Server::start(in_python(python, "trader", &directory)).await?;
    sleep(SETTLED).await;
    let used = || -> Result<[Duration; 2]> {
        Ok([ours.process.processor()?, theirs.process.processor()?])
    };
    let before = used()?;
    sleep(options.idle).await;
    let after = used()?;
    let millis = |who: usize| after[who].saturating_sub(before[who]).as_secs_f64() * 1e3;
    let name = format!("trader: processor time idle for {} s", options.idle.as_secs());
    Ok(Row::paired(name, "ms", "Python, rpyc", &[[millis(0), millis(1)]], Target::None))
}

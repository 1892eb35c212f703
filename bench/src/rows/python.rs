//! Submissions a second beside the same trio in Python, whichever flavour is the faster.

use std::time::Duration;

use chassis::clock::Clock;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    Result,
    figures::{median, to_f64},
    load::{Crowd, connections},
    parts::large_trader,
    peers::python::{Flavour, Python},
    process::{Process, Server},
    report::{Row, Target},
    rows::Options,
    watch::Watch,
};

const INTERVAL: &str = "4s";
const INTERVAL_SECONDS: &str = "4";
const GRACE: &str = "3s";
const GRACE_SECONDS: &str = "3";

const STRATEGIES: usize = 1_000;

/// In flight, over how many connections.
const LOADS: [(usize, usize); 3] = [(1, 1), (64, 4), (256, 64)];

/// Some numbers of submissions in flight, each with ours and both flavours in turn.
pub(crate) async fn python(options: &Options) -> Result<Vec<Row>> {
    let python = Python::ready().await?;
    let mut rows = Vec::new();
    for (in_flight, count) in LOADS {
        let (mut rounds, mut rpyc, mut grpc) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            rounds.push(ours(in_flight, count).await?);
            grpc.push(grpcio(&python, in_flight, count).await?);
            rpyc.push(over_rpyc(&python, in_flight, count).await?);
        }
        let faster = if median(&rpyc) > median(&grpc) {
            (Flavour::Rpyc, rpyc)
        } else {
            (Flavour::Grpc, grpc)
        };
        let pairs: Vec<[f64; 2]> = rounds.into_iter().zip(faster.1).map(<[f64; 2]>::from).collect();
        let name = format!(
            "submissions acknowledged, {in_flight} in flight over {count} connections, the faster of Python's"
        );
        rows.push(Row::paired(name, "/s", faster.0.name(), &pairs, Target::AtLeast(8.0)));
    }
    Ok(rows)
}

async fn ours(in_flight: usize, count: usize) -> Result<f64> {
    let directory = TempDir::new()?;
    let journal = directory.path().join("journal.sqlite");
    over_grpc(large_trader(INTERVAL, GRACE, &journal)?, in_flight, count).await
}

async fn grpcio(python: &Python, in_flight: usize, count: usize) -> Result<f64> {
    let directory = TempDir::new()?;
    over_grpc(trader(python, Flavour::Grpc, &directory), in_flight, count).await
}

fn trader(python: &Python, flavour: Flavour, directory: &TempDir) -> Command {
    let args = ["trader", "-p", "0", "--interval", INTERVAL_SECONDS, "--grace", GRACE_SECONDS];
    let mut command = python.command(flavour, &args);
    command.arg("--journal").arg(directory.path().join("journal.sqlite"));
    command
}

/// The second minute of a new trader that speaks our messages.
async fn over_grpc(trader: Command, in_flight: usize, count: usize) -> Result<f64> {
    let server = Server::start(trader).await?;
    let clients = connections(server.port, count);
    let clock = Clock::system();
    let crowd = Crowd::register(&clients, "s", STRATEGIES, INTERVAL.parse()?).await?;
    let mut watch = Watch::begin(server.port).await?;
    let mut took = Duration::ZERO;
    for _ in 0..2 {
        let minute = crowd.next_minute(clock);
        clock.reach(minute.start()).await;
        took = crowd.submit(&clients, minute, in_flight).await?;
        watch.median(minute, STRATEGIES).await?;
    }
    Ok(to_f64(STRATEGIES) / took.as_secs_f64())
}

/// The second minute of a new trader with `rpyc`, and of its own load generator.
async fn over_rpyc(python: &Python, in_flight: usize, count: usize) -> Result<f64> {
    let directory = TempDir::new()?;
    let server = Server::start(trader(python, Flavour::Rpyc, &directory)).await?;
    let (port, strategies) = (server.port.to_string(), STRATEGIES.to_string());
    let (in_flight, count) = (in_flight.to_string(), count.to_string());
    let load = python.command(
        Flavour::Rpyc,
        &[
            "load",
            "--trader-port",
            &port,
            "--interval",
            INTERVAL_SECONDS,
            "--strategies",
            &strategies,
            "--in-flight",
            &in_flight,
            "--connections",
            &count,
            "--minutes",
            "2",
        ],
    );
    let (_load, mut lines) = Process::start(load)?;
    let mut last = None;
    while let Some(line) = lines.next_line().await? {
        last = Some(line);
    }
    // `minute MICROSECONDS submissions N seconds S`
    let last = last.ok_or("the load of rpyc said nothing")?;
    let words: Vec<&str> = last.split_whitespace().collect();
    let ["minute", _, "submissions", number, "seconds", seconds] = words[..] else {
        return Err(format!("the load of rpyc says: {last}").into());
    };
    Ok(number.parse::<f64>()? / seconds.parse::<f64>()?)
}

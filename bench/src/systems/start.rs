//! How each of the systems is started.

use std::{path::Path, time::Duration};

use tempfile::TempDir;
use tokio::process::Command;

use super::{INTERVAL, Medians, System};
use crate::{
    Result, parts,
    peers::python::{Flavour, Python},
    process::{Process, Server},
    watch::Watch,
};

const INTERVAL_SECONDS: &str = "1";

const GRACE_SECONDS: &str = "0.9";

/// In each of the systems.
pub(crate) const GENERATORS: usize = 3;

/// The generators that each of the strategies follows.
#[derive(Clone, Debug)]
pub(crate) struct Shape(Vec<Vec<usize>>);

impl Shape {
    /// So many strategies, each on all generators.
    pub(crate) fn full(strategies: usize) -> Self {
        Self(vec![(0..GENERATORS).collect(); strategies])
    }

    /// Strategies on some of the generators.
    #[cfg(feature = "bus")]
    pub(crate) fn of(follows: &[&[usize]]) -> Self {
        Self(follows.iter().map(|follows| follows.to_vec()).collect())
    }

    /// Of each strategy's decision at most.
    pub(crate) fn signals(&self) -> usize {
        self.0.iter().map(Vec::len).max().unwrap_or_default()
    }

    pub(super) fn strategies(&self) -> usize {
        self.0.len()
    }

    /// The name of each strategy, and the members of `all` that it follows.
    pub(super) fn each<'a, T>(&self, all: &'a [T]) -> impl Iterator<Item = (String, Vec<&'a T>)> {
        self.0.iter().enumerate().map(|(index, follows)| {
            (format!("s{index}"), follows.iter().map(|index| &all[*index]).collect())
        })
    }
}

impl System {
    /// Minutehand, on the true clock.
    pub(crate) async fn minutehand(shape: &Shape) -> Result<Self> {
        let directory = TempDir::new()?;
        let generators = servers(|| parts::generator(INTERVAL)).await?;
        let journal = directory.path().join("journal.sqlite");
        let trader = Server::start(parts::trader(INTERVAL, &journal)?).await?;
        let watch = Watch::begin(trader.port).await?;
        let mut processes = Vec::new();
        for (name, follows) in shape.each(&generators) {
            let strategy = parts::strategy(&name, INTERVAL, &trader, &follows)?;
            processes.push(Process::unheard(strategy).await?);
        }
        processes.extend(generators.into_iter().map(|generator| generator.process));
        processes.push(trader.process);
        Ok(Self {
            name: "Minutehand".to_owned(),
            strategies: shape.strategies(),
            medians: Medians::Trader(watch, Duration::ZERO),
            processes,
            missed_max: 1,
            _directory: directory,
        })
    }

    /// The trio in Python, so much behind.
    pub(crate) async fn python(
        python: &Python,
        flavour: Flavour,
        shape: &Shape,
        behind: Duration,
    ) -> Result<Self> {
        let directory = TempDir::new()?;
        let command = |role: &str, args: &[&str]| {
            let mut command = python.command(flavour, &[role]);
            command.args(args).env("BEHIND_US", behind.as_micros().to_string());
            command
        };
        let every = ["--interval", INTERVAL_SECONDS];
        let generators =
            servers(|| Ok(command("generator", &[&["-p", "0"], &every[..]].concat()))).await?;
        let trader = Server::start(python_trader(&command, directory.path())).await?;
        let port = trader.port.to_string();
        let medians = match flavour {
            Flavour::Rpyc => {
                let (watch, lines) = Process::start(command("watch", &["--trader-port", &port]))?;
                Medians::Lines { lines, _watch: Some(watch) }
            }
            Flavour::Grpc => Medians::Trader(Watch::begin(trader.port).await?, behind),
        };
        let mut processes = Vec::new();
        for (name, follows) in shape.each(&generators) {
            let follows = parts::ports(&follows);
            let who = ["--name", &name, "--trader-port", &port, "--signal-ports", &follows];
            let strategy = command("strategy", &[&who, &every[..]].concat());
            processes.push(Process::unheard(strategy).await?);
        }
        processes.extend(generators.into_iter().map(|generator| generator.process));
        processes.push(trader.process);
        Ok(Self {
            name: flavour.name().to_owned(),
            strategies: shape.strategies(),
            medians,
            processes,
            missed_max: 10,
            _directory: directory,
        })
    }

    /// The same calls between bare tonic processes that do nothing else, so much behind.
    pub(crate) async fn bare(shape: &Shape, behind: Duration) -> Result<Self> {
        let behind_ms = behind.as_millis().to_string();
        let generators = servers(|| parts::own(&["echo"])).await?;
        let strategies = shape.strategies().to_string();
        let hub = ["echo", "--count", &strategies, "--behind-ms", &behind_ms];
        let (trader, lines) = Server::start_with_lines(parts::own(&hub)?).await?;
        let port = trader.port.to_string();
        let mut processes = Vec::new();
        for (_, follows) in shape.each(&generators) {
            let follows = parts::ports(&follows);
            let caller = ["call", "--generators", &follows, "--trader", &port];
            let mut caller = parts::own(&caller)?;
            caller.args(["--interval", INTERVAL, "--behind-ms", &behind_ms]);
            processes.push(Process::unheard(caller).await?);
        }
        processes.extend(generators.into_iter().map(|generator| generator.process));
        processes.push(trader.process);
        Ok(Self {
            name: "bare tonic calls".to_owned(),
            strategies: shape.strategies(),
            medians: Medians::Lines { lines, _watch: None },
            processes,
            missed_max: 10,
            _directory: TempDir::new()?,
        })
    }
}

async fn servers(command: impl Fn() -> Result<Command>) -> Result<Vec<Server>> {
    let mut servers = Vec::new();
    for _ in 0..GENERATORS {
        servers.push(Server::start(command()?).await?);
    }
    Ok(servers)
}

fn python_trader(command: &impl Fn(&str, &[&str]) -> Command, directory: &Path) -> Command {
    let args = ["-p", "0", "--interval", INTERVAL_SECONDS, "--grace", GRACE_SECONDS, "--journal"];
    let mut trader = command("trader", &args);
    trader.arg(directory.join("journal.sqlite"));
    trader
}

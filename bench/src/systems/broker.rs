//! The same job over a message bus: its server, and a process for each of the roles.

use std::time::Duration;

use tempfile::TempDir;
use tokio::time::timeout;

use super::{INTERVAL, Medians, Shape, System, start::GENERATORS};
use crate::{
    Result, parts,
    peers::{
        broker::{MEDIANS, READY_MAX},
        bus::{Bus, Over},
        roles::READY,
    },
    process::Process,
};

impl System {
    /// Over a bus, so much behind.
    pub(crate) async fn over(over: Over, shape: &Shape, behind: Duration) -> Result<Self> {
        let directory = TempDir::new()?;
        let broker = over.serve(directory.path()).await?;
        let bus = Bus::connect(over, broker.port).await?;
        let subscription = bus.subscribe(&[MEDIANS.to_owned()]).await?;
        let mut processes = vec![broker.process];
        let mut begin = async |args: &[&str]| -> Result<()> {
            processes.push(member(over, broker.port, args).await?);
            Ok(())
        };
        let generators: Vec<String> = (0..GENERATORS).map(|index| format!("g{index}")).collect();
        let strategies: Vec<_> = shape.each(&generators).collect();
        let names: Vec<&str> = strategies.iter().map(|(name, _)| name.as_str()).collect();
        // Whoever listens is there before those it listens to.
        begin(&["aggregator", "--strategies", &names.join(",")]).await?;
        for (name, follows) in &strategies {
            let follows: Vec<&str> = follows.iter().map(|name| name.as_str()).collect();
            begin(&["strategy", "--name", name, "--generators", &follows.join(",")]).await?;
        }
        let behind_ms = behind.as_millis().to_string();
        for name in &generators {
            let rest = ["--interval", INTERVAL, "--behind-ms", &behind_ms];
            begin(&[&["generator", "--name", name], &rest[..]].concat()).await?;
        }
        Ok(Self {
            name: broker.peer,
            strategies: shape.strategies(),
            medians: Medians::Bus(subscription, behind, shape.strategies()),
            processes,
            missed_max: 10,
            _directory: directory,
        })
    }
}

/// Starts a role, and waits until it has begun.
async fn member(over: Over, port: u16, args: &[&str]) -> Result<Process> {
    let mut command = parts::bus()?;
    command.args(["--over", over.name(), "--port", &port.to_string()]);
    command.args(args);
    let (process, mut lines) = Process::start(command)?;
    let line = timeout(READY_MAX, lines.next_line()).await??;
    match line.as_deref() {
        Some(READY) => Ok(process),
        Some(_) | None => Err(format!("{} did not begin: {line:?}", args[0]).into()),
    }
}

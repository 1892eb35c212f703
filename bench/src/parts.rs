//! How the parts of Minutehand, and of the bench itself, are started to be measured.

use std::path::Path;

use tokio::process::Command;

use crate::{
    Result,
    process::{Server, binary},
};

/// Warnings, and where it listens.
const QUIET: &str = "warn,trader::server=info";

/// More streams and requests than a trader takes by default: thousands of strategies share a few
/// connections here.
const RAISED: [&str; 4] = ["--streams-max", "100000", "--requests-max", "4096"];

/// A generator on a free port.
pub(crate) fn generator(interval: &str) -> Result<Command> {
    let mut command = Command::new(binary("generator")?);
    command.args(["-p", "0", "--interval", interval]).env_remove("RUST_LOG");
    Ok(command)
}

/// A trader on a free port.
pub(crate) fn trader(interval: &str, journal: &Path) -> Result<Command> {
    let mut command = Command::new(binary("trader")?);
    command.args(["-p", "0", "--interval", interval, "--journal"]).arg(journal);
    command.env_remove("RUST_LOG");
    Ok(command)
}

/// A trader on a free port, for thousands of strategies.
pub(crate) fn large_trader(interval: &str, grace: &str, journal: &Path) -> Result<Command> {
    let mut command = trader(interval, journal)?;
    command.args(["--grace", grace]).args(RAISED).env("RUST_LOG", QUIET);
    Ok(command)
}

/// A strategy on some of these generators.
pub(crate) fn strategy(
    name: &str,
    interval: &str,
    trader: &Server,
    signals: &[&Server],
) -> Result<Command> {
    let mut command = Command::new(binary("strategy")?);
    command.args(["--name", name, "--interval", interval, "--trader-port"]);
    command.arg(trader.port.to_string()).arg("--signal-ports").arg(ports(signals));
    command.env_remove("RUST_LOG");
    Ok(command)
}

/// A role of the bench's own.
pub(crate) fn own(args: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(args);
    Ok(command)
}

/// A role of the job over a message bus.
#[cfg(feature = "bus")]
pub(crate) fn bus() -> Result<Command> {
    Ok(Command::new(binary("bus")?))
}

/// Where servers listen, as a flag has it.
pub(crate) fn ports(servers: &[&Server]) -> String {
    let ports: Vec<String> = servers.iter().map(|server| server.port.to_string()).collect();
    ports.join(",")
}

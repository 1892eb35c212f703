//! Servers of message buses, and how they are started.

use std::{process::Output, time::Duration};

use tokio::{
    process::Command,
    time::{Instant, sleep},
};

use crate::{Result, process::Process};

/// Where decisions are published.
pub(crate) const DECISIONS: &str = "decisions";

/// Where medians are published.
pub(crate) const MEDIANS: &str = "medians";

/// Messages that a stream keeps: hours of minutes, and little memory.
pub(crate) const MESSAGES_MAX: u16 = 10_000;

/// A role says that it has begun within this.
pub(crate) const READY_MAX: Duration = Duration::from_secs(20);

/// A server takes connections within this.
const START_MAX: Duration = Duration::from_secs(20);

/// Between two tries to connect to a server that is starting.
const RETRY: Duration = Duration::from_millis(20);

/// Where a generator's signals are published.
pub(crate) fn signals(generator: &str) -> String {
    format!("signals.{generator}")
}

/// A server of a bus.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) process: Process,
    pub(crate) port: u16,
    /// What it is, and how it syncs.
    pub(crate) peer: String,
}

/// Connects, as soon as the server takes connections.
pub(crate) async fn patiently<T>(connect: impl AsyncFn() -> Result<T>) -> Result<T> {
    let begun = Instant::now();
    loop {
        let connected = connect().await;
        if connected.is_ok() || begun.elapsed() > START_MAX {
            return connected;
        }
        sleep(RETRY).await;
    }
}

/// What a server's program says when it is asked something and then ends.
pub(crate) async fn ask(program: &str, args: &[&str]) -> Result<Output> {
    let output = Command::new(program).args(args).output().await;
    output.map_err(|error| missing(program, &error).into())
}

/// How to get a program that cannot be started: its package has its name.
fn missing(program: &str, error: &std::io::Error) -> String {
    format!("cannot start `{program}` ({error}): install Debian's package `{program}`")
}

/// The word after `before` in what a program says of its version.
pub(crate) fn version(output: &Output, before: &str) -> Result<String> {
    let said = String::from_utf8_lossy(&output.stdout);
    let version = said.split_once(before).and_then(|(_, rest)| rest.split_whitespace().next());
    Ok(version.ok_or_else(|| format!("no version in `{}`", said.trim()))?.to_owned())
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn a_version_is_the_word_after_another() {
        let output = Output {
            status: ExitStatus::default(),
            stdout: b"Redis server v=7.0.15 sha=0\n".to_vec(),
            stderr: Vec::new(),
        };
        assert_eq!(version(&output, "v=").unwrap(), "7.0.15");
        assert!(version(&output, "w=").is_err());
    }
}

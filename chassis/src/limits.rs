//! What a server lets its clients ask for: each limit is a flag, with the default said here.
//!
//! Whoever goes beyond one is refused or disconnected, named in the log, and hurts nobody else.

use std::time::Duration;

use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::debug;

use crate::flag::{longer_than_nothing, number};

/// File descriptors that are kept for everything else: journal, logs, the runtime, what is being
/// accepted or closed.
const DESCRIPTORS_RESERVED: usize = 32;

/// The limits of a server.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Connections at a time, about 25 KB each; when there are more, the oldest one without a
    /// session, a watch or a request makes room.
    #[arg(long, value_name = "N", default_value = "1024", value_parser = number::<1, 1_000_000>)]
    pub connections_max: usize,

    /// Connections from one address of another machine, so that none of them keeps out the others.
    #[arg(long, value_name = "N", default_value = "64", value_parser = number::<1, 1_000_000>)]
    pub connections_per_peer_max: usize,

    /// Requests and streams that one connection may have open.
    #[arg(long, value_name = "N", default_value = "256", value_parser = number::<4, 100_000>)]
    pub streams_max: usize,

    /// Requests that wait for their answer at a time, about 20 KB each; each connection may have
    /// four all the same.
    #[arg(long, value_name = "N", default_value = "256", value_parser = number::<1, 1_000_000>)]
    pub requests_max: usize,

    /// Longest message of a client, in bytes.
    #[arg(long, value_name = "BYTES", default_value = "16384", value_parser = number::<12_288, 1_048_576>)]
    pub request_bytes_max: usize,

    /// How long a client may take over the TLS handshake.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = longer_than_nothing)]
    pub handshake_timeout: Duration,

    /// How long a client may take to say that it speaks HTTP/2.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = longer_than_nothing)]
    pub preface_timeout: Duration,

    /// How long a request may take from its first byte to the first of its answer.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = longer_than_nothing)]
    pub request_timeout: Duration,

    /// How long a connection may be open without a session, a watch or a request.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = longer_than_nothing)]
    pub idle_timeout: Duration,

    /// Tell tools what the services are (server reflection) beyond this machine, too.
    #[arg(long)]
    pub reflection: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 1_024,
            connections_per_peer_max: 64,
            streams_max: 256,
            requests_max: 256,
            request_bytes_max: 16 * 1024,
            handshake_timeout: Duration::from_secs(5),
            preface_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_hours(1),
            reflection: false,
        }
    }
}

impl Limits {
    /// These, or fewer connections where the machine allows fewer file descriptors. Raises the
    /// process's soft limit of descriptors to its hard limit first.
    #[must_use]
    pub fn of_this_process(self) -> Self {
        let Rlimit { mut current, maximum } = getrlimit(Resource::Nofile);
        if current != maximum {
            match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
                Ok(()) => current = maximum,
                Err(error) => debug!(%error, "the limit of file descriptors stays as it is"),
            }
        }
        let descriptors = current.and_then(|limit| usize::try_from(limit).ok());
        self.within(descriptors.unwrap_or(usize::MAX))
    }

    fn within(self, descriptors: usize) -> Self {
        let left = descriptors.saturating_sub(DESCRIPTORS_RESERVED).max(1);
        Self { connections_max: self.connections_max.min(left), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        limits: Limits,
    }

    fn parse(line: &str) -> Option<Limits> {
        let words = std::iter::once("server").chain(line.split_whitespace());
        Command::try_parse_from(words).ok().map(|command| command.limits)
    }

    #[test]
    fn c1_the_defaults_of_the_flags_are_the_defaults_of_the_code() {
        assert_eq!(parse(""), Some(Limits::default()));
        let line = "--connections-max 9 --connections-per-peer-max 3 --streams-max 7 \
                    --requests-max 5 --request-bytes-max 20000 --handshake-timeout 4s --preface-timeout 1s \
                    --request-timeout 2s --idle-timeout 3s --reflection";
        let limits = Limits {
            connections_max: 9,
            connections_per_peer_max: 3,
            streams_max: 7,
            requests_max: 5,
            request_bytes_max: 20_000,
            handshake_timeout: Duration::from_secs(4),
            preface_timeout: Duration::from_secs(1),
            request_timeout: Duration::from_secs(2),
            idle_timeout: Duration::from_secs(3),
            reflection: true,
        };
        assert_eq!(parse(line), Some(limits));
    }

    #[test]
    fn c1_no_limit_can_be_turned_off_by_mistake() {
        for wrong in [
            "--connections-max 0",
            "--streams-max 3",
            "--requests-max x",
            "--request-bytes-max 100",
            "--request-bytes-max 1048577",
            "--handshake-timeout 0s",
            "--preface-timeout 0s",
            "--request-timeout 10",
            "--idle-timeout 25h",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn fault_62_few_descriptors_mean_few_connections() {
        let most = Limits::default();
        assert_eq!(most.within(usize::MAX), most);
        assert_eq!(most.within(64).connections_max, 32);
        assert_eq!(most.within(3).connections_max, 1);
        assert!(most.of_this_process().connections_max >= 1);
    }
}

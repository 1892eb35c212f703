//! What tests of real processes are written in.

mod part;
mod link;
pub(crate) mod stage;
mod hosts;
mod web;

use std::{
    io::Write as _,
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use tokio::{net::TcpSocket, process::Command, time::timeout};

pub(crate) use hosts::{ADDRESSES, Hosts};
pub(crate) use link::Link;
pub(crate) use part::Part;
pub(crate) use web::{Page, exchange, get, get_from, http_port};

/// Length of a minute in these tests, as a flag.
pub(crate) const INTERVAL: &str = "2s";

/// What happens within a few minutes on an idle machine happens within this on a busy one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Where a command is.
fn program(kind: &str) -> &'static str {
    match kind {
        "generator" => env!("CARGO_BIN_EXE_generator"),
        "trader" => env!("CARGO_BIN_EXE_trader"),
        "strategy" => env!("CARGO_BIN_EXE_strategy"),
        "deregister" => env!("CARGO_BIN_EXE_deregister"),
        _ => env!("CARGO_BIN_EXE_minutehand"),
    }
}

fn command(kind: &str) -> Command {
    command_on(&[], kind)
}

/// The command, started by another one that becomes it.
fn command_on(stage: &[String], kind: &str) -> Command {
    let mut command = match stage {
        [] => Command::new(program(kind)),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(program(kind));
            command
        }
    };
    // Whoever runs the tests may have settings for a system of their own.
    let settings = std::env::vars_os().map(|(variable, _)| variable);
    for setting in settings.filter(|name| name.as_encoded_bytes().starts_with(b"MINUTEHAND_")) {
        command.env_remove(setting);
    }
    command.env_remove("RUST_LOG").kill_on_drop(true);
    command
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command to its end.
pub(crate) async fn run(kind: &str, args: &[&str]) -> Output {
    let output = command(kind).args(args).stdin(Stdio::null()).output();
    let output = timeout(PATIENCE, output).await.expect("a command ends").unwrap();
    Output {
        code: output.status.code().expect("a command exits"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a command of the system to its end; whether it could, and succeeded.
pub(crate) async fn can(command: &[&str]) -> bool {
    let [program, args @ ..] = command else { return false };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.kill_on_drop(true).status().await.is_ok_and(|status| status.success())
}

/// Says that a test has not been run, past the capture of what tests print: `.ci/run` counts these.
pub(crate) fn skip(test: &str, why: &str) {
    let line = format!("skipped: {test}: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// A port that nobody else gets while the socket is kept: it is bound, and does not listen, so that
/// a server, which asks for the right to share addresses as well, may.
pub(crate) fn free_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

/// Lets this process have as many files open as it may.
pub(crate) fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}

/// The word after `before`, as in `minute=2026-11-20T12:01:00Z`.
pub(crate) fn word<'a>(line: &'a str, before: &str) -> &'a str {
    let word = line.split_once(before).and_then(|(_, after)| after.split_whitespace().next());
    word.unwrap_or_else(|| panic!("no `{before}` in `{line}`"))
}

fn json(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok().filter(Value::is_object)
}

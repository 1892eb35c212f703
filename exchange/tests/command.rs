//! The command as a process: it says where it listens, takes mischief by the line, and ends with its
//! standard input.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    process::{Child, ChildStderr, Command, Stdio},
};

/// A process; its standard input closes, and it ends, when this is dropped.
struct Exchange {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Exchange {
    fn start(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exchange"));
        command.args(args).stdin(Stdio::piped()).stderr(Stdio::piped()).env_remove("RUST_LOG");
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, log }
    }

    /// The next line of the log, without its time.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.log.read_line(&mut line).unwrap();
        line.trim_end().split_once(' ').map_or(String::new(), |(_, rest)| rest.to_owned())
    }

    fn say(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }
}

#[test]
fn it_listens_obeys_and_ends_with_its_input() {
    let mut exchange = Exchange::start(&["--venue", "binance", "--seed", "7"]);
    let line = exchange.line();
    let address = line.strip_prefix("INFO listening on ").unwrap();
    TcpStream::connect(address).unwrap();
    assert_eq!(exchange.line(), r#"INFO exchange venue=binance symbol="BTCUSDT" seed=7 rate=20"#);
    exchange.say("skip 3");
    assert_eq!(exchange.line(), "INFO skip 3");
    exchange.say("misbehave");
    let answer = exchange.line();
    assert!(answer.starts_with("WARN `misbehave` is not known; the words are: mute"), "{answer}");
    drop(exchange.child.stdin.take());
    assert_eq!(exchange.line(), "INFO standard input has ended: stopping");
    assert!(exchange.child.wait().unwrap().success());
}

#[test]
fn a_port_that_is_taken_is_a_failure() {
    let mut first = Exchange::start(&["--venue", "coinbase"]);
    let line = first.line();
    let port = line.rsplit(':').next().unwrap();
    let mut second = Exchange::start(&["--venue", "coinbase", "--port", port]);
    let answer = second.line();
    assert!(answer.starts_with(&format!("ERROR cannot listen on port {port}: ")), "{answer}");
    assert_eq!(second.child.wait().unwrap().code(), Some(1));
}

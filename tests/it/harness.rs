//! Real processes under test: started on free ports, watched by their lines, ended with the test.

use std::{
    fmt::Write as _,
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
    time::Duration,
};

use minutehand::tether;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    net::TcpSocket,
    process::{Child, ChildStdin, Command},
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};

/// Length of a minute in these tests, as a flag.
pub(crate) const INTERVAL: &str = "2s";

/// What happens within a few minutes on an idle machine happens within this on a busy one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Lines of a process that wait to be looked at: more than any of these writes while its test runs.
const LINES_MAX: usize = 10_000;

/// One process, and what it writes. It ends with the test, however that ends.
#[derive(Debug)]
pub(crate) struct Part {
    name: String,
    kind: &'static str,
    args: Vec<String>,
    /// Keeps a server's port for it while it is down.
    reserved: Option<TcpSocket>,
    /// The port of a server.
    pub(crate) port: u16,
    run: Run,
    /// Every line that was looked at, of all its runs.
    pub(crate) seen: Vec<String>,
}

/// A process from its start to its end.
#[derive(Debug)]
struct Run {
    child: Child,
    lines: mpsc::Receiver<String>,
    /// It ends by itself when this closes.
    _tether: ChildStdin,
    _relays: JoinSet<()>,
}

impl Part {
    /// Any command.
    pub(crate) fn spawn(name: &str, kind: &'static str, args: &[&str]) -> Self {
        let args: Vec<String> = args.iter().copied().map(str::to_owned).collect();
        let (name, run) = (name.to_owned(), start(kind, &args));
        Self { name, kind, args, reserved: None, port: 0, run, seen: Vec::new() }
    }

    /// A server on a port that stays its own, once it listens.
    async fn server(name: &str, kind: &'static str, args: &[&str]) -> Self {
        let (reserved, port) = free_port();
        let common = ["--port", &port.to_string(), "--interval", INTERVAL];
        let mut server = Self::spawn(name, kind, &[&common, args].concat());
        (server.reserved, server.port) = (Some(reserved), port);
        server.line(&format!("listening on 127.0.0.1:{port}")).await;
        server
    }

    /// A generator that listens.
    pub(crate) async fn generator(name: &str, args: &[&str]) -> Self {
        Self::server(name, "generator", &[&["--name", name], args].concat()).await
    }

    /// A trader that listens.
    pub(crate) async fn trader(args: &[&str]) -> Self {
        Self::server("trader", "trader", args).await
    }

    /// A strategy of a trader and some generators.
    pub(crate) fn strategy(name: &str, trader: &Self, of: &[&Self], args: &[&str]) -> Self {
        let ports: Vec<String> = of.iter().map(|generator| generator.port.to_string()).collect();
        let (trader, ports) = (trader.port.to_string(), ports.join(","));
        let links = ["--trader-port", &trader, "--signal-ports", &ports];
        let common = ["--name", name, "--interval", INTERVAL];
        Self::spawn(name, "strategy", &[&common, &links, args].concat())
    }

    /// `minutehand watch --json` from the journal's first verdict on.
    pub(crate) fn watcher(trader: &Self) -> Self {
        let (after, port) = ("1970-01-01T00:00:00Z", trader.port.to_string());
        let args = ["watch", "--json", "--after", after, "--trader-port", &port];
        Self::spawn("watch", "minutehand", &args)
    }

    /// Starts it again, as it was started before, after it has ended.
    pub(crate) async fn start_again(&mut self) {
        self.run = start(self.kind, &self.args);
        if self.reserved.is_some() {
            self.line("listening on ").await;
        }
    }

    /// The next line that contains `text`.
    pub(crate) async fn line(&mut self, text: &str) -> String {
        self.line_where(text, |line| line.contains(text)).await
    }

    /// The next line that `is_it` says yes to; `what` names it if none comes.
    pub(crate) async fn line_where(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let line = timeout_at(deadline, self.run.lines.recv()).await;
            let line = line.unwrap_or_else(|_| {
                panic!("{} did not say `{what}` in {PATIENCE:?}", self.name);
            });
            let line = line.unwrap_or_else(|| panic!("{} ended without `{what}`", self.name));
            self.seen.push(line.clone());
            if is_it(&line) {
                return line;
            }
        }
    }

    /// The next line of JSON that `is_it` says yes to.
    pub(crate) async fn event(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let line = self.line_where(what, |line| json(line).is_some_and(|event| is_it(&event)));
        json(&line.await).unwrap()
    }

    /// All lines of JSON that were looked at.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.seen.iter().filter_map(|line| json(line)).collect()
    }

    /// How many of the lines that were looked at contain `text`.
    pub(crate) fn said(&self, text: &str) -> usize {
        self.seen.iter().filter(|line| line.contains(text)).count()
    }

    pub(crate) fn id(&self) -> Pid {
        let id = self.run.child.id().expect("it has not ended");
        Pid::from_raw(id.try_into().unwrap()).unwrap()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).unwrap();
    }

    /// From here on none of its files can grow beyond so many bytes.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(self.id()), Resource::Fsize, limit).unwrap();
    }

    /// `kill -9`; returns when it is gone.
    pub(crate) async fn kill(&mut self) {
        self.signal(Signal::KILL);
        assert_eq!(self.ended().await, None, "{} was not killed", self.name);
    }

    /// `kill -INT`, which it ends on with 0.
    pub(crate) async fn stop(&mut self) {
        self.signal(Signal::INT);
        self.exits_with(0).await;
    }

    /// Ends by itself, with this exit code.
    pub(crate) async fn exits_with(&mut self, code: i32) {
        assert_eq!(self.ended().await, Some(code), "exit code of {}", self.name);
    }

    /// Its exit code, when it has ended; none if it was killed.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(Some(line)) = timeout_at(deadline, self.run.lines.recv()).await {
            self.seen.push(line);
        }
        let status = timeout_at(deadline, self.run.child.wait()).await;
        status.unwrap_or_else(|_| panic!("{} does not end", self.name)).unwrap().code()
    }
}

/// A test that fails shows what every part has written.
impl Drop for Part {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let unseen = std::iter::from_fn(|| self.run.lines.try_recv().ok());
        let mut story = String::new();
        for line in self.seen.drain(..).chain(unseen) {
            writeln!(story, "{:>8} | {line}", self.name).unwrap();
        }
        eprint!("{story}");
    }
}

fn start(kind: &str, args: &[String]) -> Run {
    let mut command = command(kind);
    tether::tie(&mut command);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let tether = child.stdin.take().unwrap();
    let (sender, lines) = mpsc::channel(LINES_MAX);
    let mut relays = JoinSet::new();
    relays.spawn(relay(child.stdout.take().unwrap(), sender.clone()));
    relays.spawn(relay(child.stderr.take().unwrap(), sender));
    Run { child, lines, _tether: tether, _relays: relays }
}

async fn relay(stream: impl AsyncRead + Unpin, lines: mpsc::Sender<String>) {
    let mut stream = BufReader::new(stream).lines();
    while let Some(line) = stream.next_line().await.unwrap() {
        if lines.send(line).await.is_err() {
            return;
        }
    }
}

fn command(kind: &str) -> Command {
    let mut command = Command::new(match kind {
        "generator" => env!("CARGO_BIN_EXE_generator"),
        "trader" => env!("CARGO_BIN_EXE_trader"),
        "strategy" => env!("CARGO_BIN_EXE_strategy"),
        "deregister" => env!("CARGO_BIN_EXE_deregister"),
        _ => env!("CARGO_BIN_EXE_minutehand"),
    });
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

/// A port that nobody else gets while the socket is kept: it is bound, and does not listen, so that
/// a server, which asks for the right to share addresses as well, may.
pub(crate) fn free_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

/// The word after `before`, as in `minute=2026-11-20T12:01:00Z`.
pub(crate) fn word<'a>(line: &'a str, before: &str) -> &'a str {
    let word = line.split_once(before).and_then(|(_, after)| after.split_whitespace().next());
    word.unwrap_or_else(|| panic!("no `{before}` in `{line}`"))
}

fn json(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok().filter(Value::is_object)
}

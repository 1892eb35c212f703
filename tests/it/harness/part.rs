//! One process under test: started on a free port, watched by its lines, ended with the test.

use std::{fmt::Write as _, process::Stdio};

use minutehand::tether;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    net::TcpSocket,
    process::{Child, ChildStdin},
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{INTERVAL, PATIENCE, command_on, free_port, json, stage::Stage};

/// Lines of a process that wait to be looked at: more than any of these writes while its test runs.
const LINES_MAX: usize = 10_000;

/// One process, and what it writes. It ends with the test, however that ends.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    kind: &'static str,
    args: Vec<String>,
    /// What it is started by: a command that sets the stage, and becomes the process.
    stage: Stage,
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
        Self::spawn_on(&[], name, kind, args)
    }

    /// Any command, started by another one that becomes it, such as `faketime -f +3s`.
    pub(crate) fn spawn_on(
        stage: &[String],
        name: &str,
        kind: &'static str,
        args: &[&str],
    ) -> Self {
        let args: Vec<String> = args.iter().copied().map(str::to_owned).collect();
        let stage = stage.to_vec();
        let (name, run) = (name.to_owned(), start(&stage, kind, &args));
        Self { name, kind, args, stage, reserved: None, port: 0, run, seen: Vec::new() }
    }

    /// A server on a port that stays its own, once it listens.
    pub(crate) async fn server(name: &str, kind: &'static str, args: &[&str]) -> Self {
        Self::server_on(&[], name, kind, args).await
    }

    /// As [`Part::server`], started by another command that becomes it.
    pub(crate) async fn server_on(
        stage: &[String],
        name: &str,
        kind: &'static str,
        args: &[&str],
    ) -> Self {
        let (reserved, port) = free_port();
        let common = ["--port", &port.to_string()];
        let mut server = Self::spawn_on(stage, name, kind, &[&common, args].concat());
        (server.reserved, server.port) = (Some(reserved), port);
        server.line(&format!("listening on 127.0.0.1:{port}")).await;
        server
    }

    /// A generator that listens.
    pub(crate) async fn generator(name: &str, args: &[&str]) -> Self {
        let common = ["--interval", INTERVAL, "--name", name];
        Self::server(name, "generator", &[&common, args].concat()).await
    }

    /// A trader that listens.
    pub(crate) async fn trader(args: &[&str]) -> Self {
        Self::server("trader", "trader", &[&["--interval", INTERVAL], args].concat()).await
    }

    /// A strategy of a trader and some generators.
    pub(crate) fn strategy(name: &str, trader: &Self, of: &[&Self], args: &[&str]) -> Self {
        let ports: Vec<u16> = of.iter().map(|generator| generator.port).collect();
        Self::strategy_at(name, trader.port, &ports, &[&["--interval", INTERVAL], args].concat())
    }

    /// A strategy that finds its trader and its generators at these ports.
    pub(crate) fn strategy_at(name: &str, trader: u16, of: &[u16], args: &[&str]) -> Self {
        let ports: Vec<String> = of.iter().map(u16::to_string).collect();
        let (trader, ports) = (trader.to_string(), ports.join(","));
        let links = ["--name", name, "--trader-port", &trader, "--signal-ports", &ports];
        Self::spawn(name, "strategy", &[&links, args].concat())
    }

    /// `minutehand watch --json` from the journal's first verdict on.
    pub(crate) fn watcher(trader: &Self) -> Self {
        let (after, port) = ("1970-01-01T00:00:00Z", trader.port.to_string());
        let args = ["watch", "--json", "--after", after, "--trader-port", &port];
        Self::spawn("watch", "minutehand", &args)
    }

    /// Starts it again, as it was started before, after it has ended.
    pub(crate) async fn start_again(&mut self) {
        self.launch();
        if self.reserved.is_some() {
            self.line("listening on ").await;
        }
    }

    /// As [`Part::start_again`], without waiting for what it says.
    pub(crate) fn launch(&mut self) {
        self.run = start(&self.stage, self.kind, &self.args);
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

    /// Looks at every line that has come.
    pub(crate) fn look(&mut self) {
        self.seen.extend(std::iter::from_fn(|| self.run.lines.try_recv().ok()));
    }

    /// How many of the lines that were looked at contain `text`.
    pub(crate) fn said(&self, text: &str) -> usize {
        self.seen.iter().filter(|line| line.contains(text)).count()
    }

    /// Whether it has ended.
    pub(crate) fn is_gone(&mut self) -> bool {
        self.run.child.try_wait().unwrap().is_some()
    }

    pub(crate) fn id(&self) -> Pid {
        let id = self.run.child.id().expect("it has not ended");
        Pid::from_raw(id.try_into().unwrap()).unwrap()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).unwrap();
    }

    /// Processor time that it has taken, in ticks of 10 ms.
    pub(crate) fn ticks(&self) -> u64 {
        let stat = format!("/proc/{}/stat", self.id().as_raw_nonzero());
        let stat = std::fs::read_to_string(stat).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
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

fn start(stage: &[String], kind: &str, args: &[String]) -> Run {
    let mut command = command_on(stage, kind);
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

//! The client under test: a command with placeholders, run as a process.

use std::{
    io,
    process::{ExitStatus, Stdio},
    str::FromStr,
    time::Duration,
};

use chassis::grid::Interval;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};

use crate::wrong::{Wrong, wrong};

/// Lines of a client that are kept for a failed check; what it says beyond is lost.
const LINES_MAX: usize = 10_000;

/// What a command without placeholders is run with.
const FLAGS: &[&str] = &[
    "--name",
    "{name}",
    "--trader-port",
    "{trader-port}",
    "--signal-ports",
    "{signal-ports}",
    "--interval",
    "{interval}",
];

/// The words of the command: `{name}`, `{trader-port}`, `{signal-ports}` and `{interval}` stand for what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<String>);

/// What the placeholders stand for.
#[derive(Clone, Debug)]
pub struct Links {
    /// Name that the client registers.
    pub name: String,
    /// Where its trader is, on this machine.
    pub trader_port: u16,
    /// Where its generators are.
    pub signal_ports: Vec<u16>,
    /// Length of a minute.
    pub interval: Interval,
}

/// One run of the client.
#[derive(Debug)]
pub struct Client {
    child: Child,
    lines: mpsc::Receiver<String>,
    relays: JoinSet<()>,
}

impl Template {
    /// A command that has no placeholder takes the flags of `strategy`.
    pub fn new(words: &[String]) -> Self {
        let has_placeholder = words.iter().any(|word| word.contains('{'));
        let flags = if has_placeholder { &[][..] } else { FLAGS };
        let flags = flags.iter().map(|word| (*word).to_owned());
        Self(words.iter().cloned().chain(flags).collect())
    }

    fn words(&self, links: &Links) -> Vec<String> {
        let ports: Vec<String> = links.signal_ports.iter().map(u16::to_string).collect();
        let fill = |word: &String| {
            word.replace("{name}", &links.name)
                .replace("{trader-port}", &links.trader_port.to_string())
                .replace("{signal-ports}", &ports.join(","))
                .replace("{interval}", &links.interval.to_string())
        };
        self.0.iter().map(fill).collect()
    }
}

impl FromStr for Template {
    type Err = std::convert::Infallible;

    fn from_str(command: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(&command.split_whitespace().map(str::to_owned).collect::<Vec<_>>()))
    }
}

impl Client {
    /// Starts it, with more words at the end. It ends with the check.
    pub fn start(template: &Template, links: &Links, more: &[&str]) -> io::Result<Self> {
        let words = template.words(links);
        let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments).args(more).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (sender, lines) = mpsc::channel(LINES_MAX);
        let mut relays = JoinSet::new();
        if let Some(out) = child.stdout.take() {
            relays.spawn(relay(out, sender.clone()));
        }
        if let Some(err) = child.stderr.take() {
            relays.spawn(relay(err, sender));
        }
        Ok(Self { child, lines, relays })
    }

    /// Asks it to stop, as an operator does.
    pub fn terminate(&self) -> io::Result<()> {
        let id = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Ok(kill_process(id.ok_or(io::ErrorKind::NotFound)?, Signal::TERM)?)
    }

    /// Ends it at once, as a crash does.
    pub async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Whether it is running.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// How it ended, once it has.
    pub async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => described(status),
            Err(error) => error.to_string(),
        }
    }

    /// It ends with this exit code within `within`.
    pub async fn exits_with(&mut self, code: i32, within: Duration) -> Result<(), Wrong> {
        let expected = format!("exit code {code} within {within:?}");
        let status = timeout(within, self.child.wait()).await;
        let status = status.map_err(|_| wrong(&*expected, "it runs on"))??;
        if status.code() == Some(code) { Ok(()) } else { Err(wrong(expected, described(status))) }
    }

    /// All that it has said.
    pub async fn said(mut self) -> Vec<String> {
        let _killed = self.child.kill().await;
        while self.relays.join_next().await.is_some() {}
        let mut said = Vec::new();
        while let Ok(line) = self.lines.try_recv() {
            said.push(line);
        }
        said
    }
}

fn described(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("it exited with {code}"),
        None => "it was killed by a signal".to_owned(),
    }
}

async fn relay(stream: impl AsyncRead + Unpin, lines: mpsc::Sender<String>) {
    let mut stream = BufReader::new(stream).lines();
    while let Ok(Some(line)) = stream.next_line().await {
        // What is too much is lost; the client is not held up.
        let _full = lines.try_send(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stand_for_the_links_and_a_plain_command_takes_the_flags_of_strategy() {
        let links = Links {
            name: "C".to_owned(),
            trader_port: 1010,
            signal_ports: vec![1000, 1001],
            interval: "2s".parse().unwrap(),
        };
        let words = |command: &str| command.parse::<Template>().unwrap().words(&links).join(" ");
        assert_eq!(words("run {name} {signal-ports}@{trader-port}"), "run C 1000,1001@1010");
        assert_eq!(
            words("python client.py"),
            "python client.py --name C --trader-port 1010 --signal-ports 1000,1001 --interval 2s"
        );
    }
}

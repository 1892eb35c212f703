//! From the boundary to the published median, and what the servers take meanwhile.
//!
//! `cargo bench -p minutehand --bench latency [-- MINUTES]` starts three generators, a trader with a
//! journal on disk, and two strategies as real processes with minutes of two seconds, watches 60
//! verdicts (or MINUTES), and prints when they reached a watcher after their minute's boundary, with
//! the time from exec to serving, the resident memory and the processor time of each server.
#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::{error::Error, fs, path::Path, process::Stdio, time::Duration};

use chassis::{
    channel::{Address, Dialer},
    clock::Clock,
    grid::Timestamp,
    tls::Role,
    wire::read_timestamp,
};
use proto::v1::{
    VerdictKind, WatchRequest, trader_service_client::TraderServiceClient, watch_response::Event,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, Command},
    task::JoinSet,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const INTERVAL: &str = "2s";
const MINUTES: usize = 60;

struct Server {
    name: &'static str,
    child: Child,
    port: u16,
    ready: Duration,
}

fn start(binary: &str, args: &[&str]) -> Result<Child> {
    let mut command = Command::new(binary);
    command.args(args).args(["--interval", INTERVAL]).env_remove("RUST_LOG");
    Ok(command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?)
}

/// Starts a server and waits until it says where it listens.
async fn serve(
    drains: &mut JoinSet<()>,
    name: &'static str,
    binary: &str,
    args: &[&str],
) -> Result<Server> {
    let begun = tokio::time::Instant::now();
    let mut child = start(binary, args)?;
    let mut lines = BufReader::new(child.stderr.take().ok_or("piped")?).lines();
    loop {
        let line = lines.next_line().await?.ok_or("it ended")?;
        if let Some((_, address)) = line.split_once("listening on ") {
            let ready = begun.elapsed();
            let port = address.split_whitespace().next().and_then(|at| at.rsplit(':').next());
            let port = port.ok_or("a port")?.parse()?;
            let mut rest = lines.into_inner();
            drains.spawn(async move {
                let mut sink = Vec::new();
                let _end = rest.read_to_end(&mut sink).await;
            });
            return Ok(Server { name, child, port, ready });
        }
    }
}

fn main() -> Result<()> {
    let asked = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(asked.unwrap_or(MINUTES)))
}

async fn measure(minutes: usize) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let journal = directory.path().join("journal.sqlite");
    let mut drains = JoinSet::new();
    let mut servers = Vec::new();
    for name in ["generator a", "generator b", "generator c"] {
        servers
            .push(serve(&mut drains, name, env!("CARGO_BIN_EXE_generator"), &["-p", "0"]).await?);
    }
    let ports: Vec<String> = servers.iter().map(|server| server.port.to_string()).collect();
    let journal = journal.to_str().ok_or("a path")?;
    let args = ["-p", "0", "--journal", journal];
    let trader = serve(&mut drains, "trader", env!("CARGO_BIN_EXE_trader"), &args).await?;
    let port = trader.port.to_string();
    servers.push(trader);
    let mut strategies = Vec::new();
    for (name, signals) in [("X", ports[0].clone()), ("Y", ports[1..].join(","))] {
        let args = ["--name", name, "--trader-port", &port, "--signal-ports", &signals];
        let mut child = start(env!("CARGO_BIN_EXE_strategy"), &args)?;
        let mut log = child.stderr.take().ok_or("piped")?;
        drains.spawn(async move {
            let mut sink = Vec::new();
            let _end = log.read_to_end(&mut sink).await;
        });
        strategies.push(child);
    }

    let lateness = watch(port.parse()?, minutes).await?;
    report(lateness, &servers, Path::new("/proc"))
}

/// How long after its boundary each median reached this watcher; the first one, before which the
/// strategies may still have been starting, is left out.
async fn watch(port: u16, minutes: usize) -> Result<Vec<Duration>> {
    let clock = Clock::system();
    let mut client =
        TraderServiceClient::new(Dialer::tcp().channel(&Address::local(port), Role::Trader));
    let mut stream = client.watch(WatchRequest::default()).await?.into_inner();
    let mut lateness = Vec::new();
    let mut others = 0_usize;
    while lateness.len() <= minutes {
        let happening = stream.message().await?.ok_or("the trader ended the stream")?;
        let now = clock.wall();
        let Some(Event::Verdict(verdict)) = happening.event else { continue };
        if verdict.kind() == VerdictKind::Median && verdict.count == 2 {
            let start: Timestamp = read_timestamp(verdict.minute.ok_or("a minute")?)?;
            lateness.push(now.since(start));
        } else if !lateness.is_empty() {
            others += 1;
        }
    }
    println!("minutes without a median meanwhile: {others}");
    Ok(lateness.split_off(1))
}

fn report(mut lateness: Vec<Duration>, servers: &[Server], proc: &Path) -> Result<()> {
    lateness.sort();
    let at = |percent: usize| lateness[(lateness.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!(
        "boundary -> published median, {} minutes of {INTERVAL}: p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
        lateness.len(),
        at(50),
        at(90),
        at(99),
        at(100)
    );
    for server in servers {
        let id = server.child.id().ok_or("it runs")?;
        let process = proc.join(id.to_string());
        let status = fs::read_to_string(process.join("status"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("?");
        let stat = fs::read_to_string(process.join("stat"))?;
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        println!(
            "{:<12} ready in {:.1} ms, resident {}, processor {} + {} ticks of 10 ms",
            server.name,
            server.ready.as_secs_f64() * 1e3,
            resident.trim(),
            fields[11],
            fields[12]
        );
    }
    Ok(())
}

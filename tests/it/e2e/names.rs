//! Peers that are found by name: a name that cannot be looked up, and one that moves.

use std::{fs, net::Ipv4Addr, path::PathBuf};

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::net::UdpSocket;

use super::system::median_of;
use crate::harness::{INTERVAL, PATIENCE, Part, free_port, stage};

/// The two files in which names are looked up.
struct Names {
    hosts: PathBuf,
    resolver: PathBuf,
    directory: TempDir,
}

impl Names {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (hosts, resolver) =
            (directory.path().join("hosts"), directory.path().join("resolv.conf"));
        fs::write(&hosts, "").unwrap();
        // Nobody answers there, and the system says so at once.
        fs::write(&resolver, "nameserver 127.0.0.1\n").unwrap();
        Self { hosts, resolver, directory }
    }

    /// Both names are at this address; in place, since it is mounted elsewhere.
    fn are_at(&self, address: &str) {
        fs::write(&self.hosts, format!("{address} trader.test generator.test\n")).unwrap();
    }
}

fn strategy(stage: &stage::Stage, trader: u16, generator: u16) -> Part {
    let (trader, generator) =
        (format!("trader.test:{trader}"), format!("generator.test:{generator}"));
    let args =
        ["--name", "Y", "--interval", INTERVAL, "--trader", &trader, "--signals", &generator];
    Part::spawn_on(stage, "Y", "strategy", &args)
}

async fn server(kind: &'static str, host: &str, port: u16, args: &[&str]) -> Part {
    let common = ["--host", host, "--port", &port.to_string(), "--interval", INTERVAL];
    let mut server = Part::spawn(kind, kind, &[&common, args].concat());
    server.line(&format!("listening on {host}:{port}")).await;
    server
}

#[tokio::test]
async fn fault_47_a_name_that_fails_is_tried_again_and_one_that_moves_is_followed() {
    let names = Names::new();
    let test = "fault_47_a_name_that_fails";
    let Some(stage) = stage::names(test, &names.hosts, &names.resolver).await else { return };
    let ((_trader, trader_port), (_generator, generator_port)) = (free_port(), free_port());
    let journal = names.directory.path().join("trader.sqlite");
    let journal = ["--journal", journal.to_str().unwrap()];
    let first = "127.0.0.1";
    let mut trader = server("trader", first, trader_port, &journal).await;
    let mut generator = server("generator", first, generator_port, &["--seed", "7"]).await;

    let mut y = strategy(&stage, trader_port, generator_port);
    let line = y.line("; retrying").await;
    assert!(line.contains("trader.test") && line.contains("lookup"), "{line}");
    names.are_at(first);
    y.line("INFO registered Y").await;
    median_of(&mut trader, 1).await;

    // The generator moves, then the trader with its journal.
    generator.stop().await;
    let second = "127.0.0.2";
    let _generator = server("generator", second, generator_port, &["--seed", "7"]).await;
    trader.line("Y abstained since ").await;
    names.are_at(second);
    trader.stop().await;
    let mut trader = server("trader", second, trader_port, &journal).await;
    let again = trader.line("INFO registered Y").await;
    assert!(again.contains(" epoch=1 ") && again.ends_with("taken_over=false"), "{again}");
    median_of(&mut trader, 1).await;
}

#[tokio::test]
async fn fault_47_a_resolver_that_says_nothing_holds_nobody_up() {
    let names = Names::new();
    let test = "fault_47_a_resolver_that_says_nothing";
    let Some(stage) = stage::names(test, &names.hosts, &names.resolver).await else { return };
    // It takes questions, and answers none.
    let address = Ipv4Addr::new(127, 0, 53, 47);
    let Ok(_silent) = UdpSocket::bind((address, 53)).await else {
        return crate::harness::skip(test, "no right to port 53");
    };
    fs::write(&names.resolver, format!("nameserver {address}\n")).unwrap();
    let (_reserved, port) = free_port();
    let mut y = strategy(&stage, port, port);
    let line = y.line("; retrying").await;
    assert!(line.contains("trader.test"), "{line}");
    let asked = tokio::time::Instant::now();
    y.signal(Signal::TERM);
    y.exits_with(0).await;
    assert!(asked.elapsed() < PATIENCE / 2, "{:?}", asked.elapsed());
}

//! Two hosts: the trader and X on the one, Y and its generator on the other.

use std::time::Duration;

use super::system::median_of;
use crate::harness::{ADDRESSES, Hosts, INTERVAL, Part};

/// A system on two hosts, with a median of both.
struct Pair {
    hosts: Hosts,
    trader: Part,
    y: Part,
    _others: [Part; 3],
}

impl Pair {
    async fn start(test: &str, grace: &str) -> Option<Self> {
        let hosts = Hosts::start(test).await?;
        let [here, there] = [hosts.stage(0), hosts.stage(1)];
        let [address, _] = ADDRESSES;
        let common = ["--port", "1010", "--interval", INTERVAL, "--grace", grace];
        let args = [&common[..], &["--host", address, "--insecure", "--ephemeral"]].concat();
        let mut trader = Part::spawn_on(&here, "trader", "trader", &args);
        trader.line("listening on ").await;
        let args = ["--port", "1000", "--interval", INTERVAL, "--grace", grace];
        let mut a = Part::spawn_on(&here, "a", "generator", &args);
        let mut b = Part::spawn_on(&there, "b", "generator", &args);
        a.line("listening on ").await;
        b.line("listening on ").await;
        let strategy = |stage, name| {
            let trader = format!("{address}:1010");
            let args = ["--interval", INTERVAL, "--trader", &trader, "--signal-ports", "1000"];
            Part::spawn_on(stage, name, "strategy", &[&args[..], &["--name", name]].concat())
        };
        let (x, y) = (strategy(&here, "X"), strategy(&there, "Y"));
        median_of(&mut trader, 2).await;
        Some(Self { hosts, trader, y, _others: [a, b, x] })
    }
}

#[tokio::test]
async fn fault_39_hosts_that_lose_each_other_find_each_other_again() {
    let Some(mut pair) = Pair::start("fault_39", "1s").await else { return };
    pair.hosts.fare(Duration::ZERO, 100).await;
    let state = pair.trader.line("Y silent since ").await;
    assert!(state.contains("ERROR state ERROR"), "{state}");
    pair.trader.line("INFO lost the connection to Y").await;
    pair.y.line("; retrying").await;
    pair.hosts.fare(Duration::ZERO, 0).await;
    let again = pair.trader.line("INFO registered Y").await;
    assert!(again.ends_with("taken_over=false"), "{again}");
    median_of(&mut pair.trader, 2).await;
}

#[tokio::test]
async fn fault_45_far_apart_and_with_losses_there_are_medians() {
    let Some(mut pair) = Pair::start("fault_45", "1500ms").await else { return };
    // There and back: 300 ms.
    pair.hosts.fare(Duration::from_millis(150), 5).await;
    // A minute that loses too much fails, and says so; the next one has its median.
    for _ in 0..4 {
        median_of(&mut pair.trader, 2).await;
    }
    assert_eq!(pair.trader.said("double registration"), 0);
}

#[tokio::test]
async fn fault_57_without_tls_another_machine_commands_nothing() {
    let Some(mut pair) = Pair::start("fault_57", "1s").await else { return };
    let [here, there] = [pair.hosts.stage(0), pair.hosts.stage(1)];
    let trader = format!("{}:1010", ADDRESSES[0]);
    let halt = ["halt", "--reason", "a drill", "--trader", &trader];
    Part::spawn_on(&there, "afar", "minutehand", &halt).exits_with(1).await;
    pair.trader.line("is refused \"/minutehand.v1.TraderService/Halt\"").await;
    let deregister = ["--name", "X", "--trader", &trader];
    Part::spawn_on(&there, "afar", "deregister", &deregister).exits_with(1).await;
    pair.trader.line("is refused \"/minutehand.v1.TraderService/Deregister\"").await;
    median_of(&mut pair.trader, 2).await;
    Part::spawn_on(&here, "near", "minutehand", &halt).exits_with(0).await;
    pair.trader.line("WARN state HALTED").await;
}

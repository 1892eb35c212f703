//! Servers at the end of what the system gives them: descriptors, and their port.

use std::net::Ipv4Addr;

use tokio::net::{TcpListener, TcpStream};

use super::system::{System, median_of};
use crate::harness::{INTERVAL, Part, run, stage};

/// Far more than 64 descriptors, and few enough to wait where the kernel keeps them.
const IDLE: usize = 300;

/// Processor time in ticks of 10 ms that two minutes of two seconds may take while descriptors are
/// short: a tenth of them.
const TICKS_MAX: u64 = 40;

#[tokio::test]
async fn fault_62_a_trader_without_descriptors_does_not_spin_and_keeps_its_strategies() {
    let stage = stage::few_files(64);
    let args = ["--interval", INTERVAL, "--ephemeral"];
    let mut trader = Part::server_on(&stage, "trader", "trader", &args).await;
    let a = Part::generator("a", &[]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    median_of(&mut trader, 1).await;
    let mut idle = Vec::new();
    while idle.len() < IDLE {
        idle.push(TcpStream::connect((Ipv4Addr::LOCALHOST, trader.port)).await.unwrap());
    }
    let before = trader.ticks();
    median_of(&mut trader, 1).await;
    median_of(&mut trader, 1).await;
    let ticks = trader.ticks() - before;
    assert!(ticks < TICKS_MAX, "{ticks} ticks");
    drop(idle);
    let _y = Part::strategy("Y", &trader, &[&a], &[]);
    median_of(&mut trader, 2).await;
    assert_eq!(trader.said("lost the connection to X"), 0);
}

#[tokio::test]
async fn fault_38_a_port_that_somebody_else_has_taken_is_named_at_both_ends() {
    let mut system = System::start().await;
    system.b.kill().await;
    // It takes whoever comes, and says nothing.
    let thief = TcpListener::bind((Ipv4Addr::LOCALHOST, system.b.port)).await.unwrap();
    let port = system.b.port.to_string();
    let refused = run("generator", &["-p", &port, "--interval", INTERVAL]).await;
    assert_eq!(refused.code, 1, "{}", refused.err);
    let in_use = format!("127.0.0.1:{port} is in use by another process");
    assert!(refused.err.contains(&in_use), "{}", refused.err);
    let state = system.trader.line("Y abstained since ").await;
    assert!(state.contains(&format!("generator 127.0.0.1:{port}: ")), "{state}");
    drop(thief);
    system.b.start_again().await;
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
}

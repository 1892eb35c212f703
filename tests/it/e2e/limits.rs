//! More connections than a server takes.

use std::net::Ipv4Addr;

use tokio::{io::AsyncReadExt as _, net::TcpStream, time::timeout};

use super::system::{System, median_of};
use crate::harness::{PATIENCE, raise_limit};

/// More than the 1,024 that a server keeps.
const IDLE: usize = 1_100;

#[tokio::test]
async fn r4_connections_that_say_nothing_keep_nobody_out() {
    raise_limit();
    let mut system = System::start().await;
    let trader = (Ipv4Addr::LOCALHOST, system.trader.port);
    let mut idle = Vec::with_capacity(IDLE);
    while idle.len() < IDLE {
        idle.push(TcpStream::connect(trader).await.unwrap());
    }
    let median = median_of(&mut system.trader, 2).await;
    let told = system.minutehand(&["explain", &median.minute]).await;
    assert_eq!(told.code, 0, "{}", told.err);

    // They are closed without a word of theirs, and nobody else was.
    for socket in &mut idle {
        let mut heard = Vec::new();
        let closed = timeout(PATIENCE, socket.read_to_end(&mut heard)).await;
        assert!(closed.is_ok(), "it is open still");
    }
    median_of(&mut system.trader, 2).await;
    assert_eq!(system.trader.said("INFO lost the connection to "), 0);
    system.all_is_well().await;
}

//! Clients that begin and do not go on: silent, slow, half-way, or with something else than HTTP/2.

use std::{net::SocketAddr, time::Duration};

use futures_util::future::join_all;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::time::interval;

use super::{
    frames::{HEAD_BYTES, Kind, PREFACE, call, frame, hello, message},
    raw::{Raw, Tally},
    siege::{ALL_PLACES, Bounds, Siege, USUAL},
};
use crate::harness::raise_limit;

/// Connections of one attack on one server.
const MANY: u8 = 200;

/// Idle connections, more than nine times as many as a server keeps.
const IDLE: usize = 10_000;

/// Between two bytes of a client that drips: the preface would take more than five seconds.
const DRIP: Duration = Duration::from_millis(250);

/// Bytes that a client drips in five seconds.
const DRIPPED: usize = 20;

/// Memory for a full house of connections: 1,024 of 40 KB.
const FULL_HOUSE: Bounds = Bounds { memory: 40 * 1024, ..USUAL };

const SUBMIT: &str = "/minutehand.v1.TraderService/Submit";

/// Opens many connections at once, says `first` on each, and then nothing.
pub(super) async fn begin(to: SocketAddr, tally: &Tally, first: &[u8]) {
    loop {
        let one = async || {
            let mut raw = Raw::connect(to, tally).await?;
            raw.send(first).await?;
            tally.blows(1);
            raw.closed().await;
            std::io::Result::Ok(())
        };
        join_all((0..MANY).map(|_| one())).await;
        tokio::task::yield_now().await;
    }
}

/// The preface, a byte at a time.
async fn drip(to: SocketAddr, tally: &Tally) {
    tally.at_least(2 * usize::from(MANY) * DRIPPED);
    let one = async || {
        let mut raw = Raw::connect(to, tally).await?;
        let mut pace = interval(DRIP);
        for byte in PREFACE.iter().cycle() {
            pace.tick().await;
            raw.send(&[*byte]).await?;
            tally.blows(1);
        }
        std::io::Result::Ok(())
    };
    join_all((0..MANY).map(|_| one())).await;
}

/// Anything but HTTP/2; after the preface as well.
pub(super) async fn noise(to: SocketAddr, tally: &Tally) {
    let mut rng = StdRng::seed_from_u64(7);
    loop {
        let mut bytes = [0; 4_096];
        rng.fill(&mut bytes[..]);
        let polite = rng.random::<bool>();
        if let Ok(mut raw) = Raw::connect(to, tally).await {
            let first = if polite { hello() } else { Vec::new() };
            let _thrown_out = raw.send(&first).await;
            let _thrown_out = raw.send(&bytes).await;
            tally.blows(1);
            raw.closed().await;
        }
        tokio::task::yield_now().await;
    }
}

/// Calls whose message never ends, as many as a connection may have.
async fn half_calls(to: SocketAddr, tally: &Tally) {
    let one = async || {
        let mut raw = Raw::open(to, tally).await?;
        for stream in (1..512).step_by(2) {
            let half = [call(stream, SUBMIT), message(stream, 0, 16 * 1024, &[0; 100])].concat();
            raw.send(&half).await?;
            tally.blows(1);
        }
        raw.closed().await;
        std::io::Result::Ok(())
    };
    loop {
        join_all((0..16).map(|_| one())).await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn fault_51_clients_that_do_not_go_on() {
    let mut siege = Siege::begin(&[]).await;
    siege.endure("silent connections", USUAL, async |to, tally| begin(to, tally, &[]).await).await;
    let counts = siege.endure("a dripping preface", USUAL, drip).await;
    assert!(counts.closed > 0, "{counts:?}");
    let half =
        [hello(), frame(Kind::Headers, 0, 1, &[0; 100])[..HEAD_BYTES + 50].to_vec()].concat();
    siege.endure("half a frame", USUAL, async |to, tally| begin(to, tally, &half).await).await;
    siege.endure("half a call", ALL_PLACES, half_calls).await;
    let counts = siege.endure("random bytes", USUAL, noise).await;
    assert!(counts.closed > 0, "{counts:?}");
}

#[tokio::test]
async fn fault_50_ten_thousand_idle_connections() {
    raise_limit();
    let mut siege = Siege::begin(&[]).await;
    let port = siege.trader.port;
    let idle = async |to: SocketAddr, tally: &Tally| {
        tally.at_least(IDLE);
        let mut idle = Vec::with_capacity(IDLE);
        while to.port() == port && idle.len() < IDLE {
            let host = 2 + u8::try_from(idle.len() % 8).unwrap();
            let mut raw = Raw::from(host, to, tally).await.unwrap();
            let _thrown_out = raw.send(&hello()).await;
            tally.blows(1);
            idle.push(raw);
        }
        std::future::pending::<()>().await;
    };
    siege.endure("idle connections", FULL_HOUSE, idle).await;
}

//! Floods of frames, each a known way to wear down a server of HTTP/2.

use std::{io, net::SocketAddr};

use super::{
    frames::{END_HEADERS, END_STREAM, Kind, call, call_headers, frame, header, reset},
    raw::{Counts, Raw, Tally},
    siege::{Siege, USUAL},
};

/// Frames that are sent at a time.
const BURST: usize = 100;

/// A stream that stays open, since its only request never comes.
const OPEN: u32 = 1;

const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// Numbers of streams that a client opens, one burst of them after the other.
fn streams() -> impl Iterator<Item = Vec<u32>> {
    let first = (1..).step_by(2 * BURST);
    first.map(|first| (0..BURST).map(|index| first + 2 * u32::try_from(index).unwrap()).collect())
}

/// Opens one connection after the other, and does the same on each until it is thrown out.
async fn again_and_again<'t>(
    to: SocketAddr,
    tally: &'t Tally,
    flood: impl AsyncFn(&mut Raw<'t>) -> io::Result<()>,
) {
    loop {
        if let Ok(mut raw) = Raw::open(to, tally).await {
            let _thrown_out = flood(&mut raw).await;
        }
        tokio::task::yield_now().await;
    }
}

/// Sends the same frames again and again, on a connection with an open stream.
async fn the_same(to: SocketAddr, tally: &Tally, frame: &[u8]) {
    let burst = frame.repeat(BURST);
    again_and_again(to, tally, async |raw| {
        raw.send(&call(OPEN, WATCH)).await?;
        loop {
            raw.send(&burst).await?;
            tally.blows(BURST);
        }
    })
    .await;
}

/// CVE-2023-44487: streams that are opened and reset at once.
async fn rapid_reset(to: SocketAddr, tally: &Tally) {
    again_and_again(to, tally, async |raw| {
        for streams in streams() {
            let burst: Vec<u8> =
                streams.iter().flat_map(|id| [call(*id, WATCH), reset(*id)].concat()).collect();
            raw.send(&burst).await?;
            tally.blows(BURST);
        }
        Ok(())
    })
    .await;
}

/// Headers that are none of a request: each is answered by a reset of its stream.
async fn malformed_headers(to: SocketAddr, tally: &Tally) {
    let block = [header(":method", "POST"), header(":scheme", "http")].concat();
    again_and_again(to, tally, async |raw| {
        for streams in streams() {
            let headers = |id: &u32| frame(Kind::Headers, END_HEADERS, *id, &block);
            raw.send(&streams.iter().flat_map(headers).collect::<Vec<u8>>()).await?;
            tally.blows(BURST);
        }
        Ok(())
    })
    .await;
}

/// CVE-2024-27316: a list of headers that never ends.
async fn continuation(to: SocketAddr, tally: &Tally) {
    let filler = header("x-filler", &"x".repeat(100)).repeat(10);
    again_and_again(to, tally, async |raw| {
        raw.send(&frame(Kind::Headers, 0, OPEN, &call_headers(WATCH))).await?;
        loop {
            raw.send(&frame(Kind::Continuation, 0, OPEN, &filler)).await?;
            tally.blows(1);
        }
    })
    .await;
}

/// The same, with nothing in it.
async fn empty_continuation(to: SocketAddr, tally: &Tally) {
    let burst = frame(Kind::Continuation, 0, OPEN, &[]).repeat(BURST);
    again_and_again(to, tally, async |raw| {
        raw.send(&frame(Kind::Headers, 0, OPEN, &call_headers(WATCH))).await?;
        loop {
            raw.send(&burst).await?;
            tally.blows(BURST);
        }
    })
    .await;
}

/// Headers that are longer than any request's, and end.
async fn long_headers(to: SocketAddr, tally: &Tally) {
    let filler = header("x-filler", &"x".repeat(100)).repeat(120);
    let block = [call_headers(WATCH), filler].concat();
    again_and_again(to, tally, async |raw| {
        for stream in streams().flatten() {
            raw.send(&frame(Kind::Headers, END_STREAM | END_HEADERS, stream, &block)).await?;
            tally.blows(1);
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn fault_52_floods_that_ask_for_work() {
    let mut siege = Siege::begin(&[]).await;
    let thrown_out = |counts: &Counts| counts.answers.keys().any(|why| why.contains("goaway 11"));
    let counts = siege.endure("rapid reset", USUAL, rapid_reset).await;
    assert!(thrown_out(&counts), "{counts:?}");
    let counts = siege.endure("malformed HEADERS", USUAL, malformed_headers).await;
    assert!(thrown_out(&counts), "{counts:?}");
    let counts = siege.endure("CONTINUATION", USUAL, continuation).await;
    assert!(thrown_out(&counts), "{counts:?}");
    let counts = siege.endure("empty CONTINUATION", USUAL, empty_continuation).await;
    assert!(counts.closed > 0, "{counts:?}");
    siege.endure("headers beyond the limit", USUAL, long_headers).await;
}

#[tokio::test]
async fn fault_52_floods_of_cheap_frames() {
    let mut siege = Siege::begin(&[]).await;
    for (name, frame) in [
        ("empty DATA", frame(Kind::Data, 0, OPEN, &[])),
        ("PING", frame(Kind::Ping, 0, 0, &[7; 8])),
        ("SETTINGS", frame(Kind::Settings, 0, 0, &[0, 4, 0, 1, 0, 0])),
        ("WINDOW_UPDATE", frame(Kind::WindowUpdate, 0, 0, &1_u32.to_be_bytes())),
        ("PRIORITY", frame(Kind::Priority, 0, OPEN, &[0, 0, 0, 0, 16])),
    ] {
        let flood = async |to: SocketAddr, tally: &Tally| the_same(to, tally, &frame).await;
        let counts = siege.endure(name, USUAL, flood).await;
        assert!(counts.closed > 0, "{name} ends no connection: {counts:?}");
    }
}

//! Floods of calls that mean nothing: unknown, too long, malformed.

use std::net::SocketAddr;

use super::{
    frames::{END_STREAM, call, message},
    raw::{Raw, Tally},
    siege::{Siege, USUAL},
};
const SUBMIT: &str = "/minutehand.v1.TraderService/Submit";

/// Calls of one path with one message, as fast as they are taken.
async fn the_same_call(to: SocketAddr, tally: &Tally, path: &str, length: usize, bytes: &[u8]) {
    loop {
        let Ok(mut raw) = Raw::open(to, tally).await else { continue };
        for stream in (1..100_000).step_by(2) {
            let one = [call(stream, path), message(stream, END_STREAM, length, bytes)].concat();
            if raw.send(&one).await.is_err() {
                break;
            }
            tally.blows(1);
        }
    }
}

#[tokio::test]
async fn fault_53_malformed_calls() {
    let mut siege = Siege::begin(&[]).await;
    for (name, path, length, bytes) in [
        ("unknown methods", "/minutehand.v1.TraderService/Nothing", 0, &[][..]),
        ("messages of a byte too many", SUBMIT, 16 * 1024 + 1, &[0; 100]),
        ("messages said to have 4 GB", SUBMIT, u32::MAX as usize, &[0; 100]),
        ("malformed messages", SUBMIT, 100, &[0xff; 100]),
    ] {
        let flood = async |to: SocketAddr, tally: &Tally| {
            the_same_call(to, tally, path, length, bytes).await;
        };
        siege.endure(name, USUAL, flood).await;
    }
}

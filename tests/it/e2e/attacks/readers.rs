//! Clients that ask for streams and do not read them.

use std::net::SocketAddr;

use chassis::wire::timestamp;
use futures_util::future::join_all;
use prost::Message as _;
use proto::v1::WatchRequest;

use super::{
    frames::{END_STREAM, Kind, call, frame, hello, message},
    raw::{Raw, Tally},
    siege::{ALL_PLACES, Siege, USUAL},
};

/// Connections of one attack.
const MANY: u8 = 50;

/// Streams on each.
const STREAMS: u32 = 20;

const WATCH: &str = "/minutehand.v1.TraderService/Watch";

const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// Says the same on many connections, and looks at nothing that comes back.
async fn deaf(to: SocketAddr, tally: &Tally, said: &[u8]) {
    let one = async || {
        let mut raw = Raw::connect(to, tally).await?;
        raw.send_deaf(said).await?;
        tally.blows(1);
        std::io::Result::Ok(raw)
    };
    let _open = join_all((0..MANY).map(|_| one())).await;
    std::future::pending::<()>().await;
}

/// Calls of one path on many streams of a connection, each with this message; `flags` of its last
/// frame.
fn calls(path: &str, flags: u8, said: &[u8]) -> Vec<u8> {
    let one = |stream| [call(stream, path), message(stream, flags, said.len(), said)].concat();
    let streams = (0..STREAMS).map(|index| 2 * index + 1);
    [hello(), streams.flat_map(one).collect()].concat()
}

#[tokio::test]
async fn m6_watchers_that_never_read() {
    let mut siege = Siege::begin(&[]).await;
    let all = WatchRequest { after: Some(timestamp(chassis::grid::Timestamp::from_micros(0))) };
    let watch = calls(WATCH, END_STREAM, &all.encode_to_vec());
    let watchers = async |to: SocketAddr, tally: &Tally| deaf(to, tally, &watch).await;
    siege.endure("watchers that never read", USUAL, watchers).await;

    // Questions whose answers are long, and nobody takes: the next ones wait in the windows.
    let question = b"\x22\x1fminutehand.v1.TraderService";
    let more = message(1, 0, question.len(), question).repeat(500);
    let ask = [calls(REFLECTION, 0, question), more].concat();
    let askers = async |to: SocketAddr, tally: &Tally| deaf(to, tally, &ask).await;
    siege.endure("questions without a reader", ALL_PLACES, askers).await;

    // Bytes of nothing behind them: flow control does not count those.
    let nothing = frame(Kind::Data, 0, 1, &[]).repeat(100_000);
    let ask = [calls(REFLECTION, 0, question), nothing].concat();
    let askers = async |to: SocketAddr, tally: &Tally| deaf(to, tally, &ask).await;
    siege.endure("empty DATA behind them", ALL_PLACES, askers).await;
}

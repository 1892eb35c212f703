//! Connections over a listener that exists in memory only.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    time::Instant,
};
use tonic::transport::server::Connected as _;

use super::*;
use crate::limits::Limits;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HERE: &str = "127.0.0.1:9";

const AFAR: &str = "192.0.2.1:9";

type Source = Pin<Box<dyn Stream<Item = io::Result<(DuplexStream, SocketAddr)>>>>;

fn few() -> Limits {
    Limits { connections_max: 4, connections_per_peer_max: 2, ..Limits::default() }
}

/// An accept stream that yields a connection from each of `peers`, and the clients' ends of them.
fn accepting(peers: &[&str]) -> (Guarded<Source>, Vec<DuplexStream>) {
    let (servers, clients): (Vec<_>, Vec<_>) =
        peers.iter().map(|_| tokio::io::duplex(1_024)).unzip();
    let peers: Vec<SocketAddr> = peers.iter().map(|peer| peer.parse().unwrap()).collect();
    let source = stream::iter(servers.into_iter().zip(peers).map(Ok)).chain(stream::pending());
    (Guarded::new(Box::pin(source), few(), Connections::default()), clients)
}

async fn next(guarded: &mut Guarded<Source>) -> GuardedStream<DuplexStream> {
    let Ok(stream) = guarded.next().await.expect("the source goes on");
    stream
}

/// What a read that waits comes to at once: none while it would go on waiting.
fn read_now(stream: &mut GuardedStream<DuplexStream>) -> Option<io::Result<usize>> {
    stream.read(&mut [0; 64]).now_or_never()
}

#[tokio::test(start_paused = true)]
async fn fault_50_a_client_that_says_nothing_is_closed_after_five_seconds() {
    let (mut guarded, _clients) = accepting(&[HERE]);
    let start = Instant::now();
    let error = next(&mut guarded).await.read(&mut [0; 64]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn fault_51_dripping_the_preface_gains_no_time() {
    let (mut guarded, mut clients) = accepting(&[HERE]);
    let mut server = next(&mut guarded).await;
    let start = Instant::now();
    let drip = async {
        for byte in PREFACE {
            tokio::time::sleep(Duration::from_millis(400)).await;
            clients[0].write_all(&[*byte]).await.unwrap();
        }
    };
    let read_to_the_end = async {
        let mut buffer = Vec::new();
        server.read_to_end(&mut buffer).await.unwrap_err()
    };
    let error = tokio::select! {
        biased;
        error = read_to_the_end => error,
        () = drip => panic!("kept open"),
    };
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn fault_50_a_client_that_has_introduced_itself_may_be_silent() {
    let (mut guarded, mut clients) = accepting(&[HERE]);
    let mut server = next(&mut guarded).await;
    for part in PREFACE.chunks(7) {
        clients[0].write_all(part).await.unwrap();
        assert!(read_now(&mut server).is_some_and(|read| read.is_ok()));
    }
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert!(read_now(&mut server).is_none(), "still waits for the client");
}

#[tokio::test(start_paused = true)]
async fn fault_50_the_oldest_idle_connection_makes_room() {
    let (mut guarded, mut clients) = accepting(&[HERE; 6]);
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(next(&mut guarded).await);
    }
    let session = open[0].connect_info().busy();
    open.push(next(&mut guarded).await);
    let kinds = |open: &mut Vec<_>| -> Vec<bool> {
        open.iter_mut().map(|stream| read_now(stream).is_some()).collect()
    };
    assert_eq!(kinds(&mut open), [false, true, false, false, false], "the session stays");
    assert_eq!(
        read_now(&mut open[1]).unwrap().unwrap_err().kind(),
        io::ErrorKind::ConnectionAborted
    );
    drop(open.remove(1));
    assert_eq!(clients[1].read(&mut [0; 8]).await.unwrap(), 0, "the client sees the end");
    drop(session);
    open.push(next(&mut guarded).await);
    assert_eq!(kinds(&mut open), [true, false, false, false, false], "the session is over");
}

#[tokio::test(start_paused = true)]
async fn fault_50_a_connection_that_has_ended_leaves_its_place_to_the_next() {
    let (mut guarded, _clients) = accepting(&[HERE; 5]);
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(next(&mut guarded).await);
    }
    drop(open.pop());
    open.push(next(&mut guarded).await);
    assert!(open.iter_mut().all(|stream| read_now(stream).is_none()), "nobody had to make room");
}

#[tokio::test(start_paused = true)]
async fn fault_50_when_all_are_busy_the_new_one_is_closed() {
    let (mut guarded, mut clients) = accepting(&[HERE; 5]);
    let mut open = Vec::new();
    let mut sessions = Vec::new();
    for _ in 0..4 {
        let stream = next(&mut guarded).await;
        sessions.push(stream.connect_info().busy());
        open.push(stream);
    }
    assert!(guarded.next().now_or_never().is_none());
    assert_eq!(clients[4].read(&mut [0; 8]).await.unwrap(), 0, "closed at once");
    assert!(open.iter_mut().all(|stream| read_now(stream).is_none()), "the others stay");
}

#[tokio::test(start_paused = true)]
async fn fault_50_one_machine_cannot_keep_out_the_others() {
    let (mut guarded, _clients) = accepting(&[AFAR, AFAR, AFAR, "192.0.2.2:9", HERE]);
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(next(&mut guarded).await);
    }
    let closed: Vec<bool> = open.iter_mut().map(|stream| read_now(stream).is_some()).collect();
    assert_eq!(closed, [true, false, false, false, false], "its own oldest one made room");
}

#[tokio::test(start_paused = true)]
async fn fault_62_an_accept_error_is_followed_by_a_pause() {
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&polls);
    let source: Source = Box::pin(stream::poll_fn(move |_| {
        let poll = counted.fetch_add(1, Ordering::Relaxed);
        let out_of_descriptors = Err(io::Error::from_raw_os_error(24));
        let (server, _client) = tokio::io::duplex(64);
        let item = if poll < 30 { out_of_descriptors } else { Ok((server, HERE.parse().unwrap())) };
        std::task::Poll::Ready(Some(item))
    }));
    let mut guarded = Guarded::new(source, few(), Connections::default());
    let start = Instant::now();
    let _stream = next(&mut guarded).await;
    assert_eq!(polls.load(Ordering::Relaxed), 31, "one look at a time");
    assert_eq!(start.elapsed().as_secs(), 3, "30 pauses of 100 ms");
}

#[tokio::test(start_paused = true)]
async fn fault_62_a_client_that_is_gone_meanwhile_delays_nobody() {
    let gone = stream::iter([Err(io::ErrorKind::ConnectionAborted.into())]);
    let (server, _client) = tokio::io::duplex(64);
    let then = stream::iter([Ok((server, HERE.parse().unwrap()))]);
    let source: Source = Box::pin(gone.chain(then));
    let mut guarded = Guarded::new(source, few(), Connections::default());
    let start = Instant::now();
    let _stream = next(&mut guarded).await;
    assert!(start.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn fault_50_a_connection_that_nobody_uses_is_closed_in_order() {
    let (mut guarded, mut clients) = accepting(&[HERE]);
    let mut server = next(&mut guarded).await;
    clients[0].write_all(PREFACE).await.unwrap();
    assert!(read_now(&mut server).is_some_and(|read| read.is_ok()));
    let (start, mut buffer) = (Instant::now(), [0; 64]);
    let session = server.connect_info().busy();
    let used = async {
        // A session of two hours and a half: until then nobody asks whether there is another one.
        tokio::time::sleep(Duration::from_mins(150)).await;
        drop(session);
        std::future::pending::<()>().await;
    };
    let ended = tokio::select! {
        biased;
        ended = server.read(&mut buffer) => ended,
        () = used => panic!("it goes on for ever"),
    };
    assert_eq!(ended.unwrap(), 0, "as if the client had closed");
    assert_eq!(start.elapsed().as_secs() / 60, 180, "an hour after the last look at the session");
}

/// A connection whose frames are looked at, after its preface.
async fn policed() -> (Guarded<Source>, Policed<GuardedStream<DuplexStream>>, DuplexStream) {
    let (mut guarded, mut clients) = accepting(&[HERE]);
    let mut server = Policed::new(next(&mut guarded).await);
    let mut client = clients.remove(0);
    client.write_all(PREFACE).await.unwrap();
    server.read_exact(&mut [0; PREFACE.len()]).await.unwrap();
    (guarded, server, client)
}

#[tokio::test(start_paused = true)]
async fn fault_52_a_flood_of_frames_that_ask_for_nothing_ends_the_connection() {
    const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0pingpong";
    let (_guarded, mut server, mut client) = policed().await;
    let mut take = async |pings: usize| {
        for _ in 0..pings {
            client.write_all(PING).await.unwrap();
            server.read_exact(&mut [0; PING.len()]).await?;
        }
        io::Result::Ok(())
    };
    for _ in 0..3 {
        take(10_000).await.unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let error = take(10_001).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
}

#[tokio::test(start_paused = true)]
async fn fault_52_requests_may_be_as_many_as_there_are() {
    const DATA: &[u8] = b"\0\0\x01\0\0\0\0\0\x01x";
    let (_guarded, mut server, mut client) = policed().await;
    for _ in 0..30_000 {
        client.write_all(DATA).await.unwrap();
        server.read_exact(&mut [0; DATA.len()]).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn fault_54_a_connection_that_has_had_its_turn_lets_the_others_go_first() {
    let (server, mut client) = tokio::io::duplex(1 << 20);
    let source: Source =
        Box::pin(stream::iter([Ok((server, HERE.parse().unwrap()))]).chain(stream::pending()));
    let mut guarded = Guarded::new(source, few(), Connections::default());
    let mut server = Policed::new(next(&mut guarded).await);
    client.write_all(&[PREFACE, &vec![0; 40_000]].concat()).await.unwrap();
    let mut turns = Vec::new();
    let mut buffer = vec![0; 1 << 20];
    while turns.iter().sum::<usize>() < PREFACE.len() + 40_000 {
        let mut in_turn = 0;
        while let Some(read) = server.read(&mut buffer[..8_192]).now_or_never() {
            in_turn += read.unwrap();
        }
        turns.push(in_turn);
    }
    assert_eq!(turns, [16_384, 16_384, 7_256]);
}

//! Servers that answer what no server of this project would: too much, for ever, or nonsense.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use chassis::server::Routes;
use http_body::{Body, Frame};
use prost::bytes::Bytes;
use proto::v1::{generator_service_server, trader_service_server};
use tokio::{
    io::AsyncWriteExt as _,
    net::UnixListener,
    task::JoinSet,
    time::{Sleep, sleep},
};
use tonic::{Status, server::NamedService};

use super::{
    TRADER, World,
    fake::{FakeTrader, Serve},
    minutes::{submission, word},
};

/// Between two pieces of an answer.
const PACE: Duration = Duration::from_millis(1);

/// What is answered: the pieces, the last one for ever if it is `endless`.
#[derive(Clone, Debug)]
struct Rogue<const TRADER: bool> {
    pieces: Vec<Bytes>,
    endless: bool,
    asked: Arc<AtomicUsize>,
}

/// `length` as a message claims it, and what there is of it.
fn message(length: u32, sent: &[u8]) -> Bytes {
    [&[0], &length.to_be_bytes()[..], sent].concat().into()
}

impl<const TRADER: bool> Rogue<TRADER> {
    fn new(pieces: Vec<Bytes>, endless: bool) -> Self {
        Self { pieces, endless, asked: Arc::default() }
    }
}

impl<const TRADER: bool> NamedService for Rogue<TRADER> {
    const NAME: &'static str = if TRADER {
        trader_service_server::SERVICE_NAME
    } else {
        generator_service_server::SERVICE_NAME
    };
}

impl<const TRADER: bool> tower::Service<http::Request<tonic::body::Body>> for Rogue<TRADER> {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = tonic::codegen::BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<tonic::body::Body>) -> Self::Future {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let left = self.pieces.clone().into_iter();
        let answer =
            Pieces { left, endless: self.endless, last: None, pace: Box::pin(sleep(PACE)) };
        let mut response = http::Response::new(tonic::body::Body::new(answer));
        response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
        Box::pin(std::future::ready(Ok(response)))
    }
}

/// An answer in pieces.
struct Pieces {
    left: std::vec::IntoIter<Bytes>,
    endless: bool,
    last: Option<Bytes>,
    pace: Pin<Box<Sleep>>,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        ready!(self.pace.as_mut().poll(cx));
        self.pace = Box::pin(sleep(PACE));
        let next = self.left.next();
        let next = next.or_else(|| self.last.clone().filter(|_| self.endless));
        self.last.clone_from(&next);
        Poll::Ready(next.map(|piece| Ok(Frame::data(piece))))
    }
}

/// Why the strategy abstains in the first minute with such a generator, and when that was.
async fn abstention(pieces: Vec<Bytes>, endless: bool) -> (String, f64) {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let rogue = Rogue::<false>::new(pieces, endless);
    let _generator = world.serve(1_000, Routes::default().with(rogue, &[]));
    let script = async { (word(&submission(&mut calls).await), world.seconds()) };
    let (result, (word, seconds)) = world.run(&[1_000], |_| (), script).await;
    assert!(result.is_ok(), "{result:?}");
    (word.expect_err("there is nothing to decide from"), seconds)
}

#[tokio::test(start_paused = true)]
async fn s3_an_answer_that_no_generator_would_give_is_a_reason_to_abstain() {
    let chunk = Bytes::from(vec![0xff; 16 * 1024]);
    for (answer, endless, why) in [
        (
            vec![message(64 * 1024 + 1, &[])],
            false,
            "decoded message length too large: found 65537 bytes, the limit is: 65536 bytes",
        ),
        (vec![message(u32::MAX, &[]), chunk.clone()], true, "the limit is: 65536 bytes"),
        (
            vec![message(9, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff")],
            false,
            "failed to decode Protobuf message",
        ),
        (vec![chunk.clone()], true, "invalid compression flag: 255"),
        (vec![message(0, &[])], true, "no answer in time, 1 try in 8.0 s"),
        (vec![message(100, &[0; 10])], false, "Unexpected EOF"),
        (vec![], false, "stream was terminated without a final status"),
    ] {
        let (cause, seconds) = abstention(answer, endless).await;
        assert!(cause.starts_with("generator 127.0.0.1:1000: ") && cause.contains(why), "{cause}");
        assert!(cause.len() < 300, "{cause}");
        assert!((9.0..10.5).contains(&seconds), "it tries for all its patience: {seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn s3_something_else_than_a_generator_is_a_reason_to_abstain() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let listener = UnixListener::bind(world.socket(1_000)).unwrap();
    let mut noise = JoinSet::new();
    noise.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _gone = stream.write_all(&b"HTTP/1.1 400 Bad Request\r\n\r\n".repeat(100)).await;
        }
    });
    let script = async { word(&submission(&mut calls).await) };
    let (result, word) = world.run(&[1_000], |_| (), script).await;
    assert!(result.is_ok(), "{result:?}");
    let cause = word.unwrap_err();
    assert!(cause.starts_with("generator 127.0.0.1:1000: "), "{cause}");
}

#[tokio::test(start_paused = true)]
async fn s4_a_trader_that_talks_nonsense_is_asked_again_now_and_then() {
    for (pieces, endless) in [
        (vec![message(64 * 1024 + 1, &[])], false),
        (vec![message(0, &[])], true),
        (vec![message(2, b"\xff\xff")], false),
        (vec![], false),
    ] {
        let world = World::new();
        world.closed(1_000);
        let rogue = Rogue::<true>::new(pieces, endless);
        let asked = Arc::clone(&rogue.asked);
        let _trader = world.serve(TRADER, Routes::default().with(rogue, &[]));
        let (result, ()) = world.run(&[1_000], |_| (), world.wait(60)).await;
        let asked = asked.load(Ordering::Relaxed);
        assert!(result.is_ok(), "{result:?}");
        assert!((10..=150).contains(&asked), "{asked} times in a minute");
    }
}

//! A server over a real socket on this machine, with a clock that tests pause.

use std::{
    convert::Infallible,
    net::Ipv4Addr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{task::JoinSet, time::Instant};
use tonic::{Code, Status, body::Body, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_client::HealthClient,
};
use tower::Service as _;

use super::{routes::BusyBody, *};
use crate::{
    channel::{Address, Dialer},
    listener::{self, Peer, Protection},
    tls::Role,
};

const NAME: &str = "test.Service";

struct Served {
    health: Health,
    client: HealthClient<Channel>,
    stop: CancellationToken,
    server: JoinSet<Result<(), tonic::transport::Error>>,
}

fn start() -> Served {
    let listener = listener::bind(Ipv4Addr::LOCALHOST.into(), 0, Protection::Nothing).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (health, service) = health(NAME);
    let stop = CancellationToken::new();
    let mut server = JoinSet::new();
    let routes = Routes::default().with(service, HEALTH_ACCESS);
    server.spawn(serve(
        routes,
        listener::incoming(listener),
        Limits::default(),
        None,
        stop.clone(),
    ));
    let channel = Dialer::tcp().channel(&Address::local(port), Role::Trader);
    Served { health, client: HealthClient::new(channel), stop, server }
}

fn about(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

impl Served {
    async fn check(&mut self, service: &str) -> Result<ServingStatus, Code> {
        let answer = self.client.check(about(service)).await;
        answer.map(|answer| answer.into_inner().status()).map_err(|status| status.code())
    }

    async fn stopped(&mut self) -> Duration {
        let start = Instant::now();
        self.stop.cancel();
        self.server.join_next().await.unwrap().unwrap().unwrap();
        start.elapsed()
    }
}

#[tokio::test]
async fn health_is_of_the_server_and_of_one_service() {
    let mut served = start();
    assert_eq!(served.check("").await, Ok(ServingStatus::Serving));
    assert_eq!(served.check(NAME).await, Ok(ServingStatus::NotServing));
    served.health.set(true);
    assert_eq!(served.check(NAME).await, Ok(ServingStatus::Serving));
    assert_eq!(served.check("test.Other").await, Err(Code::NotFound));
}

#[tokio::test]
async fn health_streams_tell_changes_and_end_with_the_owner() {
    let mut served = start();
    let mut named = served.client.watch(about(NAME)).await.unwrap().into_inner();
    let mut whole = served.client.watch(about("")).await.unwrap().into_inner();
    let told = |answer: Result<Option<HealthCheckResponse>, Status>| {
        answer.unwrap().map(|answer| answer.status())
    };
    assert_eq!(told(named.message().await), Some(ServingStatus::NotServing));
    assert_eq!(told(whole.message().await), Some(ServingStatus::Serving));
    served.health.set(false);
    served.health.set(true);
    assert_eq!(told(named.message().await), Some(ServingStatus::Serving));
    drop(served.health);
    assert_eq!(told(named.message().await), None);
    assert_eq!(told(whole.message().await), None);
}

#[tokio::test]
async fn fault_50_a_connection_is_busy_until_the_last_answer_on_it_has_ended() {
    let connections = Connections::default();
    let limits = Limits { connections_max: 1, ..Limits::default() };
    let address = "127.0.0.1:9".parse().unwrap();
    let (peer, _closed) = connections.admit(address, &limits).unwrap();
    let (_owner, service) = health(NAME);
    let mut routes = Routes::default().with(service, HEALTH_ACCESS);
    let mut call = |path: &str| {
        let mut request = http::Request::post(path).body(Body::empty()).unwrap();
        request.extensions_mut().insert(peer.clone());
        routes.call(request)
    };
    let waiting = call("/grpc.health.v1.Health/Check");
    assert!(connections.admit(address, &limits).is_none(), "a request is in flight");
    let answered = waiting.await.unwrap();
    let unknown = call("/test.Other/Call").await.unwrap();
    drop(answered);
    assert!(connections.admit(address, &limits).is_none(), "one answer is still open");
    drop(unknown);
    assert!(connections.admit(address, &limits).is_some(), "idle, so it makes room");
}

#[tokio::test(start_paused = true)]
async fn fault_49_an_open_stream_delays_the_stop_by_five_seconds_at_most() {
    let mut served = start();
    let mut stream = served.client.watch(about("")).await.unwrap().into_inner();
    stream.message().await.unwrap().expect("the stream is open");
    let took = served.stopped().await;
    assert!((DRAIN_TIMEOUT..DRAIN_TIMEOUT + CLOSE_TIMEOUT).contains(&took), "{took:?}");
    assert!(stream.message().await.is_err(), "cut off");
}

#[tokio::test(start_paused = true)]
async fn fault_49_a_stop_waits_for_nobody_who_is_idle() {
    let mut served = start();
    served.check("").await.unwrap();
    let took = served.stopped().await;
    assert!(took < DRAIN_TIMEOUT, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn fault_49_streams_that_end_let_the_server_stop_at_once() {
    let mut served = start();
    let mut stream = served.client.watch(about(NAME)).await.unwrap().into_inner();
    stream.message().await.unwrap().expect("the stream is open");
    let (owner, _) = health(NAME);
    drop(std::mem::replace(&mut served.health, owner));
    let took = served.stopped().await;
    assert!(took < DRAIN_TIMEOUT, "{took:?}");
}

/// A service that never answers.
#[derive(Clone)]
struct Mute;

impl tonic::server::NamedService for Mute {
    const NAME: &'static str = "test.Mute";
}

impl tower::Service<http::Request<Body>> for Mute {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = tonic::codegen::BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<Body>) -> Self::Future {
        Box::pin(std::future::pending())
    }
}

/// What calls to the mute service come to, at once; `None` while they go unanswered.
struct Calls {
    routes: Routes,
    waiting: Vec<Pin<Box<dyn Future<Output = Option<Status>>>>>,
}

impl Calls {
    fn within(limits: &Limits) -> Self {
        Self { routes: Routes::default().with(Mute, &[]).within(limits), waiting: Vec::new() }
    }

    fn call(&mut self, peer: &Peer) -> Option<Status> {
        let mut request = http::Request::post("/test.Mute/Call").body(Body::empty()).unwrap();
        request.extensions_mut().insert(peer.clone());
        let answer = self.routes.call(request);
        let mut status = Box::pin(async move {
            let answer = answer.await.expect("it cannot fail");
            Status::from_header_map(answer.headers())
        });
        let answered = status.as_mut().now_or_never().flatten();
        if answered.is_none() {
            self.waiting.push(status);
        }
        answered
    }
}

fn peer() -> Peer {
    let (peer, _closed) =
        Connections::default().admit("127.0.0.1:9".parse().unwrap(), &Limits::default()).unwrap();
    peer
}

#[tokio::test(start_paused = true)]
async fn fault_54_a_flood_on_one_connection_leaves_the_others_their_share() {
    let mut calls = Calls::within(&Limits { requests_max: 10, ..Limits::default() });
    let (greedy, modest) = (peer(), peer());
    let refused: Vec<Option<Status>> = (0..20).map(|_| calls.call(&greedy)).collect();
    assert!(refused[..10].iter().all(Option::is_none), "{refused:?}");
    for status in &refused[10..] {
        let status = status.as_ref().expect("refused at once");
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert_eq!(crate::status::reason(status).as_deref(), Some("overload"));
        assert!(status.message().contains("limit of 10 requests at a time"), "{status}");
    }
    assert!((0..4).all(|_| calls.call(&modest).is_none()), "its share");
    assert!(calls.call(&modest).is_some());
    calls.waiting.clear();
    assert!(calls.call(&modest).is_none(), "the places are free again");
}

#[tokio::test(start_paused = true)]
async fn fault_51_a_request_that_takes_too_long_is_given_up() {
    let mut calls = Calls::within(&Limits::default());
    assert!(calls.call(&peer()).is_none());
    let start = Instant::now();
    let status = calls.waiting.remove(0).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 30);
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(crate::status::reason(&status).as_deref(), Some("slow"));
    assert_eq!(status.message(), "slow: no answer within 30s, which is the limit; try again");
}

#[tokio::test]
async fn fault_50_streams_of_health_count_as_requests_until_they_end() {
    let (_owner, service) = health(NAME);
    let limits = Limits { requests_max: 1, ..Limits::default() };
    let mut routes = Routes::default().with(service, HEALTH_ACCESS).within(&limits);
    let peer = peer();
    let mut watch = async || {
        let message = Body::new("\0\0\0\0\0".to_owned());
        let mut request =
            http::Request::post("/grpc.health.v1.Health/Watch").body(message).unwrap();
        request.extensions_mut().insert(peer.clone());
        routes.call(request).await.unwrap()
    };
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(watch().await);
    }
    let refused = |answer: &http::Response<BusyBody>| {
        Status::from_header_map(answer.headers()).map(|status| status.code())
    };
    assert_eq!(open.iter().map(refused).collect::<Vec<_>>()[..4], [None; 4], "its share");
    assert_eq!(refused(&open[4]), Some(Code::ResourceExhausted), "the only place is taken");
    drop(open);
    assert_eq!(refused(&watch().await), None, "it is free again");
}

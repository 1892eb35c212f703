//! A server over a real socket on this machine, with a clock that tests pause.

use std::{net::Ipv4Addr, time::Duration};

use tokio::{task::JoinSet, time::Instant};
use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_client::HealthClient,
};
use tower::Service as _;

use super::*;
use crate::{
    channel::{Address, Dialer},
    listener,
};

const NAME: &str = "test.Service";

struct Served {
    health: Health,
    client: HealthClient<Channel>,
    stop: CancellationToken,
    server: JoinSet<Result<(), tonic::transport::Error>>,
}

fn start() -> Served {
    let listener = listener::bind(Ipv4Addr::LOCALHOST.into(), 0, false).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (health, service) = health(NAME);
    let stop = CancellationToken::new();
    let mut server = JoinSet::new();
    let routes = Routes::default().with(service);
    server.spawn(serve(routes, listener::incoming(listener), stop.clone()));
    let channel = Dialer::tcp().channel(&Address::local(port));
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
    let limits = Limits { connections_max: 1, per_peer_max: 1 };
    let address = "127.0.0.1:9".parse().unwrap();
    let (peer, _closed) = connections.admit(address, limits).unwrap();
    let (_owner, service) = health(NAME);
    let mut routes = Routes::default().with(service);
    let mut call = |path: &str| {
        let mut request = http::Request::post(path).body(tonic::body::Body::empty()).unwrap();
        request.extensions_mut().insert(peer.clone());
        routes.call(request)
    };
    let waiting = call("/grpc.health.v1.Health/Check");
    assert!(connections.admit(address, limits).is_none(), "a request is in flight");
    let answered = waiting.await.unwrap();
    let unknown = call("/test.Other/Call").await.unwrap();
    drop(answered);
    assert!(connections.admit(address, limits).is_none(), "one answer is still open");
    drop(unknown);
    assert!(connections.admit(address, limits).is_some(), "idle, so it makes room");
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

//! The generator as it ships, over a real socket of this machine.

use std::net::{Ipv4Addr, SocketAddr};

use chassis::{
    channel::{Address, Dialer},
    exit::{Exit, Failure},
    listener::{self, Protection},
    tls::Role,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, transport::Channel};

use super::*;
use crate::server::{name_of, serve};

struct Served {
    client: GeneratorServiceClient<Channel>,
    stop: CancellationToken,
    server: JoinSet<Result<(), Failure>>,
}

fn serve_on_loopback(compute: Compute) -> Served {
    let listener = listener::bind(Ipv4Addr::LOCALHOST.into(), 0, Protection::Nothing).unwrap();
    let port = listener.local_addr().unwrap().port();
    let clock = Clock::starting_at(time("12:01:00"));
    let config = Config { reflection: true, ..config("run") };
    let stop = CancellationToken::new();
    let mut server = JoinSet::new();
    server.spawn(serve(listener::incoming(listener), config, clock, compute, stop.clone()));
    let channel = Dialer::tcp().channel(&Address::local(port), Role::Generator);
    Served { client: GeneratorServiceClient::new(channel), stop, server }
}

fn never() -> Compute {
    Box::new(|_| std::future::pending().boxed())
}

#[tokio::test(start_paused = true)]
async fn c1_a_generator_answers_over_its_port() {
    let mut served = serve_on_loopback(counting());
    let answer = served.client.get_signal(asking_for("12:01:00")).await.unwrap().into_inner();
    assert_eq!(show_signal(&answer.signal.unwrap()), "12:01:00 = 1");
    served.stop.cancel();
    assert!(served.server.join_next().await.unwrap().unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn g2_a_call_waits_no_longer_than_its_deadline() {
    let mut served = serve_on_loopback(never());
    let mut request = Request::new(asking_for("12:01:00"));
    request.set_timeout(seconds(4));
    let start = Instant::now();
    let refusal = served.client.get_signal(request).await.unwrap_err();
    assert!(matches!(refusal.code(), Code::Cancelled | Code::DeadlineExceeded), "{refusal:?}");
    assert_eq!(start.elapsed().as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn fault_49_a_waiting_call_does_not_delay_the_stop() {
    let mut served = serve_on_loopback(never());
    let start = Instant::now();
    let call = async {
        let refusal = served.client.get_signal(asking_for("12:01:00")).await.unwrap_err();
        assert_eq!(show_refusal(&refusal), "Unavailable no-signal: this generator is stopping");
    };
    let stop = async {
        tokio::time::sleep(seconds(1)).await;
        served.stop.cancel();
        assert!(served.server.join_next().await.unwrap().unwrap().is_ok());
    };
    tokio::join!(call, stop);
    assert!(start.elapsed() < seconds(3), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn g3_a_server_whose_computation_hangs_ends_with_failure() {
    let mut served = serve_on_loopback(never());
    let failure = served.server.join_next().await.unwrap().unwrap().unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert!(failure.message.contains("the computation hangs"), "{failure}");
}

#[test]
fn g5_the_default_name_is_host_and_port() {
    for (address, name) in [
        ("127.0.0.1:1000", "127.0.0.1-1000"),
        ("[::1]:1001", "0-0-0-0-0-0-0-1-1001"),
        ("[2001:db8::ff]:65535", "2001-db8-0-0-0-0-0-ff-65535"),
    ] {
        assert_eq!(name_of(address.parse::<SocketAddr>().unwrap()).as_str(), name);
    }
}

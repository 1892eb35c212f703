//! The trader as it ships, over a real socket of this machine: how it stops, and what it notices.

use std::{net::Ipv4Addr, time::Duration};

use chassis::{
    channel::{Address, Dialer},
    clock::Clock,
    exit::{Exit, Failure},
    listener::{self, Protection},
    tls::Role,
};
use proto::v1::{
    GetMedianRequest, RegisterResponse, SessionNotice, WatchRequest, WatchResponse,
    register_response::Event, trader_service_client::TraderServiceClient,
};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Streaming, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::{Config, callers::application, config, disk::Disk, name, start_from, time};
use crate::{
    journal::Journal,
    server::{assemble, run_parts, serve},
    store::{Pace, Place},
};

struct Served {
    port: u16,
    disk: Disk,
    stop: CancellationToken,
    server: JoinSet<Result<(), Failure>>,
}

fn ephemeral(clock: Clock) -> (Journal, crate::engine::Recovered) {
    Journal::ephemeral(config().timing.interval, clock.wall(), name("j")).unwrap()
}

/// The shipped server, but for a disk that does as the test says.
fn served(journal: impl FnOnce(Clock) -> (Journal, crate::engine::Recovered)) -> Served {
    let listener = listener::bind(Ipv4Addr::LOCALHOST.into(), 0, Protection::Nothing).unwrap();
    let port = listener.local_addr().unwrap().port();
    let clock = Clock::starting_at(time("12:00:59.500"));
    let (parts, worker) = assemble(config(), clock, journal(clock)).unwrap();
    let (disk, stop) = (Disk::default(), CancellationToken::new());
    let mut tasks = JoinSet::new();
    tasks.spawn(disk.run(worker));
    let mut server = JoinSet::new();
    server.spawn(run_parts(parts, tasks, listener::incoming(listener), stop.clone()));
    Served { port, disk, stop, server }
}

impl Served {
    fn channel(&self) -> Channel {
        Dialer::tcp().channel(&Address::local(self.port), Role::Trader)
    }

    fn client(&self) -> TraderServiceClient<Channel> {
        TraderServiceClient::new(self.channel())
    }

    async fn register(&self, name: &str) -> Streaming<RegisterResponse> {
        let request = application(name, "i");
        let mut session = self.client().register(request).await.unwrap().into_inner();
        session.message().await.unwrap().expect("the first message");
        session
    }

    async fn watch(&self) -> Streaming<WatchResponse> {
        let mut watcher =
            self.client().watch(WatchRequest { after: None }).await.unwrap().into_inner();
        watcher.message().await.unwrap().expect("the state");
        watcher
    }

    /// Stops it, and says how long that took.
    async fn stopped(&mut self) -> Duration {
        let start = Instant::now();
        self.stop.cancel();
        self.server.join_next().await.unwrap().unwrap().unwrap();
        start.elapsed()
    }
}

async fn notice(session: &mut Streaming<RegisterResponse>) -> Option<SessionNotice> {
    match session.message().await.unwrap()?.event.unwrap() {
        Event::Notice(notice) => SessionNotice::try_from(notice).ok(),
        Event::Registered(again) => panic!("{again:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn fault_49_a_stop_ends_every_stream_with_a_word() {
    let mut served = served(ephemeral);
    let mut session = served.register("X").await;
    let mut watcher = served.watch().await;
    let about = HealthCheckRequest { service: String::new() };
    let mut health = HealthClient::new(served.channel()).watch(about).await.unwrap().into_inner();
    health.message().await.unwrap().expect("the present health");
    let took = served.stopped().await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(notice(&mut session).await, Some(SessionNotice::Stopping));
    assert_eq!(notice(&mut session).await, None);
    let end = watcher.message().await.unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    assert_eq!(end.message(), "stopping: the trader is on its way down; reconnect");
    assert!(health.message().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn fault_49_a_disk_that_hangs_does_not_keep_the_trader() {
    let mut served = served(ephemeral);
    let mut session = served.register("X").await;
    let mut watcher = served.watch().await;
    served.disk.hangs();
    let mut waiting = JoinSet::new();
    let mut client = served.client();
    waiting.spawn(async move { client.register(application("Y", "i")).await.unwrap_err() });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let took = served.stopped().await;
    assert!((4..5).contains(&took.as_secs()), "{took:?}");
    assert_eq!(notice(&mut session).await, Some(SessionNotice::Stopping));
    let end = watcher.message().await.unwrap_err();
    assert_eq!(
        (end.code(), end.message().split(':').next()),
        (Code::Unavailable, Some("stopping"))
    );
    assert_eq!(waiting.join_next().await.unwrap().unwrap().code(), Code::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn j1_what_is_being_written_at_a_stop_is_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("journal");
    let interval = config().timing.interval;
    let mut served =
        served(|clock| Journal::open(&file, interval, clock.wall(), name("j")).unwrap());
    let _session = served.register("X").await;
    served.disk.hangs();
    let mut client = served.client();
    let mut waiting = JoinSet::new();
    waiting.spawn(async move {
        let mut session = client.register(application("Y", "i")).await?.into_inner();
        let first = session.message().await?;
        Ok::<_, tonic::Status>((first, session))
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let works = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        served.disk.works();
    };
    served.stop.cancel();
    let (ended, ()) = tokio::join!(served.server.join_next(), works);
    ended.unwrap().unwrap().unwrap();
    let (first, mut session) = waiting.join_next().await.unwrap().unwrap().unwrap();
    assert!(matches!(first.unwrap().event, Some(Event::Registered(_))), "it is told");
    assert_eq!(notice(&mut session).await, Some(SessionNotice::Stopping), "and to reconnect");
    let world = start_from(&file, "12:01:30");
    let names = world.status().await.strategies.into_iter().map(|strategy| strategy.name);
    assert_eq!(names.collect::<Vec<_>>(), ["X", "Y"]);
}

#[tokio::test(start_paused = true)]
async fn a_trader_whose_worker_ends_ends_with_failure() {
    let listener = listener::bind(Ipv4Addr::LOCALHOST.into(), 0, Protection::Nothing).unwrap();
    let clock = Clock::starting_at(time("12:00:30"));
    let (parts, worker) = assemble(config(), clock, ephemeral(clock)).unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { drop(worker) });
    let stop = CancellationToken::new();
    let ended = run_parts(parts, tasks, listener::incoming(listener), stop).await;
    let failure = ended.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert_eq!(failure.message, "a task of the trader ended by itself");
}

#[tokio::test(start_paused = true)]
async fn r4_a_link_that_closes_is_noticed_at_once() {
    let served = served(ephemeral);
    let session = served.register("X").await;
    let other = served.register("Y").await;
    let mut client = served.client();
    client.get_median(GetMedianRequest {}).await.unwrap_err();
    let start = Instant::now();
    drop(session);
    let mut connected = Vec::new();
    while connected != [false, true] {
        assert!(start.elapsed() < Duration::from_millis(100), "{connected:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
        let status = client.get_status(proto::v1::GetStatusRequest::default()).await.unwrap();
        let strategies = status.into_inner().strategies;
        connected = strategies.iter().map(|strategy| strategy.connected).collect();
    }
    drop(other);
}

#[tokio::test(start_paused = true)]
async fn c1_the_shipped_server_answers_and_stops() {
    for worker in [Place::Inline(Pace::default()), Place::Thread] {
        let listener = listener::bind(Ipv4Addr::LOCALHOST.into(), 0, Protection::Nothing).unwrap();
        let port = listener.local_addr().unwrap().port();
        let clock = Clock::starting_at(time("12:00:30"));
        let stop = CancellationToken::new();
        let config = Config { worker, reflection: true, ..config() };
        let mut server = JoinSet::new();
        let incoming = listener::incoming(listener);
        server.spawn(serve(incoming, config, clock, ephemeral(clock), stop.clone()));
        let channel = Dialer::tcp().channel(&Address::local(port), Role::Trader);
        let mut client = TraderServiceClient::new(channel);
        let session = client.register(application("X", "i")).await.unwrap();
        let refused = client.get_median(GetMedianRequest {}).await.unwrap_err();
        assert_eq!(refused.message(), "no current median: the state is WAITING");
        stop.cancel();
        server.join_next().await.unwrap().unwrap().unwrap();
        drop(session);
    }
}

#[tokio::test(start_paused = true)]
async fn t5_a_clock_far_ahead_of_the_journal_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("journal");
    start_from(&file, "12:00:30").stopped().await;
    let at = |text| Clock::starting_at(chassis::grid::Timestamp::parse(text).unwrap());
    let later = at("2026-12-31T00:00:00Z");
    let open = || Journal::open(&file, config().timing.interval, later.wall(), name("j")).unwrap();
    let failure = assemble(config(), later, open()).err().unwrap();
    assert_eq!(failure.exit, Exit::Failed);
    assert!(failure.message.ends_with("or start once with --accept-clock if it is right"));
    assert!(assemble(Config { accept_clock: true, ..config() }, later, open()).is_ok());
}

//! The trader as its callers see it, on a virtual clock, without a network, over a disk that does
//! as the test says.

mod disk;
mod callers;
mod shown;
mod registration;
mod sessions;
mod submissions;
mod answers;
mod malformed;
mod medians;
mod watching;
mod pages;
mod page;
mod counted;
mod keeping;
mod halts;
mod disks;
mod sizes;
mod lines;
mod allowed;
mod stops;
mod supervised;
mod storm;

use std::path::Path;

use chassis::{
    clock::Clock,
    grid::{Interval, Timestamp, Timing},
    limits::Limits,
    name::Name,
    server::Routes,
    service_manager::ServiceManager,
};
use proto::v1::trader_service_client::TraderServiceClient;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::{
    engine::Recovered,
    handle::Handle,
    journal::Journal,
    server::{Config, Parts, assemble},
    store::{Pace, Place},
};
use disk::Disk;

type Client = TraderServiceClient<Routes>;

/// A running trader.
struct World {
    clock: Clock,
    client: Client,
    health: HealthClient<Routes>,
    disk: Disk,
    stop: CancellationToken,
    tasks: JoinSet<()>,
    handle: Handle,
}

/// Minutes of 60 s: grace 10 s, skew 1 s.
fn config() -> Config {
    Config {
        timing: Timing::new(Interval::default(), None, None).unwrap(),
        expect: [].into(),
        at_least: 1,
        strategies_max: 1_000,
        accept_clock: false,
        address: None,
        limits: Limits::default(),
        tls: None,
        reflection: false,
        worker: Place::Inline(Pace::default()),
        service_manager: ServiceManager::default(),
    }
}

/// Starts a trader at `at`, as in `12:00:30`, of one day.
fn start(at: &str) -> World {
    start_as(at, config())
}

fn start_as(at: &str, config: Config) -> World {
    let clock = Clock::starting_at(time(at));
    let journal = Journal::ephemeral(config.timing.interval, clock.wall(), name("j")).unwrap();
    go_on(clock, config, journal)
}

/// Starts a trader whose journal is in a file.
fn start_from(file: &Path, at: &str) -> World {
    let clock = Clock::starting_at(time(at));
    let journal = Journal::open(file, Interval::default(), clock.wall(), name("j")).unwrap();
    go_on(clock, config(), journal)
}

fn go_on(clock: Clock, config: Config, journal: (Journal, Recovered)) -> World {
    let (parts, worker) = assemble(config, clock, journal).unwrap();
    let Parts { mut driver, handle, requests, routes, .. } = parts;
    driver.count();
    let (disk, stop) = (Disk::default(), CancellationToken::new());
    let mut tasks = JoinSet::new();
    tasks.spawn(disk.run(worker));
    tasks.spawn(driver.run(requests, stop.clone()));
    let (client, health) = (Client::new(routes.clone()), HealthClient::new(routes));
    World { clock, client, health, disk, stop, tasks, handle }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn time(of_day: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-11-20T{of_day}Z")).unwrap()
}

impl World {
    /// Lets time pass until the wall clock shows `at`, and a little more, so that the trader has
    /// done what it does then.
    async fn reach(&self, at: &str) {
        self.clock.reach(time(at)).await;
        self.breathe().await;
    }

    /// Lets what is ready be done.
    async fn breathe(&self) {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }

    /// Stops the driver and closes the journal.
    async fn stopped(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }

    async fn serving(&self) -> bool {
        let service = "minutehand.v1.TraderService".to_owned();
        let answer = self.health.clone().check(HealthCheckRequest { service }).await;
        answer.unwrap().into_inner().status() == ServingStatus::Serving
    }
}

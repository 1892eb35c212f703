//! The generator as its callers see it, on a virtual clock, without a network.

mod answers;
mod failures;
mod link;
mod supervised;

use std::time::Duration;

use chassis::{
    clock::Clock,
    grid::{Interval, Timestamp, Timing},
    limits::Limits,
    name::Name,
    server::Routes,
    service_manager::ServiceManager,
    status, wire,
};
use futures_util::future::FutureExt as _;
use proto::v1::{GetSignalRequest, Signal, generator_service_client::GeneratorServiceClient};
use tokio::task::JoinSet;
use tonic::Status;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::{
    driver::Hung,
    server::{Config, assemble},
    signal::{Compute, Computed},
};

/// A running generator and its callers.
struct World {
    clock: Clock,
    client: GeneratorServiceClient<Routes>,
    health: HealthClient<Routes>,
    driver: JoinSet<Hung>,
}

/// Of minutes of 60 s: grace 10 s, skew 1 s.
fn config(run_id: &str) -> Config {
    let timing = Timing::new(Interval::default(), None, None).unwrap();
    let name = |text: &str| text.parse::<Name>().unwrap();
    Config {
        name: name("g"),
        run_id: name(run_id),
        timing,
        limits: Limits::default(),
        tls: None,
        reflection: false,
        service_manager: ServiceManager::default(),
    }
}

/// Starts a generator at `at`, as in `12:01:30`, of one day.
fn start(at: &str, compute: Compute) -> World {
    start_as("run", at, compute)
}

fn start_as(run_id: &str, at: &str, compute: Compute) -> World {
    start_with(config(run_id), at, compute)
}

fn start_with(config: Config, at: &str, compute: Compute) -> World {
    let clock = Clock::starting_at(time(at));
    let (driver, routes) = assemble(config, clock, compute).unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(driver.run());
    let client = GeneratorServiceClient::new(routes.clone());
    World { clock, client, health: HealthClient::new(routes), driver: tasks }
}

/// Computes by a plain function of the minute within its day, `takes` long.
fn computing(
    takes: Duration,
    mut compute: impl FnMut(&str) -> Computed + Send + 'static,
) -> Compute {
    Box::new(move |minute| {
        let computed = compute(&of_day(minute.start()));
        async move {
            tokio::time::sleep(takes).await;
            computed
        }
        .boxed()
    })
}

/// 1 for the first minute, 2 for the second.
fn counting() -> Compute {
    let mut count = 0.0;
    computing(Duration::ZERO, move |_| {
        count += 1.0;
        Ok(count)
    })
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn time(of_day: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-11-20T{of_day}Z")).unwrap()
}

fn of_day(at: Timestamp) -> String {
    at.to_string()[11..].trim_end_matches('Z').to_owned()
}

fn received(at: Option<prost_types::Timestamp>) -> Timestamp {
    wire::read_timestamp(at.expect("always sent")).unwrap()
}

fn asking_for(minute: &str) -> GetSignalRequest {
    let minute = (minute != "latest").then(|| wire::timestamp(time(minute)));
    GetSignalRequest { minute, interval: None }
}

/// `12:01:00 = 1`
fn show_signal(signal: &Signal) -> String {
    format!("{} = {}", of_day(received(signal.minute)), signal.value)
}

/// `Unavailable no-signal: …`
fn show_refusal(refusal: &Status) -> String {
    let reason = status::reason(refusal).unwrap_or_default();
    format!("{:?} {reason}: {}", refusal.code(), refusal.message())
}

impl World {
    /// Lets time pass until the wall clock shows `at`.
    async fn reach(&self, at: &str) {
        self.clock.reach(time(at)).await;
    }

    async fn signal(&self, minute: &str) -> Result<Signal, Status> {
        let answer = self.client.clone().get_signal(asking_for(minute)).await?;
        Ok(answer.into_inner().signal.expect("an answer has a signal"))
    }

    /// What a call for `minute`, or for the `latest`, is answered with, however long it takes.
    async fn get(&self, minute: &str) -> String {
        match self.signal(minute).await {
            Ok(signal) => show_signal(&signal),
            Err(refusal) => show_refusal(&refusal),
        }
    }

    /// What a call is answered with at once; none when it has to wait.
    async fn get_now(&self, minute: &str) -> Option<String> {
        tokio::time::timeout(Duration::ZERO, self.get(minute)).await.ok()
    }

    async fn serving(&self) -> bool {
        let service = "minutehand.v1.GeneratorService".to_owned();
        let answer = self.health.clone().check(HealthCheckRequest { service }).await;
        answer.unwrap().into_inner().status() == ServingStatus::Serving
    }

    /// The wall clock, to the second.
    fn now(&self) -> String {
        of_day(self.clock.wall())[..8].to_owned()
    }
}

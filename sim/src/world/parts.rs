//! The shipped parts as processes of simulated hosts.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chassis::{
    exit::{Exit, Failure},
    grid::{Minute, Timing},
    limits::Limits,
    name::Name,
    service_manager::ServiceManager,
};
use futures_util::future::FutureExt as _;
use generator::signal::Compute;
use rand::rngs::StdRng;
use strategy::{decide::Decide, signal::Signal};
use tokio_util::sync::CancellationToken;
use trader::{
    journal::Journal,
    store::{Pace, Place},
};

use super::{
    network::{GENERATOR_PORT, TRADER_PORT, address, dialer, listen},
    plan::{Plan, TRADER},
    stage,
};
use crate::{record::What, value};

/// More strategies than any world has.
const STRATEGIES_MAX: usize = 1_000;

/// How a generator's computation behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    /// At once.
    #[default]
    Well,
    /// It takes so many milliseconds.
    Slow(u64),
    /// It says that it has no signal.
    Fails,
    /// It gives no number.
    NotFinite,
    /// It never ends.
    Hangs,
}

/// A mood that can change; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moods(Arc<Mutex<Mood>>);

impl Moods {
    pub(crate) fn set(&self, mood: Mood) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    fn get(&self) -> Mood {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One start of a process.
pub(crate) struct Start {
    /// How many processes were started on its host before.
    pub(crate) incarnation: u32,
    /// Its randomness.
    pub(crate) rng: StdRng,
    /// Asks it to stop.
    pub(crate) stop: CancellationToken,
}

/// A generator until its end.
pub(crate) async fn generator(
    plan: &Plan,
    name: &str,
    moods: Moods,
    mut start: Start,
) -> Result<(), Failure> {
    let incoming = listen(GENERATOR_PORT).await.map_err(port_taken)?;
    let config = generator::Config {
        name: name_of(name),
        run_id: Name::random(&mut start.rng),
        timing: plan.description.timing,
        limits: Limits::default(),
        tls: None,
        reflection: false,
        service_manager: ServiceManager::default(),
    };
    let salt = if plan.sticky.iter().any(|sticky| sticky == name) { 0 } else { start.incarnation };
    let compute = compute(plan.description.seed, name, salt, moods);
    generator::serve(incoming, config, stage::clock(), compute, start.stop).await
}

fn compute(seed: u64, name: &str, salt: u32, moods: Moods) -> Compute {
    let name = name.to_owned();
    Box::new(move |minute| {
        let (name, mood) = (name.clone(), moods.get());
        async move {
            match mood {
                Mood::Slow(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
                Mood::Hangs => std::future::pending().await,
                Mood::Well | Mood::Fails | Mood::NotFinite => {}
            }
            let value = match mood {
                Mood::Fails => None,
                Mood::NotFinite => Some(f64::NAN),
                Mood::Well | Mood::Slow(_) | Mood::Hangs => {
                    Some(value::signal(seed, &name, salt, minute))
                }
            };
            let finite = value.filter(|value| value.is_finite());
            stage::see(What::Computed { generator: name, minute, value: finite });
            value.ok_or_else(|| "no market data".into())
        }
        .boxed()
    })
}

/// A strategy until its end.
pub(crate) async fn strategy(plan: &Plan, name: &str, start: Start) -> Result<(), Failure> {
    let generators = &plan.description.strategies[name];
    let config = strategy::run::Config {
        name: name_of(name),
        trader: address(TRADER, TRADER_PORT),
        generators: generators.iter().map(|host| address(host, GENERATOR_PORT)).collect(),
        interval: plan.description.timing.interval,
        patience: None,
        decide: Box::new(Weighted(name.to_owned())),
        stay: plan.stay.iter().any(|stays| stays == name),
        service_manager: ServiceManager::default(),
        looks: None,
    };
    strategy::run::run(config, stage::clock(), start.rng, dialer(), start.stop).await
}

/// Decides as no other strategy does.
#[derive(Debug)]
struct Weighted(String);

impl Decide for Weighted {
    fn decide(&mut self, minute: Minute, signals: &[Signal]) -> Result<f64, String> {
        let decision = value::decision(&self.0, signals.iter().map(|signal| signal.value));
        let signals = signals.iter().map(|signal| (signal.generator.to_string(), signal.value));
        stage::see(What::Decided {
            strategy: self.0.clone(),
            minute,
            signals: signals.collect(),
            decision,
        });
        Ok(decision)
    }
}

/// The trader until its end.
pub(crate) async fn trader(
    plan: &Plan,
    journal: PathBuf,
    pace: Pace,
    mut start: Start,
) -> Result<(), Failure> {
    let incoming = listen(TRADER_PORT).await.map_err(port_taken)?;
    let (timing, clock) = (plan.description.timing, stage::clock());
    let Timing { interval, .. } = timing;
    let opened = Journal::open(&journal, interval, clock.wall(), Name::random(&mut start.rng))
        .map_err(|error| Exit::Failed.because(error.to_string()))?;
    let config = trader::server::Config {
        timing,
        expect: plan.description.expect.iter().map(|name| name_of(name)).collect(),
        at_least: plan.description.at_least,
        strategies_max: STRATEGIES_MAX,
        accept_clock: false,
        address: None,
        limits: Limits::default(),
        tls: None,
        reflection: false,
        worker: Place::Inline(pace),
        service_manager: ServiceManager::default(),
    };
    trader::server::serve(incoming, config, clock, opened, start.stop).await
}

fn name_of(text: &str) -> Name {
    text.parse().expect("hosts have short names")
}

#[expect(clippy::needless_pass_by_value, reason = "an error's consumer")]
fn port_taken(error: std::io::Error) -> Failure {
    Exit::Failed.because(format!("cannot listen: {error}"))
}

//! A strategy from its start to its end: what ships and what is simulated.

use chassis::{
    channel::{Address, Dialer},
    clock::Clock,
    exit::Failure,
    grid::Interval,
    name::Name,
    service_manager::ServiceManager,
    tls::Role,
};
use rand::rngs::StdRng;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::{
    client::{Generator, Trader},
    decide::Decide,
    driver::Driver,
    figures::Looks,
    session::Identity,
};

/// Everything that a strategy is told.
#[derive(Debug)]
pub struct Config {
    /// Its name.
    pub name: Name,
    /// Its trader.
    pub trader: Address,
    /// Its generators, 1 to 64, each once.
    pub generators: Vec<Address>,
    /// Length of a minute.
    pub interval: Interval,
    /// How long it tries before it abstains; 0.8 × the trader's grace if not given.
    pub patience: Option<Duration>,
    /// How it decides.
    pub decide: Box<dyn Decide>,
    /// Whether it stays registered when it is stopped.
    pub stay: bool,
    /// Who wants to hear how it is.
    pub service_manager: ServiceManager,
    /// Questions for what it is at the moment, if anybody asks some.
    pub looks: Option<Looks>,
}

/// Runs a strategy until `stop` is cancelled, or until it is refused for good. Every link is made
/// by `dialer`.
pub async fn run(
    config: Config,
    clock: Clock,
    mut rng: StdRng,
    dialer: Dialer,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let Config {
        name,
        trader,
        generators,
        interval,
        patience,
        decide,
        stay,
        service_manager,
        looks,
    } = config;
    let instance = instance(clock, &mut rng);
    info!(%instance, %interval, "strategy {name}, trader {trader}");
    let links = (
        Trader::new(dialer.channel(&trader, Role::Trader), clock, name.clone(), instance, interval),
        generators.iter().map(|at| Generator::new(at, &dialer, clock, interval)).collect(),
        service_manager,
    );
    let identity = Identity { name, trader, interval, patience };
    let mut driver = Driver::new(clock, rng, identity, links, decide).seen_by(looks);
    if let Err(failure) = driver.run(&stop).await {
        return Err(driver.take_back(failure).await);
    }
    if stay {
        info!("stopped; the registration remains (--stay)");
        return Ok(());
    }
    driver.leave().await
}

/// The id of this process. The time is part of it, since a process started again with the same
/// `--seed` is another instance.
fn instance(clock: Clock, rng: &mut StdRng) -> Name {
    let started = clock.wall().as_micros();
    let id = format!("{}-{started:x}", Name::random(rng));
    id.parse().expect("hexadecimal digits and a hyphen, 33 at most")
}

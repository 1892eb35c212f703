//! The server: what `main` starts and what is simulated.

use std::{
    collections::BTreeSet, io, net::SocketAddr, pin::pin, process::ExitCode, time::Duration,
};

use chassis::{
    clock::Clock,
    exit::{self, Exit, Failure},
    grid::Timing,
    http::{self, Site},
    limits::Limits,
    listener::{self, Protection},
    name::Name,
    server::{ANSWER_BYTES_MAX, HEALTH_ACCESS, Routes},
    service_manager::ServiceManager,
    shutdown, telemetry,
    tls::{Role, Tls},
};
use futures_util::Stream;
use proto::v1::trader_service_server::{SERVICE_NAME, TraderServiceServer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    args::Args,
    driver::Driver,
    engine::{Engine, Recovered, Settings},
    handle::{About, Handle, Request},
    journal::Journal,
    opening,
    service::{ACCESS, Service},
    site,
    store::{self, Pace, Place, Worker},
};

/// A disk that does not answer is not waited for longer than this at a stop: less than the server
/// waits for open streams, which end only then.
const LAST_WRITE_TIMEOUT: Duration = Duration::from_secs(4);

/// What a trader is, checked.
#[derive(Debug)]
pub struct Config {
    /// Interval, grace and skew.
    pub timing: Timing,
    /// Names that must be registered.
    pub expect: BTreeSet<Name>,
    /// How many must be registered.
    pub at_least: usize,
    /// How many may be registered.
    pub strategies_max: usize,
    /// Whether a clock far beyond the last record is believed.
    pub accept_clock: bool,
    /// Where it listens, for advice and for people with several traders; none: nowhere that they could reach.
    pub address: Option<SocketAddr>,
    /// What clients may ask for.
    pub limits: Limits,
    /// What callers must show, if anything.
    pub tls: Option<Tls>,
    /// Whether tools may ask for the descriptions of the services.
    pub reflection: bool,
    /// Where the journal's worker runs.
    pub worker: Place,
    /// Who wants to hear how it is.
    pub service_manager: ServiceManager,
}

/// A trader before anything runs, but for its journal's worker.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) driver: Driver,
    pub(crate) handle: Handle,
    pub(crate) requests: mpsc::Receiver<Request>,
    pub(crate) routes: Routes,
    pub(crate) limits: Limits,
    pub(crate) tls: Option<Tls>,
}

/// Runs the command to its end.
pub fn main(args: Args) -> ExitCode {
    let clock = Clock::system();
    let _exporting = telemetry::start_traced(args.log_format, clock, &args.otlp, &args.service());
    exit::logged(exit::block_on(run(args, clock)))
}

async fn run(args: Args, clock: Clock) -> Result<(), Failure> {
    let timing = args.timing().map_err(|error| Exit::Usage.because(error.to_string()))?;
    args.numbers().map_err(|error| Exit::Usage.because(error))?;
    let service_manager = ServiceManager::of_environment()?;
    let tls = args.tls.open_as(Role::Trader, None, clock)?;
    let protection = Protection::of(tls.as_ref(), args.insecure);
    let listener = listener::bind(args.host, args.port, protection)?;
    let address = listener.local_addr().map_err(|error| failed("no local address", &error))?;
    let bound = http::Bound::asked(args.http, tls.as_ref(), args.insecure)?;
    let (journal, recovered) = opening::open(&args, timing, clock)?;
    let config = Config {
        timing,
        expect: args.expect.into_iter().collect(),
        at_least: args.at_least,
        strategies_max: args.strategies_max,
        accept_clock: args.accept_clock,
        address: Some(address),
        limits: args.limits,
        tls: tls.clone(),
        reflection: args.limits.reflection || address.ip().is_loopback(),
        worker: Place::Thread,
        service_manager,
    };
    let incoming = listener::incoming(listener);
    let announce = opening::announcement(&journal, args.ephemeral);
    // Whatever may be refused is refused before anybody is told where to connect.
    let mut assembled = Assembled::new(config, clock, (journal, recovered))?;
    let bound = bound.map(|bound| (bound, assembled.site(clock)));
    let serving = shutdown::run(|stop| {
        info!("listening on {address}");
        announce();
        http::beside(bound, assembled.serve(incoming, stop))
    });
    Tls::attend(tls.as_ref(), Box::pin(serving))
        .await
        .map_err(|error| failed("no signal handlers", &error))?
}

/// Serves over the connections that `incoming` accepts, going on from `journal`, until `stop`.
pub async fn serve<IO>(
    incoming: impl Stream<Item = io::Result<(IO, SocketAddr)>>,
    config: Config,
    clock: Clock,
    journal: (Journal, Recovered),
    stop: CancellationToken,
) -> Result<(), Failure>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    Assembled::new(config, clock, journal)?.serve(incoming, stop).await
}

/// A trader that has looked at its clock and its journal, and runs as soon as it is told to.
struct Assembled {
    parts: Parts,
    worker: Worker,
    place: Place,
}

impl Assembled {
    fn new(config: Config, clock: Clock, journal: (Journal, Recovered)) -> Result<Self, Failure> {
        let place = config.worker.clone();
        let (parts, worker) = assemble(config, clock, journal)?;
        Ok(Self { parts, worker, place })
    }

    /// What is served beside gRPC; from here on the trader counts what happens.
    fn site(&mut self, clock: Clock) -> Site {
        self.parts.driver.count();
        site::of(self.parts.handle.clone(), clock)
    }

    async fn serve<IO>(
        self,
        incoming: impl Stream<Item = io::Result<(IO, SocketAddr)>>,
        stop: CancellationToken,
    ) -> Result<(), Failure>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut tasks = JoinSet::new();
        match self.place {
            Place::Thread => work(&mut tasks, self.worker),
            Place::Inline(pace) => {
                tasks.spawn(self.worker.run(pace));
            }
        }
        run_parts(self.parts, tasks, incoming, stop).await
    }
}

/// Runs a trader whose journal's worker runs among `tasks` already, until `stop`.
pub(crate) async fn run_parts<IO>(
    parts: Parts,
    mut tasks: JoinSet<()>,
    incoming: impl Stream<Item = io::Result<(IO, SocketAddr)>>,
    stop: CancellationToken,
) -> Result<(), Failure>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Parts { driver, requests, routes, limits, tls, .. } = parts;
    let driver_stop = CancellationToken::new();
    tasks.spawn(driver.run(requests, driver_stop.clone()));
    let serving_stop = CancellationToken::new();
    let mut serving =
        pin!(chassis::server::serve(routes, incoming, limits, tls, serving_stop.clone()));
    let ended = select! {
        biased;
        () = stop.cancelled() => Ok(()),
        Some(ended) = tasks.join_next() => Err(match ended {
            Ok(()) => Exit::Failed.because("a task of the trader ended by itself"),
            Err(error) => failed("a task of the trader ended", &error),
        }),
        served = &mut serving => return served.map_err(|error| failed("cannot serve", &error)),
    };
    // First the driver, which ends the open streams, so that the server can drain.
    driver_stop.cancel();
    let done = async {
        let all = async { while tasks.join_next().await.is_some() {} };
        if timeout(LAST_WRITE_TIMEOUT, all).await.is_err() {
            warn!("the journal's disk does not answer: stopped without its last write");
            tasks.abort_all();
        }
    };
    let drained = async {
        serving_stop.cancel();
        serving.await.map_err(|error| failed("cannot serve", &error))
    };
    let ((), served) = tokio::join!(done, drained);
    ended.and(served)
}

/// Puts a trader together, going on from `journal`.
pub(crate) fn assemble(
    config: Config,
    clock: Clock,
    (journal, recovered): (Journal, Recovered),
) -> Result<(Parts, Worker), Failure> {
    let (here, called) = (here(&config), called(&config));
    let Config { timing, expect, at_least, strategies_max, accept_clock, limits, tls, .. } = config;
    let now = clock.now();
    let begun = journal.begun();
    let about = About { started_at: now.wall, journal: journal.id().into(), begun, timing, called };
    let journal_id = about.journal.clone();
    let settings = Settings {
        timing,
        journal: journal_id,
        expect,
        at_least,
        strategies_max,
        accept_clock,
        here,
    };
    let engine = Engine::new(settings, recovered, now)
        .map_err(|error| Exit::Failed.because(error.to_string()))?;

    let (health, health_service) = chassis::server::health(SERVICE_NAME);
    let (handle, requests) = Handle::new(about);
    let service = TraderServiceServer::new(Service::new(handle.clone(), clock))
        .max_decoding_message_size(limits.request_bytes_max)
        .max_encoding_message_size(ANSWER_BYTES_MAX);
    let mut routes = Routes::default().with(service, ACCESS).with(health_service, HEALTH_ACCESS);
    if config.reflection {
        routes = routes
            .with_reflection(proto::DESCRIPTOR_SET)
            .map_err(|error| failed("reflection", &error))?;
    }
    let (store, worker) = store::store(journal, &config.worker);
    let driver = Driver::new(engine, clock, store, health, config.service_manager);
    Ok((Parts { driver, handle, requests, routes, limits, tls }, worker))
}

/// The port that commands ask where nothing is said.
const USUAL_PORT: u16 = 1010;

/// What a command on this machine takes to reach it.
fn here(config: &Config) -> Box<str> {
    let port = config.address.map(|address| address.port()).filter(|port| *port != USUAL_PORT);
    port.map_or_else(Box::default, |port| format!(" --trader-port {port}").into())
}

/// By its certificate, if it has one, and its address.
fn called(config: &Config) -> Box<str> {
    let address = config.address.map(|address| address.to_string()).unwrap_or_default();
    match &config.tls {
        Some(tls) => format!("{} at {address}", tls.identity().name).into(),
        None => address.into(),
    }
}

/// Gives the journal its thread: the one place where this process may wait for a disk.
#[expect(clippy::disallowed_methods, reason = "the journal's worker blocks")]
fn work(tasks: &mut JoinSet<()>, worker: Worker) {
    let runtime = tokio::runtime::Handle::current();
    tasks.spawn_blocking(move || runtime.block_on(worker.run(Pace::default())));
}

fn failed(what: &str, error: &impl std::error::Error) -> Failure {
    Exit::Failed.because(format!("{what}: {error}"))
}

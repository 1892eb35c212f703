//! The server: what `main` starts and what is simulated.

use std::{
    io::{self, Write as _},
    net::{IpAddr, SocketAddr},
    pin::pin,
    process::ExitCode,
};

use chassis::{
    chance,
    clock::Clock,
    exit::{self, Exit, Failure},
    grid::Timing,
    http,
    limits::Limits,
    listener::{self, Protection},
    name::Name,
    server::{ANSWER_BYTES_MAX, HEALTH_ACCESS, Routes},
    service_manager::ServiceManager,
    shutdown, telemetry,
    tls::{Role, Tls},
    trace::Service as Traced,
};
use futures_util::Stream;
use indicators::expression::listing;
use proto::v1::generator_service_server::{GeneratorServiceServer, SERVICE_NAME};
use rand::RngExt as _;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::{
    args::Args,
    driver::Driver,
    service::{ACCESS, Service},
    signal::Compute,
    signals::Signals,
    site,
};

/// What a generator is, checked.
#[derive(Debug)]
pub struct Config {
    /// Name that its signals carry.
    pub name: Name,
    /// Random id of this process.
    pub run_id: Name,
    /// Interval, grace and skew.
    pub timing: Timing,
    /// What clients may ask for.
    pub limits: Limits,
    /// What callers must show, if anything.
    pub tls: Option<Tls>,
    /// Whether tools may ask for the descriptions of the services.
    pub reflection: bool,
    /// Who wants to hear how it is.
    pub service_manager: ServiceManager,
}

/// Runs the command to its end.
pub fn main(args: Args) -> ExitCode {
    if args.list_signals {
        return exit::printed(list_signals());
    }
    let clock = Clock::system();
    let _exporting = telemetry::start_traced(args.log_format, clock, &args.otlp, &service(&args));
    exit::logged(exit::block_on(run(args, clock)))
}

/// What it goes by in traces; without a name, only if its port is given.
fn service(args: &Args) -> Traced {
    let by_port = || (args.port != 0).then(|| name_of((args.host, args.port).into()));
    let name = args.name.clone().or_else(by_port).map(|name| name.to_string());
    Traced { kind: "generator", name }
}

fn list_signals() -> Result<(), Failure> {
    let listed = io::stdout().write_all(listing().as_bytes());
    listed.map_err(|error| failed("cannot write to standard output", &error))
}

async fn run(args: Args, clock: Clock) -> Result<(), Failure> {
    let timing = args.timing().map_err(|error| Exit::Usage.because(error.to_string()))?;
    let service_manager = ServiceManager::of_environment()?;
    let tls = args.tls.open_as(Role::Generator, None, clock)?;
    let mut rng = chance::start(None);
    let of_bars = args.of_bars.open(timing, clock, &mut rng)?;
    let protection = Protection::of(tls.as_ref(), args.insecure);
    let listener = listener::bind(args.host, args.port, protection)?;
    let address = listener.local_addr().map_err(|error| failed("no local address", &error))?;
    let random = || Signals::random(args.seed.unwrap_or_else(|| rng.random()));
    let bound = http::Bound::asked(args.http, tls.as_ref(), args.insecure)?;
    let Signals { compute, meanwhile, notes } = of_bars.unwrap_or_else(random);
    let config = Config {
        name: args.name.unwrap_or_else(|| name_of(address)),
        run_id: Name::random(&mut rng),
        timing,
        limits: args.limits,
        tls: tls.clone(),
        reflection: args.limits.reflection || address.ip().is_loopback(),
        service_manager,
    };
    let incoming = listener::incoming(listener);
    let (name, run_id) = (config.name.clone(), config.run_id.clone());
    let assembled = Assembled::new(config, clock, compute)?;
    let bound = bound.map(|bound| (bound, assembled.site(timing, clock)));
    let serving = shutdown::run(|stop| {
        info!("listening on {address}");
        info!(%name, %run_id, interval = %timing.interval, "generator");
        notes.tell();
        http::beside(bound, assembled.serve(incoming, stop))
    });
    select! {
        biased;
        served = Tls::attend(tls.as_ref(), serving) => {
            served.map_err(|error| failed("no signal handlers", &error))?
        }
        failure = meanwhile => Err(failure),
    }
}

/// Serves what `compute` computes over the connections that `incoming` accepts, until `stop`.
pub async fn serve<IO>(
    incoming: impl Stream<Item = io::Result<(IO, SocketAddr)>>,
    config: Config,
    clock: Clock,
    compute: Compute,
    stop: CancellationToken,
) -> Result<(), Failure>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    Assembled::new(config, clock, compute)?.serve(incoming, stop).await
}

/// A generator before anything runs.
struct Assembled {
    driver: Driver,
    routes: Routes,
    limits: Limits,
    tls: Option<Tls>,
}

impl Assembled {
    fn new(config: Config, clock: Clock, compute: Compute) -> Result<Self, Failure> {
        let (limits, tls) = (config.limits, config.tls.clone());
        let (driver, routes) = assemble(config, clock, compute)?;
        Ok(Self { driver, routes, limits, tls })
    }

    /// What is served beside gRPC.
    fn site(&self, timing: Timing, clock: Clock) -> http::Site {
        site::of(self.driver.traces(), timing, clock)
    }

    async fn serve<IO>(
        self,
        incoming: impl Stream<Item = io::Result<(IO, SocketAddr)>>,
        stop: CancellationToken,
    ) -> Result<(), Failure>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self { driver, routes, limits, tls } = self;
        let mut tasks = JoinSet::new();
        tasks.spawn(driver.run());
        let stopping = CancellationToken::new();
        let mut serving =
            pin!(chassis::server::serve(routes, incoming, limits, tls, stopping.clone()));
        let ended = select! {
            biased;
            () = stop.cancelled() => Ok(()),
            Some(hung) = tasks.join_next() => Err(match hung {
                Ok(hung) => Exit::Failed.because(hung.to_string()),
                Err(error) => failed("the computing task ended", &error),
            }),
            served = &mut serving => return served.map_err(|error| failed("cannot serve", &error)),
        };
        // First the driver: whoever waits for a signal is told at once, and the server can drain.
        tasks.shutdown().await;
        stopping.cancel();
        let served = serving.await.map_err(|error| failed("cannot serve", &error));
        ended.and(served)
    }
}

/// The computing task and what serves its outcomes.
pub(crate) fn assemble(
    config: Config,
    clock: Clock,
    compute: Compute,
) -> Result<(Driver, Routes), Failure> {
    let Config { name, run_id, timing, limits, reflection, service_manager, .. } = config;
    let (health, health_service) = chassis::server::health(SERVICE_NAME);
    let told = (health, service_manager);
    let (driver, outcomes) = Driver::new(timing, clock, compute, run_id, told);
    let service = GeneratorServiceServer::new(Service { name, timing, clock, outcomes })
        .max_decoding_message_size(limits.request_bytes_max)
        .max_encoding_message_size(ANSWER_BYTES_MAX);
    let mut routes = Routes::default().with(service, ACCESS).with(health_service, HEALTH_ACCESS);
    if reflection {
        routes = routes
            .with_reflection(proto::DESCRIPTOR_SET)
            .map_err(|error| failed("reflection", &error))?;
    }
    Ok((driver, routes))
}

/// Host and port in the form of a name: what a generator is called that was given none.
pub fn name_of(address: SocketAddr) -> Name {
    let host = match address.ip() {
        IpAddr::V4(host) => host.to_string(),
        IpAddr::V6(host) => host.segments().map(|part| format!("{part:x}")).join("-"),
    };
    format!("{host}-{}", address.port()).parse().expect("digits, dots and hyphens make a name")
}

fn failed(what: &str, error: &impl std::error::Error) -> Failure {
    Exit::Failed.because(format!("{what}: {error}"))
}

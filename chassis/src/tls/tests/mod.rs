//! A server with mutual TLS on a network in memory, and those who come to it.

mod files;
mod handshakes;
mod pages;
mod renewal;
mod waiting;

use std::{io, net::SocketAddr, sync::mpsc as sync_mpsc};

use rustls::{ClientConfig, client::WantsClientCert, crypto::ring, pki_types::pem::PemObject as _};
use tokio::{io::DuplexStream, sync::mpsc, task::JoinSet};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tracing::subscriber::DefaultGuard;

use super::{
    judge::Expecting,
    testing::{Authority, Leaf},
    *,
};
use crate::{
    channel::{Address, Dialer},
    clock::Clock,
    grid::Timestamp,
    limits::Limits,
    server::{HEALTH_ACCESS, Health, Routes, health, serve},
    status::root_cause,
};

const NOON: &str = "2026-11-20T12:00:00Z";

/// What the wire of one connection holds, in bytes.
const WIRE_BYTES: usize = 64 * 1024;

/// More than any test has at once, of connections and of lines.
const MANY: usize = 4_096;

/// The way to a server: what connects to it comes out at the other end.
#[derive(Clone)]
struct Way(mpsc::Sender<io::Result<(DuplexStream, SocketAddr)>>);

impl Way {
    async fn connect(self) -> io::Result<DuplexStream> {
        let (here, there) = tokio::io::duplex(WIRE_BYTES);
        let from = "192.0.2.7:4321".parse().unwrap();
        self.0.send(Ok((there, from))).await.map_err(io::Error::other)?;
        Ok(here)
    }
}

/// The log of this thread, from its making on.
struct Lines {
    lines: sync_mpsc::Receiver<String>,
    _guard: DefaultGuard,
}

struct Line(sync_mpsc::SyncSender<String>);

impl io::Write for Line {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.send(str::from_utf8(buf).unwrap().trim().to_owned()).unwrap();
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn listen() -> Self {
        let (sender, lines) = sync_mpsc::sync_channel(MANY);
        let subscriber = tracing_subscriber::fmt()
            .without_time()
            .with_target(false)
            .with_writer(move || Line(sender.clone()))
            .finish();
        Self { lines, _guard: tracing::subscriber::set_default(subscriber) }
    }

    fn take(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }
}

/// A server of the health service.
struct World {
    authority: Authority,
    clock: Clock,
    tls: Tls,
    lines: Lines,
    way: Way,
    _health: Health,
    _tasks: JoinSet<Result<(), tonic::transport::Error>>,
}

fn at(text: &str) -> Clock {
    Clock::starting_at(Timestamp::parse(text).unwrap())
}

/// A trader at noon.
fn start() -> World {
    start_as(Role::Trader, NOON)
}

fn start_as(role: Role, time: &str) -> World {
    let lines = Lines::listen();
    let (authority, clock) = (Authority::default(), at(time));
    let tls = Tls::open(authority.issue(role, "t"), clock).unwrap();
    let (way, incoming) = mpsc::channel(MANY);
    let (health, service) = health("test.Service");
    let routes = Routes::default().with(service, HEALTH_ACCESS);
    let mut tasks = JoinSet::new();
    let incoming = ReceiverStream::new(incoming);
    let (limits, stop) = (Limits::default(), CancellationToken::new());
    tasks.spawn(serve(routes, incoming, limits, Some(tls.clone()), stop));
    World { authority, clock, tls, lines, way: Way(way), _health: health, _tasks: tasks }
}

/// What comes of a call.
async fn probe(client: &mut HealthClient<Channel>) -> Result<(), String> {
    let answer = client.check(HealthCheckRequest { service: String::new() }).await;
    answer.map(|_| ()).map_err(|status: Status| root_cause(&status))
}

impl World {
    /// A client with these files, whose clock is the server's.
    fn client(&self, files: Files) -> HealthClient<Channel> {
        self.client_at(files, self.clock)
    }

    fn client_at(&self, files: Files, clock: Clock) -> HealthClient<Channel> {
        let (tls, way) = (Tls::open(files, clock).unwrap(), self.way.clone());
        let dialer = Dialer::secured(tls, move |_| way.clone().connect());
        HealthClient::new(dialer.channel(&Address::local(1), Role::Trader))
    }

    fn strategy(&self) -> HealthClient<Channel> {
        self.client(self.authority.issue(Role::Strategy, "X"))
    }

    /// A client that takes the server as it is, and is about to say what it shows itself.
    fn stranger(&self) -> rustls::ConfigBuilder<ClientConfig, WantsClientCert> {
        let expecting = Expecting { judge: self.tls.in_force().judge.clone(), role: Role::Trader };
        ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(std::sync::Arc::new(expecting))
    }
}

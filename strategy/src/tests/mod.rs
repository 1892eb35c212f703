//! A strategy as it ships, against a trader and generators that follow a test's script.
//!
//! Links are Unix sockets in a directory of the test's own and the clock is paused, so that a
//! minute takes no time and no two runs differ.

mod fake;
mod minutes;
mod sessions;
mod refusals;
mod leaving;
mod rogues;
mod supervised;

use std::{path::PathBuf, time::Duration};

use chassis::{
    channel::{Address, Dialer},
    clock::Clock,
    exit::Failure,
    grid::Timestamp,
    server::Routes,
    service_manager::ServiceManager,
};
use rand::{SeedableRng as _, rngs::StdRng};
use tempfile::TempDir;
use tokio::{
    net::UnixListener,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_stream::wrappers::UnixListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Endpoint, Server};

use crate::{
    decide::Rule,
    run::{Config, run},
};

/// A test that takes longer than this, in its own time, hangs.
const TEST_MAX: Duration = Duration::from_hours(1);

/// The strategy's clock when a test begins: two seconds before a minute.
const START: &str = "2026-11-20T12:00:58Z";

/// The first minute.
const FIRST: &str = "2026-11-20T12:01:00Z";

/// The trader's port.
const TRADER: u16 = 1010;

/// A network of one directory.
struct World {
    directory: TempDir,
    clock: Clock,
    stop: CancellationToken,
}

impl World {
    fn new() -> Self {
        let clock = Clock::starting_at(Timestamp::parse(START).unwrap());
        Self { directory: TempDir::new().unwrap(), clock, stop: CancellationToken::new() }
    }

    fn socket(&self, port: u16) -> PathBuf {
        self.directory.path().join(port.to_string())
    }

    /// Serves at `port` until what is returned is dropped.
    fn serve(&self, port: u16, routes: Routes) -> Served {
        let socket = self.socket(port);
        if socket.exists() {
            std::fs::remove_file(&socket).unwrap();
        }
        let incoming = UnixListenerStream::new(UnixListener::bind(socket).unwrap());
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let stopped = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            Server::builder().serve_with_incoming_shutdown(routes, incoming, stopped).await
        });
        Served { stop, _tasks: tasks }
    }

    /// A port that refuses connections.
    fn closed(&self, port: u16) {
        drop(UnixListener::bind(self.socket(port)).unwrap());
    }

    fn dialer(&self) -> Dialer {
        let directory = self.directory.path().to_owned();
        Dialer::new(move |endpoint| {
            let port = endpoint.uri().port_u16().unwrap();
            let socket = directory.join(port.to_string());
            Endpoint::from_shared(format!("unix://{}", socket.display())).unwrap().connect_lazy()
        })
    }

    /// Runs strategy `X` of generators at `ports` beside `script`, and stops it when the script
    /// has ended.
    async fn run<T>(
        &self,
        ports: &[u16],
        change: impl FnOnce(&mut Config),
        script: impl Future<Output = T>,
    ) -> (Result<(), Failure>, T) {
        let mut config = Config {
            name: "X".parse().unwrap(),
            trader: Address::local(TRADER),
            generators: ports.iter().copied().map(Address::local).collect(),
            interval: "1m".parse().unwrap(),
            patience: None,
            decide: Box::new(Rule::Sum),
            stay: false,
            service_manager: ServiceManager::default(),
            looks: None,
        };
        change(&mut config);
        let strategy =
            run(config, self.clock, StdRng::seed_from_u64(1), self.dialer(), self.stop.clone());
        let script = async {
            let output = timeout(TEST_MAX, script).await.expect("the script hangs");
            self.stop.cancel();
            output
        };
        tokio::join!(strategy, script)
    }

    /// Seconds since the test began.
    fn seconds(&self) -> f64 {
        self.clock.wall().since(Timestamp::parse(START).unwrap()).as_secs_f64()
    }

    async fn wait(&self, seconds: u64) {
        sleep(Duration::from_secs(seconds)).await;
    }
}

/// Something that listens. Dropping it closes its links in good order.
struct Served {
    stop: CancellationToken,
    _tasks: JoinSet<Result<(), tonic::transport::Error>>,
}

impl Served {
    /// Finishes what is under way and listens no more.
    fn close(&self) {
        self.stop.cancel();
    }
}

//! A service manager hears of each part when it is ready, how it is and when it stops; and nothing of
//! one that hangs.

use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::{net::UnixDatagram, time::timeout};

use super::system::median_of;
use crate::harness::{INTERVAL, PATIENCE, Part};

/// How long it waits for a sign of life.
const WATCHDOG: Duration = Duration::from_secs(2);

/// Listens, each part at a socket of its own.
struct ServiceManager {
    socket: UnixDatagram,
    directory: TempDir,
}

impl ServiceManager {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let socket = UnixDatagram::bind(directory.path().join("notify")).unwrap();
        Self { socket, directory }
    }

    /// A command that has a process supervised.
    fn stage(&self) -> Vec<String> {
        let socket = self.directory.path().join("notify");
        let words = [
            "env".to_owned(),
            format!("NOTIFY_SOCKET={}", socket.display()),
            format!("WATCHDOG_USEC={}", WATCHDOG.as_micros()),
        ];
        words.into()
    }

    async fn message(&self) -> String {
        let mut message = [0; 4_096];
        let length = self.socket.recv(&mut message).await.unwrap();
        String::from_utf8(message[..length].into()).unwrap()
    }

    /// The next message that contains `text`.
    async fn hears(&self, text: &str) -> String {
        let mut heard = vec![String::new()];
        let hears = async {
            while !heard[heard.len() - 1].contains(text) {
                heard.push(self.message().await);
            }
        };
        let hears = timeout(PATIENCE, hears).await;
        assert!(hears.is_ok(), "no `{text}` among {heard:?}");
        heard.pop().unwrap()
    }

    /// Whether nothing comes for as long as it waits for a sign of life; what came before is forgotten.
    async fn is_alarmed(&self) -> bool {
        let mut message = [0; 4_096];
        while self.socket.try_recv(&mut message).is_ok() {}
        timeout(WATCHDOG, self.message()).await.is_err()
    }
}

#[tokio::test]
async fn each_part_says_when_it_is_ready_how_it_is_and_when_it_stops() {
    let [of_a, of_trader, of_x] = [(); 3].map(|()| ServiceManager::new());
    let mut a =
        Part::server_on(&of_a.stage(), "a", "generator", &["--interval", INTERVAL, "--name", "a"])
            .await;
    let args = ["--interval", INTERVAL, "--ephemeral"];
    let mut trader = Part::server_on(&of_trader.stage(), "trader", "trader", &args).await;
    let [trader_port, a_port] = [trader.port, a.port].map(|port| port.to_string());
    let links = ["--name", "X", "--trader-port", &trader_port, "--signal-ports", &a_port];
    let args = [&links[..], &["--interval", INTERVAL]].concat();
    let mut x = Part::spawn_on(&of_x.stage(), "X", "strategy", &args);

    for manager in [&of_a, &of_trader, &of_x] {
        let first = manager.message().await;
        assert!(first.starts_with("READY=1\nWATCHDOG=1"), "{first}");
    }
    of_a.hears("STATUS=signal 0.").await;
    of_x.hears("STATUS=submitted 0.").await;
    of_trader.hears("STATUS=OK: median 0.").await;
    for manager in [&of_a, &of_trader, &of_x] {
        for _ in 0..3 {
            manager.hears("WATCHDOG=1").await;
        }
    }
    a.stop().await;
    of_a.hears("STOPPING=1").await;
    of_x.hears("STATUS=no decision for ").await;
    of_trader.hears("STATUS=ERROR: X abstained since ").await;
    x.stop().await;
    of_x.hears("STOPPING=1").await;
    trader.stop().await;
    of_trader.hears("STOPPING=1").await;
}

#[tokio::test]
async fn a_part_that_hangs_is_silent_until_it_goes_on() {
    let manager = ServiceManager::new();
    let args = ["--interval", INTERVAL, "--ephemeral"];
    let mut trader = Part::server_on(&manager.stage(), "trader", "trader", &args).await;
    manager.hears("WATCHDOG=1").await;
    assert!(!manager.is_alarmed().await, "it is well");
    trader.signal(Signal::STOP);
    assert!(manager.is_alarmed().await, "it is stopped");
    trader.signal(Signal::CONT);
    manager.hears("WATCHDOG=1").await;
    let a = Part::generator("a", &[]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    median_of(&mut trader, 1).await;
}

#[tokio::test]
async fn c3_a_service_manager_that_cannot_be_told_is_a_reason_not_to_start() {
    for kind in ["generator", "trader"] {
        let stage = ["env".to_owned(), "NOTIFY_SOCKET=nowhere".to_owned()];
        let mut part = Part::spawn_on(&stage, kind, kind, &["--port", "0"]);
        part.line("NOTIFY_SOCKET is nowhere: it is an absolute path, or `@` and a name").await;
        part.exits_with(1).await;
    }
}

/// The parts of a system are supervised by `up`, and speak to nobody else.
#[tokio::test]
async fn c4_the_parts_of_up_have_nothing_to_say_to_a_service_manager() {
    let manager = ServiceManager::new();
    let args = ["up", "--medians", "1"];
    let mut up = Part::spawn_on(&manager.stage(), "up", "minutehand", &args);
    up.line("median: ").await;
    up.exits_with(0).await;
    let mut message = [0; 64];
    assert!(manager.socket.try_recv(&mut message).is_err(), "a part spoke");
}

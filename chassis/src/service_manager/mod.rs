//! The service manager that started this process, if it wants to hear of it (`sd_notify`).
//!
//! What it is told comes from the loop that does the work, and from nowhere else: no timer keeps a
//! watchdog quiet over a loop that hangs.

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

use std::{
    ffi::{OsStr, OsString},
    io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
    },
    path::Path,
    time::Duration,
};

use tracing::warn;

use crate::{
    exit::{Exit, Failure},
    seldom::Seldom,
};

/// Where it listens.
const SOCKET: &str = "NOTIFY_SOCKET";

/// How long it waits for a sign of life, in microseconds.
const WATCHDOG: &str = "WATCHDOG_USEC";

/// Whose sign of life it waits for.
const WATCHDOG_PROCESS: &str = "WATCHDOG_PID";

/// What a service manager puts into the environment of its service, and what is not for the children
/// of that.
pub const VARIABLES: [&str; 3] = [SOCKET, WATCHDOG, WATCHDOG_PROCESS];

/// A loop goes round once a second: with less patience than this it would be ended while it is well.
const WATCHDOG_MIN: Duration = Duration::from_secs(2);

/// So many signs of life fall into the time that is waited for one.
const SIGNS: u32 = 4;

/// What a status says at most, in bytes: a line that is read at a glance.
const STATUS_BYTES_MAX: usize = 512;

/// A manager that cannot be told is tried again after this.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Whoever supervises this process, or nobody. Belongs to the loop that does the work; dropping it says
/// that the process is stopping.
#[derive(Debug, Default)]
pub struct ServiceManager(Option<Manager>);

#[derive(Debug)]
struct Manager {
    socket: UnixDatagram,
    address: SocketAddr,
    /// Time between two signs of life, if any are waited for.
    pause: Option<Duration>,
    ready: bool,
    status: String,
    status_told: bool,
    /// When the next sign of life is due, by the monotonic clock.
    due: Duration,
    retry_at: Duration,
    failures: Seldom,
}

impl ServiceManager {
    /// The one that the environment names; fails when what it says makes no sense.
    pub fn of_environment() -> Result<Self, Failure> {
        Self::named_by(|name| std::env::var_os(name))
    }

    /// The one that these variables name.
    pub fn named_by(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Failure> {
        let Some(name) = variable(SOCKET).filter(|name| !name.is_empty()) else {
            return Ok(Self::default());
        };
        let unusable =
            |error| Exit::Failed.because(format!("{SOCKET} is {}: {error}", name.display()));
        let address = address(&name).map_err(unusable)?;
        let socket = UnixDatagram::unbound().map_err(unusable)?;
        // The minute waits for nobody.
        socket.set_nonblocking(true).map_err(unusable)?;
        Ok(Self(Some(Manager {
            socket,
            address,
            pause: watchdog(variable)?.map(|patience| patience / SIGNS),
            ready: false,
            status: String::new(),
            status_told: true,
            due: Duration::ZERO,
            retry_at: Duration::ZERO,
            failures: Seldom::default(),
        })))
    }

    /// How the work stands, in a line; told with the next sign of life at the latest, if it is news.
    pub fn status(&mut self, text: impl FnOnce() -> String) {
        let Some(manager) = &mut self.0 else { return };
        let text = line(&text());
        if text != manager.status {
            (manager.status, manager.status_told) = (text, false);
        }
    }

    /// The loop has gone round, `mono` by the monotonic clock: the first time means that the process is
    /// ready, and each time that it is alive.
    pub fn went_round(&mut self, mono: Duration) {
        if let Some(manager) = &mut self.0
            && mono >= manager.retry_at
        {
            manager.tell(mono);
        }
    }

    /// The process is stopping: whatever follows is no sign of life.
    pub fn stopping(&mut self) {
        let Some(manager) = self.0.take() else { return };
        if let Err(error) = manager.send("STOPPING=1") {
            warn!("the service manager was not told of the stop: {error}");
        }
    }
}

/// However the loop ends.
impl Drop for ServiceManager {
    fn drop(&mut self) {
        self.stopping();
    }
}

impl Manager {
    /// Whatever is to be told, in one datagram.
    fn tell(&mut self, mono: Duration) {
        let alive = self.pause.filter(|_| mono >= self.due);
        let mut words = Vec::new();
        if !self.ready {
            words.push("READY=1".to_owned());
        }
        if alive.is_some() {
            words.push("WATCHDOG=1".to_owned());
        }
        if !self.status_told {
            words.push(format!("STATUS={}", self.status));
        }
        if words.is_empty() {
            return;
        }
        match self.send(&words.join("\n")) {
            Ok(()) => {
                (self.ready, self.status_told) = (true, true);
                self.due = alive.map_or(self.due, |pause| mono + pause);
            }
            Err(error) => {
                self.retry_at = mono + RETRY_PAUSE;
                if let Some(times) = self.failures.happened() {
                    warn!(times, "the service manager cannot be told how this is: {error}");
                }
            }
        }
    }

    fn send(&self, words: &str) -> io::Result<()> {
        self.socket.send_to_addr(words.as_bytes(), &self.address).map(drop)
    }
}

/// A path, or `@` and a name without one.
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(Path::new(name)),
        _ => Err(io::Error::other("it is an absolute path, or `@` and a name")),
    }
}

/// How long a sign of life of this process is waited for, if one is.
fn watchdog(variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<Duration>, Failure> {
    let text = |name: &str| {
        variable(name)
            .map(|text| text.to_string_lossy().into_owned())
            .filter(|text| !text.is_empty())
    };
    let another = |process: String| process != std::process::id().to_string();
    let Some(micros) = text(WATCHDOG).filter(|_| !text(WATCHDOG_PROCESS).is_some_and(another))
    else {
        return Ok(None);
    };
    match micros.parse().map(Duration::from_micros) {
        Ok(patience) if patience >= WATCHDOG_MIN => Ok(Some(patience)),
        Ok(_) | Err(_) => Err(Exit::Usage.because(format!(
            "{WATCHDOG} is {}: it is a number of microseconds, {} at least; in a unit, WatchdogSec={} or more",
            micros.escape_debug(),
            WATCHDOG_MIN.as_micros(),
            WATCHDOG_MIN.as_secs()
        ))),
    }
}

/// `text` as one line: what is behind the end of a line would be another message.
fn line(text: &str) -> String {
    let mut text = text.replace(char::is_control, " ");
    text.truncate(text.floor_char_boundary(STATUS_BYTES_MAX));
    text
}

//! A service manager for tests: a socket in a directory of its own, and what was said to it.

use std::{ffi::OsString, os::unix::net::UnixDatagram, path::PathBuf, time::Duration};

use tempfile::TempDir;

use super::{SOCKET, ServiceManager, WATCHDOG};

/// More than anybody says at once.
const MESSAGE_BYTES_MAX: usize = 4_096;

/// Listens; its socket goes when it goes. The system keeps some ten messages that are not heard: listen
/// as often.
#[derive(Debug)]
pub struct Listener {
    socket: UnixDatagram,
    directory: TempDir,
    watchdog: Duration,
}

impl Listener {
    /// One that waits so long for a sign of life.
    pub fn new(watchdog: Duration) -> Self {
        let directory = TempDir::new().expect("there is room for a directory");
        let socket = UnixDatagram::bind(directory.path().join("notify")).expect("a path is free");
        Self { socket, directory, watchdog }
    }

    /// Where it listens.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("notify")
    }

    /// What it puts into the environment of its service.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        match name {
            SOCKET => Some(self.path().into()),
            WATCHDOG => Some(self.watchdog.as_micros().to_string().into()),
            _ => None,
        }
    }

    /// What a service has of it.
    pub fn manager(&self) -> ServiceManager {
        ServiceManager::named_by(|name| self.variable(name)).expect("the variables make sense")
    }

    /// The words that have come in, each line by itself.
    pub fn heard(&self) -> Vec<String> {
        self.socket.set_nonblocking(true).expect("a socket takes settings");
        std::iter::from_fn(|| self.message()).flatten().collect()
    }

    /// The words of the next message; none if it does not come within `patience`.
    pub fn hear(&self, patience: Duration) -> Option<Vec<String>> {
        self.socket.set_nonblocking(false).expect("a socket takes settings");
        self.socket.set_read_timeout(Some(patience)).expect("a socket takes settings");
        self.message()
    }

    fn message(&self) -> Option<Vec<String>> {
        let mut message = [0; MESSAGE_BYTES_MAX];
        let length = self.socket.recv(&mut message).ok()?;
        let text = String::from_utf8(message[..length].into()).expect("messages are text");
        Some(text.lines().map(str::to_owned).collect())
    }
}

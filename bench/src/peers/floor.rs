//! The floor of a minute on this machine: how late a timer is, three round trips over loopback, and
//! one commit of what the minute's rows are.

use std::{path::Path, time::Duration};

use chassis::{clock::Clock, grid::Minute};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::Instant,
};

use crate::{
    Result,
    parts::own,
    peers::{echo::say_where, sqlite::Bare},
    process::Server,
};

/// About what a submission and its answer are on the wire.
const MESSAGE_BYTES: usize = 200;

/// Generator to strategy, strategy to trader, trader to watcher.
const ROUND_TRIPS: usize = 3;

/// Answers every message with the same one, to one peer after the other, until the process ends.
pub(crate) async fn pong() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say_where(listener.local_addr()?);
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let mut message = [0; MESSAGE_BYTES];
        while stream.read_exact(&mut message).await.is_ok() {
            stream.write_all(&message).await?;
        }
    }
}

/// What a floor is measured with.
pub(crate) struct Floor {
    stream: TcpStream,
    _pong: Server,
    bare: Bare,
    names: Vec<String>,
    signals: usize,
    clock: Clock,
}

impl Floor {
    /// For minutes of so many strategies, each with so many signals.
    pub(crate) async fn new(directory: &Path, strategies: usize, signals: usize) -> Result<Self> {
        let pong = Server::start(own(&["pong"])?).await?;
        let stream = TcpStream::connect(("127.0.0.1", pong.port)).await?;
        stream.set_nodelay(true)?;
        let bare = Bare::create(&directory.join("floor.sqlite"))?;
        let names = (0..strategies).map(|index| format!("s{index}")).collect();
        Ok(Self { stream, _pong: pong, bare, names, signals, clock: Clock::system() })
    }

    /// One floor, from so long after the start of `minute` on, when everything else is quiet.
    pub(crate) async fn measure(&mut self, minute: Minute, after: Duration) -> Result<Duration> {
        let at = minute.start().plus(after);
        self.clock.reach(at).await;
        let late = self.clock.wall().since(at);
        let begun = Instant::now();
        let mut message = [0; MESSAGE_BYTES];
        for _ in 0..ROUND_TRIPS {
            self.stream.write_all(&message).await?;
            self.stream.read_exact(&mut message).await?;
        }
        let trips = begun.elapsed();
        let took = self.bare.write(&self.names, self.signals)?;
        Ok(late + trips + took.rows + took.commit)
    }
}

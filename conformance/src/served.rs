//! A port of this machine that stays the check's own, whether anybody listens there or not.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use chassis::{
    limits::Limits,
    listener::{self, Protection},
    server::{self, Routes},
};
use tokio::{net::TcpSocket, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// A port that nobody else gets while this is kept: it is bound, and refuses connections until it serves.
#[derive(Debug)]
pub struct Port {
    /// Its number.
    pub number: u16,
    _bound: TcpSocket,
    serving: Option<Serving>,
}

/// What listens on a port. It ends when this is dropped.
#[derive(Debug)]
struct Serving {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Port {
    /// A free one.
    pub fn free() -> io::Result<Self> {
        let bound = TcpSocket::new_v4()?;
        // Whoever asks for the right to share addresses as well may listen there.
        bound.set_reuseaddr(true)?;
        bound.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        Ok(Self { number: bound.local_addr()?.port(), _bound: bound, serving: None })
    }

    /// Answers by these routes from here on.
    pub fn serve(&mut self, routes: Routes) -> io::Result<()> {
        let listener = listener::bind(Ipv4Addr::LOCALHOST.into(), self.number, Protection::Nothing)
            .map_err(io::Error::other)?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let stopped = stop.clone();
        tasks.spawn(async move {
            let incoming = listener::incoming(listener);
            let served = server::serve(routes, incoming, Limits::default(), None, stopped).await;
            // The check misses its answers, and says so.
            drop(served);
        });
        self.serving = Some(Serving { stop, tasks });
        Ok(())
    }

    /// Closes its connections in good order and listens no more.
    pub async fn close(&mut self) {
        if let Some(Serving { stop, tasks }) = self.serving.take() {
            stop.cancel();
            tasks.join_all().await;
        }
    }
}

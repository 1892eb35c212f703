//! A way to a server that a test can hold up, in one direction or both, and break.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    task::JoinSet,
};

/// Bytes that are on their way through a link: about what the system holds for a socket.
const CHUNK: usize = 64 * 1024;

/// What a link does with what it is given. Held back, it is delivered later, as by a network that
/// loses packets for a while: neither end hears anything, and nothing is torn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Way {
    hold_requests: bool,
    hold_answers: bool,
    breaks: u32,
}

/// A port of its own, from which everything goes to a server's.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) port: u16,
    way: watch::Sender<Way>,
    _connections: JoinSet<()>,
}

impl Link {
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (way, state) = watch::channel(Way::default());
        let mut connections = JoinSet::new();
        connections.spawn(accept(listener, (Ipv4Addr::LOCALHOST, server).into(), state));
        Self { port, way, _connections: connections }
    }

    /// Holds back requests, answers, both or nothing: of all connections, and of new ones.
    pub(crate) fn hold(&self, requests: bool, answers: bool) {
        self.way.send_modify(|way| (way.hold_requests, way.hold_answers) = (requests, answers));
    }

    /// Breaks every connection, as a machine does that has lost its memory: with a reset.
    pub(crate) fn reset(&self) {
        self.way.send_modify(|way| way.breaks += 1);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, way: watch::Receiver<Way>) {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        connections.spawn(carry(client, server, way.clone()));
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr, mut way: watch::Receiver<Way>) {
    // Whoever cannot get through is refused, as by the server itself.
    let Ok(mut server) = TcpStream::connect(server).await else {
        return client.set_zero_linger().unwrap();
    };
    let (requests, answers) = (way.clone(), way.clone());
    let breaks = way.borrow_and_update().breaks;
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let broken = tokio::select! {
        biased;
        _ = way.wait_for(|way| way.breaks > breaks) => true,
        ended = async { tokio::join!(
            pass(from_client, to_server, requests, |way| !way.hold_requests),
            pass(from_server, to_client, answers, |way| !way.hold_answers),
        ) } => ended.0.is_err() || ended.1.is_err(),
    };
    if broken {
        for end in [client, server] {
            end.set_zero_linger().unwrap();
        }
    }
}

/// Passes on what comes while it may, and then that nothing more comes.
async fn pass(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut way: watch::Receiver<Way>,
    may: impl Fn(&Way) -> bool,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = from.read(&mut chunk).await?;
        way.wait_for(&may).await.map_err(io::Error::other)?;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&chunk[..count]).await?;
    }
}

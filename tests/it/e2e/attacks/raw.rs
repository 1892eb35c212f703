//! A connection that says whatever it likes, and notices when it is thrown out.

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr},
    sync::Mutex,
};

use tokio::{
    io::{AsyncReadExt as _, Interest},
    net::{TcpSocket, TcpStream},
};

use super::frames::{HEAD_BYTES, Kind, hello};

/// What is read at a time.
const CHUNK: usize = 64 * 1024;

/// What an attack has done and what came of it.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

/// Figures of a [`Tally`].
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// Frames, calls or connections, as the attack counts them.
    pub(super) blows: u64,
    /// With fewer blows it is not the attack that it is meant to be.
    pub(super) blows_min: u64,
    /// Connections that the server closed.
    pub(super) closed: u64,
    /// Answers, or codes of GOAWAY as `goaway 11`, and how many of each.
    pub(super) answers: BTreeMap<String, u64>,
}

impl Tally {
    /// So many more blows.
    pub(super) fn blows(&self, more: usize) {
        self.0.lock().unwrap().blows += more as u64;
    }

    /// The attack is not over before so many blows.
    pub(super) fn at_least(&self, blows: usize) {
        self.0.lock().unwrap().blows_min = blows as u64;
    }

    /// Whether there were as many blows as there should be, and one in any case.
    pub(super) fn is_whole(&self) -> bool {
        let counts = self.counts();
        counts.blows >= counts.blows_min.max(1)
    }

    /// One more answer.
    pub(super) fn answered(&self, answer: impl Into<String>) {
        *self.0.lock().unwrap().answers.entry(answer.into()).or_default() += 1;
    }

    /// The server closed a connection.
    pub(super) fn closed(&self) {
        self.0.lock().unwrap().closed += 1;
    }

    /// The figures at this moment.
    pub(super) fn counts(&self) -> Counts {
        self.0.lock().unwrap().clone()
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Raw<'t> {
    stream: TcpStream,
    heard: Vec<u8>,
    tally: &'t Tally,
}

impl<'t> Raw<'t> {
    /// A connection on which nothing is said.
    pub(super) async fn connect(to: SocketAddr, tally: &'t Tally) -> io::Result<Self> {
        Ok(Self { stream: TcpStream::connect(to).await?, heard: Vec::new(), tally })
    }

    /// The same from 127.0.0.`host`: each address has ports of its own.
    pub(super) async fn from(host: u8, to: SocketAddr, tally: &'t Tally) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0)))?;
        Ok(Self { stream: socket.connect(to).await?, heard: Vec::new(), tally })
    }

    /// A connection that has introduced itself.
    pub(super) async fn open(to: SocketAddr, tally: &'t Tally) -> io::Result<Self> {
        let mut raw = Self::connect(to, tally).await?;
        raw.send(&hello()).await?;
        Ok(raw)
    }

    /// Sends all of it, and looks at what comes meanwhile; an error when the server has closed.
    pub(super) async fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let ready = self.stream.ready(Interest::READABLE | Interest::WRITABLE).await?;
            if ready.is_readable() {
                self.listen().await?;
            }
            match self.stream.try_write(bytes) {
                Ok(sent) => bytes = &bytes[sent..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(self.thrown_out(error).await),
            }
        }
        Ok(())
    }

    /// Sends all of it, and never looks at what comes.
    pub(super) async fn send_deaf(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(bytes) {
                Ok(sent) => bytes = &bytes[sent..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(self.thrown_out(error).await),
            }
        }
        Ok(())
    }

    /// Reads until the server closes the connection.
    pub(super) async fn closed(mut self) {
        let mut chunk = vec![0; CHUNK];
        while let Ok(1..) = self.stream.read(&mut chunk).await {}
        self.tally.closed();
    }

    async fn listen(&mut self) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        loop {
            match self.stream.try_read(&mut chunk) {
                Ok(0) => return Err(self.thrown_out(ErrorKind::UnexpectedEof.into()).await),
                Ok(read) => self.hear(&chunk[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(self.thrown_out(error).await),
            }
        }
    }

    /// The last words are read, too: a reset does not take away what had come before.
    async fn thrown_out(&mut self, error: io::Error) -> io::Error {
        let mut chunk = vec![0; CHUNK];
        while let Ok(read @ 1..) = self.stream.read(&mut chunk).await {
            self.hear(&chunk[..read]);
        }
        self.tally.closed();
        error
    }

    /// Looks for GOAWAY among the frames.
    fn hear(&mut self, bytes: &[u8]) {
        self.heard.extend(bytes);
        let mut rest = &self.heard[..];
        while let Some((head, after)) = rest.split_at_checked(HEAD_BYTES) {
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let Some((payload, next)) = after.split_at_checked(length) else { break };
            if head[3] == Kind::GoAway as u8 {
                let code = u32::from_be_bytes(payload[4..8].try_into().expect("four bytes"));
                let why = String::from_utf8_lossy(&payload[8..]);
                self.tally.answered(format!("goaway {code} {why}").trim_end());
            }
            rest = next;
        }
        self.heard = rest.to_vec();
    }
}

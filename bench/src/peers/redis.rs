//! Redis streams: a server that syncs its file before it answers, and connections to it.

use std::{collections::VecDeque, path::Path, time::Duration};

use redis::{
    AsyncCommands as _, AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo as _,
    Value,
    aio::MultiplexedConnection,
    io::tcp::TcpSettings,
    streams::{StreamKey, StreamMaxlen, StreamReadOptions, StreamReadReply},
};
use tokio::process::Command;

use crate::{
    Result,
    peers::broker::{Broker, MESSAGES_MAX, ask, patiently, version},
    process::Process,
};

const PROGRAM: &str = "redis-server";

/// The only field of an entry.
const FIELD: &str = "m";

/// An answer to anything but a wait takes less.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Starts a server.
pub(crate) async fn serve(directory: &Path, port: u16) -> Result<Broker> {
    let version = version(&ask(PROGRAM, &["--version"]).await?, "v=")?;
    let mut command = Command::new(PROGRAM);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--daemonize", "no"]);
    // A snapshot would come between minutes, and keep nothing that the file does not.
    command.args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
    command.arg("--dir").arg(directory).args(["--logfile", "redis.log"]);
    let (process, _) = Process::start(command)?;
    patiently(async || Bus::connect(port).await).await?;
    Ok(Broker { process, port, peer: format!("Redis streams {version}, appendfsync always") })
}

/// A connection.
pub(crate) struct Bus {
    client: Client,
    connection: MultiplexedConnection,
}

impl Bus {
    pub(crate) async fn connect(port: u16) -> Result<Self> {
        let address = ConnectionAddr::Tcp("127.0.0.1".to_owned(), port);
        let settings = TcpSettings::default().set_nodelay(true);
        let client = Client::open(address.into_connection_info()?.set_tcp_settings(settings))?;
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(ANSWER_MAX));
        let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok(Self { client, connection })
    }

    pub(crate) async fn publish(&mut self, subject: &str, payload: Vec<u8>) -> Result<()> {
        let most = StreamMaxlen::Approx(MESSAGES_MAX.into());
        let entry = [(FIELD, payload)];
        let _id: String = self.connection.xadd_maxlen(subject, most, "*", &entry).await?;
        Ok(())
    }

    /// Reads the streams over a connection of its own, which waits at the server.
    pub(crate) async fn subscribe(&self, subjects: &[String]) -> Result<Subscription> {
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        // What was there before is of earlier minutes; `$` instead would lose what comes between
        // two reads.
        let read = vec!["0".to_owned(); subjects.len()];
        Ok(Subscription { connection, subjects: subjects.to_vec(), read, waiting: VecDeque::new() })
    }
}

/// Messages of some streams.
pub(crate) struct Subscription {
    connection: MultiplexedConnection,
    subjects: Vec<String>,
    /// The last entry that was read of each.
    read: Vec<String>,
    /// Read, and not taken yet: at most what the streams hold.
    waiting: VecDeque<Vec<u8>>,
}

impl Subscription {
    pub(crate) async fn next(&mut self) -> Result<Vec<u8>> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Ok(message);
            }
            let options = StreamReadOptions::default().block(0);
            let reply: StreamReadReply =
                self.connection.xread_options(&self.subjects, &self.read, &options).await?;
            for stream in reply.keys {
                self.take(stream)?;
            }
        }
    }

    /// Takes in what was read of one stream.
    fn take(&mut self, stream: StreamKey) -> Result<()> {
        let StreamKey { key, ids } = stream;
        let index = self.subjects.iter().position(|subject| *subject == key);
        let index = index.ok_or("an answer is of a stream that was asked for")?;
        for mut entry in ids {
            let Some(Value::BulkString(payload)) = entry.map.remove(FIELD) else {
                return Err(format!("{key} has an entry without a message").into());
            };
            self.waiting.push_back(payload);
            self.read[index] = entry.id;
        }
        Ok(())
    }
}

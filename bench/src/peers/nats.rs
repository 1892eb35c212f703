//! NATS with its streams: a server that keeps them in files, and one connection to it.
//!
//! `sync_interval: always` makes the server sync each message before it acknowledges it; servers
//! before 2.10 do not know that, and sync once a minute. The directory of such a one is marked
//! synchronous instead, so that each of its writes is on the disk before it returns.

use std::{fs, path::Path};

use async_nats::jetstream::{
    self, Context,
    consumer::{
        DeliverPolicy,
        push::{Ordered, OrderedConfig},
    },
    stream::{Config, StorageType},
};
use futures_util::stream::{SelectAll, select_all};
use tokio::process::Command;
use tokio_stream::StreamExt as _;

use crate::{
    Result,
    peers::broker::{Broker, DECISIONS, MEDIANS, MESSAGES_MAX, ask, patiently, version},
    process::Process,
};

const PROGRAM: &str = "nats-server";

/// A stream for each kind of message, and what is in it.
const STREAMS: [(&str, &str); 3] =
    [("SIGNALS", "signals.*"), ("DECISIONS", DECISIONS), ("MEDIANS", MEDIANS)];

/// Starts a server, and creates its streams.
pub(crate) async fn serve(directory: &Path, port: u16) -> Result<Broker> {
    let version = version(&ask(PROGRAM, &["--version"]).await?, ": v")?;
    let store = directory.join("store");
    fs::create_dir(&store)?;
    let file = directory.join("nats.conf");
    let path = file.to_str().ok_or("a path in UTF-8")?;
    fs::write(&file, configuration(&store, port, "sync_interval: always"))?;
    let synced = if ask(PROGRAM, &["-c", path, "-t"]).await?.status.success() {
        "synced always"
    } else {
        fs::write(&file, configuration(&store, port, ""))?;
        let marked = Command::new("chattr").arg("+S").arg(&store).output().await;
        if marked.is_ok_and(|output| output.status.success()) {
            "directory synchronous"
        } else {
            "synced once a minute only"
        }
    };
    let mut command = Command::new(PROGRAM);
    command.args(["-c", path]);
    let (process, _) = Process::start(command)?;
    patiently(async || Bus::connect(port).await).await?.create_streams().await?;
    Ok(Broker { process, port, peer: format!("NATS JetStream {version}, {synced}") })
}

fn configuration(store: &Path, port: u16, sync: &str) -> String {
    let store = store.display();
    format!("listen: \"127.0.0.1:{port}\"\njetstream {{\n  store_dir: \"{store}\"\n  {sync}\n}}\n")
}

/// A connection.
pub(crate) struct Bus {
    context: Context,
}

impl Bus {
    pub(crate) async fn connect(port: u16) -> Result<Self> {
        let client = async_nats::connect(format!("127.0.0.1:{port}")).await?;
        Ok(Self { context: jetstream::new(client) })
    }

    async fn create_streams(&self) -> Result<()> {
        for (name, subject) in STREAMS {
            let config = Config {
                name: name.to_owned(),
                subjects: vec![subject.to_owned()],
                storage: StorageType::File,
                max_messages: MESSAGES_MAX.into(),
                ..Config::default()
            };
            self.context.create_stream(config).await?;
        }
        Ok(())
    }

    pub(crate) async fn publish(&self, subject: &str, payload: Vec<u8>) -> Result<()> {
        let acknowledged = self.context.publish(subject.to_owned(), payload.into()).await?;
        acknowledged.await?;
        Ok(())
    }

    /// An ordered consumer for each subject: the server pushes, and waits for no acknowledgement.
    pub(crate) async fn subscribe(&self, subjects: &[String]) -> Result<Subscription> {
        let mut consumers = Vec::new();
        for subject in subjects {
            let name = STREAMS.iter().find(|(_, holds)| subject_of(subject) == subject_of(holds));
            let (name, _) = name.ok_or_else(|| format!("no stream has `{subject}`"))?;
            let stream = self.context.get_stream(*name).await?;
            let config = OrderedConfig {
                deliver_subject: self.context.client().new_inbox(),
                deliver_policy: DeliverPolicy::New,
                filter_subject: subject.clone(),
                ..OrderedConfig::default()
            };
            consumers.push(stream.create_consumer(config).await?.messages().await?);
        }
        Ok(Subscription { messages: select_all(consumers) })
    }
}

/// The first token, which tells the streams apart.
fn subject_of(subject: &str) -> &str {
    subject.split('.').next().unwrap_or_default()
}

/// Messages of some subjects.
pub(crate) struct Subscription {
    messages: SelectAll<Ordered>,
}

impl Subscription {
    pub(crate) async fn next(&mut self) -> Result<Vec<u8>> {
        let message = self.messages.next().await.ok_or("the subscription has ended")??;
        Ok(message.payload.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::broker::signals;

    #[test]
    fn subjects_belong_to_the_stream_of_their_first_token() {
        assert_eq!(subject_of(&signals("g0")), subject_of(STREAMS[0].1));
        assert_eq!(subject_of(DECISIONS), subject_of(STREAMS[1].1));
    }

    #[test]
    fn a_configuration_keeps_its_store_where_it_is_told() {
        let written = configuration(Path::new("store"), 4_222, "sync_interval: always");
        assert_eq!(
            written,
            "listen: \"127.0.0.1:4222\"\njetstream {\n  store_dir: \"store\"\n  sync_interval: always\n}\n"
        );
    }
}

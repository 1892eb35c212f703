//! A message bus: what the roles say over it, and one face for either kind.

use std::path::Path;

use chassis::grid::Timestamp;
use clap::ValueEnum;
use tokio::net::TcpListener;

use crate::{
    Result,
    peers::{
        broker::{Broker, patiently},
        nats, redis,
    },
};

/// Bytes of a message before its name.
const FIXED: usize = 24;

/// A signal, a decision or a median.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// Start of its minute.
    pub(crate) minute: Timestamp,
    pub(crate) value: f64,
    pub(crate) produced_at: Timestamp,
    /// Whose it is.
    pub(crate) name: String,
}

impl Message {
    /// Three numbers of eight bytes, and the name.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FIXED + self.name.len());
        bytes.extend(self.minute.as_micros().to_le_bytes());
        bytes.extend(self.value.to_le_bytes());
        bytes.extend(self.produced_at.as_micros().to_le_bytes());
        bytes.extend(self.name.as_bytes());
        bytes
    }

    /// The reverse.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let (numbers, rest) = bytes.as_chunks::<8>();
        let [minute, value, produced_at, ..] = numbers else {
            return Err(format!("a message of {} bytes", bytes.len()).into());
        };
        debug_assert!(rest.len() < 8, "whole numbers come first");
        Ok(Self {
            minute: Timestamp::from_micros(i64::from_le_bytes(*minute)),
            value: f64::from_le_bytes(*value),
            produced_at: Timestamp::from_micros(i64::from_le_bytes(*produced_at)),
            name: String::from_utf8(bytes[FIXED..].to_vec())?,
        })
    }
}

/// Which bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Over {
    /// The streams of NATS.
    Nats,
    /// Redis streams.
    Redis,
}

impl Over {
    /// What it is called on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nats => "nats",
            Self::Redis => "redis",
        }
    }

    /// Starts a server with its files in `directory`, and everything synchronous that it can do.
    pub(crate) async fn serve(self, directory: &Path) -> Result<Broker> {
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        match self {
            Self::Nats => nats::serve(directory, port).await,
            Self::Redis => redis::serve(directory, port).await,
        }
    }
}

/// A connection to a server.
pub(crate) enum Bus {
    Nats(nats::Bus),
    Redis(redis::Bus),
}

impl Bus {
    /// Connects, as soon as the server takes connections.
    pub(crate) async fn connect(over: Over, port: u16) -> Result<Self> {
        match over {
            Over::Nats => patiently(async || nats::Bus::connect(port).await).await.map(Self::Nats),
            Over::Redis => {
                patiently(async || redis::Bus::connect(port).await).await.map(Self::Redis)
            }
        }
    }

    /// Returns once the server says that it keeps the message.
    pub(crate) async fn publish(&mut self, subject: &str, message: &Message) -> Result<()> {
        match self {
            Self::Nats(bus) => bus.publish(subject, message.encode()).await,
            Self::Redis(bus) => bus.publish(subject, message.encode()).await,
        }
    }

    /// What is published under these subjects from here on.
    pub(crate) async fn subscribe(&self, subjects: &[String]) -> Result<Subscription> {
        assert!(!subjects.is_empty(), "a subscription has subjects");
        match self {
            Self::Nats(bus) => bus.subscribe(subjects).await.map(Subscription::Nats),
            Self::Redis(bus) => bus.subscribe(subjects).await.map(Subscription::Redis),
        }
    }
}

/// What is published under some subjects.
pub(crate) enum Subscription {
    Nats(nats::Subscription),
    Redis(redis::Subscription),
}

impl Subscription {
    /// The next message.
    pub(crate) async fn next(&mut self) -> Result<Message> {
        let bytes = match self {
            Self::Nats(subscription) => subscription.next().await?,
            Self::Redis(subscription) => subscription.next().await?,
        };
        Message::decode(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let message = Message {
            minute: Timestamp::from_micros(1_795_176_000_000_000),
            value: -0.25,
            produced_at: Timestamp::from_micros(1_795_176_000_001_234),
            name: "a strategy, ü".to_owned(),
        };
        assert_eq!(Message::decode(&message.encode()).unwrap(), message);
        let unnamed = Message { name: String::new(), ..message };
        assert_eq!(Message::decode(&unnamed.encode()).unwrap(), unnamed);
    }

    #[test]
    fn half_a_message_is_an_error() {
        assert!(Message::decode(&[0; FIXED - 1]).is_err());
        assert!(Message::decode(&[255; FIXED + 1]).is_err(), "a name is UTF-8");
    }
}

//! A conversation with a client of Coinbase's Advanced Trade. Pure: requests and events in, messages
//! out.

mod format;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    mem,
    time::Duration,
};

use chassis::grid::Timestamp;
use serde_json::Value;

use crate::{
    bar::Bar,
    market::{Trade, keep},
    message::{Event, Opening, Say, Second},
};

/// The length of the bars that the venue calls candles.
pub(crate) const CANDLE: Duration = Duration::from_mins(5);

/// How many trades a snapshot has at most.
pub(crate) const SNAPSHOT_MAX: usize = 100;

/// How many trades of the last quarter of a second are told at most, the latest; more than
/// [`crate::RATE_MAX`] makes in that time.
const BATCH_MAX: usize = 10_000;

/// How long a client may take to subscribe to something.
const PATIENCE: Duration = Duration::from_secs(5);

/// The WebSocket code for whoever breaks the rules of a server.
const POLICY: u16 = 1008;

const CHANNELS: [&str; 3] =
    [Channel::Candles.name(), Channel::Heartbeats.name(), Channel::Trades.name()];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Channel {
    Candles,
    Heartbeats,
    Trades,
}

impl Channel {
    const fn name(self) -> &'static str {
        match self {
            Self::Candles => "candles",
            Self::Heartbeats => "heartbeats",
            Self::Trades => "market_trades",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Candles, Self::Heartbeats, Self::Trades].into_iter().find(|one| one.name() == name)
    }
}

/// What the exchange knows of a client.
#[derive(Debug)]
pub(crate) struct Session {
    product: String,
    opened: Timestamp,
    /// Whether the client has ever subscribed to anything.
    greeted: bool,
    channels: BTreeSet<Channel>,
    /// How many messages there have been.
    sequence: u64,
    /// The last trades, oldest first.
    recent: VecDeque<Trade>,
    /// The trades that the next update has, oldest first.
    batch: VecDeque<Trade>,
    /// The candle that goes on, as far as it has been told.
    candle: Option<Bar>,
}

impl Session {
    /// By the path of the client's request: `/`.
    pub(crate) fn open(target: &str, product: &str, opening: &Opening) -> Option<Self> {
        let path = target.split('?').next().unwrap_or_default();
        (path == "/").then(|| Self {
            product: product.to_owned(),
            opened: opening.at,
            greeted: false,
            channels: BTreeSet::new(),
            sequence: 0,
            recent: opening.recent.iter().copied().collect(),
            batch: VecDeque::new(),
            candle: opening.bars.iter().find(|bar| bar.length == CANDLE).copied(),
        })
    }

    /// The answer to a request.
    pub(crate) fn hear(&mut self, text: &str, at: Timestamp) -> Vec<Say> {
        let request = serde_json::from_str(text).unwrap_or_default();
        match self.perform(&request, at) {
            Ok(said) => said,
            Err(refusal) => vec![Say::Text(format::refusal(&refusal).to_string())],
        }
    }

    fn perform(&mut self, request: &Value, at: Timestamp) -> Result<Vec<Say>, String> {
        let word = |key| request.get(key).and_then(Value::as_str);
        let name = word("channel").ok_or("channel is required")?;
        let channel = Channel::named(name)
            .ok_or_else(|| format!("{name} is not one of the channels {CHANNELS:?}"))?;
        match word("type") {
            Some("subscribe") => {
                self.check(channel, request)?;
                self.greeted = true;
                let is_new = self.channels.insert(channel);
                let mut said = vec![self.subscriptions(at)];
                said.extend(if is_new { self.snapshot(channel, at) } else { None });
                Ok(said)
            }
            Some("unsubscribe") => {
                self.channels.remove(&channel);
                Ok(vec![self.subscriptions(at)])
            }
            Some(_) | None => Err("type is neither subscribe nor unsubscribe".to_owned()),
        }
    }

    /// Heartbeats are of no product; the rest is of the one that there is.
    fn check(&self, channel: Channel, request: &Value) -> Result<(), String> {
        let products = request.get("product_ids").and_then(Value::as_array);
        let products: Vec<&str> =
            products.into_iter().flatten().filter_map(Value::as_str).collect();
        match products.iter().find(|product| **product != self.product) {
            Some(other) => Err(format!("{other} is not a valid product")),
            None if products.is_empty() && channel != Channel::Heartbeats => {
                Err("product_ids is required".to_owned())
            }
            None => Ok(()),
        }
    }

    fn subscriptions(&mut self, at: Timestamp) -> Say {
        let product = self.product.clone();
        let products = |channel: &Channel| match channel {
            Channel::Heartbeats => (channel.name(), vec![channel.name()]),
            Channel::Candles | Channel::Trades => (channel.name(), vec![&*product]),
        };
        let products: BTreeMap<&str, Vec<&str>> = self.channels.iter().map(products).collect();
        let event = format::subscriptions(&products);
        Say::Text(self.message("subscriptions", at, &event))
    }

    fn snapshot(&mut self, channel: Channel, at: Timestamp) -> Option<Say> {
        match channel {
            Channel::Candles => {
                let bars = self.candle.iter().filter(|bar| bar.trades > 0);
                let event = format::candles("snapshot", &self.product, bars);
                Some(Say::Text(self.message(channel.name(), at, &event)))
            }
            Channel::Heartbeats => None,
            Channel::Trades => {
                // What the snapshot has, no update has.
                self.batch.clear();
                let newest_first = self.recent.iter().rev();
                let event = format::trades("snapshot", &self.product, newest_first);
                Some(Say::Trades(self.message(channel.name(), at, &event)))
            }
        }
    }

    /// What is said of what happens.
    pub(crate) fn tell(&mut self, event: &Event) -> Vec<Say> {
        match event {
            Event::Trade(trade) => {
                keep(&mut self.recent, *trade, SNAPSHOT_MAX);
                keep(&mut self.batch, *trade, BATCH_MAX);
                Vec::new()
            }
            Event::Quarter(at) => self.quarter(*at),
            Event::Second(second) => self.second(second),
            Event::Mischief(_) => Vec::new(),
        }
    }

    fn quarter(&mut self, at: Timestamp) -> Vec<Say> {
        let batch = mem::take(&mut self.batch);
        if !self.greeted && at.since(self.opened) >= PATIENCE {
            return vec![Say::Close(POLICY, "no subscription within 5 seconds")];
        }
        if batch.is_empty() || !self.channels.contains(&Channel::Trades) {
            return Vec::new();
        }
        let event = format::trades("update", &self.product, batch.iter().rev());
        vec![Say::Trades(self.message(Channel::Trades.name(), at, &event))]
    }

    fn second(&mut self, second: &Second) -> Vec<Say> {
        let told = self.candle;
        let bars = second.open.iter().chain(&second.closed).filter(|bar| bar.length == CANDLE);
        let traded: Vec<Bar> =
            bars.filter(|bar| bar.trades > 0 && Some(**bar) != told).copied().collect();
        self.candle = second.open.iter().find(|bar| bar.length == CANDLE).copied();
        let mut said = Vec::new();
        if self.channels.contains(&Channel::Heartbeats) {
            let event = format::heartbeat(second);
            said.push(Say::Text(self.message(Channel::Heartbeats.name(), second.at, &event)));
        }
        if self.channels.contains(&Channel::Candles) && !traded.is_empty() {
            let event = format::candles("update", &self.product, traded.iter());
            said.push(Say::Text(self.message(Channel::Candles.name(), second.at, &event)));
        }
        said
    }

    /// A message with the next number.
    fn message(&mut self, channel: &str, at: Timestamp, event: &Value) -> String {
        let sequence = self.sequence;
        self.sequence += 1;
        format::message(channel, at, sequence, event).to_string()
    }
}

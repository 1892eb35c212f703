//! A conversation with a client of Binance's spot market. Pure: requests and events in, messages out.

mod format;

use std::collections::BTreeSet;

pub(crate) use format::INTERVALS;
use serde_json::{Value, json};

use crate::{
    bar::Bar,
    message::{Event, Say, Second},
};

/// Seconds between the pings.
const PING_SECONDS: u64 = 20;

/// Streams of one connection, as at the venue.
const STREAMS_MAX: usize = 1024;

/// What the documentation calls a request that makes no sense.
const INVALID_REQUEST: u8 = 2;

/// What it calls a text that is no JSON.
const INVALID_JSON: u8 = 3;

const METHODS: &str = "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`";

/// What the exchange knows of a client.
#[derive(Debug)]
pub(crate) struct Session {
    symbol: String,
    streams: BTreeSet<String>,
    /// Whether messages say of which stream they are.
    combined: bool,
    seconds: u64,
}

impl Session {
    /// By the path and query of the client's request: `/ws`, `/ws/STREAM` or `/stream?streams=A/B`.
    pub(crate) fn open(target: &str, symbol: &str) -> Option<Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("streams="));
        let (combined, streams) = match path.trim_end_matches('/') {
            "/ws" => (false, ""),
            "/stream" => (true, asked.unwrap_or_default()),
            path => (false, path.strip_prefix("/ws/")?),
        };
        let streams = streams.split('/').filter(|stream| !stream.is_empty());
        let streams: BTreeSet<String> = streams.map(str::to_owned).collect();
        let within = streams.len() <= STREAMS_MAX;
        within.then(|| Self { symbol: symbol.to_owned(), streams, combined, seconds: 0 })
    }

    /// The answer to a request.
    pub(crate) fn hear(&mut self, text: &str) -> Vec<Say> {
        let answer = match serde_json::from_str::<Value>(text) {
            Ok(request) => self.answer(&request),
            Err(error) => {
                format::refusal(INVALID_JSON, &format!("Invalid JSON: {error}"), &Value::Null)
            }
        };
        vec![Say::Text(answer.to_string())]
    }

    fn answer(&mut self, request: &Value) -> Value {
        let id = request.get("id").cloned().unwrap_or_default();
        match self.perform(request, &id) {
            Ok(result) => format::answer(&result, &id),
            Err(what) => format::refusal(INVALID_REQUEST, &format!("Invalid request: {what}"), &id),
        }
    }

    /// As at the venue, streams that do not exist are subscribed to, and nothing comes of them.
    fn perform(&mut self, request: &Value, id: &Value) -> Result<Value, String> {
        if !id.is_u64() {
            return Err("request ID must be an unsigned integer".to_owned());
        }
        let method = request.get("method").ok_or("missing field `method`")?;
        let method = method.as_str().ok_or("method must be a string")?;
        match method {
            "SUBSCRIBE" => {
                let asked = params(request)?;
                if self.streams.len() + asked.len() > STREAMS_MAX {
                    return Err("too many parameters".to_owned());
                }
                self.streams.extend(asked);
                Ok(Value::Null)
            }
            "UNSUBSCRIBE" => {
                let asked = params(request)?;
                self.streams.retain(|stream| !asked.contains(stream));
                Ok(Value::Null)
            }
            "LIST_SUBSCRIPTIONS" => Ok(json!(self.streams)),
            other => Err(format!("unknown variant `{other}`, expected one of {METHODS}")),
        }
    }

    /// What is said of what happens.
    pub(crate) fn tell(&mut self, event: &Event) -> Vec<Say> {
        match event {
            Event::Trade(trade) => {
                let say = || format::trade(&self.symbol, trade);
                self.text("trade", say).map(Say::Trades).into_iter().collect()
            }
            Event::Second(second) => self.second(second),
            Event::Quarter(_) | Event::Mischief(_) => Vec::new(),
        }
    }

    fn second(&mut self, second: &Second) -> Vec<Say> {
        self.seconds += 1;
        let mut said = Vec::new();
        for (interval, length) in INTERVALS {
            let is_it = |bar: &&Bar| bar.length == length;
            let closed = second.closed.iter().find(is_it);
            // A bar that ends makes room for the next one, which is told of a second later.
            let Some(bar) = closed.or_else(|| second.open.iter().find(is_it)) else { continue };
            let (at, closed) = (second.at, closed.is_some());
            let say = || format::kline(&self.symbol, interval, bar, at, closed);
            said.extend(self.text(&format!("kline_{interval}"), say).map(Say::Text));
        }
        if self.seconds.is_multiple_of(PING_SECONDS) {
            said.push(Say::Ping);
        }
        said
    }

    /// A message of one of the symbol's streams, if the client is subscribed to it.
    fn text(&self, kind: &str, data: impl FnOnce() -> Value) -> Option<String> {
        let stream = format!("{}@{kind}", self.symbol.to_lowercase());
        self.streams.contains(&stream).then(|| {
            let data = data();
            let message = if self.combined { format::combined(&stream, &data) } else { data };
            message.to_string()
        })
    }
}

fn params(request: &Value) -> Result<Vec<String>, String> {
    let params = request.get("params").ok_or("missing field `params`")?;
    let params = params.as_array().ok_or("params must be an array")?;
    let name = |param: &Value| param.as_str().map(str::to_owned);
    let names: Option<Vec<String>> = params.iter().map(name).collect();
    names.ok_or_else(|| "params must be strings".to_owned())
}

//! An exchange on a loopback socket, and clients of it, in time that the test owns.

use std::{net::SocketAddr, time::Duration};

use chassis::clock::Clock;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpSocket, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message},
};
use tokio_util::sync::CancellationToken;

use super::samples::at;
use crate::{Config, Mischief, ORDERS_MAX, Order, Trade, Venue, serve};

/// Nothing here takes longer, in the time of the test.
const PATIENCE: Duration = Duration::from_mins(5);

/// What the system keeps for a socket that is not read.
const BUFFER_BYTES: u32 = 16 * 1024;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 16;

/// An exchange that runs until this is dropped.
pub(super) struct World {
    address: SocketAddr,
    orders: mpsc::Sender<Order>,
    pub(super) stop: CancellationToken,
    pub(super) tasks: JoinSet<()>,
}

impl World {
    pub(super) fn new(venue: Venue) -> Self {
        Self::with(Config::of(venue))
    }

    pub(super) fn with(config: Config) -> Self {
        let listener = socket();
        listener.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = listener.listen(BACKLOG).unwrap();
        let address = listener.local_addr().unwrap();
        let (orders, taken) = mpsc::channel(ORDERS_MAX);
        let stop = CancellationToken::new();
        let clock = Clock::starting_at(at("2026-11-20T11:59:58.1Z"));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, config, clock, taken, stop.clone()));
        Self { address, orders, stop, tasks }
    }

    /// A client that has asked for `target`.
    pub(super) async fn try_client(&self, target: &str) -> Result<Client, Error> {
        let stream = socket().connect(self.address).await?;
        let request = format!("ws://{}{target}", self.address);
        let connecting = client_async(request, stream);
        let (socket, _) = timeout(PATIENCE, connecting).await.unwrap()?;
        Ok(Client(socket))
    }

    /// A client of Binance's trades and klines of a minute.
    pub(super) async fn binance(&self) -> Client {
        let mut client = self.try_client("/ws").await.unwrap();
        let params = ["btcusdt@trade", "btcusdt@kline_1m"];
        client.say(&json!({ "method": "SUBSCRIBE", "params": params, "id": 1 })).await;
        assert_eq!(client.json().await, json!({ "result": null, "id": 1 }));
        client
    }

    /// A client of one of Coinbase's channels.
    pub(super) async fn coinbase(&self, channel: &str) -> Client {
        let mut client = self.try_client("/").await.unwrap();
        let products = ["BTC-USD"];
        client
            .say(&json!({ "type": "subscribe", "product_ids": products, "channel": channel }))
            .await;
        assert_eq!(client.json().await["channel"], "subscriptions");
        client
    }

    pub(super) async fn order(&self, mischief: Mischief) {
        self.orders.send(Order::Mischief(mischief)).await.unwrap();
    }

    pub(super) async fn tape(&self) -> Vec<Trade> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Tape(reply)).await.unwrap();
        answer.await.unwrap()
    }
}

/// A socket with small buffers, so that whoever does not read is noticed soon.
fn socket() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(BUFFER_BYTES).unwrap();
    socket.set_recv_buffer_size(BUFFER_BYTES).unwrap();
    socket
}

pub(super) struct Client(WebSocketStream<TcpStream>);

impl Client {
    pub(super) async fn say(&mut self, request: &Value) {
        self.0.send(Message::text(request.to_string())).await.unwrap();
    }

    pub(super) async fn ping(&mut self) {
        self.0.send(Message::Ping(Vec::new().into())).await.unwrap();
    }

    /// The next message, none at the end.
    pub(super) async fn next(&mut self) -> Option<Result<Message, Error>> {
        timeout(PATIENCE, self.0.next()).await.expect("a message in time")
    }

    /// The bytes that come until the end, frames and all.
    pub(super) async fn bytes(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let reading = self.0.get_mut().read_to_end(&mut bytes);
        timeout(PATIENCE, reading).await.expect("an end in time").unwrap();
        bytes
    }

    /// Whether nothing comes for this long.
    pub(super) async fn hears_nothing(&mut self, length: Duration) -> bool {
        timeout(length, self.0.next()).await.is_err()
    }

    /// The next text.
    pub(super) async fn text(&mut self) -> String {
        loop {
            match self.next().await {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?} is no text"),
            }
        }
    }

    pub(super) async fn json(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// The id of Binance's next trade.
    pub(super) async fn trade_id(&mut self) -> u64 {
        loop {
            let message = self.json().await;
            if message["e"] == "trade" {
                return message["t"].as_u64().unwrap();
            }
        }
    }

    /// The ids of Binance's next trades.
    pub(super) async fn trade_ids<const COUNT: usize>(&mut self) -> [u64; COUNT] {
        let mut ids = [0; COUNT];
        for id in &mut ids {
            *id = self.trade_id().await;
        }
        ids
    }

    /// The ids of Coinbase's next message with trades, in its order, and its number.
    pub(super) async fn batch(&mut self) -> (Vec<u64>, u64) {
        loop {
            let message = self.json().await;
            if message["channel"] == "market_trades" {
                let trades = message["events"][0]["trades"].as_array().unwrap();
                let id = |trade: &Value| trade["trade_id"].as_str().unwrap().parse().unwrap();
                return (
                    trades.iter().map(id).collect(),
                    message["sequence_num"].as_u64().unwrap(),
                );
            }
        }
    }
}

//! An exchange on a free port of this machine, in this process, which ends when it is dropped.

use std::io;

use chassis::clock::Clock;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    floor::Config,
    market::Trade,
    mischief::Mischief,
    server::{ORDERS_MAX, Order, serve},
};

/// A running exchange.
#[derive(Debug)]
pub struct Local {
    /// Where it is reached.
    pub endpoint: String,
    orders: mpsc::Sender<Order>,
    _serving: JoinSet<()>,
}

impl Local {
    /// Starts one by the machine's clock.
    pub async fn start(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("ws://{}{}", listener.local_addr()?, config.venue.path());
        let (orders, taken) = mpsc::channel(ORDERS_MAX);
        let mut serving = JoinSet::new();
        let never = CancellationToken::new();
        serving.spawn(serve(listener, config, Clock::system(), taken, never));
        Ok(Self { endpoint, orders, _serving: serving })
    }

    /// Lets it misbehave, or stop doing so.
    ///
    /// # Panics
    ///
    /// If it has ended, which is a bug of it.
    pub async fn order(&self, mischief: Mischief) {
        self.give(Order::Mischief(mischief)).await;
    }

    /// All trades that happened, sent or not, as [`Order::Tape`] has them.
    ///
    /// # Panics
    ///
    /// As [`Local::order`].
    pub async fn tape(&self) -> Vec<Trade> {
        let (reply, tape) = oneshot::channel();
        self.give(Order::Tape(reply)).await;
        tape.await.expect("it answers while it runs")
    }

    async fn give(&self, order: Order) {
        self.orders.send(order).await.expect("it runs until it is dropped");
    }
}

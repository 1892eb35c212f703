//! The exchange as a server: one loop that owns the floor, accepts connections, and tells them what
//! happens.

use std::{io, net::SocketAddr, panic};

use chassis::clock::Clock;
use tokio::{
    net::{TcpListener, TcpStream},
    select,
    sync::{broadcast, mpsc, oneshot},
    task::{JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::{
    connection::Connection,
    floor::{Config, Floor},
    market::Trade,
    message::Event,
    mischief::Mischief,
};

/// How many orders may wait; whoever gives another one waits too.
pub const ORDERS_MAX: usize = 64;

/// How many events a connection may be behind before it ends: four seconds of them at the highest
/// rate.
const EVENTS_MAX: usize = 4_096;

/// Connections at a time; further ones are closed at once. Tests and trials need a handful.
const CONNECTIONS_MAX: usize = 256;

/// Something to do at once, in the order in which it was asked for.
#[derive(Debug)]
pub enum Order {
    /// Misbehave, or stop doing so.
    Mischief(Mischief),
    /// Answer with all the trades that happened, sent or not, oldest first; when there are more than
    /// 100 000, the last of them.
    Tape(oneshot::Sender<Vec<Trade>>),
}

/// Is an exchange until `stop`. Connections then end without a close frame.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    clock: Clock,
    mut orders: mpsc::Receiver<Order>,
    stop: CancellationToken,
) {
    let mut exchange = Exchange::new(config, clock);
    loop {
        let deadline = exchange.floor.next_deadline(clock.now());
        select! {
            biased;
            () = stop.cancelled() => break,
            Some(order) = orders.recv() => exchange.obey(order),
            () = clock.nap_towards(deadline) => exchange.pass(),
            Some(ended) = exchange.connections.join_next() => propagate(ended),
            accepted = listener.accept() => exchange.accept(accepted),
        }
    }
    exchange.connections.shutdown().await;
}

struct Exchange {
    config: Config,
    clock: Clock,
    floor: Floor,
    events: broadcast::Sender<Event>,
    connections: JoinSet<()>,
}

impl Exchange {
    fn new(config: Config, clock: Clock) -> Self {
        let floor = Floor::new(&config, clock.now());
        let (events, _) = broadcast::channel(EVENTS_MAX);
        Self { config, clock, floor, events, connections: JoinSet::new() }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Mischief(mischief) => {
                self.floor.obey(mischief, self.clock.now());
                self.tell(Event::Mischief(mischief));
            }
            Order::Tape(reply) => {
                // Whoever asked may have left.
                let _left = reply.send(self.floor.tape());
            }
        }
    }

    fn pass(&mut self) {
        for event in self.floor.pass(self.clock.now()) {
            self.tell(event);
        }
    }

    fn tell(&self, event: Event) {
        // An error says that there are no connections.
        let _nobody = self.events.send(event);
    }

    fn accept(&mut self, accepted: io::Result<(TcpStream, SocketAddr)>) {
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // One that a client gave up meanwhile; whatever else it is would come again at once.
            Err(error) if is_of_one(&error) => return debug!("a connection is gone: {error}"),
            Err(error) => panic!("cannot accept connections: {error}"),
        };
        if self.floor.refusing() || self.connections.len() >= CONNECTIONS_MAX {
            return debug!(%peer, "refused");
        }
        let connection = Connection {
            venue: self.config.venue,
            symbol: self.config.symbol.clone(),
            clock: self.clock,
            opening: self.floor.opening(self.clock.wall()),
            events: self.events.subscribe(),
        };
        self.connections.spawn(connection.run(stream, peer));
    }
}

fn is_of_one(error: &io::Error) -> bool {
    [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset].contains(&error.kind())
}

/// A connection that panics ends the exchange: it is a bug of ours, and tests must see it.
fn propagate(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(panicked) = error.try_into_panic()
    {
        panic::resume_unwind(panicked);
    }
}

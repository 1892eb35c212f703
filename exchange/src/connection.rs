//! A connection: the WebSocket around a conversation, and the mischief that is done to it.

use std::{net::SocketAddr, time::Duration};

use chassis::clock::Clock;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    select,
    sync::broadcast::{self, error::RecvError},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        self, Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
        protocol::{CloseFrame, WebSocketConfig},
    },
};
use tracing::debug;

use crate::{
    distortion::Distortion,
    message::{Event, Opening, Say},
    mischief::Mischief,
    venue::{Session, Venue},
};

/// How long a client may take for a step: its handshake, reading what is sent, saying goodbye.
const STEP_MAX: Duration = Duration::from_secs(5);

/// What a client may send in one message: a request with the most streams, with room to spare.
const REQUEST_BYTES_MAX: usize = 128 * 1024;

/// The WebSocket code of a server that goes away.
const GOING_AWAY: u16 = 1001;

/// What [`Mischief::Garbage`] sends.
const GARBAGE: &str = "{\"this\": is no JSON";

/// What [`Mischief::HalfFrame`] sends half of: the header of a text frame of 16 bytes, and 8 of them.
const HALF_FRAME: &[u8] = b"\x81\x10{\"e\":\"tr";

/// What a connection is made of.
pub(crate) struct Connection {
    pub(crate) venue: Venue,
    pub(crate) symbol: String,
    pub(crate) clock: Clock,
    pub(crate) opening: Opening,
    pub(crate) events: broadcast::Receiver<Event>,
}

/// Why a connection has ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("it was ordered")]
    Ordered,
    #[error("the exchange closed it: {0}")]
    Closed(&'static str),
    #[error("the client left")]
    Left,
    #[error("the client fell {0} events behind")]
    Behind(u64),
    #[error("the client took more than 5 s")]
    Slow,
    #[error("{0}")]
    Broken(Box<tungstenite::Error>),
}

impl From<tungstenite::Error> for End {
    fn from(error: tungstenite::Error) -> Self {
        Self::Broken(Box::new(error))
    }
}

impl Connection {
    /// Serves a client to its end.
    pub(crate) async fn run(self, stream: TcpStream, peer: SocketAddr) {
        debug!(%peer, "connected");
        let end = match self.open(stream).await {
            Ok(mut link) => link.talk().await,
            Err(end) => end,
        };
        debug!(%peer, "disconnected: {end}");
    }

    async fn open(self, stream: TcpStream) -> Result<Link, End> {
        let Self { venue, symbol, clock, opening, events } = self;
        // Only a matter of latency.
        let _delayed = stream.set_nodelay(true);
        let mut session = None;
        let config = WebSocketConfig::default()
            .max_message_size(Some(REQUEST_BYTES_MAX))
            .max_frame_size(Some(REQUEST_BYTES_MAX));
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let find = |request: &Request, response: Response| {
            let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
            session = Session::open(venue, &symbol, target, &opening);
            if session.is_some() { Ok(response) } else { Err(not_found()) }
        };
        let accepting = accept_hdr_async_with_config(stream, find, Some(config));
        let socket = timeout(STEP_MAX, accepting).await.map_err(|_| End::Slow)??;
        let session = session.expect("whoever asks for anything else is turned away");
        let distortion = Distortion::new(opening.muted);
        Ok(Link { socket, session, distortion, events, clock })
    }
}

fn not_found() -> ErrorResponse {
    let mut response = ErrorResponse::new(None);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// A connection whose client has been let in.
struct Link {
    socket: WebSocketStream<TcpStream>,
    session: Session,
    distortion: Distortion,
    events: broadcast::Receiver<Event>,
    clock: Clock,
}

impl Link {
    async fn talk(&mut self) -> End {
        loop {
            if let Err(end) = self.step().await {
                return end;
            }
        }
    }

    /// While it is muted it does not listen either, so that no pong is sent.
    async fn step(&mut self) -> Result<(), End> {
        let said = select! {
            biased;
            event = self.events.recv() => match event {
                Ok(Event::Mischief(mischief)) => self.obey(mischief).await?,
                Ok(event) => self.session.tell(&event),
                Err(RecvError::Lagged(count)) => return Err(End::Behind(count)),
                Err(RecvError::Closed) => return Err(End::Ordered),
            },
            heard = self.socket.next(), if !self.distortion.muted() => match heard {
                Some(Ok(message)) => self.hear(&message).await?,
                Some(Err(error)) => return Err(error.into()),
                None => return Err(End::Left),
            },
        };
        for say in said {
            for say in self.distortion.pass(say) {
                self.send(say).await?;
            }
        }
        Ok(())
    }

    async fn hear(&mut self, message: &Message) -> Result<Vec<Say>, End> {
        match message {
            Message::Text(text) => Ok(self.session.hear(text, self.clock.wall())),
            Message::Close(_) => {
                self.part().await;
                Err(End::Left)
            }
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {
                Ok(Vec::new())
            }
        }
    }

    /// Does what there is to do here of a mischief; the rest is the floor's.
    async fn obey(&mut self, mischief: Mischief) -> Result<Vec<Say>, End> {
        match mischief {
            Mischief::Mute => self.distortion.mute(true),
            Mischief::Speak => self.distortion.mute(false),
            Mischief::Repeat(count) => self.distortion.repeat(count),
            Mischief::Swap => self.distortion.swap(),
            Mischief::Garbage => return Ok(vec![Say::Text(GARBAGE.to_owned())]),
            Mischief::HalfFrame => {
                let sending = self.socket.get_mut().write_all(HALF_FRAME);
                let sent = timeout(STEP_MAX, sending).await.map_err(|_| End::Slow)?;
                sent.map_err(tungstenite::Error::from)?;
                return Err(End::Ordered);
            }
            Mischief::Drop => return Err(End::Ordered),
            Mischief::Close => self.send(Say::Close(GOING_AWAY, "going away")).await?,
            Mischief::Skip(_)
            | Mischief::Refuse
            | Mischief::Accept
            | Mischief::Pause
            | Mischief::Resume => {}
        }
        Ok(Vec::new())
    }

    async fn send(&mut self, say: Say) -> Result<(), End> {
        let message = match say {
            Say::Text(text) | Say::Trades(text) => Message::text(text),
            Say::Ping => Message::Ping(Vec::new().into()),
            Say::Close(code, reason) => {
                let frame = CloseFrame { code: code.into(), reason: reason.into() };
                let closing = timeout(STEP_MAX, self.socket.close(Some(frame)));
                closing.await.map_err(|_| End::Slow)??;
                self.part().await;
                return Err(End::Closed(reason));
            }
        };
        let sending = timeout(STEP_MAX, self.socket.send(message));
        Ok(sending.await.map_err(|_| End::Slow)??)
    }

    /// Waits for the client to close its side: a connection that ends with unread bytes is reset,
    /// and a reset may overtake the close frame.
    async fn part(&mut self) {
        let parting = async { while let Some(Ok(_)) = self.socket.next().await {} };
        let _in_time = timeout(STEP_MAX, parting).await;
    }
}

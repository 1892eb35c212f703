//! The session's stream, from its opening to its end.

use std::{fmt, future::pending, time::Duration};

use futures_util::future::{FutureExt as _, LocalBoxFuture};
use proto::v1::{RegisterResponse, SessionNotice, register_response::Event};
use tokio::time::sleep;
use tonic::{Status, Streaming};
use tracing::debug;

use super::Trader;
use crate::{
    refusal::Refusal,
    session::{Notice, Registered},
    submission::Hold,
};

/// What is heard of a session.
#[derive(Debug)]
pub(crate) enum Heard {
    /// It is open.
    Registered(Box<Registered>),
    /// The trader says something.
    Noticed(Notice),
    /// It could not be opened, or has ended. Nothing comes after it.
    Lost(Refusal),
}

/// A session with the trader. Dropping it ends it.
pub(crate) enum Link {
    /// There is none, and nothing is heard.
    Closed,
    /// It is being opened.
    Opening(LocalBoxFuture<'static, Result<(Registered, Streaming<RegisterResponse>), Status>>),
    /// It is open.
    Open(Box<Streaming<RegisterResponse>>),
}

impl Link {
    /// Opens a session after a pause.
    pub(crate) fn open(trader: Trader, hold: Option<Hold>, pause: Duration) -> Self {
        let opening = async move {
            sleep(pause).await;
            trader.register(hold).await
        };
        Self::Opening(opening.boxed_local())
    }

    /// What comes next. Nothing is lost when this is cancelled.
    pub(crate) async fn next(&mut self) -> Heard {
        let lost = match self {
            Self::Closed => pending().await,
            Self::Opening(opening) => match opening.await {
                Ok((registered, stream)) => {
                    *self = Self::Open(Box::new(stream));
                    return Heard::Registered(Box::new(registered));
                }
                Err(status) => status,
            },
            Self::Open(stream) => match listen(stream).await {
                Ok(notice) => return Heard::Noticed(notice),
                Err(status) => status,
            },
        };
        *self = Self::Closed;
        Heard::Lost(Refusal::read(&lost, None))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "Closed",
            Self::Opening(_) => "Opening",
            Self::Open(_) => "Open",
        })
    }
}

/// The next notice; what a later version may say is passed over.
async fn listen(stream: &mut Streaming<RegisterResponse>) -> Result<Notice, Status> {
    loop {
        let message = stream.message().await?;
        let message = message.ok_or_else(|| Status::unavailable("the session has ended"))?;
        let Some(Event::Notice(number)) = message.event else {
            debug!(?message, "not a notice");
            continue;
        };
        match SessionNotice::try_from(number) {
            Ok(SessionNotice::Fenced) => return Ok(Notice::Fenced),
            Ok(SessionNotice::Deregistered) => return Ok(Notice::Deregistered),
            Ok(SessionNotice::Stopping) => return Ok(Notice::Stopping),
            Ok(SessionNotice::Unspecified) | Err(_) => debug!(number, "an unknown notice"),
        }
    }
}

//! A subscription that outlives its links: `Connected`, items, `Lost`, and again for ever.

use std::time::Duration;

use rand::Rng;
use tokio::time::timeout;
use tonic::{Status, Streaming};

use crate::backoff::Backoff;

/// Dialling and the first answer together take at most this.
const OPEN_TIMEOUT: Duration = Duration::from_secs(4);

/// What a subscription yields.
#[derive(Debug)]
pub enum Followed<T> {
    /// The stream was opened; what it yields comes next.
    Connected,
    /// Something came.
    Item(T),
    /// The stream could not be opened, or ended. The next call tries again, after a pause.
    Lost(Status),
}

/// A server stream that is opened again whenever it ends.
#[derive(Debug)]
pub struct Follow<T, R> {
    stream: Option<Streaming<T>>,
    backoff: Backoff,
    pause: Duration,
    rng: R,
}

impl<T, R: Rng> Follow<T, R> {
    /// Nothing is opened yet.
    pub fn new(rng: R) -> Self {
        Self { stream: None, backoff: Backoff::default(), pause: Duration::ZERO, rng }
    }

    /// The next event. `open` is called when there is no stream; it must say how to go on from what
    /// has come so far. Not to be cancelled while a stream is being opened.
    pub async fn next(
        &mut self,
        open: impl AsyncFnOnce() -> Result<Streaming<T>, Status>,
    ) -> Followed<T> {
        let Some(stream) = &mut self.stream else {
            tokio::time::sleep(self.pause).await;
            let opened = timeout(OPEN_TIMEOUT, open()).await;
            return match opened.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer"))) {
                Ok(stream) => {
                    self.stream = Some(stream);
                    Followed::Connected
                }
                Err(status) => self.lost(status),
            };
        };
        match stream.message().await {
            Ok(Some(item)) => {
                self.backoff.reset();
                Followed::Item(item)
            }
            Ok(None) => self.lost(Status::unavailable("the server ended the stream")),
            Err(status) => self.lost(status),
        }
    }

    fn lost(&mut self, status: Status) -> Followed<T> {
        self.stream = None;
        self.pause = self.backoff.next(&mut self.rng);
        Followed::Lost(status)
    }
}

//! Questions for signals, and their answers.

use chassis::grid::Minute;
use tokio::sync::{mpsc, oneshot};

use crate::signals::NoSignal;

/// A question for the signal of a minute.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) minute: Minute,
    pub(crate) answer: oneshot::Sender<Result<f64, NoSignal>>,
}

/// Asks a feed.
#[derive(Clone, Debug)]
pub struct Asker(pub(crate) mpsc::Sender<Ask>);

/// Why a question has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unanswered {
    /// There is no signal.
    #[error(transparent)]
    NoSignal(#[from] NoSignal),
    /// The feed is not there any more.
    #[error("the feed has ended")]
    Ended,
}

impl Asker {
    /// The signal of `minute`, as soon as it is known, at the latest when half of the grace is over.
    pub async fn signal(&self, minute: Minute) -> Result<f64, Unanswered> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Ask { minute, answer }).await.map_err(|_| Unanswered::Ended)?;
        Ok(answered.await.map_err(|_| Unanswered::Ended)??)
    }
}

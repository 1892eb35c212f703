//! The only way to the driver: requests that carry the way back, through one bounded queue.

use std::sync::Arc;

use chassis::{
    grid::{Minute, Timestamp, Timing},
    name::Name,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    engine::{
        NoMedian, StatusPage,
        error::Refusal,
        ledger::StateChange,
        registry::{Registration, SessionId},
        requests::{Application, Leave},
        submission::Submission,
        verdict::Verdict,
    },
    figures::Snapshot,
    journal::{self, Explanation},
};

/// Requests that wait for the driver: one boundary's burst of submissions from a full house of
/// connections fits; what comes beyond is refused at once, to be tried again.
pub const REQUESTS_MAX: usize = 16 * 1024;

/// Happenings that wait for one watcher's connection: minutes of a slow reader, with a change of
/// state each.
pub const HAPPENINGS_MAX: usize = 64;

/// Why a session ends, as far as its strategy is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// The name is off the list.
    Deregistered,
    /// The trader is stopping.
    Stopping,
}

/// Something that a watcher is told.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A verdict is on disk.
    Verdict(Arc<Verdict>),
    /// The state changed; or, as the first one, what it is.
    Changed(Arc<StateChange>),
}

/// A read of the journal without a result.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Too many others are waiting.
    #[error("overload: too many reads of the journal are waiting; try again")]
    Busy,
    /// The minute is older than what is kept.
    #[error("gone: minute {minute} is not kept any more; the first one that is, is {kept_from}")]
    Gone {
        /// What was asked for.
        minute: Minute,
        /// The first minute that is kept.
        kept_from: Minute,
    },
    /// The journal's own word.
    #[error(transparent)]
    Journal(#[from] journal::ReadError),
}

/// An open session: when it is dropped, the driver hears that the connection broke.
#[derive(Debug)]
pub struct SessionGuard {
    session: SessionId,
    lost: Option<mpsc::OwnedPermit<SessionId>>,
}

impl SessionGuard {
    pub(crate) fn new(session: SessionId, lost: mpsc::OwnedPermit<SessionId>) -> Self {
        Self { session, lost: Some(lost) }
    }
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        if let Some(lost) = self.lost.take() {
            lost.send(self.session);
        }
    }
}

/// An accepted registration.
#[derive(Debug)]
pub struct Grant {
    /// What is in force.
    pub registration: Registration,
    /// Whether another instance held the name before.
    pub taken_over: bool,
    /// Id of the journal.
    pub journal: Box<str>,
    /// Interval, grace and skew.
    pub timing: Timing,
    /// Why the session is over, when it is; nothing to pass on if the sender just goes.
    pub end: oneshot::Receiver<SessionEnd>,
    /// To be held as long as the connection lives.
    pub guard: SessionGuard,
}

/// A watcher's place.
#[derive(Debug)]
pub enum Subscription {
    /// From here on everything comes, the present state first.
    Live(mpsc::Receiver<Happening>),
    /// There are later verdicts on disk: read them first, then ask again.
    Behind,
    /// There are as many watchers as there may be.
    Full,
}

/// The answer to a request, or nothing if the driver is gone.
pub type Reply<T> = oneshot::Sender<T>;

/// What can be asked of the driver.
#[derive(Debug)]
pub enum Request {
    /// Whether the same had been said before.
    Submit(Submission, Reply<Result<bool, Refusal>>),
    /// Opens a session.
    Register(Application, Reply<Result<Grant, Refusal>>),
    /// Takes a name off the list.
    Deregister(Name, Option<Leave>, String, Reply<Result<(), Refusal>>),
    /// The current median's verdict.
    Median(Reply<Result<Arc<Verdict>, NoMedian>>),
    /// The trader in numbers; no answer where nobody counts.
    Look(Reply<Snapshot>),
    /// A page of the status: after a name, so many strategies at most.
    Status(Option<Name>, usize, Reply<StatusPage>),
    /// What happens from here on; `None` for whatever came before.
    Watch(Option<Minute>, Reply<Subscription>),
    /// Verdicts on disk after a minute, so many at most.
    Verdicts(Minute, usize, Reply<Result<Vec<Verdict>, ReadError>>),
    /// A page of what happened in a minute.
    Explain(Minute, Option<Name>, usize, Reply<Result<Option<Explanation>, ReadError>>),
    /// Stops medians: why, who. Whether it is durable.
    Halt(String, String, Reply<Result<bool, Refusal>>),
    /// Lets it go on: why, who.
    Resume(String, String, Reply<Result<(), Refusal>>),
}

/// The driver does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// Its queue is full.
    #[error("overload: too many requests are waiting; try again")]
    Overload,
    /// It has stopped.
    #[error("stopping: the trader is on its way down; reconnect")]
    Stopped,
}

/// What never changes while the process lives.
#[derive(Clone, Debug)]
pub struct About {
    /// When the process started.
    pub started_at: Timestamp,
    /// Id of the journal.
    pub journal: Box<str>,
    /// The journal's first minute, whether it is kept or not.
    pub begun: Minute,
    /// Interval, grace and skew.
    pub timing: Timing,
    /// What people tell this trader from others by.
    pub called: Box<str>,
}

/// The way to the driver.
#[derive(Clone, Debug)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    about: Arc<About>,
}

impl Handle {
    /// A way to whoever takes requests from the other end.
    pub fn new(about: About) -> (Self, mpsc::Receiver<Request>) {
        let (requests, queue) = mpsc::channel(REQUESTS_MAX);
        (Self { requests, about: Arc::new(about) }, queue)
    }

    /// What never changes.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Whether the driver has stopped, or is about to.
    pub fn stopped(&self) -> bool {
        self.requests.is_closed()
    }

    /// Asks, and waits for the answer.
    pub async fn ask<T>(
        &self,
        request: impl FnOnce(Reply<T>) -> Request,
    ) -> Result<T, HandleError> {
        let (reply, answer) = oneshot::channel();
        self.requests.try_send(request(reply)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => HandleError::Overload,
            mpsc::error::TrySendError::Closed(_) => HandleError::Stopped,
        })?;
        answer.await.map_err(|_| HandleError::Stopped)
    }
}

//! The journal's worker: commits first, then reads, then what is written ahead, one at a time.

mod place;

pub use place::{Pace, Place};

use std::sync::Arc;

use chassis::{grid::Minute, name::Name};
use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
};
use tracing::{debug, warn};

use crate::{
    engine::{ledger::Record, submission::Accepted, verdict::Verdict},
    handle::{ReadError, Reply},
    journal::{Explanation, Journal},
};

/// Commits that wait: the core has one under way at a time.
const COMMITS_MAX: usize = 1;

/// Reads that wait; each delays a commit by less than a millisecond.
const READS_MAX: usize = 16;

/// Pieces of a minute that wait to be written ahead: what is said meanwhile makes the next one larger.
const DRAFTS_MAX: usize = 1;

/// Words that are written ahead at a time: a commit waits two or three milliseconds for them at most.
const DRAFT_WORDS_MAX: usize = 256;

/// How a commit went: done, or the journal's words.
pub type Outcome = Result<(), String>;

/// Records to be written in one transaction.
#[derive(Debug)]
pub(crate) struct Commit {
    records: Vec<Record>,
    pub(crate) reply: Reply<Outcome>,
}

/// Words of a minute that has no verdict, in the order in which they came in.
#[derive(Debug)]
pub(crate) struct Draft {
    minute: Minute,
    /// How many came before these.
    from: usize,
    said: Vec<(Name, Arc<Accepted>)>,
}

impl Draft {
    /// Which of the minute's words these are.
    #[cfg(test)]
    pub(crate) fn place(&self) -> std::ops::Range<usize> {
        self.from..self.from + self.said.len()
    }
}

#[derive(Debug)]
pub(crate) enum Read {
    Verdicts(Minute, usize, Reply<Result<Vec<Verdict>, ReadError>>),
    Explain(Minute, Option<Name>, usize, Reply<Result<Option<Explanation>, ReadError>>),
}

/// What the worker has to do.
#[derive(Debug)]
pub(crate) enum Job {
    Commit(Commit),
    Read(Read),
    /// Words of the open minute are in before its verdict: nobody waits.
    Draft(Draft),
    /// Old minutes may go: nobody waits.
    Prune,
}

/// The driver's end.
#[derive(Debug)]
pub struct Store {
    commits: mpsc::Sender<Commit>,
    reads: mpsc::Sender<Read>,
    drafts: mpsc::Sender<Draft>,
    draft_words_min: usize,
    /// The minute that is written ahead, and how many of its words are on their way.
    drafted: Option<(Minute, usize)>,
}

/// The worker's end: run it where blocking is allowed.
#[derive(Debug)]
pub struct Worker {
    journal: Journal,
    commits: mpsc::Receiver<Commit>,
    reads: mpsc::Receiver<Read>,
    drafts: mpsc::Receiver<Draft>,
    /// Whether there may be minutes that are too old.
    prunes: bool,
    /// Whether the log could not be folded into the file the last time, and that was said.
    log_grows: bool,
}

/// Both ends of `journal`, whose worker will run in `place`.
pub fn store(journal: Journal, place: &Place) -> (Store, Worker) {
    let (commits, commits_queue) = mpsc::channel(COMMITS_MAX);
    let (reads, reads_queue) = mpsc::channel(READS_MAX);
    let (drafts, drafts_queue) = mpsc::channel(DRAFTS_MAX);
    let worker = Worker {
        prunes: journal.forgets(),
        journal,
        commits: commits_queue,
        reads: reads_queue,
        drafts: drafts_queue,
        log_grows: false,
    };
    let draft_words_min = place.draft_words_min();
    (Store { commits, reads, drafts, draft_words_min, drafted: None }, worker)
}

impl Store {
    /// Begins to write `records` in one transaction; one at a time.
    pub fn commit(&self, records: Vec<Record>) -> oneshot::Receiver<Outcome> {
        let (reply, outcome) = oneshot::channel();
        let sent = self.commits.try_send(Commit { records, reply });
        assert!(sent.is_ok(), "the worker lives as long as the driver, with one commit at a time");
        outcome
    }

    /// Begins to write what is said in a minute ahead of its verdict, if the last piece has been
    /// taken up and there is enough for another; what is not written ahead is written with the verdict.
    pub fn draft(&mut self, minute: Minute, said: &[(Name, Arc<Accepted>)]) {
        let from =
            self.drafted.filter(|(drafted, _)| *drafted == minute).map_or(0, |(_, count)| count);
        let fresh = said.get(from..).unwrap_or_default();
        let piece = &fresh[..fresh.len().min(DRAFT_WORDS_MAX)];
        if piece.len() < self.draft_words_min {
            return;
        }
        if let Ok(permit) = self.drafts.try_reserve() {
            permit.send(Draft { minute, from, said: piece.to_vec() });
            self.drafted = Some((minute, from + piece.len()));
        }
    }

    /// Verdicts after a minute; without an answer if too many reads wait.
    pub fn verdicts(
        &self,
        after: Minute,
        limit: usize,
        reply: Reply<Result<Vec<Verdict>, ReadError>>,
    ) {
        self.read(Read::Verdicts(after, limit, reply));
    }

    /// A page of what happened in a minute; without an answer if too many reads wait.
    pub fn explain(
        &self,
        minute: Minute,
        after: Option<Name>,
        limit: usize,
        reply: Reply<Result<Option<Explanation>, ReadError>>,
    ) {
        self.read(Read::Explain(minute, after, limit, reply));
    }

    fn read(&self, read: Read) {
        if let Err(mpsc::error::TrySendError::Full(read)) = self.reads.try_send(read) {
            match read {
                Read::Verdicts(_, _, reply) => drop(reply.send(Err(ReadError::Busy))),
                Read::Explain(_, _, _, reply) => drop(reply.send(Err(ReadError::Busy))),
            }
        }
    }
}

impl Worker {
    /// Works until the driver is gone; then the journal is closed.
    pub async fn run(mut self, pace: Pace) {
        while let Some(job) = self.next().await {
            match job {
                Job::Commit(commit) => self.commit(commit, &pace).await,
                Job::Read(read) => self.read(read),
                Job::Draft(draft) => self.draft(&draft),
                Job::Prune => self.prune(),
            }
        }
    }

    /// What is to be done next; nothing any more when the driver is gone.
    pub(crate) async fn next(&mut self) -> Option<Job> {
        tokio::select! {
            biased;
            Some(commit) = self.commits.recv() => Some(Job::Commit(commit)),
            Some(read) = self.reads.recv() => Some(Job::Read(read)),
            Some(draft) = self.drafts.recv() => Some(Job::Draft(draft)),
            // The driver's tasks go first where they share a thread with this.
            () = yield_now(), if self.prunes && !self.commits.is_closed() => Some(Job::Prune),
            else => None,
        }
    }

    /// Half of the time that the disk takes passes before the records are on it, half of it before
    /// anyone hears of that.
    pub(crate) async fn commit(&mut self, Commit { records, reply }: Commit, pace: &Pace) {
        pace.half().await;
        let outcome = self.journal.commit(&records).map_err(|error| error.to_string());
        pace.half().await;
        let _gone = reply.send(outcome);
        self.prunes = self.journal.forgets();
        self.checkpoint();
    }

    /// Says once that it fails, until it has succeeded: it is tried after each commit.
    fn checkpoint(&mut self) {
        let folded = self.journal.checkpoint();
        if let Err(error) = &folded
            && !self.log_grows
        {
            warn!("the journal's log grows, what is in it is safe: {error}");
        }
        self.log_grows = folded.is_err();
    }

    /// What cannot be written ahead is written with its verdict, which says what is wrong.
    pub(crate) fn draft(&mut self, Draft { minute, from, said }: &Draft) {
        if let Err(error) = self.journal.draft(*minute, *from, said) {
            debug!("{minute} is not written ahead: {error}");
        }
    }

    /// One step; the next one comes when nobody waits, or after the next commit.
    pub(crate) fn prune(&mut self) {
        let more = self.journal.prune().and_then(|more| self.journal.checkpoint().map(|()| more));
        self.prunes = more.unwrap_or_else(|error| {
            warn!("minutes older than --keep says stay for another while: {error}");
            false
        });
    }

    pub(crate) fn read(&self, read: Read) {
        match read {
            Read::Verdicts(after, limit, reply) => {
                let _gone =
                    reply.send(self.journal.verdicts_after(after, limit).map_err(ReadError::from));
            }
            Read::Explain(minute, after, limit, reply) => {
                let explained = self.journal.explain(minute, after.as_ref(), limit);
                let explained = explained.map_err(ReadError::from);
                let _gone = reply.send(match (explained, self.journal.gone(minute)) {
                    (Ok(None), Some(kept_from)) => Err(ReadError::Gone { minute, kept_from }),
                    (explained, _) => explained,
                });
            }
        }
    }
}

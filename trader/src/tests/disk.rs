//! A disk that works, fails or hangs, as a test says.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{oneshot, watch};

use crate::store::{Commit, Job, Pace, Worker};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Works,
    Fails,
    Hangs,
    Dies,
}

/// The disk under a journal.
pub(super) struct Disk {
    mood: watch::Sender<Mood>,
    drafts: Arc<AtomicUsize>,
}

impl Default for Disk {
    fn default() -> Self {
        Self { mood: watch::Sender::new(Mood::Works), drafts: Arc::default() }
    }
}

impl Disk {
    pub(super) fn works(&self) {
        self.mood.send_replace(Mood::Works);
    }

    /// Nothing is written, and whoever writes is told.
    pub(super) fn fails(&self) {
        self.mood.send_replace(Mood::Fails);
    }

    /// Nobody is told anything.
    pub(super) fn hangs(&self) {
        self.mood.send_replace(Mood::Hangs);
    }

    /// What is written is there, but whoever writes does not live to hear of it.
    pub(super) fn dies(&self) {
        self.mood.send_replace(Mood::Dies);
    }

    /// How many pieces were written ahead of their verdict.
    pub(super) fn drafts(&self) -> usize {
        self.drafts.load(Ordering::Relaxed)
    }

    /// Does the worker's work on this disk.
    pub(super) fn run(&self, worker: Worker) -> impl Future<Output = ()> + Send + use<> {
        run(self.mood.subscribe(), Arc::clone(&self.drafts), worker)
    }
}

async fn run(mut moods: watch::Receiver<Mood>, drafts: Arc<AtomicUsize>, mut worker: Worker) {
    while let Some(job) = worker.next().await {
        let answers = moods.wait_for(|mood| *mood != Mood::Hangs).await;
        let Ok(mood) = answers.map(|mood| *mood) else { return };
        match job {
            Job::Read(read) => worker.read(read),
            Job::Draft(draft) => {
                worker.draft(&draft);
                drafts.fetch_add(1, Ordering::Relaxed);
            }
            Job::Prune => worker.prune(),
            Job::Commit(commit) if mood == Mood::Works => {
                worker.commit(commit, &Pace::default()).await;
            }
            Job::Commit(commit) if mood == Mood::Dies => {
                return write_and_die(worker, commit).await;
            }
            Job::Commit(commit) => drop(commit.reply.send(Err("disk full".to_owned()))),
        }
    }
}

async fn write_and_die(mut worker: Worker, mut commit: Commit) {
    let (nobody, _) = oneshot::channel();
    let _untold = mem::replace(&mut commit.reply, nobody);
    worker.commit(commit, &Pace::default()).await;
    std::future::pending::<()>().await;
}

//! Everyone who watches: each has a bounded queue, and is cut off when it is full.

use tokio::sync::mpsc;

use crate::handle::{HAPPENINGS_MAX, Happening};

/// All watchers.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    queues: Vec<mpsc::Sender<Happening>>,
}

impl Watchers {
    /// One more, which is told the present first.
    pub(super) fn join(&mut self, present: Happening) -> mpsc::Receiver<Happening> {
        let (queue, happenings) = mpsc::channel(HAPPENINGS_MAX);
        let sent = queue.try_send(present);
        assert!(sent.is_ok(), "an empty queue takes one");
        self.queues.push(queue);
        happenings
    }

    /// Tells everyone. Whoever has gone, or does not keep up, is dropped: its stream ends after what
    /// it was told already.
    pub(super) fn tell(&mut self, happening: &Happening) {
        self.queues.retain(|queue| queue.try_send(happening.clone()).is_ok());
    }
}

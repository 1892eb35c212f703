//! Everyone who watches: each has a bounded queue, and is cut off when it is full.

use tokio::sync::mpsc;

use crate::handle::{HAPPENINGS_MAX, Happening};

/// Watchers at a time: one for each connection that a server keeps.
const WATCHERS_MAX: usize = 1_024;

/// All watchers.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    queues: Vec<mpsc::Sender<Happening>>,
}

impl Watchers {
    /// One more, which is told the present first; none if there are too many.
    pub(super) fn join(&mut self, present: Happening) -> Option<mpsc::Receiver<Happening>> {
        if self.queues.len() >= WATCHERS_MAX {
            // Whoever has gone is noticed when there is something to tell, which may be long.
            self.queues.retain(|queue| !queue.is_closed());
        }
        if self.queues.len() >= WATCHERS_MAX {
            return None;
        }
        let (queue, happenings) = mpsc::channel(HAPPENINGS_MAX);
        let sent = queue.try_send(present);
        assert!(sent.is_ok(), "an empty queue takes one");
        self.queues.push(queue);
        Some(happenings)
    }

    /// Tells everyone. Whoever has gone, or does not keep up, is dropped: its stream ends after what
    /// it was told already.
    pub(super) fn tell(&mut self, happening: &Happening) {
        self.queues.retain(|queue| queue.try_send(happening.clone()).is_ok());
    }
}

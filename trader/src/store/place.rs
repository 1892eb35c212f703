//! Where the journal's worker runs, and what that means for its pace.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// Fewer words than these are not worth a piece of their own: waking the worker for each would cost
/// the others more than the last one gains.
const DRAFT_WORDS_MIN: usize = 32;

/// A simulated disk that gets faster is noticed within this.
const NAP_MAX: Duration = Duration::from_millis(100);

/// Where the journal's worker runs.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a thread of its own, which may wait for a disk.
    Thread,
    /// Among the trader's tasks, in simulations, whose clock stands still while a thread works. The
    /// disk takes as long as this says.
    Inline(Pace),
}

impl Place {
    /// How many words are written ahead at a time, at least: in simulations, where few speak, any.
    pub(super) fn draft_words_min(&self) -> usize {
        match self {
            Self::Thread => DRAFT_WORDS_MIN,
            Self::Inline(_) => 1,
        }
    }
}

/// How long a simulated disk takes for a commit; clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct Pace(Arc<AtomicU64>);

impl Pace {
    /// From this moment on.
    pub fn set(&self, milliseconds: u64) {
        self.0.store(milliseconds, Ordering::Relaxed);
    }

    /// Half of that time, or what is left of it when the disk gets faster meanwhile.
    pub(super) async fn half(&self) {
        let start = Instant::now();
        loop {
            let half = Duration::from_millis(self.0.load(Ordering::Relaxed)) / 2;
            let left = half.saturating_sub(start.elapsed());
            if left.is_zero() {
                return;
            }
            sleep(left.min(NAP_MAX)).await;
        }
    }
}

//! Signals to be: what computes them, what has to be done meanwhile, and what there is to say of them.

use chassis::exit::Failure;
use futures_util::future::{self, BoxFuture, FutureExt as _};
use tracing::{info, warn};

use crate::signal::{Compute, uniform};

/// Signals to be.
pub(crate) struct Signals {
    pub(crate) compute: Compute,
    /// What has to be done meanwhile; it ends when it cannot go on.
    pub(crate) meanwhile: BoxFuture<'static, Failure>,
    pub(crate) notes: Notes,
}

/// What there is to say of signals, in lines.
pub(crate) struct Notes {
    /// Where they come from.
    pub(crate) about: Vec<String>,
    /// What is wrong with that.
    pub(crate) faults: Vec<String>,
}

impl Signals {
    /// Random numbers.
    pub(crate) fn random(seed: u64) -> Self {
        let about = vec![format!("signals are random numbers from seed {seed}")];
        Self::by_itself(uniform(seed), Notes { about, faults: Vec::new() })
    }

    /// What needs nothing to be done meanwhile.
    pub(crate) fn by_itself(compute: Compute, notes: Notes) -> Self {
        Self { compute, meanwhile: future::pending().boxed(), notes }
    }
}

impl Notes {
    /// Logs them, with a warning for each fault.
    pub(crate) fn tell(&self) {
        for about in &self.about {
            info!("{about}");
        }
        for fault in &self.faults {
            warn!("{fault}");
        }
    }
}

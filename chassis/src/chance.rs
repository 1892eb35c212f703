//! The sole source of chance: one seed a process, logged at its start (at DEBUG), passed down.

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tracing::debug;

/// The process's random numbers: from `seed`, or from one that the machine gives and the log
/// keeps. Called once, in `main`.
#[expect(clippy::disallowed_methods, reason = "the sole source of chance")]
pub fn start(seed: Option<u64>) -> StdRng {
    let seed = seed.unwrap_or_else(|| rand::make_rng::<StdRng>().random());
    debug!(seed, "random numbers");
    StdRng::seed_from_u64(seed)
}

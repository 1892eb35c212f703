//! How long to wait before the next try. Pure: chance comes in as an argument.

use std::time::Duration;

use rand::{Rng, RngExt as _};

/// First ceiling.
const FIRST: Duration = Duration::from_millis(50);

/// Last ceiling, among parts of one system.
const LONGEST: Duration = Duration::from_secs(1);

/// Exponential backoff with full jitter: each wait is uniform below a ceiling that doubles from
/// 50 ms to 1 s, or another last one ("Exponential Backoff And Jitter", M. Brooker, AWS Architecture Blog, 2015), and
/// at least half of the first ceiling, so that a closed port is not dialled in a burst.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    ceiling: Duration,
    longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::up_to(LONGEST)
    }
}

impl Backoff {
    /// With another last ceiling, for whoever would take it ill to be asked once a second.
    pub fn up_to(longest: Duration) -> Self {
        Self::between(FIRST, longest)
    }

    /// With another first one, too, for whoever is no part of the system.
    pub fn between(first: Duration, longest: Duration) -> Self {
        Self { first, ceiling: first, longest }
    }

    /// How long to wait before the next try.
    pub fn next(&mut self, rng: &mut impl Rng) -> Duration {
        let wait = self.ceiling.mul_f64(rng.random::<f64>()).max(self.first / 2);
        self.ceiling = (self.ceiling * 2).min(self.longest);
        wait
    }

    /// A try succeeded: the next failure waits shortly again.
    pub fn reset(&mut self) {
        self.ceiling = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng as _, rngs::StdRng};

    #[test]
    fn s3_waits_grow_to_a_second_and_start_anew_after_success() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..100).map(|_| backoff.next(&mut rng)).collect();
        assert!(waits[0] <= FIRST);
        assert!(waits.iter().all(|wait| (FIRST / 2..=LONGEST).contains(wait)));
        assert!(waits[10..].iter().max() > Some(&(LONGEST / 2)));
        backoff.reset();
        assert!(backoff.next(&mut rng) <= FIRST);
    }
}

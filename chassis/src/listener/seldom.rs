//! A warning that a flood of the same event repeats only seldom.

use std::time::Duration;

use tokio::time::Instant;

/// The same warning is logged once in this time.
const PERIOD: Duration = Duration::from_secs(10);

/// Says when a repeated warning is due, and how often the event came since the last one.
#[derive(Debug, Default)]
pub(super) struct Seldom {
    last: Option<Instant>,
    since_then: u64,
}

impl Seldom {
    /// The event happened. How often since the last warning, this time included, if one is due.
    pub(super) fn happened(&mut self) -> Option<u64> {
        self.since_then += 1;
        if self.last.is_some_and(|last| last.elapsed() < PERIOD) {
            return None;
        }
        self.last = Some(Instant::now());
        Some(std::mem::take(&mut self.since_then))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_warned_of_once_in_ten_seconds_with_its_size() {
        let mut seldom = Seldom::default();
        assert_eq!(seldom.happened(), Some(1));
        assert_eq!((0..99).find_map(|_| seldom.happened()), None);
        tokio::time::advance(PERIOD).await;
        assert_eq!(seldom.happened(), Some(100));
        assert_eq!(seldom.happened(), None);
    }
}

//! Warnings that a flood of events repeats only seldom.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The same warning is logged once in this time.
const PERIOD: Duration = Duration::from_secs(10);

/// Says when a repeated warning is due, and how often the event came since the last one.
#[derive(Debug, Default)]
pub(crate) struct Seldom {
    last: Option<Instant>,
    since_then: u64,
}

impl Seldom {
    /// The event happened. How often since the last warning, this time included, if one is due.
    pub(crate) fn happened(&mut self) -> Option<u64> {
        self.since_then += 1;
        if self.last.is_some_and(|last| last.elapsed() < PERIOD) {
            return None;
        }
        self.last = Some(Instant::now());
        Some(std::mem::take(&mut self.since_then))
    }

    /// Whether the next time would be warned of, and nothing is left to count.
    fn is_over(&self) -> bool {
        self.since_then == 0 && self.last.is_none_or(|last| last.elapsed() >= PERIOD)
    }
}

/// Different events that are told apart: beyond them, whoever makes up new ones shares a place.
const DIFFERENT_MAX: usize = 64;

/// The same for several events, each with its own text.
#[derive(Debug, Default)]
pub(crate) struct Floods(Mutex<Apart>);

#[derive(Debug, Default)]
struct Apart {
    each: BTreeMap<String, Seldom>,
    rest: Seldom,
}

impl Floods {
    /// The event happened. How often since it was last warned of, if a warning is due.
    pub(crate) fn happened(&self, event: String) -> Option<u64> {
        // Nothing panics half-way through a change.
        let mut apart = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Apart { each, rest } = &mut *apart;
        if each.len() >= DIFFERENT_MAX && !each.contains_key(&event) {
            each.retain(|_, seldom| !seldom.is_over());
            if each.len() >= DIFFERENT_MAX {
                return rest.happened();
            }
        }
        each.entry(event).or_default().happened()
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

    #[tokio::test(start_paused = true)]
    async fn one_flood_does_not_hide_another_and_made_up_events_share_a_place() {
        let floods = Floods::default();
        let warned = |events: std::ops::Range<usize>| {
            events.filter(|event| floods.happened(event.to_string()).is_some()).count()
        };
        assert_eq!(warned(0..DIFFERENT_MAX), DIFFERENT_MAX);
        assert_eq!(warned(0..DIFFERENT_MAX), 0);
        assert_eq!(warned(1_000..2_000), 1);
        assert!(floods.0.lock().unwrap().each.len() <= DIFFERENT_MAX);
        tokio::time::advance(PERIOD).await;
        assert_eq!(floods.happened("0".to_owned()), Some(2));
        assert_eq!(warned(3_000..3_010), 1, "places are kept while something is left to say");
    }
}

//! Spans that wait to be exported: whoever makes one never waits, and the oldest gives way.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::sync::Notify;

/// Most spans that wait, some 4 MiB: a quarter of a day of a trader with ten strategies, four minutes of one
/// with a thousand.
pub(super) const SPANS_MAX: usize = 4_096;

/// Most spans that go at a time: half a megabyte, an eighth of what collectors take by default.
pub(super) const BATCH_MAX: usize = 512;

/// One for all who make spans, and one who exports them.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    spans: VecDeque<Span>,
    dropped: u64,
    closed: bool,
}

impl Queue {
    /// One more.
    pub(super) fn push(&self, span: Span) {
        let mut waiting = self.lock();
        if waiting.spans.len() >= SPANS_MAX {
            waiting.spans.pop_front();
            waiting.dropped += 1;
        }
        waiting.spans.push_back(span);
        let count = waiting.spans.len();
        drop(waiting);
        // Waking another thread takes longer than all of the rest.
        if count == 1 || count == BATCH_MAX {
            self.changed.notify_one();
        }
    }

    /// Nothing comes any more.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Returns once there are spans, or there will be none.
    pub(super) async fn filled(&self) {
        self.until(|waiting| waiting.closed || !waiting.spans.is_empty()).await;
    }

    /// Returns once there are as many as go at a time, or there will be no more.
    pub(super) async fn full(&self) {
        self.until(|waiting| waiting.closed || waiting.spans.len() >= BATCH_MAX).await;
    }

    /// Returns once nothing comes any more.
    pub(super) async fn closed(&self) {
        self.until(|waiting| waiting.closed).await;
    }

    /// The oldest ones; none: there are none.
    pub(super) fn take(&self) -> Vec<Span> {
        let mut waiting = self.lock();
        let count = waiting.spans.len().min(BATCH_MAX);
        waiting.spans.drain(..count).collect()
    }

    /// How many gave way since this was asked last.
    pub(super) fn dropped(&self) -> u64 {
        std::mem::take(&mut self.lock().dropped)
    }

    /// Only the one who exports waits: one permit is enough.
    async fn until(&self, met: impl Fn(&Waiting) -> bool) {
        while !met(&self.lock()) {
            self.changed.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics half-way through a change.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    fn numbered(number: u64) -> Span {
        Span { start_time_unix_nano: number, ..Span::default() }
    }

    #[test]
    fn the_oldest_spans_give_way_and_are_counted() {
        let queue = Queue::default();
        (0..SPANS_MAX as u64 + 7).for_each(|number| queue.push(numbered(number)));
        assert_eq!((queue.dropped(), queue.dropped()), (7, 0));
        let mut seen = Vec::new();
        loop {
            let batch = queue.take();
            if batch.is_empty() {
                break;
            }
            assert!(batch.len() <= BATCH_MAX);
            seen.extend(batch.into_iter().map(|span| span.start_time_unix_nano));
        }
        assert!(seen.into_iter().eq(7..SPANS_MAX as u64 + 7));
    }

    #[test]
    fn whoever_exports_waits_for_spans_or_for_the_end() {
        let queue = Queue::default();
        assert_eq!(queue.filled().now_or_never(), None);
        queue.push(numbered(1));
        assert_eq!(queue.filled().now_or_never(), Some(()));
        assert_eq!(queue.full().now_or_never(), None);
        queue.close();
        assert_eq!(queue.full().now_or_never(), Some(()));
        assert_eq!(queue.closed().now_or_never(), Some(()));
    }
}

//! A watcher's stream: verdicts from the journal until it has caught up, then what happens.

use std::{collections::VecDeque, sync::Arc};

use chassis::{clock::Clock, grid::Minute};
use futures_util::{Stream, stream};
use proto::v1;
use tokio::sync::mpsc;
use tonic::Status;

use crate::{
    engine::verdict::Verdict,
    handle::{About, Handle, Happening, Request, Subscription},
    wire,
};

/// Verdicts read from the journal at a time.
const REPLAY_PAGE: usize = 128;

struct Watcher {
    handle: Handle,
    clock: Clock,
    /// The last minute that was sent, or after which was asked.
    after: Option<Minute>,
    /// The first minute of a replay that begins later than it was asked to.
    kept_from: Option<Minute>,
    replay: VecDeque<Happening>,
    live: Option<mpsc::Receiver<Happening>>,
    ended: bool,
}

/// Everything after a minute, then everything that happens. From when this returns on, nothing is
/// missed.
pub(super) async fn watch(
    handle: Handle,
    clock: Clock,
    after: Option<Minute>,
) -> Result<impl Stream<Item = Result<v1::WatchResponse, Status>> + Send + use<>, Status> {
    let replay = VecDeque::new();
    let mut watcher =
        Watcher { handle, clock, after, kept_from: None, replay, live: None, ended: false };
    watcher.catch_up().await?;
    Ok(stream::unfold(watcher, async |mut watcher| {
        if watcher.ended {
            return None;
        }
        let next = watcher.next().await;
        watcher.ended = next.is_err();
        let (now, kept_from) = (watcher.clock.wall(), watcher.kept_from.take());
        Some((next.map(|happening| wire::happening(&happening, kept_from, now)), watcher))
    }))
}

impl Watcher {
    async fn next(&mut self) -> Result<Happening, Status> {
        loop {
            if let Some(verdict) = self.replay.pop_front() {
                return Ok(self.sent(verdict));
            }
            if let Some(live) = &mut self.live {
                let happening = live.recv().await.ok_or_else(|| self.cut_off())?;
                return Ok(self.sent(happening));
            }
            self.catch_up().await?;
        }
    }

    fn sent(&mut self, happening: Happening) -> Happening {
        if let Happening::Verdict(verdict) = &happening {
            self.after = Some(verdict.last);
        }
        happening
    }

    /// Joins those who are told, or reads the next page of what there was before.
    async fn catch_up(&mut self) -> Result<(), Status> {
        let now = self.clock.wall();
        let after = self.after;
        let joined = self.handle.ask(|reply| Request::Watch(after, reply)).await;
        match (joined.map_err(|error| wire::unanswered(error, now))?, after) {
            (Subscription::Live(live), _) => self.live = Some(live),
            (Subscription::Behind, Some(after)) => {
                let page =
                    self.handle.ask(|reply| Request::Verdicts(after, REPLAY_PAGE, reply)).await;
                let page = page.map_err(|error| wire::unanswered(error, now))?;
                let verdicts = page.map_err(|error| wire::unreadable(&error, now))?;
                self.kept_from = self.missing(after, verdicts.first());
                self.replay = verdicts.into_iter().map(Arc::new).map(Happening::Verdict).collect();
            }
            (Subscription::Full, _) => return Err(wire::crowded(now)),
            (Subscription::Behind, None) => unreachable!("only who asks for the past is behind"),
        }
        Ok(())
    }

    /// Where the journal's verdicts after a minute begin, if some before them are not kept any more:
    /// there never are gaps between those that are.
    fn missing(&self, after: Minute, first: Option<&Verdict>) -> Option<Minute> {
        let About { begun, timing, .. } = self.handle.about();
        let expected = after.next(timing.interval).max(*begun);
        first.map(|first| first.minute).filter(|first| *first > expected)
    }

    /// The driver has dropped this watcher.
    fn cut_off(&self) -> Status {
        let now = self.clock.wall();
        if self.handle.stopped() {
            return wire::unanswered(crate::handle::HandleError::Stopped, now);
        }
        wire::too_slow(self.after, now)
    }
}

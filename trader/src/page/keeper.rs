//! Keeps what is shown as the trader is: hears what happens as every watcher does, asks for what is behind
//! it, and writes the page once for all who look.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chassis::{
    clock::Clock,
    grid::{Minute, Timestamp},
};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tracing::debug;

use super::{
    board::{Board, Column, MINUTES_MAX, STRATEGIES_MAX},
    markup::{self, Shown},
};
use crate::{
    engine::verdict::{Outcome, State, Verdict},
    figures::Snapshot,
    handle::{Handle, HandleError, Happening, ReadError, Reply, Request, Subscription},
    journal::Explanation,
};

/// What happens without being told, such as a strategy that comes, is seen within this.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What happens within this is shown together.
const TOGETHER: Duration = Duration::from_millis(50);

/// A driver that does not answer for so long stands still; so long `/healthz` waits for it, too.
const STANDS_STILL_AFTER: Duration = Duration::from_secs(5);

/// Until it is tried again, where the driver has too much to do.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// So often a minute is read, where the journal has too much to do.
const READ_TRIES: usize = 30;

/// The page's changing part as it is by now.
#[derive(Debug)]
pub(super) struct Rendered {
    /// Differs where what is shown differs.
    pub(super) version: String,
    pub(super) title: String,
    pub(super) for_readers: Bytes,
    pub(super) for_operators: Bytes,
    /// Until when there is a median, by the trader's clock.
    pub(super) valid_until: Option<Timestamp>,
}

/// What there is to be shown; nothing at the start and at the end.
pub(super) type Latest = Option<Arc<Rendered>>;

/// Why it is not kept up at the moment.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Unanswered(#[from] HandleError),
    #[error(transparent)]
    Unread(#[from] ReadError),
    #[error("there are as many watchers as there may be")]
    Crowded,
    #[error("the driver stands still")]
    StandsStill,
}

struct Keeper {
    handle: Handle,
    latest: watch::Sender<Latest>,
    board: Board,
}

/// Until the trader stops.
pub(super) async fn keep(handle: Handle, latest: watch::Sender<Latest>) {
    let mut keeper = Keeper { handle, latest, board: Board::default() };
    while !keeper.handle.stopped() {
        if let Err(trouble) = keeper.follow().await {
            debug!("the page is not kept up: {trouble}");
            // What is not kept up is not shown: open pages say that they have lost the trader.
            keeper.latest.send_replace(None);
            sleep(AGAIN_AFTER).await;
        }
    }
    keeper.latest.send_replace(None);
}

impl Keeper {
    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, Trouble> {
        let answer = timeout(STANDS_STILL_AFTER, self.handle.ask(request)).await;
        Ok(answer.map_err(|_| Trouble::StandsStill)??)
    }

    /// Until the driver drops this watcher: it is stopping, or this was too slow and begins again.
    async fn follow(&mut self) -> Result<(), Trouble> {
        let mut happenings = self.join().await?;
        loop {
            self.look().await?;
            match timeout(LOOK_EVERY, happenings.recv()).await {
                Ok(Some(happening)) => self.heard(&happening).await?,
                Ok(None) => return Ok(()),
                Err(_nothing) => continue,
            }
            sleep(TOGETHER).await;
            while let Ok(happening) = happenings.try_recv() {
                self.heard(&happening).await?;
            }
        }
    }

    /// Reads what was before, then joins those who are told.
    async fn join(&mut self) -> Result<mpsc::Receiver<Happening>, Trouble> {
        loop {
            let after = match self.board.last() {
                Some(last) => last,
                None => self.beginning().await?,
            };
            match self.ask(|reply| Request::Watch(Some(after), reply)).await? {
                Subscription::Live(happenings) => return Ok(happenings),
                Subscription::Full => return Err(Trouble::Crowded),
                Subscription::Behind => self.read(after).await?,
            }
        }
    }

    /// Some of the verdicts after a minute.
    async fn read(&mut self, after: Minute) -> Result<(), Trouble> {
        let ask = |reply| Request::Verdicts(after, MINUTES_MAX, reply);
        for verdict in self.ask(ask).await?? {
            self.ended(&verdict).await?;
        }
        Ok(())
    }

    /// The minute after which the page begins.
    async fn beginning(&self) -> Result<Minute, Trouble> {
        let snapshot: Snapshot = self.ask(Request::Look).await?;
        let interval = self.handle.about().timing.interval;
        let next = snapshot.status().current_minute;
        Ok((0..=MINUTES_MAX).fold(next, |minute, _| minute.previous(interval)))
    }

    async fn heard(&mut self, happening: &Happening) -> Result<(), Trouble> {
        match happening {
            Happening::Verdict(verdict) => self.ended(verdict).await,
            Happening::Changed(_) => Ok(()),
        }
    }

    /// A minute has its verdict: who said what is in the journal.
    async fn ended(&mut self, verdict: &Verdict) -> Result<(), Trouble> {
        let explained = match verdict.outcome {
            Outcome::Median(_) | Outcome::Failed(_) | Outcome::Halted => {
                self.explained(verdict.minute).await?
            }
            Outcome::NoStrategies | Outcome::NotRunning => Ok(None),
        };
        // What cannot be read is seen by whoever asks for that minute; the verdict is known.
        let column = explained.ok().flatten().map_or_else(
            || Column::without_submissions(verdict, verdict.causes()),
            |explanation| Column::of(&explanation),
        );
        self.board.add(column);
        Ok(())
    }

    /// What is on record of a minute; a journal that has too much to read is asked again.
    async fn explained(
        &self,
        minute: Minute,
    ) -> Result<Result<Option<Explanation>, ReadError>, Trouble> {
        for _ in 1..READ_TRIES {
            let ask = |reply| Request::Explain(minute, None, STRATEGIES_MAX, reply);
            match self.ask(ask).await? {
                Err(ReadError::Busy) => sleep(AGAIN_AFTER).await,
                read => return Ok(read),
            }
        }
        Ok(Err(ReadError::Busy))
    }

    /// Shows how it is by now, if that is not how it was.
    async fn look(&mut self) -> Result<(), Trouble> {
        let snapshot: Snapshot = self.ask(Request::Look).await?;
        for (name, minute) in snapshot.late() {
            self.board.came_late(name, *minute);
        }
        let status = snapshot.status();
        let (board, timing) = (&self.board, &self.handle.about().timing);
        let readers = Shown { board, status, timing, operates: false };
        let (title, sections) = (markup::title(readers), markup::sections(readers));
        let mut version = crc32fast::Hasher::new();
        version.update(title.as_bytes());
        version.update(sections.as_str().as_bytes());
        let version = format!("{:08x}", version.finalize());
        if self.latest.borrow().as_ref().is_some_and(|latest| latest.version == version) {
            return Ok(());
        }
        let operators = markup::sections(Shown { operates: true, ..readers });
        let bytes = |sections| {
            Bytes::copy_from_slice(markup::now(&version, &title, sections).as_str().as_bytes())
        };
        let (for_readers, for_operators) = (bytes(&sections), bytes(&operators));
        let valid_until = (status.state == State::Ok)
            .then(|| status.last_verdict.as_ref().map(|last| last.valid_until))
            .flatten();
        let rendered = Rendered { version, title, for_readers, for_operators, valid_until };
        self.latest.send_replace(Some(Arc::new(rendered)));
        Ok(())
    }
}

impl Rendered {
    /// How long there is a median yet, in milliseconds; none if there is none.
    pub(super) fn valid_ms(&self, clock: Clock) -> Option<u128> {
        self.valid_until.map(|until| until.since(clock.wall()).as_millis())
    }
}

#[cfg(test)]
mod tests {
    use chassis::grid::{Interval, Timing};
    use tokio::task::JoinSet;

    use super::*;
    use crate::handle::About;

    #[tokio::test(start_paused = true)]
    async fn e2_a_trader_that_stands_still_is_not_shown_as_it_was() {
        let (start, interval) = (Timestamp::default(), Interval::default());
        let timing = Timing::new(interval, None, None).unwrap();
        let begun = Minute::containing(start, interval);
        let about = About { started_at: start, journal: "j".into(), begun, timing };
        let (handle, _nobody_answers) = Handle::new(about);
        let rendered = Rendered {
            version: "v".to_owned(),
            title: "OK".to_owned(),
            for_readers: Bytes::new(),
            for_operators: Bytes::new(),
            valid_until: None,
        };
        let (sender, latest) = watch::channel(Some(Arc::new(rendered)));
        let mut tasks = JoinSet::new();
        tasks.spawn(keep(handle, sender));
        sleep(STANDS_STILL_AFTER / 2).await;
        assert!(latest.borrow().is_some());
        sleep(STANDS_STILL_AFTER).await;
        assert!(latest.borrow().is_none());
    }
}

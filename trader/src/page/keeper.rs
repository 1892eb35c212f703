//! Keeps what is shown as the trader is: hears what happens as every watcher does, asks for what is behind
//! it, and writes the page once for all who look.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use chassis::{
    clock::Clock,
    grid::{Minute, Timestamp},
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep, timeout, timeout_at},
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
};

/// What happens without being told, such as a strategy that comes, is seen within this.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What happens within this is shown together.
const TOGETHER: Duration = Duration::from_millis(50);

/// A driver that does not answer for so long stands still; so long `/healthz` waits for it, too.
const STANDS_STILL_AFTER: Duration = Duration::from_secs(5);

/// Until it is tried again, where the driver has too much to do.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// For so long the journal is read between two looks at the driver, which has news that cannot wait.
const READ_MAX: Duration = Duration::from_millis(250);

/// The page's changing part as it is by now.
#[derive(Debug)]
pub(crate) struct Rendered {
    /// Differs where what is shown differs.
    pub(super) version: String,
    pub(crate) title: String,
    pub(crate) for_readers: Bytes,
    pub(super) for_operators: Bytes,
    /// Until when there is a median, by the trader's clock.
    pub(super) valid_until: Option<Timestamp>,
}

/// What there is to be shown; nothing at the start and at the end.
pub(crate) type Latest = Option<Arc<Rendered>>;

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
    /// Minutes of which the board has the verdict alone, the oldest first.
    unread: VecDeque<Minute>,
}

/// Until the trader stops.
pub(crate) async fn keep(handle: Handle, latest: watch::Sender<Latest>) {
    let (board, unread) = (Board::default(), VecDeque::new());
    let mut keeper = Keeper { handle, latest, board, unread };
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
    /// Asks what the driver itself answers.
    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, Trouble> {
        let answer = timeout(STANDS_STILL_AFTER, self.handle.ask(request)).await;
        Ok(answer.map_err(|_| Trouble::StandsStill)??)
    }

    /// Until the driver drops this watcher: it is stopping, or this was too slow and begins again.
    async fn follow(&mut self) -> Result<(), Trouble> {
        let mut happenings = self.join().await?;
        loop {
            self.read_on().await?;
            self.look().await?;
            match timeout(LOOK_EVERY, happenings.recv()).await {
                Ok(Some(happening)) => self.heard(&happening),
                Ok(None) => return Ok(()),
                Err(_nothing) => continue,
            }
            sleep(TOGETHER).await;
            while let Ok(happening) = happenings.try_recv() {
                self.heard(&happening);
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
                Subscription::Behind => self.catch_up(after).await?,
            }
        }
    }

    /// Some of the verdicts after a minute; later, where the journal has too much to do.
    async fn catch_up(&mut self, after: Minute) -> Result<(), Trouble> {
        let ask = |reply| Request::Verdicts(after, MINUTES_MAX, reply);
        match timeout(READ_MAX, self.handle.ask(ask)).await {
            Ok(verdicts) => match verdicts? {
                Ok(verdicts) => verdicts.iter().for_each(|verdict| self.ended(verdict)),
                Err(ReadError::Busy) => self.look_and_wait().await?,
                Err(error) => return Err(error.into()),
            },
            Err(_nothing) => self.look_and_wait().await?,
        }
        Ok(())
    }

    async fn look_and_wait(&mut self) -> Result<(), Trouble> {
        self.look().await?;
        sleep(AGAIN_AFTER).await;
        Ok(())
    }

    /// The minute after which the page begins.
    async fn beginning(&self) -> Result<Minute, Trouble> {
        let snapshot: Snapshot = self.ask(Request::Look).await?;
        let interval = self.handle.about().timing.interval;
        let next = snapshot.status().current_minute;
        Ok((0..=MINUTES_MAX).fold(next, |minute, _| minute.previous(interval)))
    }

    fn heard(&mut self, happening: &Happening) {
        match happening {
            Happening::Verdict(verdict) => self.ended(verdict),
            Happening::Changed(_) => {}
        }
    }

    /// A minute has its verdict; who said what is in the journal.
    fn ended(&mut self, verdict: &Verdict) {
        self.board.add(Column::without_submissions(verdict, verdict.causes()));
        match verdict.outcome {
            Outcome::Median(_) | Outcome::Failed(_) | Outcome::Halted => {
                self.unread.push_back(verdict.minute);
            }
            Outcome::NoStrategies | Outcome::NotRunning => {}
        }
        if self.unread.len() > MINUTES_MAX {
            self.unread.pop_front();
        }
    }

    /// Reads what is on record of the minutes that are unread, as far as there is time.
    async fn read_on(&mut self) -> Result<(), Trouble> {
        let until = Instant::now() + READ_MAX;
        while let Some(minute) = self.unread.front().copied().filter(|_| Instant::now() < until) {
            let ask = |reply| Request::Explain(minute, None, STRATEGIES_MAX, reply);
            match timeout_at(until, self.handle.ask(ask)).await {
                Err(_) => break,
                Ok(read) => match read? {
                    Ok(Some(explanation)) => self.board.replace(Column::of(&explanation)),
                    Err(ReadError::Busy) => break,
                    // What cannot be read is seen by whoever asks for that minute; its verdict is known.
                    Ok(None) | Err(ReadError::Gone { .. } | ReadError::Journal(_)) => {}
                },
            }
            self.unread.pop_front();
        }
        Ok(())
    }

    /// Shows how it is by now, if that is not how it was.
    async fn look(&mut self) -> Result<(), Trouble> {
        let snapshot: Snapshot = self.ask(Request::Look).await?;
        for (name, minute) in snapshot.late() {
            self.board.came_late(name, *minute);
        }
        let status = snapshot.status();
        let (board, about) = (&self.board, self.handle.about());
        let (timing, called) = (&about.timing, &*about.called);
        let readers = Shown { board, status, timing, called, operates: false };
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

//! A feed at work: one task owns what is known, one listens. What is asked is answered from what was heard
//! before, and both are on record in that order.

use std::{convert::Infallible, io, time::Duration};

use chassis::{
    clock::Clock,
    grid::{Minute, Timestamp, Timing},
};
use rand::rngs::StdRng;
use tokio::{
    select,
    sync::{mpsc, oneshot},
    task::{JoinSet, spawn_blocking},
};
use tracing::{debug, info, warn};

use crate::{
    endpoint::{Dialer, Endpoint},
    event::Event,
    link::{self, Link, What},
    message::Says,
    recorder::Recorder,
    recording::{Heard, Written},
    signals::{NoSignal, Signals},
};

/// Messages that wait to be read into bars; beyond it the exchange waits.
const HEARD_MAX: usize = 1_024;

/// Questions that wait: a generator asks one at a time.
const ASKED_MAX: usize = 4;

/// A question for the signal of a minute.
#[derive(Debug)]
struct Ask {
    minute: Minute,
    answer: oneshot::Sender<Result<f64, NoSignal>>,
}

/// Asks a feed.
#[derive(Clone, Debug)]
pub struct Asker(mpsc::Sender<Ask>);

/// The feed is not there any more.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the feed has ended")]
pub struct Ended;

/// Why a question has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unanswered {
    /// There is no signal.
    #[error(transparent)]
    NoSignal(#[from] NoSignal),
    /// There is no feed.
    #[error(transparent)]
    Ended(#[from] Ended),
}

impl Asker {
    /// The signal of `minute`, as soon as it is known, at the latest when half of the grace is over.
    pub async fn signal(&self, minute: Minute) -> Result<f64, Unanswered> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Ask { minute, answer }).await.map_err(|_| Ended)?;
        Ok(answered.await.map_err(|_| Ended)??)
    }
}

/// What is recorded cannot be written: nothing is signalled that is not on record.
#[derive(Debug, thiserror::Error)]
#[error("recording {file}: {error}; without it there are no signals")]
pub struct Unrecorded {
    file: String,
    error: io::Error,
}

/// A feed to be run.
#[derive(Debug)]
pub struct Live {
    desk: Desk,
    asked: mpsc::Receiver<Ask>,
    heard: mpsc::Receiver<link::Heard>,
    link: Link,
}

/// What was told of the exchange: each change is, once.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Heard,
    Lost(String),
}

/// What is known, and on record.
#[derive(Debug)]
struct Desk {
    signals: Signals,
    recorder: Option<Recorder>,
    clock: Clock,
    /// How long after a minute began its signal is waited for.
    patience: Duration,
    endpoint: Endpoint,
    told: Told,
    /// Trades that came too late, as far as they were told of.
    late: u64,
}

impl Live {
    /// Signals of what `endpoint` says, which go on from those that are there.
    pub fn new(
        signals: Signals,
        recorder: Option<Recorder>,
        endpoint: Endpoint,
        (timing, clock, rng): (Timing, Clock, StdRng),
    ) -> Result<(Self, Asker), String> {
        let (ask, asked) = mpsc::channel(ASKED_MAX);
        let (tell, heard) = mpsc::channel(HEARD_MAX);
        let feed = signals.feed();
        let link = Link {
            source: feed.source().clone(),
            interval: feed.interval(),
            subscriptions: feed.subscriptions(),
            dialer: Dialer::new(endpoint.clone())?,
            clock,
            rng,
            heard: tell,
            spoke: false,
        };
        let (patience, late) = (timing.grace / 2, feed.late());
        let desk = Desk { signals, recorder, clock, patience, endpoint, told: Told::Nothing, late };
        Ok((Self { desk, asked, heard, link }, Asker(ask)))
    }

    /// Listens and answers. Ends when what was heard cannot be recorded.
    pub async fn run(self) -> Unrecorded {
        let Self { mut desk, asked, heard, link } = self;
        let mut listening = JoinSet::new();
        listening.spawn(link.run());
        let Err(unrecorded) = desk.attend(asked, heard).await;
        unrecorded
    }
}

impl Desk {
    async fn attend(
        &mut self,
        mut asked: mpsc::Receiver<Ask>,
        mut heard: mpsc::Receiver<link::Heard>,
    ) -> Result<Infallible, Unrecorded> {
        let here = self.here();
        self.happens(self.clock.wall(), &Event::Begun, Written::Begun(&here))?;
        let mut pending: Option<Ask> = None;
        loop {
            let due = pending.as_ref().map(|ask| ask.minute.start().plus(self.patience));
            let is_ready =
                |ask: &mut Ask| self.signals.is_known(ask.minute) || due <= Some(self.clock.wall());
            if let Some(ask) = pending.take_if(is_ready) {
                self.answer(ask).await?;
            }
            select! {
                biased;
                () = self.clock.reach(due.unwrap_or_default()), if pending.is_some() => {}
                Some(ask) = asked.recv(), if pending.is_none() => pending = Some(ask),
                Some(heard) = heard.recv() => self.hear(heard)?,
            }
        }
    }

    fn here(&self) -> Heard {
        let (feed, endpoint) = (self.signals.feed(), self.endpoint.to_string().into());
        Heard { source: feed.source().clone(), interval: feed.interval(), endpoint }
    }

    fn hear(&mut self, link::Heard { at, what }: link::Heard) -> Result<(), Unrecorded> {
        match what {
            What::Connected => self.happens(at, &Event::Connected, Written::Connected),
            What::Said(text, message) => {
                if message.says != Says::Subscribed && self.told != Told::Heard {
                    info!("listening to {} at {}", self.signals.feed().source(), self.endpoint);
                    self.told = Told::Heard;
                }
                self.happens(at, &Event::Said(message), Written::Said(&text))
            }
            What::Lost(why) => {
                let source = self.signals.feed().source();
                let told = Told::Lost(why.clone());
                if self.told == told {
                    debug!("{source}: {why}; retrying");
                } else {
                    warn!("{source}: {why}; retrying");
                }
                self.told = told;
                self.happens(at, &Event::Lost(why.as_str().into()), Written::Lost(&why))
            }
        }
    }

    /// Answers from what was heard before, once that is on disk.
    async fn answer(&mut self, Ask { minute, answer }: Ask) -> Result<(), Unrecorded> {
        self.happens(self.clock.wall(), &Event::Asked(minute), Written::Asked(minute))?;
        if let Some(recorder) = &self.recorder {
            synced(recorder).await.map_err(|error| unrecorded(recorder, error))?;
        }
        let late = self.signals.feed().late();
        if late > self.late {
            let (source, more) = (self.signals.feed().source(), late - self.late);
            warn!("{source}: trades that came when the bar of their minute was in use: {more}");
            self.late = late;
        }
        // Whoever asked may have given up.
        drop(answer.send(self.signals.signal(minute)));
        Ok(())
    }

    fn happens(
        &mut self,
        at: Timestamp,
        event: &Event,
        written: Written<'_>,
    ) -> Result<(), Unrecorded> {
        if let Some(recorder) = &mut self.recorder {
            let wrote = recorder.write(at, written);
            wrote.map_err(|error| unrecorded(recorder, error))?;
        }
        self.signals.apply(at, event);
        Ok(())
    }
}

fn unrecorded(recorder: &Recorder, error: io::Error) -> Unrecorded {
    Unrecorded { file: recorder.path().display().to_string(), error }
}

#[expect(clippy::disallowed_methods, reason = "it takes as long as the disk takes")]
async fn synced(recorder: &Recorder) -> io::Result<()> {
    let file = recorder.file()?;
    spawn_blocking(move || file.sync_data()).await.map_err(io::Error::other)?
}

//! A feed at work: one task owns what is known, one listens. What is asked is answered from what was heard
//! before, and both are on record in that order.

use std::{convert::Infallible, io, path::PathBuf, time::Duration};

use chassis::{
    clock::Clock,
    grid::{Timestamp, Timing},
};
use rand::rngs::StdRng;
use tokio::{
    select,
    sync::mpsc,
    task::{JoinSet, spawn_blocking},
};
use tracing::{debug, info, warn};

use crate::{
    asking::{Ask, Asker},
    endpoint::{Dialer, Endpoint},
    event::Event,
    link::{self, Link, What},
    message::Says,
    opening::opened,
    recorder::{Recorder, RecorderError},
    recording::{Heard, Written},
    signals::Signals,
};

/// Messages that wait to be read into bars; beyond it the exchange waits.
const HEARD_MAX: usize = 1_024;

/// Questions that wait: a generator asks one at a time.
const ASKED_MAX: usize = 4;

/// Why a feed has ended: nothing is signalled that is not on record.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The recording cannot be gone on with.
    #[error("recording {}: {error}", file.display())]
    Unopened {
        /// Where it is.
        file: PathBuf,
        /// Why.
        error: Box<RecorderError>,
    },
    /// What was heard cannot be recorded.
    #[error("recording {}: {error}; without it there are no signals", file.display())]
    Unrecorded {
        /// Where it should be.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A feed to be run.
#[derive(Debug)]
pub struct Live {
    signals: Signals,
    record: Option<PathBuf>,
    endpoint: Endpoint,
    clock: Clock,
    /// How long after a minute began its signal is waited for.
    patience: Duration,
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
    /// Signals of what `endpoint` says; and, if it is to be recorded, of what is in `record` already.
    pub fn new(
        signals: Signals,
        record: Option<PathBuf>,
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
        let patience = timing.grace / 2;
        let live = Self { signals, record, endpoint, clock, patience, asked, heard, link };
        Ok((live, Asker(ask)))
    }

    /// Listens and answers. Ends when what was heard cannot be recorded.
    pub async fn run(self) -> Stopped {
        let Err(stopped) = self.listen().await;
        stopped
    }

    async fn listen(self) -> Result<Infallible, Stopped> {
        let Self { signals, record, endpoint, clock, patience, mut asked, heard, link } = self;
        let here = here(&signals, &endpoint);
        let (signals, recorder) = match record {
            None => (signals, None),
            Some(file) => {
                let opened = opened(&file, here.clone(), signals, &mut asked).await;
                let unopened = |error| Stopped::Unopened { file, error: Box::new(error) };
                let (signals, recorder) = opened.map_err(unopened)?;
                (signals, Some(recorder))
            }
        };
        let (told, late) = (Told::Nothing, signals.feed().late());
        let mut desk = Desk { signals, recorder, clock, patience, endpoint, told, late };
        desk.happens(clock.wall(), &Event::Begun, Written::Begun(&here))?;
        let mut listening = JoinSet::new();
        listening.spawn(link.run());
        desk.attend(asked, heard).await
    }
}

fn here(signals: &Signals, endpoint: &Endpoint) -> Heard {
    let (feed, endpoint) = (signals.feed(), endpoint.to_string().into());
    Heard { source: feed.source().clone(), interval: feed.interval(), endpoint }
}

impl Desk {
    async fn attend(
        &mut self,
        mut asked: mpsc::Receiver<Ask>,
        mut heard: mpsc::Receiver<link::Heard>,
    ) -> Result<Infallible, Stopped> {
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

    fn hear(&mut self, link::Heard { at, what }: link::Heard) -> Result<(), Stopped> {
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
    async fn answer(&mut self, Ask { minute, answer }: Ask) -> Result<(), Stopped> {
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
    ) -> Result<(), Stopped> {
        if let Some(recorder) = &mut self.recorder {
            let wrote = recorder.write(at, written);
            wrote.map_err(|error| unrecorded(recorder, error))?;
        }
        self.signals.apply(at, event);
        Ok(())
    }
}

fn unrecorded(recorder: &Recorder, error: io::Error) -> Stopped {
    Stopped::Unrecorded { file: recorder.path().to_owned(), error }
}

#[expect(clippy::disallowed_methods, reason = "it takes as long as the disk takes")]
async fn synced(recorder: &Recorder) -> io::Result<()> {
    let file = recorder.file()?;
    spawn_blocking(move || file.sync_data()).await.map_err(io::Error::other)?
}

//! The one loop: what happens goes into the session, what the session wants is done.

mod leaving;

use std::{future::pending, time::Duration};

use chassis::{
    backoff::Backoff,
    clock::Clock,
    exit::{Exit, Failure},
    grid::{Minute, Timestamp},
    service_manager::ServiceManager,
};
use futures_util::future::{FutureExt as _, LocalBoxFuture, join_all};
use proto::v1::SubmitRequest;
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{
    client::{Failed, Generator, Heard, Link, Trader},
    decide::{Decide, decision},
    figures::{Figures, Looks, Snapshot},
    session::{Action, Answer, Identity, Session},
    signal::Signal,
    spans::Traced,
};

/// What every generator answered for a minute, in order.
type Readings = (Minute, Vec<Result<Signal, Failed>>);

/// Something under way, or nothing. Replacing it cancels it.
type Work<T> = Option<LocalBoxFuture<'static, T>>;

/// Owner of everything that a strategy is.
pub(crate) struct Driver {
    clock: Clock,
    rng: StdRng,
    identity: Identity,
    trader: Trader,
    generators: Vec<Generator>,
    service_manager: ServiceManager,
    decide: Box<dyn Decide>,
    session: Session,
    backoff: Backoff,
    link: Link,
    asking: Work<Readings>,
    submitting: Work<(Minute, Answer)>,
    figures: Figures,
    /// None where nobody will look.
    looks: Option<Looks>,
    traced: Traced,
}

impl Driver {
    pub(crate) fn new(
        clock: Clock,
        rng: StdRng,
        identity: Identity,
        (trader, generators, service_manager): (Trader, Vec<Generator>, ServiceManager),
        decide: Box<dyn Decide>,
    ) -> Self {
        Self {
            clock,
            rng,
            link: Link::open(trader.clone(), None, Duration::ZERO),
            session: Session::new(identity.clone()),
            figures: Figures::new(identity.name.clone(), identity.interval, clock.wall()),
            looks: None,
            identity,
            trader,
            generators,
            service_manager,
            decide,
            backoff: Backoff::default(),
            asking: None,
            submitting: None,
            traced: Traced::default(),
        }
    }

    /// Lets others look at it while it runs.
    pub(crate) fn seen_by(self, looks: Option<Looks>) -> Self {
        Self { looks, ..self }
    }

    fn snapshot(&self) -> Snapshot {
        let Self { figures, session, clock, .. } = self;
        Snapshot {
            figures: figures.clone(),
            connected: session.is_open(),
            timing: session.timing(),
            offset: session.offset(),
            now: clock.now(),
        }
    }

    /// Runs until `stop` is cancelled or the session has come to its end.
    pub(crate) async fn run(&mut self, stop: &CancellationToken) -> Result<(), Failure> {
        let ended = self.run_on(stop).await;
        self.service_manager.stopping();
        ended
    }

    async fn run_on(&mut self, stop: &CancellationToken) -> Result<(), Failure> {
        loop {
            self.service_manager.went_round(self.clock.now().mono);
            // Time is looked at before anything else: what a process stopped for a while finds on
            // its table may belong to a minute that is over.
            let due = self.session.time(self.clock.wall());
            self.act(due)?;
            let actions = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = nap_towards(self.clock, self.session.next_look()) => continue,
                heard = self.link.next() => self.heard(heard),
                (minute, readings) = done(&mut self.asking) => self.decide(minute, readings)?,
                (minute, answer) = done(&mut self.submitting) => self.answered(minute, answer),
                look = asked(&mut self.looks) => {
                    let _gone = look.send(self.snapshot());
                    continue;
                }
            };
            self.act(actions)?;
        }
    }

    fn heard(&mut self, heard: Heard) -> Vec<Action> {
        match heard {
            Heard::Registered(told) => self.session.registered(self.clock.wall(), *told),
            Heard::Noticed(notice) => self.session.noticed(notice),
            Heard::Lost(refusal) => self.session.lost(self.clock.now(), refusal),
        }
    }

    fn decide(
        &mut self,
        minute: Minute,
        readings: Vec<Result<Signal, Failed>>,
    ) -> Result<Vec<Action>, Failure> {
        let mut signals = Vec::with_capacity(readings.len());
        let mut causes = Vec::new();
        for reading in readings {
            match reading {
                Ok(signal) => signals.push(signal),
                Err(failed) if failed.for_good => {
                    return Err(Exit::Refused.because(format!(
                        "{}; start strategy {} with the same --interval as its generators and trader",
                        failed.cause, self.identity.name
                    )));
                }
                Err(failed) => causes.push(failed.cause),
            }
        }
        let decision = if causes.is_empty() {
            self.traced.decide(|| decision(&mut *self.decide, minute, &signals))
        } else {
            Err(causes.join("; "))
        };
        self.traced.decided(decision.as_ref().err().map(String::as_str));
        Ok(self.session.decided(self.clock.wall(), minute, decision, signals))
    }

    fn answered(&mut self, minute: Minute, answer: Answer) -> Vec<Action> {
        if matches!(answer, Answer::Received(_)) {
            self.backoff.reset();
        }
        self.traced.answered(&answer);
        self.session.answered(minute, answer)
    }

    /// Does what the session wants.
    fn act(&mut self, actions: Vec<Action>) -> Result<(), Failure> {
        for action in actions {
            match action {
                Action::Register(hold) => {
                    let pause = self.backoff.next(&mut self.rng);
                    self.submitting = None;
                    self.link = Link::open(self.trader.clone(), hold, pause);
                }
                Action::Ask(minute, until) => self.ask(minute, until),
                Action::Submit(submission, hold, offset, until) => {
                    let message = self.trader.message(&submission, &hold, offset.as_ref());
                    self.traced.begin(&self.identity.name, Some(&hold), submission.minute);
                    self.traced.decided(submission.content.cause());
                    self.submit(submission.minute, message, until);
                }
                Action::Note(note) => {
                    let Identity { name, trader, .. } = &self.identity;
                    self.figures.note(&note);
                    note.log(name, trader);
                    self.service_manager.status(|| note.text(name, trader));
                }
                Action::End(exit, message) => return Err(exit.because(message)),
            }
        }
        Ok(())
    }

    fn submit(&mut self, minute: Minute, message: SubmitRequest, until: Timestamp) {
        let (trader, rng) = (self.trader.clone(), StdRng::from_rng(&mut self.rng));
        let submit = async move { (minute, trader.submit(message, until, rng).await) };
        self.submitting = Some(submit.instrument(self.traced.span().clone()).boxed_local());
    }

    /// Asks every generator at the same time.
    fn ask(&mut self, minute: Minute, until: Timestamp) {
        let skew = self.session.skew().unwrap_or_default();
        let questions: Vec<_> = self
            .generators
            .iter()
            .map(|generator| {
                generator.clone().signal(minute, until, skew, StdRng::from_rng(&mut self.rng))
            })
            .collect();
        self.traced.begin(&self.identity.name, self.session.hold(), minute);
        let asking = async move { (minute, join_all(questions).await) };
        self.asking = Some(asking.instrument(self.traced.span().clone()).boxed_local());
    }
}

/// Naps until it is time to look at the clock again, or to show that the loop goes round.
async fn nap_towards(clock: Clock, at: Option<Timestamp>) {
    clock.nap_towards(at.unwrap_or(Timestamp::MAX)).await;
}

/// Who wants to look; waits for ever where nobody will.
async fn asked(looks: &mut Option<Looks>) -> oneshot::Sender<Snapshot> {
    let look = match looks {
        Some(looks) => looks.recv().await,
        None => None,
    };
    match look {
        Some(look) => look,
        None => pending().await,
    }
}

/// The result of what is under way; waits for ever while nothing is. Nothing is lost when this is
/// cancelled.
async fn done<T>(work: &mut Work<T>) -> T {
    let Some(future) = work else { return pending().await };
    let result = future.await;
    *work = None;
    result
}

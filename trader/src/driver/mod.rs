//! The one loop: it owns the core, and everything that happens passes through it in one order.

mod answers;
mod tell;
mod watchers;

use std::collections::BTreeMap;

use chassis::{
    clock::Clock,
    grid::{Now, Timestamp},
    server::Health,
    service_manager::ServiceManager,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    engine::{Engine, error::Refusal, ledger::Ticket, registry::SessionId, verdict::State},
    figures::Figures,
    handle::{Grant, Reply, Request, SessionEnd},
    spans::Written,
    store::{self, Store},
};
use watchers::Watchers;

/// Requests that are taken at a time, between two looks at the clock.
const BATCH_MAX: usize = 256;

/// Sessions beyond the registered strategies: those of one name that replace each other.
const SESSIONS_SPARE: usize = 1_024;

/// Who waits for something to be on disk.
#[derive(Debug)]
enum Waiter {
    Register(Reply<Result<Grant, Refusal>>, mpsc::OwnedPermit<SessionId>),
    Done(Reply<Result<(), Refusal>>),
    Halt(Reply<Result<bool, Refusal>>),
}

/// Owns the core.
#[derive(Debug)]
pub struct Driver {
    engine: Engine,
    clock: Clock,
    store: Store,
    health: Health,
    service_manager: ServiceManager,
    writing: Option<(Timestamp, oneshot::Receiver<store::Outcome>)>,
    written: Written,
    waiters: BTreeMap<Ticket, Waiter>,
    last_ticket: Ticket,
    sessions: BTreeMap<SessionId, oneshot::Sender<SessionEnd>>,
    losses: (mpsc::Sender<SessionId>, mpsc::Receiver<SessionId>),
    watchers: Watchers,
    talk: tell::Talk,
    /// None where nobody will ask.
    figures: Option<Box<Figures>>,
}

impl Driver {
    /// Around a core that has just been started.
    pub fn new(
        engine: Engine,
        clock: Clock,
        store: Store,
        health: Health,
        service_manager: ServiceManager,
    ) -> Self {
        let sessions_max = engine.strategies_max() + SESSIONS_SPARE;
        Self {
            engine,
            clock,
            store,
            health,
            service_manager,
            writing: None,
            written: Written::default(),
            waiters: BTreeMap::new(),
            last_ticket: 0,
            sessions: BTreeMap::new(),
            losses: mpsc::channel(sessions_max),
            watchers: Watchers::default(),
            talk: tell::Talk::default(),
            figures: None,
        }
    }

    /// Counts what happens from here on.
    pub fn count(&mut self) {
        self.figures = Some(Box::new(Figures::new(&self.engine, self.clock.now())));
    }

    /// Runs until `stop`, or until nobody can ask any more.
    pub async fn run(mut self, mut requests: mpsc::Receiver<Request>, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        let now = self.clock.now();
        tell::Talk::started(&self.engine, now);
        self.health.set(self.engine.state() == State::Ok);
        self.engine.tick(now);
        self.tell_standing();
        loop {
            let now = self.clock.now();
            self.follow_up(now);
            self.service_manager.went_round(now.mono);
            let deadline = self.engine.next_deadline(self.clock.now());
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                outcome = written(&mut self.writing) => self.written(outcome),
                () = self.clock.nap_towards(deadline) => self.engine.tick(self.clock.now()),
                Some(session) = self.losses.1.recv() => self.lose(session),
                taken = requests.recv_many(&mut batch, BATCH_MAX) => {
                    if taken == 0 {
                        break;
                    }
                    let now = self.clock.now();
                    // Those that only read do not look at the time themselves.
                    self.engine.tick(now);
                    batch.drain(..).for_each(|request| self.handle(now, request));
                }
            }
        }
        self.service_manager.stopping();
        requests.close();
        self.finish().await;
    }

    /// Nothing new is taken; what is being written is waited for, and the sessions are told.
    async fn finish(mut self) {
        self.end_sessions();
        while self.writing.is_some() {
            let outcome = written(&mut self.writing).await;
            self.written(outcome);
            self.follow_up(self.clock.now());
            self.end_sessions();
        }
    }

    fn written(&mut self, outcome: store::Outcome) {
        let now = self.clock.now();
        if let Some((began, _)) = self.writing.take() {
            self.written = Written { began, ended: now.wall };
        }
        self.engine.written(now, outcome);
    }

    fn end_sessions(&mut self) {
        for (_, session) in std::mem::take(&mut self.sessions) {
            let _gone = session.send(SessionEnd::Stopping);
        }
    }

    /// After every input: writes what is to be written, tells what is to be told.
    fn follow_up(&mut self, now: Now) {
        if cfg!(debug_assertions) {
            self.engine.check();
        }
        if self.writing.is_none()
            && let Some(records) = self.engine.take_records(now)
        {
            self.writing = Some((now.wall, self.store.commit(records)));
        }
        if self.writing.is_none() {
            let (minute, said) = self.engine.said_so_far();
            self.store.draft(minute, said);
        }
        for event in self.engine.drain() {
            self.tell(now, event);
        }
    }
}

/// The outcome of the write under way; never, when there is none.
async fn written(
    writing: &mut Option<(Timestamp, oneshot::Receiver<store::Outcome>)>,
) -> store::Outcome {
    match writing {
        Some((_, outcome)) => {
            outcome.await.unwrap_or_else(|_| Err("the journal's worker has stopped".to_owned()))
        }
        None => std::future::pending().await,
    }
}

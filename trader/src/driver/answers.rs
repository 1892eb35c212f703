//! What is asked, and who waits for which answer.

use std::sync::Arc;

use chassis::grid::{Minute, Now};
use tokio::sync::oneshot;

use super::{Driver, Waiter};
use crate::{
    engine::{
        error::Refusal,
        ledger::Ticket,
        registry::{Registration, SessionId},
        requests::Application,
    },
    handle::{Grant, Happening, Request, SessionGuard, Subscription},
};

impl Driver {
    fn ticket(&mut self, waiter: Waiter) -> Ticket {
        self.last_ticket += 1;
        self.waiters.insert(self.last_ticket, waiter);
        self.last_ticket
    }

    pub(super) fn lose(&mut self, session: SessionId) {
        self.sessions.remove(&session);
        self.engine.lose_session(self.clock.now(), session);
    }

    pub(super) fn handle(&mut self, now: Now, request: Request) {
        match request {
            Request::Submit(submission, reply) => {
                let (name, instance) = (submission.name.clone(), submission.instance.clone());
                let result = self.engine.submit(now, submission);
                if let Err(refusal) = &result {
                    self.figures.iter_mut().for_each(|figures| figures.refused(&name, refusal));
                    self.talk.refused(now, [&name, &instance], refusal);
                }
                let _gone = reply.send(result);
            }
            Request::Register(application, reply) => {
                let Ok(permit) = self.losses.0.clone().try_reserve_owned() else {
                    let max = self.engine.strategies_max();
                    let _gone = reply.send(Err(Refusal::Full { max }));
                    return;
                };
                let ticket = self.ticket(Waiter::Register(reply, permit));
                if let Err(refusal) = self.engine.register(now, &application, ticket, ticket) {
                    let Application { name, instance, .. } = &application;
                    self.talk.refused(now, [name, instance], &refusal);
                    self.refuse(ticket, refusal);
                }
            }
            Request::Deregister(name, leave, operator, reply) => {
                let ticket = self.ticket(Waiter::Done(reply));
                let result = self.engine.deregister(now, &name, leave, operator, ticket);
                self.unless_refused(ticket, result);
            }
            Request::Median(reply) => drop(reply.send(self.engine.current(now))),
            Request::Look(reply) => {
                if let Some(figures) = &mut self.figures {
                    let _gone = reply.send(figures.snapshot(&mut self.engine, now));
                }
            }
            Request::Status(after, limit, reply) => {
                let _gone = reply.send(self.engine.status(now, after.as_ref(), limit));
            }
            Request::Watch(after, reply) => {
                let _gone = reply.send(self.watch(now, after));
            }
            Request::Verdicts(after, limit, reply) => self.store.verdicts(after, limit, reply),
            Request::Explain(minute, after, limit, reply) => {
                self.store.explain(minute, after, limit, reply);
            }
            Request::Halt(reason, operator, reply) => {
                let ticket = self.ticket(Waiter::Halt(reply));
                self.engine.halt(now, reason, operator, ticket);
            }
            Request::Resume(reason, operator, reply) => {
                let ticket = self.ticket(Waiter::Done(reply));
                let result = self.engine.resume(now, reason, operator, ticket);
                self.unless_refused(ticket, result);
            }
        }
    }

    /// A watcher that has read everything up to `after` joins; one that has not reads first.
    fn watch(&mut self, now: Now, after: Option<Minute>) -> Subscription {
        // What happened in this very batch is told to those who were there.
        for event in self.engine.drain() {
            self.tell(now, event);
        }
        let last = self.engine.last_verdict().map(|verdict| verdict.last);
        if let (Some(after), Some(last)) = (after, last)
            && after < last
        {
            return Subscription::Behind;
        }
        let present = Happening::Changed(Arc::new(self.engine.present()));
        self.watchers.join(present).map_or(Subscription::Full, Subscription::Live)
    }

    fn unless_refused(&mut self, ticket: Ticket, result: Result<(), Refusal>) {
        if let Err(refusal) = result {
            self.refuse(ticket, refusal);
        }
    }

    pub(super) fn refuse(&mut self, ticket: Ticket, refusal: Refusal) {
        match self.waiters.remove(&ticket) {
            Some(Waiter::Register(reply, _)) => drop(reply.send(Err(refusal))),
            Some(Waiter::Done(reply)) => drop(reply.send(Err(refusal))),
            Some(Waiter::Halt(reply)) => drop(reply.send(Err(refusal))),
            None => {}
        }
    }

    pub(super) fn done(&mut self, ticket: Ticket) {
        if let Some(Waiter::Done(reply)) = self.waiters.remove(&ticket) {
            let _gone = reply.send(Ok(()));
        }
    }

    /// A registration is in force: its session opens, unless the caller has gone.
    pub(super) fn grant(&mut self, ticket: Ticket, registration: Registration, taken_over: bool) {
        let Some(Waiter::Register(reply, permit)) = self.waiters.remove(&ticket) else { return };
        let (over, end) = oneshot::channel();
        self.sessions.insert(ticket, over);
        let _gone = reply.send(Ok(Grant {
            registration,
            taken_over,
            journal: self.engine.journal().into(),
            timing: *self.engine.timing(),
            end,
            guard: SessionGuard::new(ticket, permit),
        }));
    }
}

//! What the core wants told: to callers, sessions, watchers, health and the log.

use std::{collections::BTreeMap, sync::Arc};

use chassis::{
    grid::{Minute, Now},
    name::Name,
};
use tracing::{debug, error, info, warn};

use super::{Driver, Waiter};
use crate::{
    engine::{
        Engine,
        error::Refusal,
        event::{Event, Notice},
        ledger::StateChange,
        requests::Application,
        verdict::{Cause, State, Verdict},
    },
    handle::{Happening, SessionEnd},
};

/// With more strategies than this, each submission is logged at DEBUG.
const CHATTY_MAX: usize = 100;

/// Causes that one log line names.
const CAUSES_LOGGED_MAX: usize = 8;

/// Names whose refused registrations are remembered, so that each is logged once.
const REJECTED_MAX: usize = 1_024;

impl Driver {
    pub(super) fn tell(&mut self, event: Event) {
        self.talk.say(&event, self.engine.strategy_count());
        match event {
            Event::Registered { ticket, registration, taken_over } => {
                self.grant(ticket, registration, taken_over);
            }
            Event::Deregistered { ticket, .. } => {
                if let Some(ticket) = ticket {
                    self.done(ticket);
                }
            }
            Event::Resumed { ticket } => self.done(ticket),
            Event::Halted { ticket, durable } => {
                if let Some(Waiter::Halt(reply)) = self.waiters.remove(&ticket) {
                    let _gone = reply.send(Ok(durable));
                }
            }
            Event::Refused { ticket, refusal } => self.refuse(ticket, refusal),
            Event::SessionOver { session, notice } => {
                if let Some(session) = self.sessions.remove(&session)
                    && notice == Notice::Deregistered
                {
                    let _full = session.try_send(SessionEnd::Deregistered);
                }
            }
            Event::Published(verdict) => self.watchers.tell(&Happening::Verdict(verdict)),
            Event::Changed(change) => {
                self.health.set(change.to == State::Ok);
                self.watchers.tell(&Happening::Changed(Arc::new(change)));
            }
            Event::SessionLost { .. }
            | Event::Accepted { .. }
            | Event::Retrying { .. }
            | Event::Reminder { .. }
            | Event::ClockStepped { .. }
            | Event::WriteFailed { .. }
            | Event::WriteRecovered => {}
        }
    }
}

/// The log, and what it has said already.
#[derive(Debug, Default)]
pub(super) struct Talk {
    rejected: BTreeMap<Name, Name>,
}

impl Talk {
    pub(super) fn started(engine: &Engine, now: Now) {
        let strategies = engine.strategy_count();
        let state = engine.state();
        if let Some(last) = engine.last_verdict() {
            info!(%state, strategies, "started; last minute on record: {}", last.last);
        } else {
            info!(%state, strategies, "started at {}", now.wall);
        }
        if state == State::Error {
            warn!("{}", causes(&engine.causes()));
        }
    }

    /// A registration was refused; the same one is logged once.
    pub(super) fn rejected(&mut self, application: &Application, refusal: &Refusal) {
        let Application { name, instance, .. } = application;
        if self.rejected.get(name) == Some(instance) {
            return;
        }
        if self.rejected.len() >= REJECTED_MAX {
            self.rejected.clear();
        }
        self.rejected.insert(name.clone(), instance.clone());
        warn!(strategy = %name, %instance, "{refusal}");
    }

    /// A submission was refused. What keeps a minute from its median is named by its causes; what
    /// should never happen is said here.
    pub(super) fn refused(name: &Name, refusal: &Refusal) {
        match refusal {
            Refusal::Conflict { .. } | Refusal::Fenced { .. } => {
                warn!(strategy = %name, "{refusal}");
            }
            Refusal::Taken { .. }
            | Refusal::Deregistered { .. }
            | Refusal::Full { .. }
            | Refusal::Journal(_)
            | Refusal::Unknown { .. }
            | Refusal::NotRegistered { .. }
            | Refusal::Late { .. }
            | Refusal::Future { .. }
            | Refusal::Stamp { .. }
            | Refusal::SignalMinute { .. }
            | Refusal::NotExpected { .. }
            | Refusal::NotHalted => debug!(strategy = %name, "{refusal}"),
        }
    }

    fn say(&mut self, event: &Event, strategies: usize) {
        match event {
            Event::Registered { registration, taken_over, .. } => {
                self.rejected.remove(&registration.name);
                let (epoch, first_minute) = (registration.epoch, registration.first_minute);
                info!(epoch, %first_minute, taken_over, "registered {}", registration.name);
            }
            Event::Deregistered { name, .. } => info!("deregistered {name}"),
            Event::SessionLost { name } => info!("lost the connection to {name}"),
            Event::Accepted { name, minute, decision } => {
                accepted(name, *decision, strategies, *minute);
            }
            Event::Retrying { missing, missing_count, .. } => {
                let named: Vec<&str> = missing.iter().map(Name::as_str).collect();
                let more = missing_count - missing.len().min(*missing_count);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                info!("median: retrying to compute, missing: {}{more}", named.join(", "));
            }
            Event::Published(verdict) => published(verdict),
            Event::Changed(change) => changed(change),
            Event::Reminder { state, since, summary } => {
                warn!("still {state} since {since}: {summary}");
            }
            Event::ClockStepped { by, forward } => {
                let way = if *forward { "forward" } else { "back" };
                warn!("the wall clock stepped {way} by {:.3} s", by.as_secs_f64());
            }
            Event::WriteFailed { error } => {
                error!("the journal cannot be written, trying again each second: {error}");
            }
            Event::WriteRecovered => info!("the journal can be written again"),
            Event::Halted { .. }
            | Event::Resumed { .. }
            | Event::Refused { .. }
            | Event::SessionOver { .. } => {}
        }
    }
}

fn accepted(name: &Name, decision: Option<f64>, strategies: usize, minute: Minute) {
    match decision {
        Some(decision) if strategies <= CHATTY_MAX => info!(%minute, "{name} submitted {decision}"),
        Some(decision) => debug!(%minute, "{name} submitted {decision}"),
        None if strategies <= CHATTY_MAX => info!(%minute, "{name} abstained"),
        None => debug!(%minute, "{name} abstained"),
    }
}

fn published(verdict: &Verdict) {
    let (minute, count) = (verdict.minute, verdict.count);
    if let Some(median) = verdict.median() {
        info!(%minute, count, "median: {}", median.value);
    } else {
        debug!(%minute, last = %verdict.last, count, "minute ended without a median");
    }
    if !verdict.disagreeing.is_empty() {
        let named: Vec<&str> = verdict.disagreeing.iter().map(Name::as_str).collect();
        warn!(%minute, "generators with different values for different strategies: {}", named.join(", "));
    }
}

fn changed(change: &StateChange) {
    let StateChange { from, to, causes: why, halt_reason, .. } = change;
    match to {
        State::Error if from == to => error!("state ERROR, causes changed: {}", causes(why)),
        State::Error => error!("state ERROR (was {from}): {}", causes(why)),
        State::Halted => {
            let reason = halt_reason.as_deref().unwrap_or_default();
            warn!("state HALTED (was {from}): {reason}; `minutehand resume --reason …` ends it");
        }
        State::Idle | State::Waiting | State::Ok => info!("state {to} (was {from})"),
    }
}

fn causes(causes: &[Cause]) -> String {
    let named: Vec<String> = causes.iter().take(CAUSES_LOGGED_MAX).map(Cause::to_string).collect();
    let more = causes.len().saturating_sub(named.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{more}", named.join("; "))
}

//! What the core wants told: to callers, sessions, watchers, health and the log.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

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
        ledger::{By, StateChange},
        verdict::{Cause, Outcome, State, Subject, Verdict},
    },
    handle::{Happening, SessionEnd},
    spans,
    wire::{cut, cut_at},
};

/// With more strategies than this, each submission is logged at DEBUG.
const CHATTY_MAX: usize = 100;

/// Causes that one log line names.
const CAUSES_LOGGED_MAX: usize = 8;

/// What a reminder says at most, in bytes.
const REMINDER_BYTES_MAX: usize = 1_024;

/// Refusals that are logged while they are remembered: whoever tries on and on, under whatever names,
/// does not fill the log.
const REFUSALS_MAX: usize = 10;

/// How long refusals are remembered, from the first one on: a strategy tries for less.
const REFUSALS_KEPT: Duration = Duration::from_mins(1);

impl Driver {
    pub(super) fn tell(&mut self, now: Now, event: Event) {
        if let Some(figures) = &mut self.figures {
            figures.note(now, &event);
        }
        Talk::say(&event, &self.engine);
        match event {
            Event::Registered { ticket, registration, taken_over } => {
                self.grant(ticket, registration, taken_over);
            }
            Event::Deregistered { ticket, .. } | Event::Resumed { ticket, .. } => {
                if let Some(ticket) = ticket {
                    self.done(ticket);
                }
            }
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
                    let _gone = session.send(SessionEnd::Deregistered);
                }
            }
            Event::Published(verdict) => {
                let (journal, interval) = (self.engine.journal(), self.engine.timing().interval);
                spans::published(journal, interval, &verdict, self.written);
                self.tell_standing();
                self.watchers.tell(&Happening::Verdict(verdict));
            }
            Event::Changed(change) => {
                self.health.set(change.to == State::Ok);
                self.tell_standing();
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

    /// Tells the service manager where the trader stands.
    pub(super) fn tell_standing(&mut self) {
        let engine = &self.engine;
        self.service_manager.status(|| standing(engine));
    }
}

/// The log, and what it has said already.
#[derive(Debug, Default)]
pub(super) struct Talk {
    refused: BTreeSet<(Name, Name, String)>,
    forget_at: Duration,
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
        match state {
            State::Error => warn!("{}", causes(&engine.causes())),
            State::Halted => warn!("halted {}", halt(engine)),
            State::Idle | State::Waiting | State::Ok => {}
        }
    }

    /// A strategy was refused. What keeps a minute from its median is named by its causes; what
    /// should never happen is said here, once.
    pub(super) fn refused(&mut self, now: Now, who: [&Name; 2], refusal: &Refusal) {
        let [name, instance] = who;
        let warned = match refusal {
            Refusal::Taken { .. }
            | Refusal::Fenced { .. }
            | Refusal::Deregistered { .. }
            | Refusal::Full { .. }
            | Refusal::Conflict { .. } => self.is_news(now, who, refusal),
            Refusal::Journal(_)
            | Refusal::Unknown { .. }
            | Refusal::NotRegistered { .. }
            | Refusal::Late { .. }
            | Refusal::Future { .. }
            | Refusal::Stamp { .. }
            | Refusal::SignalMinute { .. }
            | Refusal::NotExpected { .. }
            | Refusal::NotHalted => false,
        };
        if warned {
            warn!(strategy = %name, %instance, "{refusal}");
        } else {
            debug!(strategy = %name, %instance, "{refusal}");
        }
    }

    fn is_news(&mut self, now: Now, [name, instance]: [&Name; 2], refusal: &Refusal) -> bool {
        if now.mono >= self.forget_at {
            self.refused.clear();
        }
        if self.refused.is_empty() {
            self.forget_at = now.mono + REFUSALS_KEPT;
        }
        if self.refused.len() > REFUSALS_MAX {
            return false;
        }
        let is_news = self.refused.insert((name.clone(), instance.clone(), refusal.to_string()));
        if is_news && self.refused.len() > REFUSALS_MAX {
            warn!("more strategies are refused: the rest of this minute's are logged at DEBUG");
            return false;
        }
        is_news
    }

    fn say(event: &Event, engine: &Engine) {
        match event {
            Event::Registered { registration, taken_over, .. } => {
                let (epoch, first_minute) = (registration.epoch, registration.first_minute);
                info!(epoch, %first_minute, taken_over, "registered {}", registration.name);
            }
            Event::Deregistered { name, by: By::Itself, .. } => {
                info!("deregistered {name}, by itself");
            }
            Event::Deregistered { name, by: By::Operator(operator), .. } => {
                info!("deregistered {name}, by {operator}");
            }
            Event::Resumed { reason, operator, .. } => {
                info!("resumed by {operator}: {}", cut(reason));
            }
            Event::SessionLost { name } => info!("lost the connection to {name}"),
            Event::Accepted { name, minute, decision } => {
                accepted(name, *decision, engine.strategy_count(), *minute);
            }
            Event::Retrying { missing, missing_count, .. } => {
                retrying(missing, *missing_count, engine);
            }
            Event::Published(verdict) => published(verdict),
            Event::Changed(change) => changed(change, engine),
            Event::Reminder { state, since, summary } => {
                warn!("still {state} since {since}: {}", cut_at(summary, REMINDER_BYTES_MAX));
            }
            Event::ClockStepped { by, forward } => {
                let way = if *forward { "forward" } else { "back" };
                warn!("the wall clock stepped {way} by {:.3} s", by.as_secs_f64());
            }
            Event::WriteFailed { error } => {
                error!("the journal cannot be written, trying again each second: {error}");
            }
            Event::WriteRecovered => info!("the journal can be written again"),
            Event::Halted { .. } | Event::Refused { .. } | Event::SessionOver { .. } => {}
        }
    }
}

/// Whoever the state names already is named again at DEBUG only: an error may last all night.
fn retrying(missing: &[Name], missing_count: usize, engine: &Engine) {
    if missing_count == 0 {
        info!("median: retrying to compute, all have submitted: waiting for the journal");
        return;
    }
    let named: Vec<&str> = missing.iter().map(Name::as_str).collect();
    let more = missing_count.saturating_sub(missing.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let text = format!("median: retrying to compute, missing: {}{more}", named.join(", "));
    let causes = engine.causes();
    let is_known =
        |name: &Name| causes.iter().any(|cause| cause.subject == Subject::Strategy(name.clone()));
    if missing.iter().all(is_known) {
        debug!("{text}");
    } else {
        info!("{text}");
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
    let Verdict { minute, last, count, .. } = verdict;
    match &verdict.outcome {
        Outcome::Median(median) => info!(%minute, count, "median: {}", median.value),
        Outcome::NotRunning => {
            warn!("not running: this trader was down or asleep, no verdict on {minute} to {last}");
        }
        Outcome::Failed(_) | Outcome::NoStrategies | Outcome::Halted => {
            debug!(%minute, %last, count, "minute ended without a median");
        }
    }
    if !verdict.disagreeing.is_empty() {
        let named: Vec<&str> = verdict.disagreeing.iter().map(Name::as_str).collect();
        warn!(%minute, "generators with different values for different strategies: {}", named.join(", "));
    }
}

fn changed(change: &StateChange, engine: &Engine) {
    let StateChange { from, to, causes: why, .. } = change;
    match to {
        State::Error if from == to => error!("state ERROR, causes changed: {}", causes(why)),
        State::Error => error!("state ERROR (was {from}): {}", causes(why)),
        State::Halted if from == to && why.is_empty() => info!("state HALTED, no cause any more"),
        State::Halted if from == to => info!("state HALTED, causes changed: {}", causes(why)),
        State::Halted => warn!("state HALTED (was {from}): {}", halt(engine)),
        State::Idle | State::Waiting | State::Ok => info!("state {to} (was {from})"),
    }
}

/// The state in a line, and what there is to say of it.
fn standing(engine: &Engine) -> String {
    let state = engine.state();
    let verdict = engine.last_verdict().map(AsRef::as_ref);
    let median = verdict.and_then(|verdict: &Verdict| Some((verdict, verdict.median()?)));
    match (state, median) {
        (State::Ok, Some((Verdict { minute, count, .. }, median))) => {
            format!("{state}: median {} of {count} for {minute}", median.value)
        }
        (State::Idle, _) => format!("{state}: no strategy is registered"),
        (State::Waiting | State::Ok, _) => {
            let since = if verdict.is_some() { "no verdict since" } else { "no verdict yet" };
            format!("{state}: {} registered, {since}", engine.strategy_count())
        }
        (State::Error, _) => format!("{state}: {}", causes(&engine.causes())),
        (State::Halted, _) => format!("{state}: {}", halt(engine)),
    }
}

fn halt(engine: &Engine) -> String {
    let (reason, operator) =
        engine.halted().map_or(("", ""), |halt| (&*halt.reason, &*halt.operator));
    let (reason, here) = (cut(reason), &engine.settings().here);
    format!("by {operator}: {reason}; `minutehand resume{here} --reason …` ends it")
}

fn causes(causes: &[Cause]) -> String {
    let named = causes.iter().take(CAUSES_LOGGED_MAX);
    let named: Vec<String> = named.map(|cause| cut(&cause.to_string()).to_owned()).collect();
    let more = causes.len().saturating_sub(named.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{more}", named.join("; "))
}

//! How scripts show what the core tells.

use chassis::grid::Timestamp;

use super::{script::Stage, world::START};
use crate::engine::{
    error::Refusal,
    event::Event,
    ledger::StateChange,
    verdict::{Cause, Outcome, Subject, Verdict},
};

fn show(at: Timestamp) -> i64 {
    (at.as_micros() - START.as_micros()) / 1_000_000
}

impl Stage {
    /// What was told since the last row.
    pub(super) fn told(&mut self) -> Vec<String> {
        let events = std::mem::take(&mut self.world.told);
        events.iter().filter_map(|event| self.tell(event)).collect()
    }

    fn tell(&mut self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Registered { ticket, registration, taken_over } => {
                if let Some(holder) = self.asked.get(ticket) {
                    self.sessions.insert(holder.clone(), *ticket);
                    self.epochs.insert(holder.clone(), registration.epoch);
                }
                let how = if *taken_over { "taken over" } else { "registered" };
                let first = show(registration.first_minute.start());
                format!("{how} {} epoch={} first={first}", registration.name, registration.epoch)
            }
            Event::Deregistered { name, .. } => format!("deregistered {name}"),
            Event::Halted { durable: true, .. } => "halted".to_owned(),
            Event::Halted { durable: false, .. } => "halted, not on disk".to_owned(),
            Event::Resumed { .. } => "resumed".to_owned(),
            Event::Refused { refusal, .. } => reason(refusal),
            Event::SessionOver { session, notice } => {
                let over = self.sessions.iter().find(|(_, live)| *live == session);
                let (name, instance) = self.asked.get(session).or(over.map(|(holder, _)| holder))?;
                format!("over {name} {instance} {notice:?}")
            }
            Event::SessionLost { name } => format!("lost {name}"),
            Event::Accepted { name, minute, .. } if self.talkative => {
                format!("{name} for {}", show(minute.start()))
            }
            Event::Retrying { missing, missing_count, .. } if self.talkative => {
                format!("retrying without {missing:?} {missing_count}")
            }
            Event::Accepted { .. } | Event::Retrying { .. } => return None,
            Event::Published(verdict) => verdict_told(verdict),
            Event::Changed(change) => {
                self.changes.push(change.clone());
                change_told(change)
            }
            Event::Reminder { state, .. } => format!("still {state}"),
            Event::ClockStepped { by, forward } => {
                format!("clock {}{}", if *forward { '+' } else { '-' }, by.as_secs_f64())
            }
            Event::WriteFailed { error } => format!("write failed: {error}"),
            Event::WriteRecovered => "write recovered".to_owned(),
        })
    }
}

/// The word that a refusal begins with.
pub(super) fn reason(refusal: &Refusal) -> String {
    let text = refusal.to_string();
    text.split_once(':').map(|(reason, _)| reason.to_owned()).unwrap_or(text)
}

pub(super) fn verdict_told(verdict: &Verdict) -> String {
    let (first, last) = (show(verdict.minute.start()), show(verdict.last.start()));
    let minute = if first == last { first.to_string() } else { format!("{first}..{last}") };
    let told = match &verdict.outcome {
        Outcome::Median(median) => format!("median={} of {}", median.value, verdict.count),
        Outcome::Failed(causes) => format!("failed{}", causes_told(causes)),
        Outcome::NoStrategies => "no strategies".to_owned(),
        Outcome::Halted => "halted".to_owned(),
        Outcome::NotRunning => "not running".to_owned(),
    };
    let named: Vec<String> =
        verdict.disagreeing.iter().map(|name| format!(", {name} disagrees")).collect();
    format!("{minute} {told}{}", named.concat())
}

pub(super) fn change_told(change: &StateChange) -> String {
    format!("{}{}", change.to, causes_told(&change.causes))
}

pub(super) fn causes_told(causes: &[Cause]) -> String {
    let told: Vec<String> = causes.iter().map(cause_told).collect();
    if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) }
}

fn cause_told(cause: &Cause) -> String {
    let since = show(cause.since.start());
    match &cause.subject {
        Subject::Trader => format!("{} since {since}", cause.code),
        Subject::Strategy(name) => format!("{name} {} since {since}", cause.code),
    }
}

//! What is told: one JSON object an event, the same for commands and webhooks.

use std::time::Duration;

use serde::Serialize;

use crate::report::{Cause, Moment, StateChange, length};

/// What there is to tell of a trader.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(super) enum Alarm {
    /// Its state is another one, or has other causes.
    State(StateChange),
    /// It was not heard in time.
    Lost {
        /// The last it was heard; when watching began, if it never was. By the watcher's clock.
        since: Moment,
        /// The last minute that it gave a verdict on …
        #[serde(skip_serializing_if = "Option::is_none")]
        minute: Option<Moment>,
        /// … and until when that was valid.
        #[serde(skip_serializing_if = "Option::is_none")]
        valid_until: Option<Moment>,
        /// What is known of the link to it.
        why: String,
    },
    /// It is heard again.
    Heard {
        /// Since when it was not.
        since: Moment,
        /// How long that was.
        seconds: f64,
        /// Why there is no median, if there is none.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        causes: Vec<Cause>,
    },
}

/// An event on its way to whoever takes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Event {
    /// The same for every try to deliver it, and for no other event.
    pub(super) id: String,
    /// By the watcher's clock.
    pub(super) at: Moment,
    /// The trader's name in the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trader: Option<String>,
    /// Where it is.
    pub(super) address: String,
    /// `IDLE`, `WAITING`, `OK`, `ERROR` or `HALTED`, as last heard; `LOST` when it is not.
    pub(super) state: &'static str,
    #[serde(flatten)]
    pub(super) alarm: Alarm,
    /// All of it in a line for people.
    pub(super) text: String,
}

impl Alarm {
    /// In words.
    pub(super) fn text(&self, state: &str) -> String {
        match self {
            Self::State(change) => change.to_string(),
            Self::Lost { since, minute, valid_until, why } => {
                let last = minute.zip(*valid_until).map_or_else(String::new, |(minute, until)| {
                    format!("; its last minute is {minute}, valid until {until}")
                });
                format!("not heard since {since}: {why}{last}: treat as ERROR")
            }
            Self::Heard { seconds, causes, .. } => {
                let after = length(Duration::try_from_secs_f64(*seconds).unwrap_or_default());
                let causes: Vec<_> = causes.iter().map(ToString::to_string).collect();
                let why = if causes.is_empty() { "" } else { ": " };
                format!("heard again after {after}, {state}{why}{}", causes.join("; "))
            }
        }
    }

    /// The word for it.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::State(_) => "state",
            Self::Lost { .. } => "lost",
            Self::Heard { .. } => "heard",
        }
    }
}

/// An event as its receiver gets it.
#[derive(Serialize)]
struct Sent<'a> {
    #[serde(flatten)]
    event: &'a Event,
    #[serde(skip_serializing_if = "is_zero")]
    dropped: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Event {
    /// Its JSON, and how many events before it this receiver will not get.
    pub(super) fn json(&self, dropped: u64) -> String {
        serde_json::to_string(&Sent { event: self, dropped }).expect("events have string keys only")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn event(state: &'static str, alarm: Alarm) -> Event {
        let at = Moment::read(samples::stamp("12:01:11"));
        let (id, text) = ("r-1".to_owned(), "all of it".to_owned());
        Event { id, at, trader: None, address: "h:1".to_owned(), state, alarm, text }
    }

    #[test]
    fn m5_an_event_is_one_object_with_an_id() {
        let change = samples::to_error("12:01:10").into();
        let state =
            Event { trader: Some("btc".to_owned()), ..event("ERROR", Alarm::State(change)) };
        assert_eq!(
            state.json(0),
            r#"{"id":"r-1","at":"2026-11-20T12:01:11Z","trader":"btc","address":"h:1","state":"ERROR","event":"state","from":"OK","to":"ERROR","changed_at":"2026-11-20T12:01:10Z","causes":[{"subject":"X","code":"abstained","since":"2026-11-20T12:01:00Z","last_seen":"2026-11-20T12:01:08Z","detail":"generator 127.0.0.1:1000: connection refused"}],"causes_total":1,"text":"all of it"}"#
        );
        let since = Moment::read(samples::stamp("12:00:00"));
        let why = "connection refused".to_owned();
        let lost = Alarm::Lost { since, minute: None, valid_until: None, why };
        assert_eq!(
            event("LOST", lost).json(2),
            r#"{"id":"r-1","at":"2026-11-20T12:01:11Z","address":"h:1","state":"LOST","event":"lost","since":"2026-11-20T12:00:00Z","why":"connection refused","text":"all of it","dropped":2}"#
        );
        let heard = Alarm::Heard { since, seconds: 71.0, causes: Vec::new() };
        assert_eq!(
            event("OK", heard).json(0),
            r#"{"id":"r-1","at":"2026-11-20T12:01:11Z","address":"h:1","state":"OK","event":"heard","since":"2026-11-20T12:00:00Z","seconds":71.0,"text":"all of it"}"#
        );
    }
}

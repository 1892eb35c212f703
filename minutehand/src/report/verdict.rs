//! How minutes end, and how the state changes.

use std::fmt;

use proto::v1;
use serde::Serialize;

use super::{Moment, printable};

/// What one minute, or a run of minutes, ended with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The minute, or the first one of the run.
    pub minute: Moment,
    /// The last minute of the run; the same as `minute` for a single one.
    pub last_minute: Moment,
    /// `median`, `failed`, `no strategies`, `halted` or `not running`.
    pub kind: &'static str,
    /// The median, if `kind` says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median: Option<f64>,
    /// How many decisions came in.
    pub count: u32,
    /// The lowest decision of a median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lowest: Option<f64>,
    /// The highest decision of a median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highest: Option<f64>,
    /// State of the trader by this verdict.
    pub state: &'static str,
    /// When it was decided.
    pub closed_at: Moment,
    /// From here on it says nothing about the present.
    pub valid_until: Moment,
    /// Why it failed, at most 16.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// How many causes there are in all.
    pub causes_total: u32,
    /// Generators that gave different strategies different values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disagreeing_generators: Vec<String>,
}

/// Why there is no median.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// A strategy, or `trader`.
    pub subject: String,
    /// `silent`, `disconnected`, `stale`, `future`, `abstained`, `clock`, `journal` or `too-few`.
    pub code: &'static str,
    /// First minute in a row with this cause.
    pub since: Moment,
    /// When the subject was last heard of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Moment>,
    /// The rest, for a person.
    pub detail: String,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateChange {
    /// State before; the same as `to` when this only says what the state is.
    pub from: &'static str,
    /// State from then on.
    pub to: &'static str,
    /// When.
    pub changed_at: Moment,
    /// Why, at most 16.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// How many causes there are in all.
    pub causes_total: u32,
    /// The operator's reason, while `HALTED`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub halt_reason: String,
}

impl From<v1::Verdict> for Verdict {
    fn from(wire: v1::Verdict) -> Self {
        Self {
            minute: Moment::read(wire.minute),
            last_minute: Moment::read(wire.last_minute).max(Moment::read(wire.minute)),
            kind: kind(wire.kind()),
            median: wire.median,
            count: wire.count,
            lowest: wire.lowest,
            highest: wire.highest,
            state: state(wire.state()),
            closed_at: Moment::read(wire.closed_at),
            valid_until: Moment::read(wire.valid_until),
            causes: wire.causes.into_iter().map(Cause::from).collect(),
            causes_total: wire.causes_total,
            disagreeing_generators: wire.disagreeing_generators,
        }
    }
}

impl From<v1::Cause> for Cause {
    fn from(wire: v1::Cause) -> Self {
        Self {
            code: code(wire.code()),
            subject: wire.subject,
            since: Moment::read(wire.since),
            last_seen: wire.last_seen.map(Moment::from),
            detail: wire.detail,
        }
    }
}

impl From<v1::StateChange> for StateChange {
    fn from(wire: v1::StateChange) -> Self {
        Self {
            from: state(wire.from()),
            to: state(wire.to()),
            changed_at: Moment::read(wire.changed_at),
            causes: wire.causes.into_iter().map(Cause::from).collect(),
            causes_total: wire.causes_total,
            halt_reason: wire.halt_reason,
        }
    }
}

/// `2026-11-20T12:01:00Z median 0.5 of 2, from 0.25 to 0.75`
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.minute)?;
        if self.last_minute > self.minute {
            write!(f, " to {}", self.last_minute)?;
        }
        write!(f, " {}", self.kind)?;
        if let Some(median) = self.median {
            write!(f, " {median} of {}", self.count)?;
        }
        if let (Some(lowest), Some(highest)) = (self.lowest, self.highest) {
            write!(f, ", from {lowest} to {highest}")?;
        }
        write_causes(f, &self.causes, self.causes_total)?;
        if !self.disagreeing_generators.is_empty() {
            let names = printable(&self.disagreeing_generators.join(", "));
            write!(f, "; different values for different strategies from {names}")?;
        }
        Ok(())
    }
}

/// `X disconnected since 2026-11-20T12:01:00Z, last seen 2026-11-20T12:01:03.250Z: killed`
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} since {}", printable(&self.subject), self.code, self.since)?;
        if let Some(seen) = self.last_seen {
            write!(f, ", last seen {seen}")?;
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", printable(&self.detail))?;
        }
        Ok(())
    }
}

/// `2026-11-20T12:01:10Z OK -> ERROR: X silent since 2026-11-20T12:01:00Z`
impl fmt::Display for StateChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            write!(f, "{} {}", self.changed_at, self.to)?;
        } else {
            write!(f, "{} {} -> {}", self.changed_at, self.from, self.to)?;
        }
        if !self.halt_reason.is_empty() {
            write!(f, ": {}", printable(&self.halt_reason))?;
        }
        write_causes(f, &self.causes, self.causes_total)
    }
}

fn write_causes(f: &mut fmt::Formatter<'_>, causes: &[Cause], total: u32) -> fmt::Result {
    for (nth, cause) in causes.iter().enumerate() {
        write!(f, "{} {cause}", if nth == 0 { ":" } else { ";" })?;
    }
    match (total as usize).saturating_sub(causes.len()) {
        0 => Ok(()),
        more => write!(f, "; and {more} more"),
    }
}

/// The word for a state.
pub(super) fn state(state: v1::State) -> &'static str {
    match state {
        v1::State::Unspecified => "UNKNOWN",
        v1::State::Idle => "IDLE",
        v1::State::Waiting => "WAITING",
        v1::State::Ok => "OK",
        v1::State::Error => "ERROR",
        v1::State::Halted => "HALTED",
    }
}

fn kind(kind: v1::VerdictKind) -> &'static str {
    match kind {
        v1::VerdictKind::Unspecified => "unknown",
        v1::VerdictKind::Median => "median",
        v1::VerdictKind::Failed => "failed",
        v1::VerdictKind::NoStrategies => "no strategies",
        v1::VerdictKind::Halted => "halted",
        v1::VerdictKind::NotRunning => "not running",
    }
}

fn code(code: v1::CauseCode) -> &'static str {
    match code {
        v1::CauseCode::Unspecified => "unknown",
        v1::CauseCode::Silent => "silent",
        v1::CauseCode::Disconnected => "disconnected",
        v1::CauseCode::Stale => "stale",
        v1::CauseCode::Future => "future",
        v1::CauseCode::Abstained => "abstained",
        v1::CauseCode::Clock => "clock",
        v1::CauseCode::Journal => "journal",
        v1::CauseCode::TooFew => "too-few",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn verdicts_read_as_one_line() {
        for (verdict, text) in [
            (
                samples::median("12:01:00"),
                "2026-11-20T12:01:00Z median 0.5 of 2, from 0.25 to 0.75",
            ),
            (
                samples::failed("12:01:00"),
                "2026-11-20T12:01:00Z failed: X abstained since 2026-11-20T12:01:00Z, last seen \
                 2026-11-20T12:01:08Z: generator 127.0.0.1:1000: connection refused; and 2 more",
            ),
            (
                samples::not_running("12:02:00", "12:05:00"),
                "2026-11-20T12:02:00Z to 2026-11-20T12:05:00Z not running",
            ),
        ] {
            assert_eq!(Verdict::from(verdict).to_string(), text);
        }
    }

    #[test]
    fn changes_of_state_say_who_and_why() {
        let change = StateChange::from(samples::to_error("12:01:10"));
        assert_eq!(
            change.to_string(),
            "2026-11-20T12:01:10Z OK -> ERROR: X abstained since 2026-11-20T12:01:00Z, last seen \
             2026-11-20T12:01:08Z: generator 127.0.0.1:1000: connection refused"
        );
        let only =
            StateChange { from: "HALTED", to: "HALTED", causes: vec![], causes_total: 0, ..change };
        let only = StateChange { halt_reason: "odd\u{7}".to_owned(), ..only };
        assert_eq!(only.to_string(), "2026-11-20T12:01:10Z HALTED: odd\\u{7}");
    }

    #[test]
    fn json_leaves_out_what_there_is_not() {
        let json =
            serde_json::to_string(&Verdict::from(samples::not_running("12:02:00", "12:05:00")));
        assert_eq!(
            json.unwrap(),
            r#"{"minute":"2026-11-20T12:02:00Z","last_minute":"2026-11-20T12:05:00Z","kind":"not running","count":0,"state":"WAITING","closed_at":"2026-11-20T12:05:20Z","valid_until":"2026-11-20T12:06:10Z","causes_total":0}"#
        );
    }
}

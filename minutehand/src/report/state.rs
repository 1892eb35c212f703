//! Everything that a trader knows at one moment.

use proto::v1;
use serde::Serialize;

use super::{Cause, Moment, Verdict, seconds, verdict::state};

/// What the trader knows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// `IDLE`, `WAITING`, `OK`, `ERROR` or `HALTED`.
    pub state: &'static str,
    /// When this state began.
    pub state_since: Moment,
    /// Why, at most 16.
    pub causes: Vec<Cause>,
    /// How many causes there are in all.
    pub causes_total: u32,
    /// The halt in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub halt: Option<Halt>,
    /// The last verdict; none in a new journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_verdict: Option<Verdict>,
    /// The minute that is open or comes next.
    pub current_minute: Moment,
    /// The trader's clock.
    pub trader_time: Moment,
    /// When the trader's process started.
    pub started_at: Moment,
    /// Version of the trader.
    pub version: String,
    /// Id of the journal.
    pub journal: String,
    /// Length of a minute.
    pub interval_seconds: f64,
    /// How long after a boundary the trader waits.
    pub grace_seconds: f64,
    /// Largest tolerated difference between two clocks.
    pub skew_seconds: f64,
    /// Every strategy that is registered, or missing from `--expect`, by name.
    pub strategies: Vec<Strategy>,
}

/// A halt in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Halt {
    /// Why, in the operator's words.
    pub reason: String,
    /// Who.
    pub operator: String,
    /// When.
    pub halted_at: Moment,
    /// Whether a restart keeps it.
    pub durable: bool,
}

/// One strategy, as the trader sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Strategy {
    /// Its name.
    pub name: String,
    /// False: named by `--expect`, and missing.
    pub registered: bool,
    /// Whether its session is alive.
    pub connected: bool,
    /// Epoch of its current hold; 0 when missing.
    pub epoch: u64,
    /// First minute it is expected in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_minute: Option<Moment>,
    /// When anything last came from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Moment>,
    /// Minute of its last submission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_minute: Option<Moment>,
    /// Its last decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_decision: Option<f64>,
    /// Its last abstention.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_abstention: String,
    /// How long after that minute's boundary it came in; below zero for an early one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lateness_seconds: Option<f64>,
    /// The trader's clock less its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_offset: Option<ClockOffset>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// Difference of two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClockOffset {
    /// The trader's clock less the strategy's.
    pub seconds: f64,
    /// The true difference is within this of it.
    pub uncertainty_seconds: f64,
}

/// One page's strategies included.
impl From<v1::GetStatusResponse> for Status {
    fn from(wire: v1::GetStatusResponse) -> Self {
        Self {
            state: state(wire.state()),
            state_since: Moment::read(wire.state_since),
            causes: wire.causes.into_iter().map(Cause::from).collect(),
            causes_total: wire.causes_total,
            halt: wire.halt.map(Halt::from),
            last_verdict: wire.last_verdict.map(Verdict::from),
            current_minute: Moment::read(wire.current_minute),
            trader_time: Moment::read(wire.trader_time),
            started_at: Moment::read(wire.started_at),
            version: wire.version,
            journal: wire.journal,
            interval_seconds: seconds(wire.interval),
            grace_seconds: seconds(wire.grace),
            skew_seconds: seconds(wire.skew),
            strategies: wire.strategies.into_iter().map(Strategy::from).collect(),
        }
    }
}

impl From<v1::HaltRecord> for Halt {
    fn from(wire: v1::HaltRecord) -> Self {
        Self {
            reason: wire.reason,
            operator: wire.operator,
            halted_at: Moment::read(wire.halted_at),
            durable: wire.durable,
        }
    }
}

impl From<v1::StrategyStatus> for Strategy {
    fn from(wire: v1::StrategyStatus) -> Self {
        Self {
            name: wire.name,
            registered: wire.registered,
            connected: wire.connected,
            epoch: wire.epoch,
            first_minute: wire.first_minute.map(Moment::from),
            last_seen: wire.last_seen.map(Moment::from),
            last_minute: wire.last_minute.map(Moment::from),
            last_decision: wire.last_decision,
            last_abstention: wire.last_abstention,
            lateness_seconds: wire.lateness.map(|lateness| seconds(Some(lateness))),
            clock_offset: wire.clock_offset.map(|measured| ClockOffset {
                seconds: seconds(measured.offset),
                uncertainty_seconds: seconds(measured.uncertainty),
            }),
            cause: wire.cause.map(Cause::from),
        }
    }
}

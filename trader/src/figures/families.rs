//! What the trader's figures are called, and what they say.

use chassis::figures::{BUILD_INFO, Family, GRACE, INTERVAL, SKEW, START_TIME};

pub(super) const STATE: Family = Family::gauge(
    "minutehand_trader_state",
    &["state"],
    "1 for the state that the trader is in, else 0.",
);
pub(super) const STATE_SINCE: Family = Family::gauge(
    "minutehand_trader_state_since_timestamp_seconds",
    &[],
    "When the state began, by the trader's clock.",
);
pub(super) const STATE_SECONDS: Family = Family::counter(
    "minutehand_trader_state_seconds_total",
    &["state"],
    "Time spent in each state.",
);
pub(super) const STATE_CHANGES: Family = Family::counter(
    "minutehand_trader_state_changes_total",
    &["state"],
    "How often each state was entered.",
);
pub(super) const ERROR_SECONDS: Family = Family::counter(
    "minutehand_trader_error_seconds_total",
    &["cause"],
    "Time in ERROR with at least one such cause; causes may overlap.",
);
pub(super) const RECOVERIES: Family = Family::counter(
    "minutehand_trader_recoveries_total",
    &[],
    "How often OK was reached after an ERROR.",
);
pub(super) const CURRENT_MINUTE: Family = Family::gauge(
    "minutehand_trader_current_minute_timestamp_seconds",
    &[],
    "Start of the minute that is open or comes next.",
);
pub(super) const LAST_MEDIAN: Family = Family::gauge(
    "minutehand_trader_last_median_timestamp_seconds",
    &[],
    "Start of the last minute with a median, from the journal at the start; absent before the first.",
);
pub(super) const VALID_UNTIL: Family = Family::gauge(
    "minutehand_trader_valid_until_timestamp_seconds",
    &[],
    "Until when the last verdict says anything about the present; absent before the first.",
);
pub(super) const ROUNDS: Family = Family::counter(
    "minutehand_trader_rounds_total",
    &["outcome"],
    "Minutes by what they ended with.",
);
pub(super) const ROUND_CLOSE: Family = Family::histogram(
    "minutehand_trader_round_close_seconds",
    &["outcome"],
    "From a minute's boundary to its verdict on disk, by the wall clock.",
);
pub(super) const PARTICIPANTS: Family = Family::counter(
    "minutehand_trader_participants_total",
    &["result"],
    "How strategies took part in minutes; late ones are counted as silent or disconnected, too.",
);
pub(super) const STRATEGIES: Family = Family::gauge(
    "minutehand_trader_strategies",
    &[],
    "Strategies that are registered, and those that are expected and are not.",
);
pub(super) const LEFT_OUT: Family = Family::gauge(
    "minutehand_trader_strategies_left_out",
    &[],
    "Strategies without series of their own: only the first 256 by name have some.",
);
pub(super) const WRITABLE: Family = Family::gauge(
    "minutehand_trader_journal_writable",
    &[],
    "0 while the journal cannot be written, or its disk does not answer in time, else 1.",
);
pub(super) const OUTAGES: Family = Family::counter(
    "minutehand_trader_journal_outages_total",
    &[],
    "How often writing the journal failed after it had succeeded; what is tried again meanwhile is not counted.",
);
pub(super) const CLOCK_STEPS: Family = Family::counter(
    "minutehand_trader_clock_steps_total",
    &[],
    "How often the wall clock moved by itself by more than the skew.",
);
pub(super) const REGISTERED: Family = Family::gauge(
    "minutehand_trader_strategy_registered",
    &["strategy"],
    "1 if it is registered, 0 if it is only expected.",
);
pub(super) const CONNECTED: Family = Family::gauge(
    "minutehand_trader_strategy_connected",
    &["strategy"],
    "1 if it has a session, else 0.",
);
pub(super) const FAILING: Family = Family::gauge(
    "minutehand_trader_strategy_failing",
    &["strategy"],
    "1 if it is among the causes of the present state, else 0.",
);
pub(super) const RECEIVED: Family = Family::counter(
    "minutehand_trader_strategy_decisions_received_total",
    &["strategy"],
    "Decisions that came in time.",
);
pub(super) const INCLUDED: Family = Family::counter(
    "minutehand_trader_strategy_decisions_included_total",
    &["strategy"],
    "Decisions that are in a median.",
);
pub(super) const FAILURES: Family = Family::counter(
    "minutehand_trader_strategy_failures_total",
    &["strategy", "result"],
    "Minutes that it kept from their median, by how; late submissions are counted as silent or disconnected, too.",
);
pub(super) const LAST_DECISION_AGE: Family = Family::gauge(
    "minutehand_trader_strategy_last_decision_age_seconds",
    &["strategy"],
    "Time since its last decision arrived; absent before the first since the process started.",
);
pub(super) const CLOCK_OFFSET: Family = Family::gauge(
    "minutehand_trader_strategy_clock_offset_seconds",
    &["strategy"],
    "The trader's clock less the strategy's, as the strategy measured it last; absent without a session.",
);
pub(super) const CLOCK_UNCERTAINTY: Family = Family::gauge(
    "minutehand_trader_strategy_clock_uncertainty_seconds",
    &["strategy"],
    "How far the clock offset may be from the true one.",
);

/// All of them, in the order in which they are shown.
pub const FAMILIES: [&Family; 31] = [
    &BUILD_INFO,
    &START_TIME,
    &INTERVAL,
    &GRACE,
    &SKEW,
    &STATE,
    &STATE_SINCE,
    &STATE_SECONDS,
    &STATE_CHANGES,
    &ERROR_SECONDS,
    &RECOVERIES,
    &CURRENT_MINUTE,
    &LAST_MEDIAN,
    &VALID_UNTIL,
    &ROUNDS,
    &ROUND_CLOSE,
    &PARTICIPANTS,
    &STRATEGIES,
    &LEFT_OUT,
    &WRITABLE,
    &OUTAGES,
    &CLOCK_STEPS,
    &REGISTERED,
    &CONNECTED,
    &FAILING,
    &RECEIVED,
    &INCLUDED,
    &FAILURES,
    &LAST_DECISION_AGE,
    &CLOCK_OFFSET,
    &CLOCK_UNCERTAINTY,
];

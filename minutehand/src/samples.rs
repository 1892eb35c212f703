//! Messages as a trader sends them, for the tests of this crate. All on 2026-11-20.

use chassis::grid::Timestamp;
use proto::v1;

use crate::report::{Cause, Explained, Moment, Submission};

/// A time of that day.
#[expect(clippy::unnecessary_wraps, reason = "the wire has it so")]
pub(crate) fn stamp(time: &str) -> Option<prost_types::Timestamp> {
    let text = format!("2026-11-20T{time}Z");
    Some(Moment(Timestamp::parse(&text).expect("a time of day")).wire())
}

/// A length of time.
#[expect(clippy::unnecessary_wraps, reason = "the wire has it so")]
pub(crate) fn millis(ms: i64) -> Option<prost_types::Duration> {
    let nanos = i32::try_from(ms % 1_000 * 1_000_000).unwrap();
    Some(prost_types::Duration { seconds: ms / 1_000, nanos })
}

fn later(minute: &str, seconds: i64) -> Option<prost_types::Timestamp> {
    stamp(minute).map(|at| prost_types::Timestamp { seconds: at.seconds + seconds, ..at })
}

fn verdict(minute: &str, kind: v1::VerdictKind, state: v1::State) -> v1::Verdict {
    v1::Verdict {
        minute: stamp(minute),
        last_minute: stamp(minute),
        kind: kind.into(),
        state: state.into(),
        closed_at: later(minute, 10),
        valid_until: later(minute, 70),
        ..v1::Verdict::default()
    }
}

/// A minute with the median 0.5.
pub(crate) fn median(minute: &str) -> v1::Verdict {
    v1::Verdict {
        median: Some(0.5),
        count: 2,
        lowest: Some(0.25),
        highest: Some(0.75),
        ..verdict(minute, v1::VerdictKind::Median, v1::State::Ok)
    }
}

/// A minute that failed, for three causes of which one is told.
pub(crate) fn failed(minute: &str) -> v1::Verdict {
    v1::Verdict {
        causes: vec![abstained()],
        causes_total: 3,
        ..verdict(minute, v1::VerdictKind::Failed, v1::State::Error)
    }
}

/// A run of minutes that the trader slept through.
pub(crate) fn not_running(first: &str, last: &str) -> v1::Verdict {
    v1::Verdict {
        last_minute: stamp(last),
        closed_at: later(last, 20),
        valid_until: later(last, 70),
        ..verdict(first, v1::VerdictKind::NotRunning, v1::State::Waiting)
    }
}

/// X has abstained.
pub(crate) fn abstained() -> v1::Cause {
    v1::Cause {
        subject: "X".to_owned(),
        code: v1::CauseCode::Abstained.into(),
        since: stamp("12:01:00"),
        last_seen: stamp("12:01:08"),
        detail: "generator 127.0.0.1:1000: connection refused".to_owned(),
    }
}

/// OK, until X abstained.
pub(crate) fn to_error(at: &str) -> v1::StateChange {
    v1::StateChange {
        from: v1::State::Ok.into(),
        to: v1::State::Error.into(),
        changed_at: stamp(at),
        causes: vec![abstained()],
        causes_total: 1,
        halt_reason: String::new(),
    }
}

fn strategy(name: &str, decision: f64, lateness_ms: i64) -> v1::StrategyStatus {
    v1::StrategyStatus {
        name: name.to_owned(),
        registered: true,
        connected: true,
        epoch: 1,
        first_minute: stamp("12:01:00"),
        last_seen: stamp("12:01:00"),
        last_minute: stamp("12:01:00"),
        last_decision: Some(decision),
        lateness: millis(lateness_ms),
        ..v1::StrategyStatus::default()
    }
}

/// All is well: X and Y have decided.
pub(crate) fn status_ok() -> v1::GetStatusResponse {
    let mut x = strategy("X", 0.25, 125);
    x.clock_offset = Some(v1::ClockOffset { offset: millis(2), uncertainty: millis(1) });
    v1::GetStatusResponse {
        state: v1::State::Ok.into(),
        state_since: stamp("12:01:00.250"),
        last_verdict: Some(median("12:01:00")),
        current_minute: stamp("12:02:00"),
        trader_time: stamp("12:01:20"),
        started_at: stamp("12:00:00"),
        version: "0.1.0".to_owned(),
        journal: "j1".to_owned(),
        interval: millis(60_000),
        grace: millis(10_000),
        skew: millis(1_000),
        strategies: vec![x, strategy("Y", 0.75, 250)],
        strategies_total: 2,
        ..v1::GetStatusResponse::default()
    }
}

/// X has abstained and is lost, Z is missing.
pub(crate) fn status_error() -> v1::GetStatusResponse {
    let ok = status_ok();
    let missing = v1::StrategyStatus { name: "Z".to_owned(), ..v1::StrategyStatus::default() };
    let x = v1::StrategyStatus {
        connected: false,
        last_seen: stamp("12:02:08"),
        last_decision: None,
        last_abstention: abstained().detail,
        cause: Some(abstained()),
        ..strategy("X", 0.0, 8_000)
    };
    v1::GetStatusResponse {
        state: v1::State::Error.into(),
        state_since: stamp("12:02:08"),
        causes: vec![abstained()],
        causes_total: 3,
        trader_time: stamp("12:02:20"),
        strategies: vec![x, strategy("Y", 0.75, 250), missing],
        strategies_total: 3,
        ..ok
    }
}

/// Halted, in memory only.
pub(crate) fn status_halted() -> v1::GetStatusResponse {
    let halt = v1::HaltRecord {
        reason: "odd\u{7}".to_owned(),
        operator: "ann@desk".to_owned(),
        halted_at: stamp("12:01:15"),
        durable: false,
    };
    v1::GetStatusResponse { state: v1::State::Halted.into(), halt: Some(halt), ..status_ok() }
}

fn signal(generator: &str, run_id: &str, value: f64, at: &str) -> v1::Signal {
    v1::Signal {
        generator: generator.to_owned(),
        run_id: run_id.to_owned(),
        minute: stamp("12:01:00"),
        value,
        produced_at: stamp(at),
    }
}

/// What X and Y said in the minute that failed.
pub(crate) fn submissions() -> Vec<v1::RecordedSubmission> {
    use v1::recorded_submission::Content;
    let x = v1::RecordedSubmission {
        strategy: "X".to_owned(),
        epoch: 3,
        instance: "i1".to_owned(),
        decided_at: stamp("12:01:08"),
        received_at: stamp("12:01:08.001"),
        content: Some(Content::Abstention(abstained().detail)),
        signals: Vec::new(),
    };
    let y = v1::RecordedSubmission {
        strategy: "Y".to_owned(),
        epoch: 2,
        instance: "i2".to_owned(),
        decided_at: stamp("12:00:59.875"),
        received_at: stamp("12:01:00.250"),
        content: Some(Content::Decision(0.75)),
        signals: vec![
            signal("b", "r1", 0.5, "12:01:00.001"),
            signal("c", "r2", 0.25, "12:01:00.002"),
        ],
    };
    vec![x, y]
}

/// The minute that failed.
pub(crate) fn explained() -> Explained {
    Explained {
        verdict: failed("12:01:00").into(),
        submissions: submissions().into_iter().map(Submission::from).collect(),
        causes: vec![Cause::from(abstained())],
        halt: None,
    }
}

//! Answers of servers: a strategy's reading of a signal, and an operator's of a report.

use chassis::grid::{Interval, Minute, Timestamp};
use minutehand::report::{StateChange, Status, Submission, Verdict};
use prost::Message as _;
use proto::v1;
use strategy::signal::{Signal, shared_name};

/// 2026-11-20T12:01:00Z.
const MINUTE: Timestamp = Timestamp::from_micros(1_795_176_060_000_000);

/// One message, read as each of those that servers send.
pub fn run(bytes: &[u8]) {
    if let Ok(answer) = v1::GetSignalResponse::decode(bytes) {
        signal(answer);
    }
    if let Ok(status) = v1::GetStatusResponse::decode(bytes) {
        shown(&Status::from(status));
    }
    if let Ok(explained) = v1::ExplainResponse::decode(bytes) {
        let submissions = explained.submissions.into_iter().map(Submission::from);
        shown(&submissions.collect::<Vec<_>>());
    }
    match v1::WatchResponse::decode(bytes).ok().and_then(|answer| answer.event) {
        Some(v1::watch_response::Event::Verdict(verdict)) => shown(&Verdict::from(verdict)),
        Some(v1::watch_response::Event::StateChange(change)) => shown(&StateChange::from(change)),
        None => {}
    }
}

fn signal(v1::GetSignalResponse { signal, generator_time }: v1::GetSignalResponse) {
    let minute = Minute::starting(MINUTE, Interval::default()).expect("on the grid");
    let skew = std::time::Duration::from_secs(1);
    if let Err(unfit) = Signal::check_clock(generator_time, MINUTE, skew) {
        assert!(!unfit.to_string().is_empty());
    }
    let Some(raw) = signal else { return };
    match Signal::check(raw.clone(), minute, MINUTE, skew) {
        Ok(fit) => {
            assert!(fit.value.is_finite() && fit.minute == minute);
            assert_eq!(Signal::check(fit.to_wire(), minute, MINUTE, skew).as_ref(), Ok(&fit));
            assert!(shared_name(&[fit.clone(), fit]).is_some());
        }
        Err(unfit) => assert!(!unfit.to_string().is_empty()),
    }
}

fn shown(report: &impl serde::Serialize) {
    assert!(serde_json::to_string(report).is_ok());
}

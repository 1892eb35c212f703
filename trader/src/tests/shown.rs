//! Answers as one line of text, to compare them with.

use chassis::{status, wire};
use proto::v1::{
    Cause, CauseCode, GetMedianRequest, GetStatusRequest, GetStatusResponse, State, StateChange,
    Verdict, VerdictKind, WatchResponse, watch_response::Event,
};
use tonic::Status;

use super::World;

/// `Unavailable journal: …`
pub(super) fn refusal(refusal: &Status) -> String {
    let reason = status::reason(refusal).unwrap_or_default();
    format!("{:?} {reason}: {}", refusal.code(), refusal.message())
}

/// `12:01:00`, or what the fraction is besides.
pub(super) fn of_day(at: Option<prost_types::Timestamp>) -> String {
    let at = wire::read_timestamp(at.expect("it is always sent")).unwrap();
    at.to_string()[11..].trim_end_matches('Z').to_owned()
}

pub(super) fn state(state: i32) -> &'static str {
    State::try_from(state).unwrap().as_str_name().trim_start_matches("STATE_")
}

/// `X SILENT, Y ABSTAINED`
pub(super) fn causes(causes: &[Cause]) -> String {
    let shown = causes.iter().map(|cause| {
        let code = CauseCode::try_from(cause.code).unwrap().as_str_name();
        format!("{} {}", cause.subject, code.trim_start_matches("CAUSE_CODE_"))
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// `12:01:00 MEDIAN 0.5 of 1`, `12:01:00 FAILED X SILENT`, `12:01:00 to 12:09:00 NOT_RUNNING`
pub(super) fn verdict(verdict: &Verdict) -> String {
    let (first, last) = (of_day(verdict.minute), of_day(verdict.last_minute));
    let minutes = if first == last { first } else { format!("{first} to {last}") };
    let kind = verdict.kind().as_str_name().trim_start_matches("VERDICT_KIND_");
    let rest = match verdict.kind() {
        VerdictKind::Median => format!(" {} of {}", verdict.median.unwrap(), verdict.count),
        VerdictKind::Failed => format!(" {}", causes(&verdict.causes)),
        VerdictKind::Unspecified
        | VerdictKind::NoStrategies
        | VerdictKind::Halted
        | VerdictKind::NotRunning => String::new(),
    };
    format!("{minutes} {kind}{rest}")
}

/// `state OK`, `state OK -> ERROR X SILENT`
fn change(change: &StateChange) -> String {
    let (from, to) = (state(change.from), state(change.to));
    let states = if from == to { to.to_owned() } else { format!("{from} -> {to}") };
    format!("state {states} {}", causes(&change.causes)).trim_end().to_owned()
}

pub(super) fn said(happening: &WatchResponse) -> String {
    match happening.event.as_ref().expect("there is an event") {
        Event::Verdict(told) => verdict(told),
        Event::StateChange(told) => change(told),
    }
}

impl World {
    pub(super) async fn status(&self) -> GetStatusResponse {
        self.client.clone().get_status(GetStatusRequest::default()).await.unwrap().into_inner()
    }

    /// `OK`, `ERROR X SILENT`
    pub(super) async fn state(&self) -> String {
        let status = self.status().await;
        format!("{} {}", state(status.state), causes(&status.causes)).trim_end().to_owned()
    }

    /// `12:01:00 0.5`, or the refusal.
    pub(super) async fn median(&self) -> String {
        match self
            .client
            .clone()
            .get_median(GetMedianRequest {})
            .await
            .map(tonic::Response::into_inner)
        {
            Ok(current) => format!("{} {}", of_day(current.minute), current.median),
            Err(status) => refusal(&status),
        }
    }
}

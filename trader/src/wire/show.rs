//! The core's words for the wire.

use std::sync::Arc;

use chassis::{
    grid::{ClockOffset, Minute, Timestamp},
    name::Name,
    wire,
};
use prost::Message as _;
use proto::v1;

use super::refuse::cut;
use crate::{
    engine::{
        StatusPage,
        ledger::{Halt, StateChange},
        registry::Strategy,
        submission::{Accepted, Content, Signal},
        verdict::{Cause, CauseCode, Outcome, State, Subject, Verdict},
    },
    handle::{About, Grant, Happening, SessionEnd},
    journal::Explanation,
};

/// Causes and disagreeing generators that one message names.
const NAMED_MAX: usize = 16;

#[expect(clippy::unnecessary_wraps, reason = "the wire's fields are optional")]
fn at(at: Timestamp) -> Option<prost_types::Timestamp> {
    Some(wire::timestamp(at))
}

fn start(minute: Minute) -> Option<prost_types::Timestamp> {
    at(minute.start())
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A state.
fn state(state: State) -> v1::State {
    match state {
        State::Idle => v1::State::Idle,
        State::Waiting => v1::State::Waiting,
        State::Ok => v1::State::Ok,
        State::Error => v1::State::Error,
        State::Halted => v1::State::Halted,
    }
}

/// A cause, its detail cut.
fn cause(cause: &Cause) -> v1::Cause {
    let code = match cause.code {
        CauseCode::Silent => v1::CauseCode::Silent,
        CauseCode::Disconnected => v1::CauseCode::Disconnected,
        CauseCode::Stale => v1::CauseCode::Stale,
        CauseCode::Future => v1::CauseCode::Future,
        CauseCode::Abstained => v1::CauseCode::Abstained,
        CauseCode::Clock => v1::CauseCode::Clock,
        CauseCode::Journal => v1::CauseCode::Journal,
        CauseCode::TooFew => v1::CauseCode::TooFew,
    };
    v1::Cause {
        subject: cause.subject.to_string(),
        code: code.into(),
        since: start(cause.since),
        last_seen: cause.last_seen.and_then(at),
        detail: cut(&cause.detail).to_owned(),
    }
}

/// The first causes, and how many there are in all.
fn causes(causes: &[Cause]) -> (Vec<v1::Cause>, u32) {
    (causes.iter().take(NAMED_MAX).map(cause).collect(), count(causes.len()))
}

/// A verdict.
pub fn verdict(verdict: &Verdict) -> v1::Verdict {
    let kind = match &verdict.outcome {
        Outcome::Median(_) => v1::VerdictKind::Median,
        Outcome::Failed(_) => v1::VerdictKind::Failed,
        Outcome::NoStrategies => v1::VerdictKind::NoStrategies,
        Outcome::Halted => v1::VerdictKind::Halted,
        Outcome::NotRunning => v1::VerdictKind::NotRunning,
    };
    let median = verdict.median();
    let (causes, causes_total) = causes(verdict.causes());
    let disagreeing = verdict.disagreeing.iter().take(NAMED_MAX);
    v1::Verdict {
        minute: start(verdict.minute),
        last_minute: start(verdict.last),
        kind: kind.into(),
        median: median.map(|median| median.value),
        count: count(verdict.count),
        lowest: median.map(|median| median.lowest),
        highest: median.map(|median| median.highest),
        state: state(verdict.state).into(),
        closed_at: at(verdict.closed_at),
        valid_until: at(verdict.valid_until),
        causes,
        causes_total,
        disagreeing_generators: disagreeing.map(Name::to_string).collect(),
    }
}

fn change(change: &StateChange) -> v1::StateChange {
    let (causes, causes_total) = causes(&change.causes);
    v1::StateChange {
        from: state(change.from).into(),
        to: state(change.to).into(),
        changed_at: at(change.at),
        causes,
        causes_total,
        halt_reason: change.halt_reason.clone().unwrap_or_default(),
    }
}

/// Something that happened, for a watcher.
pub fn happening(
    happening: &Happening,
    kept_from: Option<Minute>,
    now: Timestamp,
) -> v1::WatchResponse {
    use v1::watch_response::Event;
    let event = match happening {
        Happening::Verdict(told) => Event::Verdict(verdict(told)),
        Happening::Changed(told) => Event::StateChange(change(told)),
    };
    let kept_from = kept_from.and_then(start);
    v1::WatchResponse { event: Some(event), trader_time: at(now), kept_from }
}

/// The first message of a session.
pub fn registered(grant: &Grant, now: Timestamp) -> v1::RegisterResponse {
    let outcome = if grant.taken_over {
        v1::RegisterOutcome::TakenOver
    } else {
        v1::RegisterOutcome::Accepted
    };
    let registered = v1::Registered {
        outcome: outcome.into(),
        journal: grant.journal.to_string(),
        epoch: grant.registration.epoch,
        first_minute: start(grant.registration.first_minute),
        trader_time: at(now),
        interval: Some(wire::duration(grant.timing.interval.duration())),
        grace: Some(wire::duration(grant.timing.grace)),
        skew: Some(wire::duration(grant.timing.skew)),
    };
    v1::RegisterResponse { event: Some(v1::register_response::Event::Registered(registered)) }
}

/// The last message of a session.
pub fn session_end(end: SessionEnd) -> v1::RegisterResponse {
    let notice = match end {
        SessionEnd::Deregistered => v1::SessionNotice::Deregistered,
        SessionEnd::Stopping => v1::SessionNotice::Stopping,
    };
    v1::RegisterResponse { event: Some(v1::register_response::Event::Notice(notice.into())) }
}

fn signal(signal: &Signal) -> v1::Signal {
    v1::Signal {
        generator: signal.generator.to_string(),
        run_id: signal.run_id.to_string(),
        minute: start(signal.minute),
        value: signal.value,
        produced_at: at(signal.produced_at),
    }
}

/// A submission on record.
fn accepted(name: &Name, accepted: &Accepted) -> v1::RecordedSubmission {
    use v1::recorded_submission::Content as Recorded;
    let content = match &accepted.content {
        Content::Decision(value) => Recorded::Decision(*value),
        Content::Abstention(why) => Recorded::Abstention(why.to_string()),
    };
    v1::RecordedSubmission {
        strategy: name.to_string(),
        epoch: accepted.epoch,
        instance: accepted.instance.to_string(),
        decided_at: at(accepted.decided_at),
        received_at: at(accepted.received_at),
        content: Some(content),
        signals: accepted.signals.iter().map(signal).collect(),
    }
}

fn clock_offset(offset: ClockOffset) -> v1::ClockOffset {
    v1::ClockOffset {
        offset: Some(wire::difference(offset.micros)),
        uncertainty: Some(wire::duration(offset.uncertainty)),
    }
}

fn strategy(name: &Name, strategy: Option<&Strategy>, causes: &[Cause]) -> v1::StrategyStatus {
    let shown = v1::StrategyStatus { name: name.to_string(), ..Default::default() };
    let Some(strategy) = strategy else { return shown };
    let last = strategy.last.as_ref();
    let lateness = |last: &Arc<Accepted>| {
        let micros = last.received_at.as_micros() - last.minute.start().as_micros();
        wire::difference(micros)
    };
    let abstention = last.and_then(|last| match &last.content {
        Content::Abstention(why) => Some(cut(why).to_owned()),
        Content::Decision(_) => None,
    });
    let own = causes.iter().find(|cause| cause.subject == Subject::Strategy(name.clone()));
    v1::StrategyStatus {
        registered: true,
        connected: strategy.session.is_some(),
        epoch: strategy.registration.epoch,
        first_minute: start(strategy.registration.first_minute),
        last_seen: strategy.last_seen.and_then(at),
        last_minute: last.and_then(|last| start(last.minute)),
        last_decision: last.and_then(|last| last.decision()),
        last_abstention: abstention.unwrap_or_default(),
        lateness: last.map(lateness),
        clock_offset: strategy.clock_offset.map(clock_offset),
        cause: own.map(cause),
        ..shown
    }
}

/// A page of the status.
pub fn status(page: &StatusPage, about: &About, now: Timestamp) -> v1::GetStatusResponse {
    let (causes, causes_total) = causes(&page.causes);
    let halt = page.halt.as_ref().map(|(of, durable)| halt(of, *durable));
    let strategies = page.strategies.iter();
    let last_name = page.strategies.last().map(|(name, _)| name.to_string());
    v1::GetStatusResponse {
        state: state(page.state).into(),
        state_since: at(page.state_since),
        causes,
        causes_total,
        halt,
        last_verdict: page.last_verdict.as_ref().map(|last| verdict(last)),
        current_minute: start(page.current_minute),
        trader_time: at(now),
        started_at: at(about.started_at),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        journal: about.journal.to_string(),
        interval: Some(wire::duration(about.timing.interval.duration())),
        grace: Some(wire::duration(about.timing.grace)),
        skew: Some(wire::duration(about.timing.skew)),
        strategies: strategies
            .map(|(name, shown)| strategy(name, shown.as_ref(), &page.causes))
            .collect(),
        strategies_total: count(page.strategies_total),
        next_page_token: last_name.filter(|_| page.more).unwrap_or_default(),
    }
}

fn halt(halt: &Halt, durable: bool) -> v1::HaltRecord {
    let Halt { reason, operator, at: halted_at } = halt.clone();
    v1::HaltRecord { reason, operator, halted_at: at(halted_at), durable }
}

/// A page of what happened in a minute: submissions until they are `bytes_max` long, one at least.
pub fn explanation(explanation: &Explanation, bytes_max: usize) -> v1::ExplainResponse {
    let mut page = v1::ExplainResponse {
        verdict: Some(v1::Verdict {
            causes_total: count(explanation.causes_total),
            ..verdict(&explanation.verdict)
        }),
        next_page_token: explanation.next.as_ref().map(Name::to_string).unwrap_or_default(),
        halt: explanation.halt.as_ref().map(|of| halt(of, true)),
        ..Default::default()
    };
    let mut bytes = page.encoded_len();
    let mut cut_at = None;
    for (name, said) in &explanation.submissions {
        let shown = accepted(name, said);
        bytes += shown.encoded_len();
        if bytes > bytes_max && !page.submissions.is_empty() {
            page.next_page_token = cut_at.map(Name::to_string).unwrap_or_default();
            break;
        }
        cut_at = Some(name);
        page.submissions.push(shown);
    }
    let whole = page.submissions.len() == explanation.submissions.len();
    let on_page = |cause: &&Cause| match &cause.subject {
        Subject::Trader => true,
        Subject::Strategy(name) => whole || cut_at.is_some_and(|last| name <= last),
    };
    page.causes = explanation.causes.iter().filter(on_page).map(cause).collect();
    page
}

//! What a reader is told of the trader's state, and whether it agrees with the journal.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chassis::grid::Timestamp;
use proto::v1::{GetStatusResponse, State};

use super::{
    ledger::Known,
    members,
    rows::Verdict,
    scene::Scene,
    shown::{self, instant},
    violation::{Checked, ensure},
};
use crate::record::{Record, What};

/// Longer than an answer may be under way, and a failed minute unseen.
const NEWS_SEEN_WITHIN: Duration = Duration::from_secs(5);

/// The reader's view so far.
#[derive(Debug, Default)]
pub(super) struct StatusView {
    last: Option<Timestamp>,
}

impl StatusView {
    pub(super) fn see(&mut self, record: &Record, scene: &Scene) -> Checked {
        match &record.what {
            What::Status(status) => self.status(status, record, scene),
            What::Health(true) => i22_health_tells_of_errors(record, scene),
            _ => Ok(()),
        }
    }

    fn status(&mut self, status: &GetStatusResponse, record: &Record, scene: &Scene) -> Checked {
        if let Some(shown) = &status.last_verdict {
            shown::i12_what_is_shown_is_on_disk(scene, shown)?;
        }
        let last = status.last_verdict.as_ref().and_then(|last| instant(last.last_minute));
        let forward = last >= self.last;
        ensure("i16_the_last_verdict_never_goes_back", forward, || {
            format!("{:?} was the last one before: {status:?}", self.last)
        })?;
        self.last = last;
        let ahead = instant(status.current_minute) > last;
        ensure("i16_the_current_minute_is_open", ahead, || format!("{status:?}"))?;
        i8_a_state_agrees_with_the_journal(status, scene)?;
        t5_a_clock_behind_the_record_is_an_error(status)?;
        i6_error_after_a_failed_minute(status, scene)?;
        i3_everyone_registered_is_listed(status, record, scene)
    }
}

/// OK is there only with a median that is the last verdict, and an error only with a cause.
fn i8_a_state_agrees_with_the_journal(status: &GetStatusResponse, scene: &Scene) -> Checked {
    let last = last_row(status, scene);
    let time = instant(status.trader_time).unwrap_or_default();
    let registered = status.strategies.iter().filter(|strategy| strategy.registered).count();
    let holds = match status.state() {
        State::Ok => {
            status.causes.is_empty()
                && status.halt.is_none()
                && last
                    .is_some_and(|known| known.row.kind == "median" && time < known.row.valid_until)
        }
        State::Error => !status.causes.is_empty(),
        State::Halted => status.halt.is_some(),
        State::Idle => registered == 0,
        State::Waiting => true,
        State::Unspecified => false,
    };
    ensure("i8_a_state_agrees_with_the_journal", holds, || format!("{status:?}, after {last:?}"))
}

/// A trader whose clock is behind its last closed minute is in error at once.
fn t5_a_clock_behind_the_record_is_an_error(status: &GetStatusResponse) -> Checked {
    let last = status.last_verdict.as_ref().and_then(|last| instant(last.last_minute));
    let behind = last.is_some_and(|last| instant(status.trader_time).is_some_and(|at| at < last));
    let bad = matches!(status.state(), State::Error | State::Halted);
    ensure("t5_a_clock_behind_the_record_is_an_error", bad || !behind, || format!("{status:?}"))
}

fn last_row<'s>(status: &GetStatusResponse, scene: &'s Scene) -> Option<&'s Known<Verdict>> {
    let minute = status.last_verdict.as_ref().and_then(|last| instant(last.minute))?;
    scene.ledger.verdicts.get(&minute)
}

/// A failed minute leaves ERROR behind, until a complete one, or until everyone named is off the
/// list. A process that started since may have found it past.
fn i6_error_after_a_failed_minute(status: &GetStatusResponse, scene: &Scene) -> Checked {
    let Some(last) = last_row(status, scene).filter(|last| last.row.kind == "failed") else {
        return Ok(());
    };
    let started = instant(status.started_at).unwrap_or_default() >= last.row.closed_at;
    let repaired = last.row.causes.iter().all(|(name, code)| {
        let hold = scene.ledger.hold(name);
        code == "too-few" || hold.is_none_or(|hold| hold.row.registered_at >= last.row.closed_at)
    });
    // A deregistration is in force before a disk that is slow or fails has it.
    let before = scene.now.saturating_sub(NEWS_SEEN_WITHIN);
    let asked_off = scene.calls().any(|(at, _)| *at >= before) || !scene.calm.disk_since(before);
    let ordered = scene.ledger.orders.iter().any(|order| order.seen >= last.seen);
    let stepped = scene.times.trader_stepped().is_some_and(|at| at >= scene.closed(last));
    let excused = started || repaired || asked_off || ordered || stepped;
    let bad = matches!(status.state(), State::Error | State::Halted);
    ensure("i6_error_after_a_failed_minute", bad || excused, || format!("{status:?}, {last:?}"))
}

/// A median's health is not told of for long after the last minute failed.
fn i22_health_tells_of_errors(record: &Record, scene: &Scene) -> Checked {
    let bad = scene
        .ledger
        .last()
        .filter(|last| last.row.kind != "median" && last.seen + NEWS_SEEN_WITHIN < record.at);
    ensure("i22_health_tells_of_errors", bad.is_none(), || {
        format!("SERVING at {:?}, after {bad:?}", record.at)
    })
}

/// Who is on the list on disk is on the list that readers see, and nobody else: but for what is
/// under way.
fn i3_everyone_registered_is_listed(
    status: &GetStatusResponse,
    record: &Record,
    scene: &Scene,
) -> Checked {
    let before = record.at.saturating_sub(NEWS_SEEN_WITHIN);
    let under_way = scene.calls().any(|(at, _)| *at >= before) || !scene.calm.disk_since(before);
    let restless = |hold: &super::ledger::KnownHold| {
        hold.seen >= before || hold.ended_seen.is_some_and(|ended| ended >= before)
    };
    let restless = scene.ledger.holds.values().filter(|hold| restless(hold));
    let restless: BTreeSet<&str> = restless.map(|hold| &*hold.row.name).collect();
    let listed = members::listed(&scene.ledger);
    let shown: BTreeMap<&str, u64> = status
        .strategies
        .iter()
        .filter(|strategy| strategy.registered)
        .map(|strategy| (&*strategy.name, strategy.epoch))
        .collect();
    let settled = |name: &&str| !restless.contains(*name);
    let on_disk: BTreeSet<&str> = listed.keys().copied().filter(settled).collect();
    let named: BTreeSet<&str> = shown.keys().copied().filter(settled).collect();
    let same = on_disk == named
        && named
            .iter()
            .all(|name| scene.ledger.hold(name).is_some_and(|hold| hold.row.epoch == shown[name]));
    let whole = status.next_page_token.is_empty();
    ensure("i3_everyone_registered_is_listed", same || under_way || !whole, || {
        format!("{on_disk:?} are on disk, {named:?} are listed: {status:?}")
    })
}

//! What must happen when nothing is wrong: every minute its median, in time, and everybody sees it.

use std::time::Duration;

use chassis::grid::Timestamp;
use proto::v1::State;
use tracing::Level;

use super::{
    halts::Halts,
    ledger::{Known, Ledger},
    members,
    rows::Verdict,
    scene::{Scene, TRADER},
    violation::{Checked, ensure},
};
use crate::record::{Record, What};

/// What a fault leaves behind is over by then: a dead link is noticed within 5 s and a session
/// opened anew within 5 s more; a name that was taken meanwhile is tried for each second.
const SETTLED: Duration = Duration::from_secs(15);

/// A server that is told to stop judges nothing more, and waits for its open streams at most as long as
/// this.
const STOPPED_WITHIN: Duration = Duration::from_secs(7);

/// A commit, a tick, a nap of the trader's: what is due is on disk so long after its time.
const ON_DISK_WITHIN: Duration = Duration::from_millis(1_500);

/// An answer is not older than this when nothing is wrong.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);

/// Whether nothing can keep minutes that start from `boundary` on from their medians: everything has
/// been up, in reach, on time, in agreement of the clocks, and able to write for a while, and whoever
/// is on the list runs. By now, that is.
pub(super) fn whole(scene: &Scene, halts: &Halts, boundary: Duration) -> bool {
    let interval = scene.timing().interval.duration();
    let early = Duration::from_secs(1).min(scene.timing().skew * 2);
    let from = boundary.saturating_sub(early);
    let settled = scene.calm.since().is_some_and(|since| since + SETTLED <= from);
    // Clocks are compared once a minute, and what was learnt lasts until the next exchange.
    let steady = scene.times.any_stepped().is_none_or(|at| at + interval + SETTLED <= from);
    settled
        && steady
        && parts_are_up(scene)
        && clocks_agree(scene)
        && !generators_were_ahead(scene, boundary)
        && !behind_the_record(scene, from)
        && !halted(scene, halts, from)
}

/// Whether a generator's clock, which was not stepped since, repeated a minute at `boundary`: one that it
/// began when its clock was ahead may have hung then, and is given up at the next.
fn generators_were_ahead(scene: &Scene, boundary: Duration) -> bool {
    let interval = scene.timing().interval.duration();
    let mut generators = scene.description.generators.iter();
    generators.any(|host| scene.times.repeats(host, boundary, interval))
}

/// Whether the trader's clock, which was not stepped since, showed at `from` a time before the minute
/// that was the last one on record by then.
fn behind_the_record(scene: &Scene, from: Duration) -> bool {
    let Some(wall) = scene.times.trader_wall(scene.now) else { return true };
    let then = wall.minus(scene.now.saturating_sub(from));
    let record = scene.ledger.verdicts.values().rev().find(|known| known.seen < from);
    record.is_some_and(|record| then < record.row.last)
}

fn halted(scene: &Scene, halts: &Halts, from: Duration) -> bool {
    let orders = &scene.ledger.orders;
    let recent = orders.iter().any(|order| order.seen >= from);
    let on_disk = orders.last().is_some_and(|order| order.row.halt);
    recent || on_disk || halts.known(scene.now, scene)
}

fn parts_are_up(scene: &Scene) -> bool {
    let listed = members::listed(&scene.ledger);
    let runs = |name: &&str| scene.processes.of(&format!("strategy {name}")).next().is_some();
    let generators = scene.processes.of("generator").count();
    let expected = scene.description.expect.iter().all(|name| listed.contains_key(name.as_str()));
    !listed.is_empty()
        && listed.keys().all(runs)
        && listed.len() >= scene.description.at_least
        && expected
        && generators == scene.description.generators.len()
        && scene.processes.trader().is_some()
}

fn clocks_agree(scene: &Scene) -> bool {
    let apart = scene.times.apart(scene.processes.hosts());
    apart + scene.tick() <= scene.timing().skew
}

/// A minute that begins and ends while everything is whole has a median.
pub(super) fn i18_a_whole_minute_has_a_median(
    scene: &Scene,
    halts: &Halts,
    verdict: &Known<Verdict>,
) -> Checked {
    let row = &verdict.row;
    let boundary = scene.times.truly(row.minute, verdict.seen);
    let whole = boundary.is_some_and(|boundary| whole(scene, halts, boundary));
    // Who came a moment ago is not due yet.
    let due = !scene.due(verdict).surely.is_empty();
    ensure("i18_a_whole_minute_has_a_median", row.kind == "median" || !whole || !due, || {
        format!("nothing has been wrong since {:?}: {row:?}", scene.calm.since())
    })?;
    i18_it_is_published_at_once(scene, verdict)
}

/// A median does not wait for the end of the grace: it is closed with the last decision, or when the
/// last one leaves who had none.
fn i18_it_is_published_at_once(scene: &Scene, verdict: &Known<Verdict>) -> Checked {
    let row = &verdict.row;
    let closed = scene.closed(verdict);
    let before = closed.saturating_sub(scene.timing().interval.duration());
    let steady = scene.calm.disk_since(before)
        && !scene.stepped_before(verdict)
        && scene.processes.trader_start(closed).is_some_and(|start| start < before);
    let undisturbed = scene.calls().all(|(at, _)| *at < before);
    let last = row.submissions.iter().map(|said| said.received_at).max();
    let ends = scene.ledger.holds.values().filter_map(|hold| hold.row.ended.as_ref());
    let leaves = ends.filter(|(at, by)| *at <= row.closed_at && by != "takeover");
    let left = leaves.map(|(at, _)| *at).max();
    let due = last.max(left).unwrap_or_default().max(row.minute).plus(scene.tick());
    let at_once = row.closed_at <= due || row.kind != "median";
    ensure("i18_it_is_published_at_once", at_once || !steady || !undisturbed, || format!("{row:?}"))
}

/// While the trader runs, no minute waits for its verdict.
pub(super) fn i4_no_minute_is_overdue(scene: &Scene) -> Checked {
    let Some((next, wall)) = scene.ledger.next().zip(scene.times.trader_wall(scene.now)) else {
        return Ok(());
    };
    let deadline = scene.timing().deadline(scene.minute(next));
    let overdue = wall >= deadline.plus(ON_DISK_WITHIN);
    let before = scene.now.saturating_sub(ON_DISK_WITHIN * 2);
    let up = scene.processes.trader().is_some_and(|trader| trader.since <= before);
    let steady = scene.times.trader_stepped().is_none_or(|at| at <= before);
    let told_to_stop = scene.processes.trader().and_then(|trader| trader.stopping);
    let stops = told_to_stop.is_some_and(|at| scene.now <= at + STOPPED_WITHIN);
    let excused = !up || stops || !steady || !scene.calm.disk_since(before);
    ensure("i4_no_minute_is_overdue", !overdue || excused, || {
        format!("it is {wall}, and {next} has no verdict")
    })
}

/// A process that has lost its name stops within a minute of being able to hear of it.
pub(super) fn i21_a_fenced_process_stops(scene: &Scene) -> Checked {
    let Some(since) = scene.calm.since() else { return Ok(()) };
    let enough = scene.timing().interval.duration() + SETTLED;
    let lost = |host: &str| {
        let instance = scene.processes.on(host)?.instance.as_ref()?;
        let hold = scene.ledger.hold_of(instance)?;
        let ended = hold.ended_seen?;
        (ended.max(since) + enough < scene.now).then_some((host.to_owned(), hold))
    };
    let lost = scene.processes.hosts().find_map(lost);
    ensure("i21_a_fenced_process_stops", lost.is_none(), || format!("it runs on: {lost:?}"))
}

/// While nothing is wrong, a median that was published is there for whoever asks, and nobody warns.
pub(super) fn see(record: &Record, scene: &Scene, halts: &Halts) -> Checked {
    let is_line = matches!(record.what, What::Line { level, .. } if level <= Level::WARN);
    if !is_line && !is_asked(&record.what) {
        return Ok(());
    }
    let minutes = scene.timing().interval.duration() * 2;
    if is_line {
        let begun = record.at.checked_sub(minutes);
        let whole = begun.is_some_and(|begun| whole(scene, halts, begun));
        return ensure("i20_nobody_warns_when_all_is_well", !whole, || format!("{record:?}"));
    }
    let Some(until) = median_lasts_until(&scene.ledger, record, scene) else { return Ok(()) };
    let whole = whole(scene, halts, record.at.saturating_sub(minutes));
    let missed = match &record.what {
        What::Median(answer) => answer.is_err(),
        What::Status(status) => status.state() != State::Ok,
        What::Health(serving) => !serving,
        _ => false,
    };
    ensure("i18_a_published_median_is_there_to_be_read", !missed || !whole, || {
        format!("valid until {until}: {record:?}")
    })
}

fn is_asked(what: &What) -> bool {
    matches!(what, What::Median(_) | What::Status(_) | What::Health(_))
}

/// Until when the last median is current, if the answer belongs to it beyond doubt.
fn median_lasts_until(ledger: &Ledger, record: &Record, scene: &Scene) -> Option<Timestamp> {
    let last = ledger.last().filter(|last| last.row.kind == "median")?;
    let wall = scene.times.trader_wall(record.at)?;
    let fresh = last.seen + ANSWERED_WITHIN <= record.at && wall < last.row.valid_until;
    let up = scene.processes.on(TRADER)?.since + ANSWERED_WITHIN < last.seen;
    (fresh && up).then_some(last.row.valid_until)
}

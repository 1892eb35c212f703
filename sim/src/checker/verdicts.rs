//! What a verdict says of itself: when it was closed, how it ends, what stands behind it.

use std::{collections::BTreeSet, time::Duration};

use super::{
    ledger::Known,
    members,
    rows::Verdict,
    scene::Scene,
    violation::{Checked, ensure},
};

/// Judges a verdict when it is on disk.
pub(super) fn judge(scene: &Scene, verdict: &Known<Verdict>) -> Checked {
    i4_closed_in_its_time(scene, &verdict.row)?;
    i4_a_verdict_agrees_with_itself(scene, verdict)?;
    e1_closed_by_the_end_of_the_grace(scene, verdict)?;
    match verdict.row.kind.as_str() {
        "median" => {
            i1_a_median_of_all_who_are_due(scene, verdict)?;
            i2_the_median_of_their_decisions(&verdict.row)
        }
        "failed" => i9_causes_name_exactly_those(scene, verdict),
        "no strategies" => i9_nobody_was_due(scene, verdict),
        _ => Ok(()),
    }
}

/// Nothing is closed before its boundary, and what is closed much too late is `not running`.
fn i4_closed_in_its_time(scene: &Scene, row: &Verdict) -> Checked {
    let timing = scene.timing();
    let (minute, last) = (scene.minute(row.minute), scene.minute(row.last));
    let asleep = row.closed_at > timing.asleep_after(minute);
    let not_running = row.kind == "not running";
    let at_length = !not_running || row.closed_at > timing.asleep_after(last);
    let run = not_running || row.minute == row.last || !scene.calm.disk_since(scene.now);
    let holds = row.closed_at >= row.minute && asleep == not_running && at_length && run;
    ensure("i4_closed_in_its_time", holds, || format!("{row:?}"))
}

/// A verdict's own words agree with each other.
fn i4_a_verdict_agrees_with_itself(scene: &Scene, verdict: &Known<Verdict>) -> Checked {
    let row = &verdict.row;
    let valid = row.valid_until == scene.timing().valid_until(scene.minute(row.last));
    let decided = row.submissions.iter().filter(|said| said.decision.is_some()).count();
    let state = match row.kind.as_str() {
        "median" => row.state == "OK",
        "failed" => row.state == "ERROR" || row.state == "HALTED",
        "halted" if row.state == "IDLE" => scene.due(verdict).surely.is_empty(),
        _ => row.state != "OK",
    };
    let numbers = row.median.is_some() == (row.kind == "median");
    let counted = row.count == decided || row.minute != row.last;
    ensure("i4_a_verdict_agrees_with_itself", valid && state && numbers && counted, || {
        format!("{row:?}")
    })
}

/// A trader that runs, and whose clock is not stepped, lets nobody wait longer than the grace.
fn e1_closed_by_the_end_of_the_grace(scene: &Scene, verdict: &Known<Verdict>) -> Checked {
    let row = &verdict.row;
    let closed = scene.closed(verdict);
    let start = scene.processes.trader_start(closed + scene.tick());
    let ran = start.is_some_and(|start| start + Duration::from_secs(2) < closed);
    let steady = ran && !scene.stepped_before(verdict) && row.kind != "not running";
    let limit = scene.timing().deadline(scene.minute(row.minute)).plus(scene.tick());
    ensure("e1_closed_by_the_end_of_the_grace", row.closed_at <= limit || !steady, || {
        format!("{row:?}")
    })
}

/// Everyone who was due has decided, and nobody else.
fn i1_a_median_of_all_who_are_due(scene: &Scene, verdict: &Known<Verdict>) -> Checked {
    let due = scene.due(verdict);
    let Verdict { submissions, .. } = &verdict.row;
    let decided: BTreeSet<String> = submissions
        .iter()
        .filter(|said| said.decision.is_some())
        .map(|said| said.name.clone())
        .collect();
    let all = decided.len() == submissions.len() && !decided.is_empty();
    ensure("i1_a_median_of_all_who_are_due", all && due.fits(&decided), || {
        format!("{due:?} were due, {decided:?} decided: {:?}", verdict.row)
    })?;
    let (missing, _) = members::missing(&scene.ledger, &scene.description.expect, &due);
    let enough = decided.len() >= scene.description.at_least;
    ensure("r7_no_median_of_too_few", enough && missing.is_empty(), || {
        format!("{missing:?} were missing: {:?}", verdict.row)
    })
}

/// The number is the median of the decisions.
fn i2_the_median_of_their_decisions(row: &Verdict) -> Checked {
    let mut values: Vec<f64> = row.submissions.iter().filter_map(|said| said.decision).collect();
    values.sort_by(f64::total_cmp);
    let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    let expected = [low.midpoint(high), values[0], values[values.len() - 1]];
    let bits = |numbers: [f64; 3]| numbers.map(f64::to_bits);
    ensure("i2_the_median_of_their_decisions", row.median.map(bits) == Some(bits(expected)), || {
        format!("median, lowest and highest should be {expected:?}: {row:?}")
    })
}

/// A failed minute names everyone who was due and did not decide, and nobody else; not before its
/// time is up, unless all have spoken.
fn i9_causes_name_exactly_those(scene: &Scene, verdict: &Known<Verdict>) -> Checked {
    let row = &verdict.row;
    if row.minute != row.last {
        // A run of minutes that the disk kept waiting for an hour or more has the first one's causes.
        return Ok(());
    }
    let decision = |name: &str| {
        let said = row.submissions.iter().find(|said| said.name == name);
        said.map(|said| said.decision.is_some())
    };
    let due = scene.due(verdict);
    let undecided = due.only(|name| decision(name) != Some(true));
    let of_strategies = row.causes.iter().filter(|(name, _)| !name.is_empty());
    let named: BTreeSet<String> = of_strategies.clone().map(|(name, _)| name.clone()).collect();
    let once = named.len() == of_strategies.clone().count();
    ensure("i9_causes_name_exactly_those", once && undecided.fits(&named), || {
        format!("{undecided:?} did not decide, {named:?} are named: {row:?}")
    })?;
    let right = of_strategies.clone().all(|(name, code)| match decision(name) {
        Some(decided) => !decided && code == "abstained",
        None => ["silent", "disconnected", "stale", "future"].contains(&code.as_str()),
    });
    ensure("i9_codes_say_what_happened", right && !row.causes.is_empty(), || format!("{row:?}"))?;
    i9_too_few_are_named(scene, verdict)?;
    let silent = of_strategies.filter(|(name, _)| decision(name).is_none()).count() > 0;
    let time_is_up = row.closed_at >= scene.timing().deadline(scene.minute(row.minute));
    ensure("i9_nobody_is_named_before_the_time_is_up", time_is_up || !silent, || format!("{row:?}"))
}

/// What is wrong with the trader itself: too few, or its journal.
fn i9_too_few_are_named(scene: &Scene, verdict: &Known<Verdict>) -> Checked {
    let row = &verdict.row;
    let due = scene.due(verdict);
    let (surely, perhaps) = members::missing(&scene.ledger, &scene.description.expect, &due);
    let at_least = scene.description.at_least;
    let short = |count: usize| at_least > 1 && count < at_least;
    let (fewest, most) = (due.surely.len(), due.surely.len() + due.perhaps.len());
    let of_trader = |code: &str| row.causes.contains(&(String::new(), code.to_owned()));
    let named = of_trader("too-few");
    let holds = if named {
        !surely.is_empty() || !perhaps.is_empty() || short(fewest)
    } else {
        surely.is_empty() && !short(most)
    };
    ensure("r7_too_few_are_named", holds, || format!("{surely:?} are missing: {row:?}"))?;
    let slow = verdict.seen.saturating_sub(Duration::from_secs(2) + scene.timing().grace);
    let in_order = scene.calm.disk_since(slow.saturating_sub(scene.timing().interval.duration()));
    ensure(
        "j6_the_journal_is_blamed_only_if_it_is_slow",
        !of_trader("journal") || !in_order,
        || format!("{row:?}"),
    )
}

fn i9_nobody_was_due(scene: &Scene, verdict: &Known<Verdict>) -> Checked {
    let due = scene.due(verdict);
    ensure("i9_nobody_was_due", due.surely.is_empty(), || {
        format!("{due:?} were due: {:?}", verdict.row)
    })
}

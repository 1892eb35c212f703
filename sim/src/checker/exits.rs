//! Why processes end: because they were asked to, or because they were refused for good.

use super::{
    processes::Process,
    scene::Scene,
    violation::{Checked, ensure},
};
use crate::record::{Call, Record, What};

/// Refused for good (rule C3).
const REFUSED: u8 = 6;

/// Judges the end of a process; `process` is what ended.
pub(super) fn see(record: &Record, process: Option<&Process>, scene: &Scene) -> Checked {
    let What::Exited { code, why } = &record.what else { return Ok(()) };
    let Some(process) = process else { return Ok(()) };
    let expected = match process.part.as_str() {
        // Only a journal that cannot be read or written keeps a trader from starting.
        "trader" => *code == 0 || !scene.calm.disk_since(record.at),
        "generator" => *code == 0 || why.contains("computation hangs"),
        _ => return s4_a_strategy_ends_only_for_good(*code, why, process, scene),
    };
    ensure("s4_nothing_ends_by_itself", expected, || format!("{process:?}: {record:?}"))
}

/// A strategy does not end because another part is down.
fn s4_a_strategy_ends_only_for_good(
    code: u8,
    why: &str,
    process: &Process,
    scene: &Scene,
) -> Checked {
    let own = process.instance.as_ref().and_then(|instance| scene.ledger.hold_of(instance));
    let expected = match code {
        0 => true,
        // It may hear of its deregistration before that is on disk, as of all bad news.
        REFUSED => own.is_some_and(|own| own.row.ended.is_some()) || asked_off(process, scene),
        // Its name is another's; or its clock is out; or it was asked to go and could not say so.
        1 => {
            let name = process.part.trim_start_matches("strategy ");
            let others = scene.ledger.holds.values().any(|hold| {
                hold.row.name == name && Some(&hold.row.instance) != process.instance.as_ref()
            });
            let taken = why.contains("taken") && others;
            let stepped = scene.times.any_stepped().is_some();
            taken || (why.contains("clocks differ") && stepped) || why.contains("stays registered")
        }
        _ => false,
    };
    ensure("s4_nothing_ends_by_itself", expected, || {
        format!("{process:?} with {own:?} ended with {code}: {why}")
    })
}

/// Whether somebody has asked that the process's name be taken off the list.
fn asked_off(process: &Process, scene: &Scene) -> bool {
    let of_it = |call: &Call| match call {
        Call::Deregister { name } | Call::Leave { name, .. } => {
            process.part.strip_prefix("strategy ") == Some(name.as_str())
        }
        _ => false,
    };
    scene.calls().any(|(at, call)| *at >= process.since && of_it(call))
}

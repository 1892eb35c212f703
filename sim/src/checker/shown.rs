//! A verdict as a reader is shown it, against what is on disk.

use chassis::{grid::Timestamp, wire};
use proto::v1::{self, VerdictKind};

use super::{
    rows::Verdict,
    scene::Scene,
    violation::{Checked, Violation, ensure},
};

/// An instant of a message.
pub(super) fn instant(at: Option<prost_types::Timestamp>) -> Option<Timestamp> {
    at.and_then(|at| wire::read_timestamp(at).ok())
}

/// How the journal calls a kind.
fn word(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::Unspecified => "",
        VerdictKind::Median => "median",
        VerdictKind::Failed => "failed",
        VerdictKind::NoStrategies => "no strategies",
        VerdictKind::Halted => "halted",
        VerdictKind::NotRunning => "not running",
    }
}

/// What anyone is shown is on disk, word for word: published implies persisted.
pub(super) fn i12_what_is_shown_is_on_disk(scene: &Scene, shown: &v1::Verdict) -> Checked {
    let minute = instant(shown.minute).unwrap_or_default();
    let row = scene.ledger.verdicts.get(&minute).map(|known| &known.row);
    let same = row.is_some_and(|row| {
        let numbers = [shown.median, shown.lowest, shown.highest].map(|it| it.map(f64::to_bits));
        let median = row.median.map_or([None; 3], |it| it.map(|it| Some(it.to_bits())));
        row.kind == word(shown.kind())
            && Some(row.last) == instant(shown.last_minute)
            && Some(row.closed_at) == instant(shown.closed_at)
            && Some(row.valid_until) == instant(shown.valid_until)
            && row.count == usize::try_from(shown.count).unwrap_or(usize::MAX)
            && median == numbers
            && names(row) == shown_names(shown)
    });
    ensure("i12_what_is_shown_is_on_disk", same, || format!("{shown:?}, but {row:?}"))
}

/// Who is named, as far as a message names them.
fn names(row: &Verdict) -> Vec<&str> {
    let named = |(name, _): &'_ (String, String)| name.is_empty();
    let name = |cause| if named(cause) { "trader" } else { cause.0.as_str() };
    row.causes.iter().take(16).map(name).collect()
}

fn shown_names(shown: &v1::Verdict) -> Vec<&str> {
    shown.causes.iter().map(|cause| cause.subject.as_str()).collect()
}

/// The row of a median that a reader is given as the current one.
pub(super) fn median_row<'s>(
    scene: &'s Scene,
    shown: &v1::GetMedianResponse,
) -> Result<&'s Verdict, Violation> {
    let minute = instant(shown.minute).unwrap_or_default();
    let row = scene.ledger.verdicts.get(&minute).map(|known| &known.row);
    let numbers = [shown.median, shown.lowest, shown.highest].map(f64::to_bits);
    let same = |row: &&Verdict| {
        row.median.is_some_and(|median| median.map(f64::to_bits) == numbers)
            && row.count == usize::try_from(shown.count).unwrap_or(usize::MAX)
            && Some(row.valid_until) == instant(shown.valid_until)
    };
    row.filter(same).ok_or_else(|| {
        let what = format!("{shown:?}, but {row:?}");
        Violation::new("i12_what_is_shown_is_on_disk", what)
    })
}

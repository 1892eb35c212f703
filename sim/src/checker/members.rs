//! Who is due when: the model of membership. Silence removes nobody; a registration adds from its
//! first minute on, a deregistration removes at once, the open minute included.

use std::collections::{BTreeMap, BTreeSet};

use chassis::grid::Timestamp;

use super::{
    ledger::{Known, KnownHold, Ledger},
    rows::Verdict,
};

/// A time in which a name was on the list, whoever held it.
#[derive(Clone, Debug)]
struct Span<'l> {
    first_minute: Timestamp,
    last: &'l KnownHold,
}

/// Who was due in a minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Due {
    /// These were.
    pub(super) surely: BTreeSet<String>,
    /// These were taken off at the very moment at which the minute was closed; both orders are right.
    pub(super) perhaps: BTreeSet<String>,
}

impl Due {
    /// Those of whom `that` is asked for; `perhaps` stays as it is.
    pub(super) fn fits(&self, named: &BTreeSet<String>) -> bool {
        self.surely.is_subset(named)
            && named.iter().all(|name| self.surely.contains(name) || self.perhaps.contains(name))
    }

    /// The same, of those only for whom `keep` holds.
    pub(super) fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        let kept = |names: &BTreeSet<String>| {
            names.iter().filter(|name| keep(name)).cloned().collect::<BTreeSet<_>>()
        };
        Self { surely: kept(&self.surely), perhaps: kept(&self.perhaps) }
    }
}

/// Each name's times on the list, in order.
fn spans(ledger: &Ledger) -> BTreeMap<&str, Vec<Span<'_>>> {
    let mut spans: BTreeMap<&str, Vec<Span<'_>>> = BTreeMap::new();
    for hold in ledger.holds.values() {
        let spans = spans.entry(&hold.row.name).or_default();
        match spans.last_mut() {
            Some(span) if hold.row.taken_over => span.last = hold,
            _ => spans.push(Span { first_minute: hold.row.first_minute, last: hold }),
        }
    }
    spans
}

/// Who was due in the minute of a verdict, when it was closed. `stepped` says that the trader's
/// clock was stepped just before, so that its stamps do not tell what came first.
///
/// Records reach the disk in the order in which they came about. So who was seen to be off the list
/// before the verdict was seen was not due, and who was seen to be off only later was; of what was
/// seen together, the stamps tell the order.
pub(super) fn due(ledger: &Ledger, verdict: &Known<Verdict>, stepped: bool) -> Due {
    let mut due = Due::default();
    let Known { row, seen } = verdict;
    for (name, spans) in spans(ledger) {
        for span in spans.iter().filter(|span| span.first_minute <= row.minute) {
            let ended = span.last.row.ended.as_ref().zip(span.last.ended_seen);
            let together = ended.is_some_and(|(_, ended_seen)| ended_seen == *seen);
            match ended {
                Some((_, ended_seen)) if ended_seen < *seen => {}
                Some(((at, _), _)) if together && !stepped && *at < row.closed_at => {}
                Some(((at, _), _)) if together && (stepped || *at == row.closed_at) => {
                    due.perhaps.insert(name.to_owned());
                }
                _ => {
                    due.surely.insert(name.to_owned());
                }
            }
        }
    }
    due
}

/// Names on the list as it is on disk, and the minutes that they are due from.
pub(super) fn listed(ledger: &Ledger) -> BTreeMap<&str, Timestamp> {
    let in_force = |(name, spans): (_, Vec<Span<'_>>)| {
        let span = spans.into_iter().next_back()?;
        span.last.row.ended.is_none().then_some((name, span.first_minute))
    };
    spans(ledger).into_iter().filter_map(in_force).collect()
}

/// Names that were expected in a minute but not registered for it in time, unless an operator has
/// excused them: surely, and perhaps (excused once, and registered since).
pub(super) fn missing(
    ledger: &Ledger,
    expect: &[String],
    due: &Due,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut surely, mut perhaps) = (BTreeSet::new(), BTreeSet::new());
    for name in expect.iter().filter(|name| !due.surely.contains(*name)) {
        let off = ledger.offs.iter().rev().find(|off| off.name == *name);
        let excused = off.is_some_and(|off| off.by_operator);
        if due.perhaps.contains(name) || (excused && ledger.hold(name).is_some()) {
            perhaps.insert(name.clone());
        } else if !excused {
            surely.insert(name.clone());
        }
    }
    (surely, perhaps)
}

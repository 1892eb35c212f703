//! What goes wrong, when, and with whom: from a seed alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::Duration,
};

use rand::{Rng, RngExt as _, SeedableRng as _, rngs::StdRng};

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Generator,
    Trader,
    Strategy,
}

/// One kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Blow {
    /// `kill -9`, and a start.
    Kill,
    /// SIGSTOP, and SIGCONT.
    Hang,
    /// SIGTERM, and a start.
    Stop,
    /// An operator takes the name off the list; its process ends, and is started again.
    Deregister,
    /// A second process of the name.
    Double,
    /// An operator halts the trader, and resumes it.
    Halt,
    /// Hundreds of status calls at the same time.
    Flood,
}

/// Each as often as it is here.
const BLOWS: [Blow; 14] = [
    Blow::Kill,
    Blow::Kill,
    Blow::Kill,
    Blow::Kill,
    Blow::Hang,
    Blow::Hang,
    Blow::Hang,
    Blow::Hang,
    Blow::Stop,
    Blow::Stop,
    Blow::Deregister,
    Blow::Double,
    Blow::Halt,
    Blow::Flood,
];

/// Between the beginnings of two faults, in milliseconds.
const PAUSE_MS: Range<u64> = 200..3_000;

impl Blow {
    /// Whether it can befall a part of this role; a veteran is spared what would end its process.
    fn can_hit(self, role: Role, is_veteran: bool) -> bool {
        match self {
            Self::Kill | Self::Stop => !is_veteran,
            Self::Hang => true,
            Self::Deregister | Self::Double => role == Role::Strategy && !is_veteran,
            Self::Halt | Self::Flood => role == Role::Trader,
        }
    }

    /// How long it lasts, in milliseconds. Five seconds of silence end a session.
    fn lasts_ms(self) -> Range<u64> {
        match self {
            Self::Kill | Self::Stop | Self::Halt => 50..4_000,
            Self::Hang => 50..8_000,
            Self::Deregister => 500..2_000,
            Self::Double => 1_000..12_000,
            Self::Flood => 0..1,
        }
    }
}

/// The beginning or the end of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Begin,
    End,
}

/// One act of a storm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stroke {
    pub(super) at: Duration,
    pub(super) act: Act,
    pub(super) blow: Blow,
    /// Index of the part.
    pub(super) part: usize,
}

/// Faults for so long, several at a time, one a part; each ends, the last ones after the storm.
pub(super) fn storm(
    rng: &mut impl Rng,
    length: Duration,
    roles: &[Role],
    veterans: &[usize],
) -> Vec<Stroke> {
    let mut strokes = Vec::new();
    let mut busy_until: BTreeMap<usize, Duration> = BTreeMap::new();
    let mut at = Duration::ZERO;
    while at < length {
        let blow = BLOWS[rng.random_range(0..BLOWS.len())];
        let free = |part: &usize| busy_until.get(part).is_none_or(|until| *until < at);
        let hit = |part: &usize| blow.can_hit(roles[*part], veterans.contains(part));
        let parts: Vec<usize> = (0..roles.len()).filter(|part| free(part) && hit(part)).collect();
        if !parts.is_empty() {
            let part = parts[rng.random_range(0..parts.len())];
            let end = at + Duration::from_millis(rng.random_range(blow.lasts_ms()));
            busy_until.insert(part, end);
            strokes.push(Stroke { at, act: Act::Begin, blow, part });
            strokes.push(Stroke { at: end, act: Act::End, blow, part });
        }
        at += Duration::from_millis(rng.random_range(PAUSE_MS));
    }
    strokes.sort_by_key(|stroke| stroke.at);
    strokes
}

const ROLES: [Role; 3] = [Role::Generator, Role::Trader, Role::Strategy];

fn of(seed: u64, veterans: &[usize]) -> Vec<Stroke> {
    let mut rng = StdRng::seed_from_u64(seed);
    storm(&mut rng, Duration::from_mins(10), &ROLES, veterans)
}

#[test]
fn a_seed_gives_one_storm() {
    assert_eq!(of(1, &[]), of(1, &[]));
    assert_ne!(of(1, &[]), of(2, &[]));
}

#[test]
fn every_fault_that_begins_ends_and_a_part_has_one_at_a_time() {
    let mut hit: BTreeMap<usize, Blow> = BTreeMap::new();
    for stroke in of(1, &[]) {
        match stroke.act {
            Act::Begin => assert_eq!(hit.insert(stroke.part, stroke.blow), None, "{stroke:?}"),
            Act::End => assert_eq!(hit.remove(&stroke.part), Some(stroke.blow), "{stroke:?}"),
        }
    }
    assert!(hit.is_empty());
}

#[test]
fn every_kind_comes_and_veterans_live() {
    let kinds = |strokes: &[Stroke]| -> BTreeSet<Blow> {
        strokes.iter().map(|stroke| stroke.blow).collect()
    };
    assert_eq!(kinds(&of(1, &[])), BTreeSet::from(BLOWS));
    let spared = kinds(&of(1, &[0, 1, 2]));
    assert!(spared.into_iter().eq([Blow::Hang, Blow::Halt, Blow::Flood]));
}

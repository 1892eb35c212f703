//! J1 and J2 on a disk that forgets what was not synced: after a power cut at any operation the
//! journal opens, with everything that was acknowledged and nothing that was not asked for.

use disk::{Disk, Failure, Image, Log, Loss};
use proptest::prelude::*;
use rand::{SeedableRng as _, rngs::StdRng};

use super::{
    history::{Model, Step, step},
    *,
};
use crate::journal::draft::judgements;

/// Power cuts that lose some of what was not synced, for every operation.
const LOSSES: u64 = 2;

/// What a trader does with its journal.
#[derive(Clone, Debug)]
enum Act {
    Commit(Vec<Step>),
    /// Commits, which may fail at some operation, and is then tried again.
    Struggle(usize, Failure, Vec<Step>),
    /// Folds the log into the file.
    Fold,
    /// Ends in an orderly way, and starts again.
    Restart,
    /// Is killed, and starts again.
    Kill,
}

/// What a stretch of the log amounts to: at which operation it began, at which it was acknowledged,
/// and what the journal then held.
struct Done {
    begun: usize,
    acknowledged: usize,
    model: Model,
    rows: Rows,
}

/// A journal with its disk, and what was acknowledged since the power came.
struct Desk {
    place: Place,
    disk: Disk,
    journal: Option<Journal>,
    model: Model,
    done: Vec<Done>,
}

impl Desk {
    /// Begins a journal.
    fn new() -> Self {
        Self::at(Place::new(), Model::default())
    }

    /// Starts where a journal may be that holds what the model says.
    fn at(place: Place, model: Model) -> Self {
        let disk = Disk::at(place.directory.path()).unwrap();
        disk.record();
        let (journal, recovered) = place.open();
        model.assert_told_by(&journal, &recovered);
        let mut desk = Self { place, disk, journal: Some(journal), model, done: Vec::new() };
        desk.note(0);
        desk
    }

    fn journal(&mut self) -> &mut Journal {
        self.journal.as_mut().unwrap()
    }

    fn note(&mut self, begun: usize) {
        let (acknowledged, rows) = (self.disk.position(), rows(self.journal()));
        self.done.push(Done { begun, acknowledged, model: self.model.clone(), rows });
    }

    fn act(&mut self, act: Act) {
        let begun = self.disk.position();
        match act {
            Act::Commit(steps) => {
                let records = self.records(steps);
                self.write_ahead(&records);
                self.journal().commit(&records).unwrap();
            }
            Act::Struggle(after, failure, steps) => {
                let records = self.records(steps);
                self.disk.fail_once(after, failure);
                self.write_ahead(&records);
                let tried = self.journal().commit(&records);
                self.disk.fail(None);
                tried.or_else(|_| self.journal().commit(&records)).unwrap();
            }
            Act::Fold => {
                self.journal().rows_in_log = CHECKPOINT_ROWS;
                self.journal().checkpoint().unwrap();
            }
            Act::Restart => self.start(),
            Act::Kill => {
                self.disk.kill();
                self.start();
            }
        }
        self.note(begun);
    }

    /// Writes the batch's first minute ahead, word by word, on pages that go to the disk at once.
    fn write_ahead(&mut self, records: &[Record]) {
        let Some(Judgement { verdict, submissions }) = judgements(records).next() else { return };
        for (from, said) in submissions.iter().enumerate() {
            let _what_fails_is_left_to_the_verdict =
                self.journal().draft(verdict.minute, from, std::slice::from_ref(said));
            let connection = &self.journal().reader.connection;
            connection.pragma_update(None, "cache_size", 1).unwrap();
        }
    }

    fn records(&mut self, steps: Vec<Step>) -> Vec<Record> {
        let records = steps.into_iter().map(|step| self.model.record(step));
        records.chain([changed(2)]).collect()
    }

    fn start(&mut self) {
        drop(self.journal.take());
        let (journal, recovered) = self.place.open();
        self.model.assert_told_by(&journal, &recovered);
        self.journal = Some(journal);
    }

    /// Cuts the power at every operation there was, with every kind of loss; how often.
    fn cut_everywhere(&self, losses: u64) -> usize {
        let Log { start, operations } = self.disk.log().unwrap();
        let (mut files, mut cuts) = (start, 0);
        for position in 0..=operations.len() {
            let some = |seed| files.cut(Loss::Some(&mut StdRng::seed_from_u64(seed)));
            let seeds = (0..losses).map(|seed| (position as u64) << 16 | seed);
            let mut images = vec![files.cut(Loss::Nothing), files.cut(Loss::Everything)];
            images.extend(seeds.map(some));
            images.sort();
            images.dedup();
            cuts += images.len();
            for image in images {
                self.expect(position, &image);
            }
            if let Some(operation) = operations.get(position) {
                files.apply(operation);
            }
        }
        cuts
    }

    /// What a start finds in an image: the last thing that was acknowledged before the power cut, or
    /// the one after it that had begun. And it goes on from there.
    #[track_caller]
    fn expect(&self, position: usize, image: &Image) -> &Done {
        let lengths: Vec<_> = image.iter().map(|(name, data)| (name, data.len())).collect();
        let cut = format!("power cut after operation {position} left {lengths:?}");
        let place = place_with(image);
        let _disk = Disk::at(place.directory.path()).unwrap();
        let opened = place.try_open();
        let (mut journal, _) = opened.unwrap_or_else(|refused| panic!("{cut}: {refused}"));
        let acknowledged = self.done.iter().rposition(|done| done.acknowledged <= position);
        assert!(!journal.is_new() || acknowledged.is_none(), "{cut}: the journal is gone");
        let begun = self.done.iter().rposition(|done| done.begun < position).unwrap_or(0);
        let acknowledged = acknowledged.unwrap_or(0);
        let found = rows(&journal);
        let mut possible = self.done[acknowledged..=begun.max(acknowledged)].iter();
        let Some(done) = possible.find(|done| done.rows == found) else {
            panic!("{cut}: neither {acknowledged} nor {begun} of what was done, but {found:#?}");
        };
        journal.commit(&[changed(1)]).unwrap();
        assert_eq!(rows(&journal).len(), found.len() + 1, "{cut}");
        done
    }
}

pub(super) fn place_with(image: &Image) -> Place {
    let place = Place::new();
    disk::write(image, place.directory.path()).unwrap();
    place
}

/// How many losses of some of what was not synced are tried at each operation; more by the
/// environment variable `POWER_LOSSES`.
fn losses() -> u64 {
    std::env::var("POWER_LOSSES").map_or(LOSSES, |losses| losses.parse().unwrap())
}

/// A bit of everything.
fn script() -> Vec<Act> {
    let minute = |said: &[Option<f64>]| Step::Minute(said.to_vec(), vec!["why".to_owned()]);
    vec![
        Act::Commit(vec![Step::Register(0), Step::Register(1)]),
        Act::Commit(vec![minute(&[Some(1.0), Some(2.0)])]),
        Act::Fold,
        Act::Commit(vec![Step::Register(0), minute(&[Some(0.5), None, Some(-0.0)])]),
        Act::Kill,
        Act::Commit(vec![Step::Halt("odd prices".to_owned())]),
        Act::Commit(vec![Step::Deregister(1, true), Step::Asleep(4)]),
        Act::Restart,
        Act::Commit(vec![Step::Resume, Step::Register(2)]),
        Act::Fold,
        Act::Commit((0..40).map(|_| minute(&[Some(1.0), Some(2.0), Some(3.0)])).collect()),
        Act::Struggle(5, Failure::Full, vec![minute(&[None]), Step::Resume]),
        Act::Struggle(0, Failure::Sync, vec![Step::Deregister(0, false)]),
        Act::Fold,
        Act::Commit(vec![minute(&[Some(0.25)])]),
        Act::Restart,
    ]
}

#[test]
fn j2_a_power_cut_at_any_operation_takes_nothing_that_was_acknowledged() {
    let mut desk = Desk::new();
    for act in script() {
        desk.act(act);
    }
    let cuts = desk.cut_everywhere(losses());
    println!("{cuts} power cuts at {} operations", desk.disk.position());
}

#[test]
fn j2_a_power_cut_while_a_journal_is_begun_leaves_none_or_all_of_it() {
    let cuts = Desk::new().cut_everywhere(losses() * 16);
    println!("{cuts} power cuts while a journal was begun");
}

/// Ten power cuts, each in what goes on from the one before.
fn cut_again_and_again(seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut desk = Desk::new();
    for _ in 0..10 {
        for act in script().into_iter().skip(rng.random_range(0..16)).take(4) {
            desk.act(act);
        }
        let Log { start: mut files, operations } = desk.disk.log().unwrap();
        let position = rng.random_range(0..=operations.len());
        operations[..position].iter().for_each(|operation| files.apply(operation));
        let image = files.cut(Loss::Some(&mut rng));
        let model = desk.expect(position, &image).model.clone();
        desk = Desk::at(place_with(&image), model);
    }
}

#[test]
fn j2_power_cuts_one_after_the_other_take_nothing_that_was_acknowledged() {
    (0..losses()).for_each(cut_again_and_again);
}

fn failure() -> impl Strategy<Value = Failure> {
    prop_oneof![Just(Failure::Full), Just(Failure::Write), Just(Failure::Sync)]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => prop::collection::vec(step(), 1..4).prop_map(Act::Commit),
        3 => (0..9_usize, failure(), prop::collection::vec(step(), 1..4))
            .prop_map(|(after, failure, steps)| Act::Struggle(after, failure, steps)),
        2 => Just(Act::Fold),
        1 => Just(Act::Restart),
        1 => Just(Act::Kill),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn j2_a_power_cut_in_any_history_takes_nothing_that_was_acknowledged(
        acts in prop::collection::vec(act(), 1..6),
    ) {
        let mut desk = Desk::new();
        for act in acts {
            desk.act(act);
        }
        let cuts = desk.cut_everywhere(1);
        println!("{cuts} power cuts at {} operations", desk.disk.position());
    }
}

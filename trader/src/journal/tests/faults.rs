//! J6 and row 37 of the fault matrix: the disk is full or fails, at any operation.

use disk::{Disk, Failure, Loss};

use super::*;

const FAILURES: [Failure; 3] = [Failure::Full, Failure::Write, Failure::Sync];

/// A journal on a disk of its own.
struct Desk {
    place: Place,
    disk: Disk,
    journal: Journal,
}

impl Desk {
    /// With two strategies and a minute.
    fn new() -> Self {
        let place = Place::new();
        let disk = Disk::at(place.directory.path()).unwrap();
        let mut journal = place.open().0;
        journal.commit(&both_registered()).unwrap();
        journal.commit(&[median_of(1, 1.0, 2.0)]).unwrap();
        Self { place, disk, journal }
    }

    /// So many operations of `work` go well, and the next one fails; what became of the work, or
    /// nothing if there were no more operations.
    fn fail<T, E>(
        &mut self,
        (after, failure): (usize, Failure),
        work: impl FnOnce(&mut Journal) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        self.disk.fail_once(after, failure);
        let done = work(&mut self.journal);
        self.disk.fail(None);
        (self.disk.counts().failures > 0).then_some(done)
    }

    /// What a start finds after a power cut.
    fn after(self, loss: Loss<'_>) -> Rows {
        self.disk.lose(loss);
        drop(self.journal);
        rows(&self.place.open().0)
    }
}

/// Calls `fails` with each failure of each operation, until it says that there were no more.
fn at_every_operation(mut fails: impl FnMut((usize, Failure)) -> bool) {
    for failure in FAILURES {
        assert!(fails((0, failure)), "{failure:?} was never met");
        let last = (1..1_000).find(|after| !fails((*after, failure)));
        assert!(last.is_some(), "{failure:?} has no end");
    }
}

fn fold(journal: &mut Journal) -> Result<(), CommitError> {
    journal.rows_in_log = CHECKPOINT_ROWS;
    journal.checkpoint()
}

/// A minute of two halves, one of which must not be there without the other.
fn batch() -> [Record; 2] {
    [Record::Halted(halt()), median_of(2, 3.0, 4.0)]
}

/// What the journal holds after all this.
fn holding(records: &[Record]) -> Rows {
    let mut desk = Desk::new();
    desk.journal.commit(records).unwrap();
    rows(&desk.journal)
}

#[test]
fn j6_fault_37_a_commit_that_fails_anywhere_is_as_if_it_had_not_been_tried() {
    let (before, after, other) = (holding(&[]), holding(&batch()), holding(&[failed(2)]));
    at_every_operation(|failure| {
        let mut desk = Desk::new();
        let Some(committed) = desk.fail(failure, |journal| journal.commit(&batch())) else {
            return false;
        };
        let error = committed.unwrap_err().to_string();
        let word = if failure.1 == Failure::Full { "is full" } else { "disk I/O error" };
        assert!(error.contains("trader-1010.sqlite: ") && error.contains(word), "{error}");
        assert!(rows(&desk.journal) == before, "{failure:?}");
        // What is tried next may be something else, and shorter.
        desk.journal.commit(&[failed(2)]).unwrap();
        assert!(rows(&desk.journal) == other, "{failure:?}");
        assert!(desk.after(Loss::Everything) == other, "{failure:?}");

        let mut desk = Desk::new();
        desk.fail(failure, |journal| journal.commit(&batch())).unwrap().unwrap_err();
        desk.journal.commit(&batch()).unwrap();
        assert!(desk.after(Loss::Everything) == after, "{failure:?}");
        true
    });
}

#[test]
fn j2_fault_37_a_crash_after_a_failed_commit_finds_all_of_it_or_nothing() {
    let (before, after) = (holding(&[]), holding(&batch()));
    at_every_operation(|failure| {
        for loss in [Loss::Nothing, Loss::Everything] {
            let mut desk = Desk::new();
            let Some(committed) = desk.fail(failure, |journal| journal.commit(&batch())) else {
                return false;
            };
            assert!(committed.is_err());
            let found = desk.after(loss);
            assert!(found == before || found == after, "{failure:?}: {found:?}");
        }
        let mut desk = Desk::new();
        desk.fail(failure, |journal| journal.commit(&batch())).unwrap().unwrap_err();
        desk.disk.kill();
        drop(desk.journal);
        let found = rows(&desk.place.open().0);
        assert!(found == before || found == after, "{failure:?}: {found:?}");
        true
    });
}

#[test]
fn j6_fault_37_a_log_that_cannot_be_folded_in_loses_nothing() {
    let after = holding(&[failed(2)]);
    at_every_operation(|failure| {
        let mut desk = Desk::new();
        let Some(folded) = desk.fail(failure, fold) else { return false };
        let error = folded.unwrap_err().to_string();
        assert!(error.contains("trader-1010.sqlite: "), "{error}");
        desk.journal.commit(&[failed(2)]).unwrap();
        fold(&mut desk.journal).unwrap();
        assert!(rows(&desk.journal) == after, "{failure:?}");
        assert!(desk.after(Loss::Everything) == after, "{failure:?}");
        true
    });
}

#[test]
fn j6_fault_37_a_log_that_cannot_be_folded_in_at_the_end_loses_nothing() {
    let before = holding(&[]);
    at_every_operation(|(after, failure)| {
        let Desk { place, disk, journal } = Desk::new();
        disk.fail_once(after, failure);
        drop(journal);
        disk.fail(None);
        disk.lose(Loss::Everything);
        assert!(rows(&place.open().0) == before, "{failure:?} after {after}");
        disk.counts().failures > 0
    });
}

#[test]
fn j3_fault_37_a_journal_that_cannot_be_begun_is_refused_and_can_be_tried_again() {
    at_every_operation(|(after, failure)| {
        let place = Place::new();
        let disk = Disk::at(place.directory.path()).unwrap();
        disk.fail_once(after, failure);
        let opened = place.try_open();
        disk.fail(None);
        if disk.counts().failures == 0 {
            return false;
        }
        if let Some(refused) = opened.err() {
            let refused = refused.to_string();
            assert!(refused.contains("trader-1010.sqlite: cannot "), "{refused}");
        }
        assert_eq!(place.open().1.last_epoch, 0);
        disk.lose(Loss::Everything);
        place.open();
        true
    });
}

#[test]
fn j6_fault_37_a_disk_that_stays_full_is_told_each_time_and_read_all_the_same() {
    let before = holding(&[]);
    for failure in FAILURES {
        let mut desk = Desk::new();
        desk.disk.fail(Some(failure));
        for _ in 0..3 {
            desk.journal.commit(&batch()).unwrap_err();
            assert!(rows(&desk.journal) == before);
            assert_eq!(desk.journal.last_minute().unwrap(), Some(minute(1)));
        }
        desk.disk.fail(None);
        assert!(desk.after(Loss::Everything) == before);
    }
}

/// What a process leaves in the log without having synced it is read by the next one, which goes on
/// from it: a power cut must not take it any more.
#[test]
fn j1_fault_37_what_a_start_goes_on_from_is_on_disk() {
    for failure in [None, Some(Failure::Sync)] {
        let mut desk = Desk::new();
        let Desk { place, disk, journal } = &mut desk;
        disk.fail(Some(Failure::Sync));
        journal.commit(&batch()).unwrap_err();
        disk.fail(failure);
        disk.kill();
        let next = place.try_open();
        if failure.is_some() {
            let refusal = next.unwrap_err().to_string();
            assert!(refusal.contains("sync its log"), "{refusal}");
            continue;
        }
        let mut next = next.unwrap().0;
        let (seen, after) = (rows(&next), [failed(3)]);
        assert_eq!(seen, holding(&batch()), "the commit whose sync failed was read");
        disk.lose(Loss::Everything);
        assert_eq!(rows(&place.open().0), seen);
        drop(next);
        next = place.open().0;
        next.commit(&after).unwrap();
        disk.lose(Loss::Everything);
        assert_eq!(rows(&place.open().0), holding(&[&batch()[..], &after].concat()));
    }
}

//! Old minutes go: rules J1, J2, M6, T4.

use std::time::Duration;

use disk::{Disk, Log, Loss};
use rand::{SeedableRng as _, rngs::StdRng};

use super::{power::place_with, *};

const MINUTE: Duration = Duration::from_mins(1);

/// `X` and `Y` are registered, and have medians in all these minutes.
fn filled(minutes: std::ops::RangeInclusive<i64>) -> (Place, Journal) {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.commit(&[registered("X", 1, 1), registered("Y", 2, 1)]).unwrap();
    for number in minutes {
        journal.commit(&[median_of(number, 0.25, 0.5), changed(1)]).unwrap();
    }
    (place, journal)
}

fn prune(journal: &mut Journal) {
    while journal.prune().unwrap() {}
}

/// The numbers of the minutes that verdicts begin with.
fn minutes(journal: &Journal) -> Vec<u64> {
    let verdicts = journal.verdicts_after(minute(0), 10_000).unwrap();
    verdicts.iter().map(|verdict| verdict.minute.count_from(minute(1), interval())).collect()
}

fn count(journal: &Journal, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    journal.reader.connection.query_row(&sql, (), |row| row.get(0)).unwrap()
}

#[test]
fn j1_minutes_older_than_is_kept_go_with_everything_behind_them() {
    let (place, journal) = filled(1..=10);
    let mut journal = journal.keeping(Some(3 * MINUTE));
    assert!(journal.forgets());
    journal.rows_in_log = 0;
    prune(&mut journal);
    prune(&mut journal);
    assert_eq!(minutes(&journal), [7, 8, 9, 10], "three minutes before the last one");
    assert_eq!(
        journal.rows_in_log,
        6 + 12 + 24 + 10 + 1,
        "52 that have gone, and where it begins: once"
    );
    for (table, rows) in [("submissions", 8), ("signals", 16), ("verdicts", 4), ("meta", 1)] {
        assert_eq!(count(&journal, table), rows, "{table}");
    }
    assert_eq!(count(&journal, "state_changes"), 0, "all of minute 1");
    assert_eq!(journal.reader.kept_from(), Some(minute(7)));
    assert_eq!(journal.gone(minute(6)), Some(minute(7)));
    assert_eq!(journal.gone(minute(7)), None);
    assert_eq!(journal.gone(minute(0)), None, "before the journal");
    drop(journal);
    assert_eq!(doctor(&place.file()).unwrap(), []);
}

#[test]
fn j1_without_a_word_everything_is_kept() {
    let (_place, mut journal) = filled(1..=3);
    let before = rows(&journal);
    assert!(!journal.forgets());
    assert_eq!(journal.reader.kept_from(), None);
    assert!(!journal.prune().unwrap());
    assert_eq!(rows(&journal), before);
}

#[test]
fn j2_a_start_goes_on_from_a_pruned_journal_as_from_a_whole_one() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal
        .commit(&[
            registered("X", 1, 1),
            registered("Y", 2, 1),
            registered("Z", 9, 1),
            deregistered("Z", Some(9), operator()),
            Record::Halted(halt()),
            resumed(),
        ])
        .unwrap();
    for number in 1..=20 {
        journal.commit(&[median_of(number, 0.25, 0.5)]).unwrap();
    }
    let whole = journal.reader.recover().unwrap();
    let mut journal = journal.keeping(Some(Duration::from_secs(1)));
    prune(&mut journal);
    assert_eq!(minutes(&journal), [20], "the last verdict stays, however little is kept");
    drop(journal);
    let recovered = place.open().1;
    assert_eq!(recovered.last_epoch, 9, "no epoch is given twice");
    assert_eq!(recovered.excused, [name("Z")].into());
    let expected = Recovered { first_minute: minute(20), ..whole };
    assert_eq!(format!("{recovered:?}"), format!("{expected:?}"));
}

#[test]
fn t4_a_run_of_minutes_is_kept_whole() {
    let (_place, mut journal) = filled(1..=2);
    journal.commit(&[judged(verdict(3, 8, Outcome::NotRunning), vec![])]).unwrap();
    journal.commit(&[median_of(9, 0.25, 0.5)]).unwrap();
    let mut journal = journal.keeping(Some(2 * MINUTE));
    prune(&mut journal);
    assert_eq!(minutes(&journal), [3, 9], "minute 7 is kept, and its run with it");
}

#[test]
fn j1_a_long_past_goes_in_small_steps_and_after_each_the_journal_is_whole() {
    let (place, journal) = filled(1..=350);
    let mut journal = journal.keeping(Some(10 * MINUTE));
    let mut steps = Vec::new();
    loop {
        let before = count(&journal, "verdicts");
        let more = journal.prune().unwrap();
        steps.push(before - count(&journal, "verdicts"));
        let crashed = place.crash();
        assert_eq!(doctor(&crashed.file()).unwrap(), [], "after {steps:?}");
        let first = minutes(&journal)[0];
        assert_eq!(minutes(&journal), (first..=350).collect::<Vec<_>>());
        if !more {
            break;
        }
    }
    assert_eq!(steps[..4], [100, 100, 100, 39], "{steps:?}");
    assert_eq!(minutes(&journal)[0], 340);
    for (table, rows) in [("submissions", 22), ("signals", 44), ("state_changes", 0)] {
        assert_eq!(count(&journal, table), rows, "{table}");
    }
}

#[test]
fn j1_the_file_does_not_grow_when_as_much_goes_as_comes() {
    let (place, journal) = filled(1..=60);
    let mut journal = journal.keeping(Some(20 * MINUTE));
    let mut sizes = Vec::new();
    for number in 61..=300 {
        journal.commit(&[median_of(number, 0.25, 0.5), changed(16)]).unwrap();
        prune(&mut journal);
        journal.rows_in_log = CHECKPOINT_ROWS;
        journal.checkpoint().unwrap();
        sizes.push(fs::metadata(place.file()).unwrap().len());
    }
    assert_eq!(sizes.last(), sizes.get(60), "{sizes:?}");
}

#[test]
fn j1_a_power_cut_at_any_operation_of_a_step_leaves_a_whole_journal() {
    let place = Place::new();
    let disk = Disk::at(place.directory.path()).unwrap();
    let mut journal = place.open().0.keeping(Some(2 * MINUTE));
    journal.commit(&[registered("X", 1, 1), registered("Y", 2, 1)]).unwrap();
    for number in 1..=6 {
        journal.commit(&[median_of(number, 0.25, 0.5), changed(1)]).unwrap();
    }
    disk.record();
    prune(&mut journal);
    journal.rows_in_log = CHECKPOINT_ROWS;
    journal.checkpoint().unwrap();
    let Log { start: mut files, operations } = disk.log().unwrap();
    let mut found = Vec::new();
    for position in 0..=operations.len() {
        let seed = &mut StdRng::seed_from_u64(position as u64);
        for image in [Loss::Nothing, Loss::Everything, Loss::Some(seed)].map(|loss| files.cut(loss))
        {
            let crashed = place_with(&image);
            let _disk = Disk::at(crashed.directory.path()).unwrap();
            let journal = crashed.open().0;
            let kept = minutes(&journal);
            drop(journal);
            assert!(kept == [1, 2, 3, 4, 5, 6] || kept == [4, 5, 6], "{position}: {kept:?}");
            assert_eq!(doctor(&crashed.file()).unwrap(), [], "{position}");
            found.push(kept.len());
        }
        if let Some(operation) = operations.get(position) {
            files.apply(operation);
        }
    }
    assert!(found.contains(&6) && found.ends_with(&[3, 3, 3]), "{found:?}");
}

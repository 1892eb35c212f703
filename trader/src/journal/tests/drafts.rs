//! J1: what is written ahead of a verdict is on disk with it, as if all had been written at once, and
//! not before.

use super::{failure::crowd, *};
use crate::journal::draft::judgements;

fn submissions(record: &Record) -> &[(Name, Arc<Accepted>)] {
    &judgements(std::slice::from_ref(record)).next().unwrap().submissions
}

/// The same batch in a journal where nothing was written ahead.
fn written_whole(records: &[Record]) -> Rows {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.commit(records).unwrap();
    rows(&journal)
}

fn is_open(journal: &Journal) -> bool {
    let open = !journal.reader.connection.is_autocommit();
    assert_eq!(open, journal.draft.is_some(), "both sides agree");
    open
}

#[test]
fn j1_what_is_written_ahead_is_on_disk_with_its_verdict_and_not_before() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let batch = [Record::Halted(halt()), crowd(1), failed(2)];
    let said = submissions(&batch[1]);
    for (from, piece) in [(0, &said[..1]), (1, &said[1..300]), (300, &said[300..420])] {
        journal.draft(minute(1), from, piece).unwrap();
        assert_eq!(rows(&place.crash().open().0).len(), 1, "a crash leaves nothing of it");
    }
    assert!(is_open(&journal));
    journal.commit(&batch).unwrap();
    assert!(!is_open(&journal));
    let all = rows(&journal);
    assert_eq!(all, written_whole(&batch));
    assert_eq!(all, rows(&place.crash().open().0));
}

#[test]
fn j1_whatever_else_has_to_be_on_disk_first_goes_before_what_is_written_ahead() {
    let (first, minutes) = (both_registered(), [crowd(1)]);
    let place = Place::new();
    let (mut journal, _) = place.open();
    let said = submissions(&minutes[0]);
    journal.draft(minute(1), 0, &said[..100]).unwrap();
    journal.commit(&first).unwrap();
    assert!(!is_open(&journal));
    assert_eq!(rows(&place.crash().open().0), written_whole(&first));

    journal.draft(minute(1), 100, &said[100..200]).unwrap();
    assert!(!is_open(&journal), "it does not go on from what was rolled back");
    journal.commit(&minutes).unwrap();
    assert_eq!(rows(&journal), written_whole(&[&first[..], &minutes].concat()));
}

#[test]
fn j1_a_verdict_of_other_words_is_written_whole() {
    let other = [median_of(1, 1.0, 2.0)];
    for ahead in [vec![decided("X", 1, 1, 1.0)], submissions(&crowd(1)).to_vec()] {
        let place = Place::new();
        let (mut journal, _) = place.open();
        journal.draft(minute(1), 0, &ahead).unwrap();
        journal.commit(&other).unwrap();
        assert_eq!(rows(&journal), written_whole(&other), "equal is not the same");
    }
}

#[test]
fn j1_words_of_a_later_minute_take_the_place_of_those_that_never_had_a_verdict() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let batch = [median_of(2, 1.0, 2.0)];
    journal.draft(minute(1), 0, submissions(&median_of(1, 0.5, 0.25))).unwrap();
    journal.draft(minute(2), 0, submissions(&batch[0])).unwrap();
    journal.commit(&batch).unwrap();
    assert_eq!(rows(&journal), written_whole(&batch));

    journal.draft(minute(2), 0, submissions(&batch[0])).unwrap();
    assert!(!is_open(&journal), "that minute has its verdict");
}

#[test]
fn j6_a_commit_that_fails_leaves_nothing_of_itself_to_the_next_one() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.commit(&[failed(1)]).unwrap();
    let batch = [median_of(2, 1.0, 2.0)];
    journal.draft(minute(2), 0, submissions(&batch[0])).unwrap();
    let twice = [Record::Halted(halt()), batch[0].clone(), failed(1)];
    let error = journal.commit(&twice).unwrap_err().to_string();
    assert!(error.contains("UNIQUE constraint failed: verdicts.minute"), "{error}");
    assert!(!is_open(&journal));
    journal.commit(&batch).unwrap();
    assert_eq!(rows(&place.crash().open().0), written_whole(&[failed(1), batch[0].clone()]));
}

#[test]
fn j1_old_minutes_and_the_log_wait_for_what_is_written_ahead() {
    let place = Place::new();
    let (journal, _) = place.open();
    let mut journal = journal.keeping(Some(Duration::from_mins(1)));
    journal.commit(&[crowd(1), failed(2), failed(3), failed(4)]).unwrap();
    journal.draft(minute(5), 0, submissions(&median_of(5, 1.0, 2.0))).unwrap();
    assert!(!journal.prune().unwrap());
    journal.checkpoint().unwrap();
    assert!(journal.rows_in_log > 500 && is_open(&journal), "nothing was folded");
    journal.commit(&[failed(5)]).unwrap();
    assert!(journal.prune().unwrap());
    journal.checkpoint().unwrap();
    assert_eq!(journal.rows_in_log, 0);
}

#[test]
fn j6_a_disk_that_is_full_while_a_minute_is_written_ahead_leaves_it_to_the_verdict() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let batch = [crowd(1)];
    let connection = &journal.reader.connection;
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    let limit = |journal: &Journal, pages: i64| {
        let connection = &journal.reader.connection;
        connection
            .pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0))
            .unwrap();
    };
    limit(&journal, pages + 2);
    let error = journal.draft(minute(1), 0, submissions(&batch[0])).unwrap_err().to_string();
    assert!(error.contains("database or disk is full"), "{error}");
    assert!(!is_open(&journal));
    assert!(journal.commit(&batch).is_err());
    limit(&journal, 1_000_000);
    journal.commit(&batch).unwrap();
    assert_eq!(rows(&place.crash().open().0), written_whole(&batch));
}

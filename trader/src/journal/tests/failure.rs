//! J6: what the journal does when it cannot be written.

use std::time::Duration;

use super::*;

fn page_count(journal: &Journal, name: &str, value: Option<i64>) -> i64 {
    let connection = &journal.reader.connection;
    match value {
        Some(value) => {
            connection.pragma_update_and_check(None, name, value, |row| row.get(0)).unwrap()
        }
        None => connection.pragma_query_value(None, name, |row| row.get(0)).unwrap(),
    }
}

/// A minute with more rows than a few pages hold.
pub(super) fn crowd(number: i64) -> Record {
    let submissions: Vec<_> =
        (0..500).map(|index| decided(&format!("s{index:03}"), 1, number, 0.5)).collect();
    let median = Median { value: 0.5, lowest: 0.5, highest: 0.5 };
    judged(verdict(number, number, Outcome::Median(median)), submissions)
}

#[test]
fn j6_a_full_disk_is_named_and_nothing_is_half_written() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.commit(&both_registered()).unwrap();
    let pages = page_count(&journal, "page_count", None);
    page_count(&journal, "max_page_count", Some(pages + 2));
    for _ in 0..3 {
        let batch = [Record::Halted(halt()), crowd(1)];
        let error = journal.commit(&batch).unwrap_err().to_string();
        assert!(error.contains("trader-1010.sqlite: database or disk is full"), "{error}");
        assert_eq!(place.crash().open().1.halt, None, "nothing of the batch is on disk");
        assert_eq!(journal.last_minute().unwrap(), None);
    }
    page_count(&journal, "max_page_count", Some(1_000_000));
    journal.commit(&[crowd(1)]).unwrap();
    let recovered = place.crash().open().1;
    assert_eq!(recovered.last_verdict, Some(verdict_of(&crowd(1))));
    assert_eq!((recovered.halt, recovered.registrations.len()), (None, 2));
}

#[test]
fn j1_a_file_that_is_removed_or_replaced_while_in_use_is_not_written() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let away = place.file().with_extension("away");
    fs::rename(place.file(), &away).unwrap();
    let error = journal.commit(&both_registered()).unwrap_err().to_string();
    assert!(error.contains("moved or removed while in use (No such file"), "{error}");
    fs::copy(&away, place.file()).unwrap();
    let error = journal.commit(&both_registered()).unwrap_err().to_string();
    assert!(error.contains("another file has taken its place"), "{error}");
    fs::rename(&away, place.file()).unwrap();
    journal.commit(&both_registered()).unwrap();
    assert_eq!(place.crash().open().1.registrations.len(), 2);
}

#[test]
fn j6_a_file_locked_by_another_program_is_tried_again() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.reader.connection.busy_timeout(Duration::ZERO).unwrap();
    let other = Connection::open(place.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = journal.commit(&both_registered()).unwrap_err().to_string();
    assert!(error.contains("database is locked (SQLite code 5)"), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    journal.commit(&both_registered()).unwrap();
    assert_eq!(place.crash().open().1.registrations.len(), 2);
}

#[test]
fn j6_a_minute_is_written_once() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.commit(&[failed(1)]).unwrap();
    let again = journal.commit(&[registered("Z", 1, 1), median_of(1, 1.0, 2.0)]).unwrap_err();
    assert!(again.to_string().contains("UNIQUE constraint failed: verdicts.minute"), "{again}");
    let recovered = place.crash().open().1;
    assert_eq!(recovered.last_verdict, Some(verdict_of(&failed(1))));
    assert!(recovered.registrations.is_empty());
}

#[test]
fn j6_a_damaged_hold_is_not_sealed_anew() {
    let place = Place::new();
    place.after(&both_registered());
    let (mut journal, _) = place.open();
    place.tamper("UPDATE registrations SET first_minute = 0 WHERE epoch = 1");
    let error = journal.commit(&[taken_over("X", 3, 1)]).unwrap_err().to_string();
    assert!(error.contains("row 1 of table registrations: its checksum does not fit"), "{error}");
    journal.commit(&[taken_over("Y", 3, 1)]).unwrap();
}

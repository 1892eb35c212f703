//! J1: what is committed is on disk, and one trader has the file.

use super::*;

#[test]
fn j1_what_is_committed_survives_without_a_clean_end() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.commit(&both_registered()).unwrap();
    let first = place.crash();
    journal.commit(&[median_of(1, 1.0, 2.0), Record::Halted(halt())]).unwrap();
    let second = place.crash();

    let (_, recovered) = first.open();
    assert_eq!(recovered.registrations, [registration("X", 1, 1), registration("Y", 2, 1)]);
    assert_eq!((recovered.last_verdict, recovered.halt), (None, None));
    let (reopened, recovered) = second.open();
    assert!(!reopened.is_new());
    assert_eq!(recovered.last_verdict, Some(verdict_of(&median_of(1, 1.0, 2.0))));
    assert_eq!(recovered.halt, Some(halt()));
}

#[test]
fn j1_the_log_is_written_through_and_folded_in_apart_from_commits() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let pragma = |journal: &Journal, name: &str| -> String {
        let value = |row: &rusqlite::Row<'_>| row.get::<_, Value>(0);
        format!("{:?}", journal.reader.connection.pragma_query_value(None, name, value).unwrap())
    };
    assert_eq!(pragma(&journal, "journal_mode"), "Text(\"wal\")");
    assert_eq!(pragma(&journal, "synchronous"), "Integer(2)");
    assert_eq!(pragma(&journal, "wal_autocheckpoint"), "Integer(0)");
    assert_eq!(pragma(&journal, "cache_size"), "Integer(-512)", "KiB");
    assert_eq!(pragma(&journal, "journal_size_limit"), "Integer(67108864)", "64 MiB");

    journal.checkpoint().unwrap();
    let file = fs::read(place.file()).unwrap();
    for number in 1..=150 {
        journal.commit(&[median_of(number, 1.0, 2.0)]).unwrap();
    }
    assert!(fs::read(place.file()).unwrap() == file, "commits go to the log only");
    journal.checkpoint().unwrap();
    assert!(fs::read(place.file()).unwrap() != file, "7 rows each are more than 1,000");
    assert_eq!(journal.rows_in_log, 0);
    journal.commit(&[median_of(151, 1.0, 2.0)]).unwrap();
    let (_, recovered) = place.crash().open();
    assert_eq!(recovered.last_verdict, Some(verdict_of(&median_of(151, 1.0, 2.0))));
}

#[test]
fn j1_the_end_of_a_hold_changes_nothing_else_of_it() {
    let (mut journal, _) = Journal::ephemeral(interval(), BEGUN, name("j1")).unwrap();
    journal.commit(&[registered("X", 1, 1), taken_over("X", 2, 1)]).unwrap();
    journal.commit(&[deregistered("X", Some(2), operator())]).unwrap();
    let told = |epoch: i64| -> (bool, String) {
        let sql = "SELECT taken_over, ended_by FROM registrations WHERE epoch = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        journal.reader.connection.query_row(sql, [epoch], row).unwrap()
    };
    assert_eq!(told(1), (false, "takeover".to_owned()));
    assert_eq!(told(2), (true, "operator".to_owned()));
}

#[test]
fn j1_a_second_trader_is_told_who_has_the_file() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let before = place.contents();
    let refused = place.try_open().unwrap_err().to_string();
    let process = std::process::id();
    assert!(refused.contains(&format!("another trader, process {process},")), "{refused}");
    assert!(refused.contains("trader-1010.sqlite.lock; stop that trader"), "{refused}");
    assert!(place.contents() == before, "nothing changes");
    journal.commit(&both_registered()).unwrap();
    drop(journal);
    assert_eq!(place.open().1.registrations.len(), 2, "the lock ends with its holder");
}

#[test]
fn j1_a_file_has_one_lock_whatever_links_lead_to_it() {
    let place = Place::new();
    let journal = place.open();
    let link = place.directory.path().join("link.sqlite");
    std::os::unix::fs::symlink(place.file(), &link).unwrap();
    let refused = Journal::open(&link, interval(), BEGUN, name("j2")).unwrap_err();
    assert!(matches!(refused, OpenError::Locked { .. }), "{refused}");
    drop(journal);
    assert!(Journal::open(&link, interval(), BEGUN, name("j2")).is_ok());
}

#[test]
fn j1_readers_are_welcome_and_delay_no_commit() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.commit(&both_registered()).unwrap();
    journal.commit(&[median_of(1, 1.0, 2.0)]).unwrap();
    let reader = read_only(&place.file()).unwrap();
    reader.connection.execute_batch("BEGIN").unwrap();
    assert_eq!(reader.last_minute().unwrap(), Some(minute(1)));
    journal.reader.connection.busy_timeout(Duration::ZERO).unwrap();
    journal.commit(&[median_of(2, 1.0, 2.0)]).unwrap();
    journal.rows_in_log = CHECKPOINT_ROWS;
    journal.checkpoint().unwrap();
    assert_eq!(reader.last_minute().unwrap(), Some(minute(1)), "one state while it reads");
    reader.connection.execute_batch("COMMIT").unwrap();
    assert_eq!(reader.last_minute().unwrap(), Some(minute(2)));
    assert!(reader.connection.execute("DELETE FROM verdicts", ()).is_err(), "it cannot write");
}

#[test]
fn j1_a_journal_in_memory_behaves_alike() {
    let (mut journal, recovered) = Journal::ephemeral(interval(), BEGUN, name("j1")).unwrap();
    assert!(journal.is_new());
    assert_eq!((journal.id(), recovered.first_minute), ("j1", minute(1)));
    journal.commit(&both_registered()).unwrap();
    journal.commit(&[median_of(1, 1.0, 2.0)]).unwrap();
    journal.checkpoint().unwrap();
    assert_eq!(journal.last_minute().unwrap(), Some(minute(1)));
    assert_eq!(journal.verdicts_after(minute(0), 9).unwrap().len(), 1);
}

//! J2: a restarted trader knows every registration, epoch, halt and closed minute.

use super::*;

#[test]
fn j2_a_new_journal_knows_when_it_began() {
    let place = Place::new();
    let (journal, recovered) = place.open();
    assert!(journal.is_new());
    assert_eq!((journal.id(), recovered.first_minute), ("j1", minute(1)));
    assert_eq!((recovered.last_epoch, recovered.registrations.len()), (0, 0));
    assert!(recovered.excused.is_empty() && recovered.halt.is_none());
    assert_eq!(recovered.last_verdict, None);
    drop(journal);
    let later = Journal::open(&place.file(), interval(), at(7, 0), name("j2")).unwrap();
    assert!(!later.0.is_new());
    assert_eq!((later.0.id(), later.1.first_minute), ("j1", minute(1)), "as it was begun");
}

#[test]
fn j2_a_registration_is_in_force_until_it_is_ended() {
    let place = Place::new();
    let recovered = place.after(&[registered("X", 1, 1), registered("Y", 2, 1)]);
    assert_eq!(recovered.registrations, [registration("X", 1, 1), registration("Y", 2, 1)]);
    assert_eq!(recovered.last_epoch, 2);
    let recovered = place.after(&[deregistered("Y", Some(2), By::Itself)]);
    assert_eq!(recovered.registrations, [registration("X", 1, 1)]);
    assert_eq!(recovered.last_epoch, 2, "an epoch is never reused");
}

#[test]
fn j2_a_first_minute_found_too_early_is_corrected_under_the_same_epoch() {
    let place = Place::new();
    let recovered = place.after(&[registered("X", 1, 1), registered("X", 1, 2)]);
    assert_eq!(recovered.registrations, [registration("X", 1, 2)]);
    let recovered = place.after(&[registered("X", 1, 5)]);
    assert_eq!(recovered.registrations, [registration("X", 1, 5)]);
}

#[test]
fn j2_a_takeover_ends_the_former_hold_and_keeps_its_history() {
    let place = Place::new();
    let recovered = place.after(&[registered("X", 1, 1), taken_over("X", 2, 1)]);
    assert_eq!(recovered.registrations, [registration("X", 2, 1)]);
    assert_eq!(recovered.last_epoch, 2);
    let history: (i64, String, i64) = Connection::open(place.file())
        .unwrap()
        .query_row(
            "SELECT ended_at, ended_by, (SELECT count(*) FROM registrations)
             FROM registrations WHERE epoch = 1",
            (),
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!(history, (at(2, 0).as_micros(), "takeover".to_owned(), 2));
}

#[test]
fn j2_who_is_excused_follows_from_the_last_record_of_the_name() {
    let place = Place::new();
    let excused = |place: &Place, records: &[Record]| -> Vec<String> {
        place.after(records).excused.iter().map(ToString::to_string).collect()
    };
    assert_eq!(excused(&place, &[deregistered("X", None, operator())]), ["X"]);
    assert!(excused(&place, &[registered("X", 1, 1)]).is_empty(), "registered again");
    assert!(excused(&place, &[deregistered("X", Some(1), By::Itself)]).is_empty(), "by itself");
    let again = [registered("X", 2, 1), deregistered("X", Some(2), operator())];
    assert_eq!(excused(&place, &again), ["X"]);
}

#[test]
fn j2_a_halt_is_in_force_until_it_is_resumed() {
    let place = Place::new();
    assert_eq!(place.after(&[Record::Halted(halt())]).halt, Some(halt()));
    assert_eq!(place.after(&[resumed()]).halt, None);
    let second = Halt { reason: "again".to_owned(), ..halt() };
    let both = [Record::Halted(halt()), Record::Halted(second.clone())];
    assert_eq!(place.after(&both).halt, Some(second), "the last word counts");
}

#[test]
fn j2_the_last_verdict_comes_back_with_all_its_causes() {
    let place = Place::new();
    let [x, y] = both_registered();
    let first = median_of(1, 1.0, 2.0);
    let second = failed(2);
    let recovered = place.after(&[x, y, first, second.clone()]);
    assert_eq!(recovered.last_verdict, Some(verdict_of(&second)));
    let asleep = judged(verdict(3, 60, Outcome::NotRunning), Vec::new());
    let recovered = place.after(std::slice::from_ref(&asleep));
    assert_eq!(recovered.last_verdict, Some(verdict_of(&asleep)));
}

#[test]
fn j2_changes_of_state_are_kept_for_the_reader() {
    let place = Place::new();
    place.after(&[changed(20)]);
    let connection = Connection::open(place.file()).unwrap();
    let sql = "SELECT from_state || ' ' || to_state, causes FROM state_changes";
    let (states, causes): (String, String) =
        connection.query_row(sql, (), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(states, "OK ERROR");
    assert_eq!(causes.lines().count(), 17);
    assert!(causes.starts_with("s00 silent since 2026-11-20T12:01:00Z, last seen"), "{causes}");
    assert!(causes.ends_with("\nand 4 more"), "{causes}");
}

#[test]
fn j2_a_crash_while_a_journal_is_begun_leaves_none() {
    let place = Place::new();
    fs::write(place.directory.path().join("trader-1010.sqlite.new"), b"half").unwrap();
    let (journal, _) = place.open();
    assert!(journal.is_new());
    drop(journal);
    let names: Vec<_> = place.contents().into_iter().map(|(path, _)| path).collect();
    assert_eq!(names, [place.file(), path::beside(&place.file(), ".lock")]);
    assert!(!place.open().0.is_new());
}

/// SQLite's index of the log is a file of those who have it open: it stays while anybody has, and
/// goes only where a refused start made it.
#[test]
fn j3_the_index_of_a_log_is_not_taken_from_under_anybody() {
    let place = Place::new();
    place.open().0.commit(&both_registered()).unwrap();
    let (mut journal, _) = place.open();
    journal.commit(&[failed(1)]).unwrap();
    let other: Interval = "2s".parse().unwrap();

    let crashed = place.crash();
    let index = path::beside(&crashed.file(), "-shm");
    let refused = |place: &Place| Journal::open(&place.file(), other, BEGUN, name("j2")).is_err();
    assert!(refused(&crashed) && !index.exists(), "it was not there before");
    fs::write(&index, b"").unwrap();
    assert!(refused(&crashed) && index.exists(), "it was there before");
    fs::remove_file(&index).unwrap();
    let _open = crashed.open();
    assert!(index.exists(), "it is in use");
}

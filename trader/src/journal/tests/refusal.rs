//! J3: a file that cannot be trusted is refused and left as it is.

use super::*;

/// Opens, which must be refused, and leave the directory as it was; the words of the refusal.
fn refused(place: &Place) -> String {
    let before = place.contents();
    let refused = place.try_open().unwrap_err().to_string();
    assert!(place.contents() == before, "a refusal changes nothing: {refused}");
    refused
}

/// A journal with some rows, closed in an orderly way; without its lock, as a copy would be.
fn closed() -> Place {
    let place = Place::new();
    let records = [registered("X", 1, 1), registered("Y", 2, 1), failed(1), Record::Halted(halt())];
    place.after(&records);
    place.crash()
}

/// A journal as a crash leaves it: most of it in the log.
fn crashed() -> Place {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.commit(&both_registered()).unwrap();
    journal.commit(&[failed(1), Record::Halted(halt())]).unwrap();
    place.crash()
}

/// Puts `bytes` at `offset` of the file.
fn patch(place: &Place, offset: usize, bytes: &[u8]) {
    let mut file = fs::read(place.file()).unwrap();
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
    fs::write(place.file(), file).unwrap();
}

#[test]
fn j3_the_examples_here_would_be_opened() {
    for place in [closed(), crashed()] {
        let recovered = place.open().1;
        assert_eq!(recovered.registrations.len(), 2);
        assert_eq!(recovered.last_verdict, Some(verdict_of(&failed(1))));
    }
}

#[test]
fn j3_an_empty_file_is_refused() {
    let place = closed();
    fs::write(place.file(), b"").unwrap();
    assert!(refused(&place).contains("is empty (0 bytes)"));
}

#[test]
fn j3_a_truncated_file_is_refused() {
    let whole = fs::read(closed().file()).unwrap();
    for length in [10, 99, 100, 4_096, whole.len() - 4_096, whole.len() - 1] {
        let place = closed();
        fs::write(place.file(), &whole[..length]).unwrap();
        let refused = refused(&place);
        assert!(refused.contains(&format!("is truncated: it has {length} bytes")), "{refused}");
    }
}

#[test]
fn j3_a_foreign_file_is_refused() {
    let place = closed();
    fs::write(place.file(), b"strategy,decision\n").unwrap();
    assert!(refused(&place).contains("is not a journal but a file of another kind"));
    fs::write(place.file(), b"x").unwrap();
    assert!(refused(&place).contains("is not a journal but a file of another kind"));
    fs::remove_file(place.file()).unwrap();
    place.tamper("CREATE TABLE prices (price REAL); PRAGMA application_id = 252006673");
    let refused = refused(&place);
    assert!(refused.contains("a database of another program (application id 0x0f055111)"));
    assert!(refused.contains("--journal FILE"), "{refused}");
}

#[test]
fn j3_a_newer_schema_is_refused() {
    for place in [closed(), crashed()] {
        patch(&place, 60, &2_u32.to_be_bytes());
        let refused = refused(&place);
        assert!(refused.contains("has schema 2, and this version knows up to schema 1"));
    }
}

#[test]
fn j3_a_newer_schema_in_the_log_is_refused() {
    let place = Place::new();
    let journal = place.open().0;
    journal.reader.connection.pragma_update(None, "user_version", 7).unwrap();
    let refused = refused(&place.crash());
    assert!(refused.contains("has schema 7"), "{refused}");
}

#[test]
fn j3_a_schema_that_never_was_is_refused() {
    let place = closed();
    patch(&place, 60, &0_u32.to_be_bytes());
    let refused = refused(&place);
    assert!(refused.contains("has schema 0, which no version has had"), "{refused}");
}

#[test]
fn j3_a_format_that_sqlite_does_not_write_is_damage() {
    for (at, format) in [(18, 0), (18, 1), (18, 3), (18, 0xc4), (19, 0), (19, 1), (19, 3)] {
        let place = closed();
        patch(&place, at, &[format]);
        let refused = refused(&place);
        assert!(refused.contains("is damaged: its header says"), "{refused}");
        let [finding] = &doctor(&place.file()).unwrap()[..] else { panic!("{at} {format}") };
        assert!(finding.what.starts_with("its header says"), "{finding}");
    }
}

#[test]
fn j3_another_interval_is_refused_with_both_named() {
    for place in [closed(), crashed()] {
        let before = place.contents();
        let other = "2s".parse().unwrap();
        let refused = Journal::open(&place.file(), other, BEGUN, name("j2")).unwrap_err();
        let refused = refused.to_string();
        assert!(
            refused.contains("is of minutes of 1m, and the trader was started with minutes of 2s")
        );
        assert!(refused.contains("--interval 1m"), "{refused}");
        assert!(place.contents() == before, "a refusal changes nothing");
    }
}

#[test]
fn j3_rows_that_the_trader_acts_on_are_refused_when_damaged() {
    for (sql, row) in [
        ("UPDATE meta SET first_minute = first_minute + 60000000", "row \"j1\" of table meta"),
        ("UPDATE meta SET journal = 'j9'", "row \"j9\" of table meta"),
        ("DELETE FROM meta", "table meta is empty"),
        (
            "UPDATE registrations SET instance = 'i9' WHERE epoch = 1",
            "row 1 of table registrations",
        ),
        ("UPDATE registrations SET checksum = checksum + 1 WHERE epoch = 2", "row 2 of table reg"),
        ("UPDATE halts SET action = 'resume'", "row 1 of table halts"),
        ("UPDATE verdicts SET kind = 'no strategies'", "of table verdicts"),
        ("UPDATE verdicts SET last_minute = last_minute - 60000000", "of table verdicts"),
        (
            "UPDATE causes SET since = since + 60000000 WHERE strategy = 'Y'",
            "\"Y\", 1 of table causes",
        ),
        ("DELETE FROM causes WHERE strategy = 'X'", "has 1 causes, not 2"),
        ("DROP INDEX registrations_in_force", "its index registrations_in_force is not there"),
        ("DROP TABLE halts", "its table halts is not there"),
        (
            "INSERT INTO deregistrations VALUES (1, 'Z', NULL, 'ann@desk', 0, 0)",
            "row 1 of table deregistrations",
        ),
    ] {
        let place = closed();
        place.tamper(sql);
        let refused = refused(&place);
        assert!(refused.contains("is damaged: ") && refused.contains(row), "{sql}: {refused}");
        assert!(refused.contains("minutehand doctor"), "{refused}");
    }
}

/// Rewrites words of the schema, as a flipped bit would, and nothing else.
fn reword(place: &Place, from: &str, to: &str) {
    place.tamper(&format!(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, '{from}', '{to}')"
    ));
}

#[test]
fn j3_a_schema_that_is_not_as_it_was_made_is_refused() {
    for (from, to, what) in [
        ("halt_reason TEXT", "halt_seasoN TEXT", "table state_changes"),
        ("position  INTEGER NOT NULL", "position  INTEGER", "table causes"),
        ("kind = ''median''", "kind = ''mediaN''", "view medians"),
    ] {
        let place = closed();
        reword(&place, from, to);
        let refused = refused(&place);
        let what = format!("its {what} is not there, or not as it was made");
        assert!(refused.contains("is damaged: ") && refused.contains(&what), "{refused}");
        let seen = doctor(&place.file()).unwrap();
        assert!(seen.iter().any(|finding| finding.what == what), "{seen:?}");
    }
    let place = closed();
    reword(&place, "-- in order", "-- in  Order");
    place.tamper("CREATE VIEW of_mine AS SELECT median FROM verdicts");
    place.open();
}

#[test]
fn j3_a_registration_that_seems_ended_is_not_forgotten() {
    let place = closed();
    // Behind the index's back, as a flipped bit would be.
    place.tamper(
        "CREATE TABLE aside AS SELECT * FROM sqlite_schema WHERE name = 'registrations_in_force';
         PRAGMA writable_schema = ON;
         DELETE FROM sqlite_schema WHERE name = 'registrations_in_force'",
    );
    place.tamper("UPDATE registrations SET ended_at = 5, ended_by = 'itself' WHERE epoch = 1");
    place.tamper("PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM aside");
    let refused = refused(&place);
    assert!(refused.contains("row 1 of table registrations: its checksum does not"), "{refused}");
}

/// Where the tree of a table or an index begins in the file.
fn root(place: &Place, name: &str) -> usize {
    let sql = "SELECT (rootpage - 1) * 4096 FROM sqlite_schema WHERE name = ?1";
    let connection = Connection::open(place.file()).unwrap();
    usize::try_from(connection.query_row(sql, [name], |row| row.get::<_, i64>(0)).unwrap()).unwrap()
}

#[test]
fn j3_a_row_that_is_missing_is_not_forgotten() {
    for name in ["registrations", "registrations_in_force", "halts", "verdicts"] {
        let place = closed();
        let page = root(&place, name);
        let rows = fs::read(place.file()).unwrap()[page + 4];
        assert!(rows > 0, "there is a row in {name}");
        patch(&place, page + 4, &[rows - 1]);
        let refused = refused(&place);
        assert!(refused.contains("is damaged: table "), "{name}: {refused}");
        assert!(refused.contains("minutehand doctor"), "{refused}");
    }
}

#[test]
fn j3_a_row_put_in_another_rows_place_is_refused() {
    let place = closed();
    place.tamper(
        "UPDATE registrations SET strategy = 'Z' WHERE epoch = 1;
         UPDATE registrations SET strategy = 'X', instance = 'i1', checksum =
           (SELECT checksum FROM registrations WHERE epoch = 1) WHERE epoch = 2",
    );
    assert!(refused(&place).contains("of table registrations: its checksum does not fit"));
}

#[test]
fn j3_damage_in_the_log_of_a_crash_changes_nothing_when_refused() {
    let place = crashed();
    let halted = Connection::open(place.file()).unwrap();
    halted
        .set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .unwrap();
    halted.execute("UPDATE halts SET reason = 'none'", ()).unwrap();
    drop(halted);
    fs::remove_file(path::beside(&place.file(), "-shm")).unwrap();
    assert!(refused(&place).contains("row 1 of table halts: its checksum does not fit"));
}

#[test]
fn j3_a_page_of_garbage_is_refused() {
    let place = closed();
    let length = fs::read(place.file()).unwrap().len();
    patch(&place, 4_096, &vec![0xa5; length - 4_096]);
    let refused = refused(&place);
    assert!(refused.contains("is damaged: database disk image is malformed"), "{refused}");
}

#[test]
fn j3_a_missing_file_whose_log_is_there_is_not_begun_anew() {
    let place = crashed();
    fs::remove_file(place.file()).unwrap();
    let refused = refused(&place);
    assert!(refused.contains("trader-1010.sqlite-wal with its latest records is there"));
}

#[test]
fn j3_what_is_no_file_at_all_is_refused_in_the_systems_words() {
    let place = Place::new();
    fs::create_dir(place.file()).unwrap();
    let refused = place.try_open().unwrap_err().to_string();
    assert!(refused.contains("cannot read it: Is a directory"), "{refused}");
    let nowhere = Path::new("/proc/trader.sqlite");
    let refused = Journal::open(nowhere, interval(), BEGUN, name("j1")).unwrap_err().to_string();
    assert!(refused.contains("cannot open its .lock file: "), "{refused}");
}

#[test]
fn j3_a_reader_leaves_the_files_as_they_are() {
    for place in [closed(), crashed()] {
        let before = place.contents();
        let reader = read_only(&place.file()).unwrap();
        assert_eq!(reader.last_minute().unwrap(), Some(minute(1)));
        drop(reader);
        let after = place.contents();
        let is_index = |path: &Path| path.extension().is_some_and(|end| end == "sqlite-shm");
        let kept: Vec<_> = after.into_iter().filter(|(path, _)| !is_index(path)).collect();
        assert!(kept == before);
    }
    let missing = read_only(&Place::new().file()).unwrap_err().to_string();
    assert!(missing.contains("there is no such file"), "{missing}");
}

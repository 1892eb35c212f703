//! J3: the doctor reads everything.

use rusqlite::types::{Value, ValueRef};

use super::*;

/// A journal with a bit of everything.
fn busy() -> Place {
    let place = Place::new();
    let [x, y] = both_registered();
    let asleep = judged(verdict(4, 6, Outcome::NotRunning), Vec::new());
    let halted = judged(verdict(7, 7, Outcome::Halted), vec![decided("X", 1, 7, 4.0)]);
    place.after(&[
        x,
        y,
        median_of(1, 1.0, 2.0),
        failed(2),
        median_of(3, -0.0, 0.0),
        asleep,
        halted,
    ]);
    let left = deregistered("Y", Some(2), operator());
    place.after(&[Record::Halted(halt()), changed(1), resumed(), left]);
    place
}

/// What the doctor finds after the file was tampered with.
fn findings(sql: &str) -> Vec<String> {
    let place = busy();
    place.tamper(sql);
    let before = place.contents();
    let findings = doctor(&place.file()).unwrap();
    assert!(place.contents() == before, "the doctor changes nothing");
    findings.iter().map(ToString::to_string).collect()
}

/// Rewrites a row with a checksum that fits, as a fault of the trader itself would.
fn forge(place: &Place, table: schema::Table, sql: &str) {
    place.tamper(sql);
    let connection = Connection::open(place.file()).unwrap();
    let query = format!("SELECT * FROM {}", table.name());
    let mut statement = connection.prepare(&query).unwrap();
    let mut rows = statement.query(()).unwrap();
    let mut whole: Vec<Vec<Value>> = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let columns = 0..table.columns();
        whole.push(columns.map(|index| row.get(index).unwrap()).collect());
    }
    drop(rows);
    connection.execute(&format!("DELETE FROM {}", table.name()), ()).unwrap();
    let mut insert = connection.prepare(&table.insert()).unwrap();
    for row in &whole {
        let values: Vec<_> = row.iter().map(ValueRef::from).collect();
        row::write(&mut insert, table, &values, &mut Vec::new()).unwrap();
    }
}

#[test]
fn j3_the_doctor_finds_nothing_in_a_sound_journal() {
    assert_eq!(findings(""), Vec::<String>::new());
    let place = Place::new();
    drop(place.open());
    assert_eq!(doctor(&place.file()).unwrap(), []);
}

#[test]
fn j3_the_doctor_reads_a_journal_in_use() {
    let place = busy();
    let (mut journal, _) = place.open();
    journal.commit(&[judged(verdict(8, 8, Outcome::NoStrategies), Vec::new())]).unwrap();
    assert_eq!(doctor(&place.file()).unwrap(), []);
}

#[test]
fn j3_the_doctor_finds_every_damaged_row() {
    for table in schema::Table::ALL {
        let sql = format!("UPDATE {} SET checksum = checksum + 1", table.name());
        let found = findings(&sql);
        let of_table = format!("of table {}: its checksum does not fit", table.name());
        assert!(found.iter().any(|line| line.contains(&of_table)), "{found:?}");
    }
    let found = findings("UPDATE submissions SET received_at = 5 WHERE strategy = 'Y'");
    assert!(found[0].ends_with(
        "\"Y\" of table submissions: its checksum does not fit; expected every row with the \
         checksum it was written with: keep the file, and restore it from a copy"
    ));
}

#[test]
fn j3_the_doctor_finds_gaps() {
    let found = findings("DELETE FROM verdicts WHERE kind = 'not running'");
    let gap = "a verdict of 2026-11-20T12:07:00Z to 2026-11-20T12:07:00Z where \
               2026-11-20T12:04:00Z should begin; expected every minute";
    assert!(found.len() == 1 && found[0].starts_with(gap), "{found:?}");
}

#[test]
fn j3_the_doctor_recomputes_every_median() {
    let place = busy();
    let verdicts = schema::Table::Verdicts;
    forge(&place, verdicts, "UPDATE verdicts SET median = 1.25 WHERE median = 1.5");
    let found = doctor(&place.file()).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].what.contains("value: 1.25") && found[0].what.contains("value: 1.5"));
    forge(&place, verdicts, "UPDATE verdicts SET median = 1.5 WHERE median = 1.25");
    assert_eq!(doctor(&place.file()).unwrap(), []);

    forge(&place, verdicts, "UPDATE verdicts SET lowest = 0.0 WHERE lowest = 0.0");
    let found = doctor(&place.file()).unwrap();
    assert_eq!(found.len(), 1, "the sign of zero counts: {found:?}");
}

#[test]
fn j3_the_doctor_finds_what_belongs_to_nothing() {
    let of = |number: i64| minute(number).start().as_micros();
    for (sql, what) in [
        (
            format!("DELETE FROM submissions WHERE minute = {} AND strategy = 'X'", of(1)),
            "1 decisions, not 2",
        ),
        (
            format!("DELETE FROM submissions WHERE minute = {} AND strategy = 'X'", of(1)),
            "signal without a submission",
        ),
        (
            format!("DELETE FROM causes WHERE minute = {} AND strategy = 'X'", of(2)),
            "has 1 causes, not 2",
        ),
        (format!("DELETE FROM verdicts WHERE minute = {}", of(1)), "submission without a verdict"),
        (
            format!("DELETE FROM verdicts WHERE minute = {}", of(2)),
            "cause without a failed verdict",
        ),
        ("DELETE FROM registrations WHERE epoch = 2".to_owned(), "did not hold"),
        (
            "DROP INDEX registrations_in_force;
             UPDATE registrations SET strategy = 'X', ended_at = NULL"
                .to_owned(),
            "held twice at a time: name X",
        ),
    ] {
        let found = findings(&sql);
        assert!(found.iter().any(|line| line.contains(what)), "{sql}: {found:?}");
    }
}

#[test]
fn j3_the_doctor_goes_on_after_damage_to_the_file() {
    let place = busy();
    let connection = Connection::open(place.file()).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'submissions'";
    let root: u32 = connection.query_row(sql, (), |row| row.get(0)).unwrap();
    drop(connection);
    let mut bytes = fs::read(place.file()).unwrap();
    let page = root as usize;
    bytes[(page - 1) * 4_096..page * 4_096].fill(0xa5);
    fs::write(place.file(), bytes).unwrap();
    let found = doctor(&place.file()).unwrap();
    assert!(found.iter().any(|finding| finding.what.contains("malformed")), "{found:?}");
    assert!(found.iter().any(|finding| finding.expected.starts_with("a file without")));
}

#[test]
fn j3_the_doctor_says_when_a_file_is_no_journal() {
    let place = Place::new();
    fs::write(place.file(), b"price\n").unwrap();
    assert!(matches!(doctor(&place.file()), Err(OpenError::Foreign { .. })));
    assert!(matches!(doctor(&Place::new().file()), Err(OpenError::Missing { .. })));
}

#[test]
fn j3_the_doctor_names_the_first_of_many_faults_and_counts_the_rest() {
    let place = Place::new();
    let asleep = |number| judged(verdict(number, number, Outcome::NotRunning), Vec::new());
    place.after(&(1..=30).map(asleep).collect::<Vec<_>>());
    place.tamper(
        "UPDATE verdicts SET closed_at = 0 WHERE minute < (SELECT max(minute) FROM verdicts)",
    );
    let found = doctor(&place.file()).unwrap();
    assert_eq!(found.len(), 21, "{found:?}");
    assert_eq!(found[20].what, "and 9 more like these");
}

#[test]
fn j3_the_doctor_finds_verdicts_that_cannot_be() {
    let abstained_all_the_same = {
        let median = Median { value: 1.0, lowest: 1.0, highest: 1.0 };
        let submissions = vec![decided("X", 1, 1, 1.0), abstained("Y", 2, 1)];
        judged(verdict(1, 1, Outcome::Median(median)), submissions)
    };
    for (record, what) in [
        (abstained_all_the_same, "a median in spite of an abstention"),
        (judged(verdict(1, 1, Outcome::Failed(Vec::new())), Vec::new()), "failed without a cause"),
        (
            judged(verdict(1, 1, Outcome::NoStrategies), vec![decided("X", 1, 1, f64::INFINITY)]),
            "a decision is not finite",
        ),
        (judged(verdict(2, 2, Outcome::NoStrategies), Vec::new()), "where 2026-11-20T12:01:00Z"),
        (judged(verdict(1, 0, Outcome::NoStrategies), Vec::new()), "12:01:00Z to 2026-11-20T12:00"),
    ] {
        let place = Place::new();
        let [x, y] = both_registered();
        place.after(&[x, y, record]);
        let found = doctor(&place.file()).unwrap();
        assert!(found.len() == 1 && found[0].what.contains(what), "{what}: {found:?}");
    }
}

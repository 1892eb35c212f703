//! J5: why a minute ended as it did.

use super::{super::open::settled, *};

#[test]
fn j5_a_minute_is_explained_with_who_said_what_from_which_signals() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.commit(&both_registered()).unwrap();
    let record = failed(1);
    journal.commit(&[record.clone(), median_of(2, 3.0, 4.0)]).unwrap();

    let explained = journal.explain(minute(1), None, 20).unwrap().unwrap();
    let verdict = verdict_of(&record);
    assert_eq!(explained.causes, verdict.causes());
    assert_eq!((explained.causes_total, explained.next), (2, None));
    assert_eq!(explained.verdict, verdict);
    assert_eq!(explained.submissions, [abstained("X", 1, 1)]);

    let explained = journal.explain(minute(2), None, 20).unwrap().unwrap();
    assert_eq!(explained.submissions, [decided("X", 1, 2, 3.0), decided("Y", 2, 2, 4.0)]);
    assert!(explained.causes.is_empty());
    assert_eq!(journal.explain(minute(0), None, 20).unwrap(), None, "before the journal");
    assert_eq!(journal.explain(minute(3), None, 20).unwrap(), None, "not closed");
    assert_eq!(journal.last_minute().unwrap(), Some(minute(2)));
}

#[test]
fn j5_the_file_explains_while_the_trader_is_up_and_while_it_is_down() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.commit(&[registered("X", 1, 1), failed(1)]).unwrap();
    let told = journal.explain(minute(1), None, 20).unwrap();
    let up = read_only(&place.file()).unwrap();
    assert_eq!(up.explain(minute(1), None, 20).unwrap(), told);
    assert_eq!((up.id(), up.interval()), ("j1", interval()));
    drop((up, journal));
    let down = read_only(&place.file()).unwrap();
    assert_eq!(down.explain(minute(1), None, 20).unwrap(), told);
    assert_eq!(down.last_minute().unwrap(), Some(minute(1)));
    let crashed = place.crash();
    assert_eq!(read_only(&crashed.file()).unwrap().explain(minute(1), None, 20).unwrap(), told);
}

#[test]
fn j5_a_journal_at_rest_is_read_where_no_file_can_be_made_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("50% of what? #1 ä.sqlite");
    let (mut journal, _) = Journal::open(&file, interval(), BEGUN, name("j1")).unwrap();
    journal.commit(&[registered("X", 1, 1), failed(1)]).unwrap();
    let told = journal.explain(minute(1), None, 20).unwrap();
    drop(journal);
    let files = || fs::read_dir(directory.path()).unwrap().count();
    let before = files();
    let missing = || OpenError::Missing { file: file.clone() };
    let reader = settled(&file, missing()).unwrap();
    assert_eq!(reader.explain(minute(1), None, 20).unwrap(), told);
    assert_eq!(files(), before, "nothing is made, not even for the while");
    let elsewhere = directory.path().join("none.sqlite");
    let error = settled(&elsewhere, missing()).unwrap_err();
    assert!(matches!(error, OpenError::Missing { .. }), "the first error counts: {error}");
}

#[test]
fn j5_a_run_is_explained_by_any_of_its_minutes() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let asleep = judged(verdict(1, 5, Outcome::NotRunning), Vec::new());
    journal.commit(&[asleep.clone(), median_of(6, 1.0, 2.0)]).unwrap();
    for number in 1..=5 {
        let explained = journal.explain(minute(number), None, 20).unwrap().unwrap();
        assert_eq!(explained.verdict, verdict_of(&asleep));
    }
    assert_eq!(journal.explain(minute(6), None, 20).unwrap().unwrap().verdict.count, 2);
}

#[test]
fn j5_pages_name_everyone_once() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let names: Vec<String> = (0..50).map(|index| format!("s{index:02}")).collect();
    let silent = |of: &&String| cause(Subject::Strategy(name(of)), CauseCode::Silent, 1);
    let mut causes = vec![cause(Subject::Trader, CauseCode::TooFew, 1)];
    causes.extend(names.iter().skip(1).step_by(2).map(|of| silent(&of)));
    let spoken = names.iter().step_by(2).map(|of| decided(of, 1, 1, 0.5)).collect();
    journal.commit(&[judged(verdict(1, 1, Outcome::Failed(causes.clone())), spoken)]).unwrap();

    let (mut after, mut pages) = (None, Vec::new());
    loop {
        let page = journal.explain(minute(1), after.as_ref(), 7).unwrap().unwrap();
        assert_eq!((page.causes_total, page.verdict.causes()), (26, &causes[..16]));
        after.clone_from(&page.next);
        pages.push(page);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages.len(), 8);
    let told: Vec<Cause> = pages.iter().flat_map(|page| page.causes.clone()).collect();
    assert_eq!(told, causes, "the trader's own first, each once");
    let spoke: Vec<String> =
        pages.iter().flat_map(|page| &page.submissions).map(|(of, _)| of.to_string()).collect();
    assert_eq!(spoke, names.iter().step_by(2).cloned().collect::<Vec<_>>());
    assert_eq!(journal.explain(minute(1), None, 50).unwrap().unwrap().next, None, "all on one");
    let beyond = journal.explain(minute(1), Some(&name("s49")), 7).unwrap().unwrap();
    assert!(beyond.causes.is_empty() && beyond.submissions.is_empty());
}

#[test]
fn j5_verdicts_are_replayed_in_order_from_after_any_minute() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let asleep = judged(verdict(2, 4, Outcome::NotRunning), Vec::new());
    let all = [failed(1), asleep, median_of(5, 1.0, 2.0), failed(6)];
    journal.commit(&all).unwrap();
    let all: Vec<Verdict> = all.iter().map(verdict_of).collect();
    for (after, limit, expected) in [
        (0, 9, &all[..]),
        (1, 9, &all[1..]),
        (2, 9, &all[1..]),
        (3, 9, &all[1..]),
        (4, 9, &all[2..]),
        (0, 2, &all[..2]),
        (6, 9, &[]),
        (99, 9, &[]),
        (-99, 1, &all[..1]),
    ] {
        let replayed = journal.verdicts_after(minute(after), limit).unwrap();
        assert_eq!(replayed, expected, "after {after}");
    }
}

#[test]
fn j5_a_page_of_verdicts_ends_early_when_they_have_very_many_causes() {
    let (mut journal, _) = Journal::ephemeral(interval(), BEGUN, name("j1")).unwrap();
    let silent =
        |index: i64| cause(Subject::Strategy(name(&format!("s{index:05}"))), CauseCode::Silent, 1);
    let causes: Vec<Cause> = (0..5_000).map(silent).collect();
    for number in 1..=3 {
        let failed = verdict(number, number, Outcome::Failed(causes.clone()));
        journal.commit(&[judged(failed, Vec::new())]).unwrap();
    }
    let page = journal.verdicts_after(minute(0), 9).unwrap();
    assert_eq!(page.len(), 2, "10,000 causes");
    assert!(page.iter().all(|verdict| verdict.causes() == causes));
    assert_eq!(journal.verdicts_after(page[1].last, 9).unwrap()[0].minute, minute(3));
}

#[test]
fn j5_a_change_of_state_names_sixteen_causes_and_how_many_more_there_are() {
    let (mut journal, _) = Journal::ephemeral(interval(), BEGUN, name("j1")).unwrap();
    journal.commit(&[changed(16), changed(17)]).unwrap();
    let told = |id: i64| -> Vec<String> {
        let sql = "SELECT causes FROM state_changes WHERE id = ?1";
        let causes = journal.reader.connection.query_row(sql, [id], |row| row.get(0));
        causes.map(|causes: String| causes.lines().map(str::to_owned).collect()).unwrap()
    };
    assert_eq!(told(1).len(), 16);
    assert!(told(1)[15].starts_with("s15 silent"), "{:?}", told(1));
    assert_eq!(told(2)[..16], told(1)[..]);
    assert_eq!(told(2)[16..], ["and 1 more"]);
}

#[test]
fn j5_what_cannot_be_trusted_is_not_told() {
    let place = Place::new();
    place.after(&[failed(1), median_of(2, 1.0, 2.0)]);
    place.tamper("UPDATE signals SET value = 7.0 WHERE minute = (SELECT min(minute) FROM signals)");
    let reader = read_only(&place.file()).unwrap();
    let error = reader.explain(minute(1), None, 20).unwrap_err().to_string();
    assert!(error.contains("of table signals: its checksum does not fit"), "{error}");
    assert!(reader.explain(minute(2), None, 20).is_ok());
}

#[test]
fn j5_the_file_reads_well_by_sqlite_alone() {
    let place = Place::new();
    place.after(&[failed(1), median_of(2, 1.0, 2.5)]);
    let connection = Connection::open(place.file()).unwrap();
    let line = |sql: &str| -> String { connection.query_row(sql, (), |row| row.get(0)).unwrap() };
    assert_eq!(
        line("SELECT minute || '|' || median || '|' || count || '|' || closed_at FROM medians"),
        "2026-11-20T12:02:00.000Z|1.75|2|2026-11-20T12:02:10.000Z"
    );
    assert_eq!(
        line("SELECT minute || '|' || kind || '|' || state || '|' || causes FROM minutes LIMIT 1"),
        "2026-11-20T12:01:00.000Z|failed|ERROR|X abstained, Y silent"
    );
    assert_eq!(
        line(
            "SELECT minute || '|' || strategy || '|' || decision || '|' || arrived_after_s
             FROM decisions WHERE decision IS NOT NULL AND strategy = 'Y'"
        ),
        "2026-11-20T12:02:00.000Z|Y|2.5|0.003"
    );
}

//! The journal of a backtest.

use std::path::PathBuf;

use chassis::grid::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::journal;

/// A directory, and the journal that a run with these flags leaves in it; or why it leaves none.
fn kept(flags: &str) -> Result<(TempDir, PathBuf, Tried), String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.sqlite");
    let flags = format!("--journal {} {flags}", file.display());
    let tried = over_in(directory.path(), PLAN, &bars(), &flags)?;
    Ok((directory, file, tried))
}

#[test]
fn the_journal_has_what_the_tables_have_and_is_whole() {
    let (directory, file, tried) =
        kept("--silence S=2022-01-01T00:10:00Z..2022-01-01T00:12:00Z").unwrap();
    assert_eq!(journal::doctor(&file).unwrap(), Vec::<String>::new());
    let mut names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["bars.csv", "out", "p.toml", "run.sqlite"], "nothing else is left");

    let journal = Connection::open(&file).unwrap();
    let mut rows = journal.prepare("SELECT minute, median FROM verdicts ORDER BY minute").unwrap();
    let rows = rows
        .query_map((), |row| Ok((Timestamp::from_micros(row.get(0)?).to_string(), row.get(1)?)))
        .unwrap();
    let of_journal: Vec<(String, Option<f64>)> = rows.map(Result::unwrap).collect();
    let of_table: Vec<(String, Option<f64>)> = tried
        .minutes
        .lines()
        .skip(1)
        .map(|row| row.split(',').collect::<Vec<_>>())
        .map(|row| (row[0].to_owned(), row[1].parse().ok()))
        .collect();
    assert_eq!(of_journal, of_table);
    assert_eq!(of_journal.iter().filter(|(_, median)| median.is_none()).count(), 4);
    let decisions = "SELECT count(*) FROM decisions WHERE decision IS NOT NULL";
    let decisions: i64 = journal.query_row(decisions, (), |row| row.get(0)).unwrap();
    let in_table = |row: &str| row.split(',').skip(2).take(2).filter(|one| !one.is_empty()).count();
    let expected: usize = tried.minutes.lines().skip(1).map(in_table).sum();
    assert_eq!(usize::try_from(decisions), Ok(expected));
}

#[test]
fn the_same_run_leaves_the_same_journal() {
    let [first, second] = [0; 2].map(|_| kept("").unwrap());
    assert_eq!(fs::read(first.1).unwrap(), fs::read(second.1).unwrap());
}

#[test]
fn a_file_that_is_there_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bars.csv");
    let flags = format!("--journal {}", file.display());
    assert_eq!(
        over_in(directory.path(), PLAN, &bars(), &flags).err().unwrap(),
        "cannot write the journal DIR/bars.csv: it is there already: name a file that is not"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), bars());
    assert!(!directory.path().join("out").exists(), "refused before anything is run");
}

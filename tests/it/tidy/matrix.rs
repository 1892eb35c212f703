//! Every fault that was thought of is shown by a test: the table of docs/RELIABILITY.md has each of
//! them by number, and names tests that exist.

use std::collections::BTreeSet;

use super::{
    Breach, caught,
    contract::{tests, tests_of},
    holds,
    repository::Repository,
};

/// Where the table is; nothing is asked of it until it is there.
const RELIABILITY: &str = "docs/RELIABILITY.md";

/// The faults have these numbers, from 1.
const FAULTS: usize = 77;

/// Where the tests on real processes are.
const STORIES: [&str; 2] = ["tests/it/e2e/", "tests/it/soak/"];

/// What simulations do is named by kind, not by test.
const SIMULATED: &str = "sim: ";

/// Faults whose tests are still to be written. The list shrinks.
const OPEN: &[usize] = &[];

fn unshown(repository: &Repository) -> Vec<Breach> {
    unshown_but(repository, OPEN)
}

fn unshown_but(repository: &Repository, open: &[usize]) -> Vec<Breach> {
    let Some(reliability) = repository.text(RELIABILITY) else { return Vec::new() };
    let (tests, stories) = (tests(repository), stories(repository));
    let mut missing: BTreeSet<usize> = (1..=FAULTS).collect();
    let mut breaches = Vec::new();
    for (at, line) in reliability.text.lines().enumerate() {
        let cells: Vec<&str> =
            line.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        let &[number, _, tools, shown] = &cells[..] else { continue };
        let Ok(number) = number.parse() else { continue };
        let mut complain = |what: String| breaches.push(reliability.breach(at + 1, what));
        if !missing.remove(&number) {
            complain(format!("fault {number} is here twice, or is none of 1 to {FAULTS}"));
        }
        let named: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        for name in named.iter().filter(|name| !tests.contains(*name)) {
            complain(format!("there is no test `{name}`"));
        }
        let is_told = named.iter().any(|name| stories.contains(name));
        if tools.contains("proc") && !is_told && !open.contains(&number) {
            complain(format!("no test of fault {number} on real processes: name one"));
        }
        let is_simulated = !tools.contains("proc") && shown.contains(SIMULATED);
        match (named.is_empty() && !is_simulated, open.contains(&number)) {
            (true, false) => complain(format!("no test of fault {number}: name one in backticks")),
            (false, true) => complain(format!("shown: take {number} off OPEN")),
            (true, true) | (false, false) => {}
        }
    }
    if !missing.is_empty() {
        let what = format!("no rows, such as `| 1 | fault | proc | tests |`, for {missing:?}");
        breaches.push(reliability.breach(1, what));
    }
    breaches
}

/// The names of the tests on real processes.
fn stories(repository: &Repository) -> BTreeSet<&str> {
    let is_story = |path: &str| STORIES.iter().any(|folder| path.starts_with(folder));
    let files = repository.rust.iter().filter(|file| is_story(&file.path));
    files.flat_map(tests_of).map(|(_, name)| name).collect()
}

#[test]
fn every_fault_of_the_matrix_is_shown_by_a_test() {
    holds(unshown);
    let (story, unit) = ("#[tokio::test]\nasync fn a_test() {}", "#[test]\nfn b_test() {}");
    let rows: Vec<String> =
        (1..=FAULTS).map(|n| format!("| {n} | x | proc | `a_test` |\n")).collect();
    let all = rows.concat();
    let caught_in = |table: &str, open: &[usize]| -> Vec<String> {
        let files = [(RELIABILITY, table), ("tests/it/e2e/a.rs", story), ("b.rs", unit)];
        let repository = Repository::of(&files);
        unshown_but(&repository, open).iter().map(ToString::to_string).collect()
    };
    assert!(caught_in(&all, &[]).is_empty());
    for (row, complaint) in [
        ("| 7 | x | proc | `a_test` `c_test` |", "7: there is no test `c_test`"),
        ("| 7 | x | proc | `b_test` |", "7: no test of fault 7 on real processes: name one"),
        ("| 7 | x | proc | sim: Kill |", "7: no test of fault 7 on real processes: name one"),
        ("| 7 | x | sim | later |", "7: no test of fault 7: name one in backticks"),
        ("| 8 | x | sim | sim: Kill |", "8: fault 8 is here twice, or is none of 1 to 77"),
    ] {
        let table = all.replace("| 7 | x | proc | `a_test` |", row);
        let found = caught_in(&table, &[]);
        assert!(found[0].ends_with(complaint), "{row}: {found:?}");
    }
    let simulated = all.replace("| 7 | x | proc | `a_test` |", "| 7 | x | sim | sim: Kill |");
    assert!(caught_in(&simulated, &[]).is_empty());
    assert_eq!(caught_in(&all, &[7]), ["docs/RELIABILITY.md:7: shown: take 7 off OPEN"]);
    assert!(caught(unshown, &[]).is_empty());
}

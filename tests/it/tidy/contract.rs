//! Promises are kept by tests: every numbered rule of the contract has one named after it, and every
//! invariant of the architecture names the one that holds it.

use std::collections::BTreeSet;

use super::{
    Breach, caught, holds,
    repository::{Repository, Rust},
    source::{is_word, words},
};

/// The rules of the contract: a letter for a part, and how many rules it has. The same as the rows
/// `| T1 | …` in [`ARCHITECTURE`].
const RULES: [(char, usize); 8] =
    [('T', 6), ('G', 5), ('S', 6), ('R', 7), ('M', 6), ('E', 5), ('J', 6), ('C', 5)];

/// Where the rules and the invariants are written down; nothing is asked of it until it is there.
const ARCHITECTURE: &str = "ARCHITECTURE.md";

const HERE: &str = "tests/it/tidy/contract.rs";

const INVARIANT: &str = "- **Invariant";

fn rules() -> impl Iterator<Item = String> {
    RULES.into_iter().flat_map(|(letter, count)| (1..=count).map(move |n| format!("{letter}{n}")))
}

/// The names of all tests.
pub(super) fn tests(repository: &Repository) -> BTreeSet<&str> {
    repository.rust.iter().flat_map(tests_of).map(|(_, name)| name).collect()
}

/// The tests of a file, and where they are in its code.
pub(super) fn tests_of(file: &Rust) -> impl Iterator<Item = (usize, &str)> {
    words(&file.code, "fn").filter_map(|at| {
        let attributes = file.code[..at].rsplit([';', '{', '}']).next().unwrap_or_default();
        let is_test = attributes.contains("test]") || attributes.contains("test(");
        let name = file.code[at + "fn".len()..].trim_start();
        let name = &name[..name.find(|char| !is_word(char)).unwrap_or(name.len())];
        is_test.then_some((at, name))
    })
}

/// Whether a test is named after a rule: `m2_…` or `…_m2_…`.
fn is_of(test: &str, rule: &str) -> bool {
    let rule = rule.to_lowercase();
    test.rsplit_once('_')
        .is_some_and(|(all_but_last, _)| all_but_last.split('_').any(|word| word == rule))
}

fn untested_rules(repository: &Repository) -> Vec<Breach> {
    let tests = tests(repository);
    let untested = rules().filter(|rule| !tests.iter().any(|test| is_of(test, rule)));
    let breach = |rule: String| {
        let what = format!("no test of rule {rule}: write `fn {}_…`", rule.to_lowercase());
        row(repository, &rule).map_or_else(
            || Breach { path: HERE.to_owned(), line: 1, what: what.clone() },
            |line| Breach { path: ARCHITECTURE.to_owned(), line, what: what.clone() },
        )
    };
    untested.map(breach).collect()
}

/// The line of a rule in the table.
fn row(repository: &Repository, rule: &str) -> Option<usize> {
    let start = format!("| {rule} |");
    let line =
        repository.text(ARCHITECTURE)?.text.lines().position(|line| line.starts_with(&start))?;
    Some(line + 1)
}

/// A test that begins like `x7_`, where there is no such rule.
fn unruly_tests(repository: &Repository) -> Vec<Breach> {
    let rules: Vec<String> = rules().collect();
    let is_unruly = |name: &str| {
        let rule = name.split('_').next().unwrap_or_default().to_uppercase();
        is_numbered(&rule) && !rules.contains(&rule)
    };
    let breaches = repository.rust.iter().flat_map(|file| {
        tests_of(file).filter(|(_, name)| is_unruly(name)).map(|(at, name)| {
            let what = format!("`{name}` is named after a rule that the contract does not have");
            file.breach_at(&file.code, at, what)
        })
    });
    breaches.collect()
}

fn other_tables(repository: &Repository) -> Vec<Breach> {
    let Some(architecture) = repository.text(ARCHITECTURE) else { return Vec::new() };
    let mut missing: BTreeSet<String> = rules().collect();
    let mut breaches = Vec::new();
    for (line, text) in architecture.text.lines().enumerate() {
        let Some((rule, _)) = text.strip_prefix("| ").and_then(|text| text.split_once(" |")) else {
            continue;
        };
        if is_numbered(rule) && !missing.remove(rule) {
            let what = format!("rule {rule} is here twice, or not among {HERE}'s RULES");
            breaches.push(architecture.breach(line + 1, what));
        }
    }
    if !missing.is_empty() {
        let what = format!("no rows, such as `| T1 | …`, for these rules: {missing:?}");
        breaches.push(architecture.breach(1, what));
    }
    breaches
}

/// Whether it is a letter of a part and a number.
fn is_numbered(rule: &str) -> bool {
    let number = RULES.iter().find_map(|(letter, _)| rule.strip_prefix(*letter));
    number.is_some_and(|number| number.parse::<usize>().is_ok())
}

fn unheld_invariants(repository: &Repository) -> Vec<Breach> {
    let Some(architecture) = repository.text(ARCHITECTURE) else { return Vec::new() };
    let tests = tests(repository);
    let lines: Vec<&str> = architecture.text.lines().collect();
    let mut invariants =
        lines.iter().enumerate().filter(|(_, line)| line.starts_with(INVARIANT)).peekable();
    if invariants.peek().is_none() {
        return vec![
            architecture.breach(1, format!("no invariant: begin each with `{INVARIANT}`")),
        ];
    }
    let unheld = invariants.filter(|&(at, _)| {
        let continued = lines[at + 1..].iter().take_while(|line| line.starts_with("  "));
        let item: String = lines[at..=at].iter().chain(continued).copied().collect();
        !item.split('`').skip(1).step_by(2).any(|quoted| tests.contains(quoted))
    });
    let what = "the invariant names no test: put the name of one that holds it in backticks";
    unheld.map(|(at, _)| architecture.breach(at + 1, what)).collect()
}

fn of_each(text: impl Fn(String) -> String) -> String {
    rules().map(text).collect::<Vec<_>>().concat()
}

#[test]
fn every_rule_of_the_contract_has_a_test_named_after_it() {
    holds(untested_rules);
    let named = of_each(|rule| format!("#[test]\nfn {}_x() {{}}\n", rule.to_lowercase()));
    assert!(caught(untested_rules, &[("a.rs", &named)]).is_empty());
    let (in_the_middle, no_test) =
        (named.replace("t1_x", "x_t1_x"), named.replace("#[test]\nfn t1", "fn t1"));
    assert!(caught(untested_rules, &[("a.rs", &in_the_middle)]).is_empty());
    let files = [("a.rs", &*no_test), (ARCHITECTURE, "Rules\n\n| T1 | Grid |")];
    assert_eq!(caught(untested_rules, &files), ["ARCHITECTURE.md:3"]);
    assert_eq!(caught(untested_rules, &[]).len(), 46);
}

#[test]
fn no_test_is_named_after_a_rule_that_is_not_there() {
    holds(unruly_tests);
    let code = "#[test]\nfn t6_x() {}\n#[test]\nfn t7_x() {}\nfn t8_x() {}\n#[tokio::test]\nasync fn e6_y() {}";
    assert_eq!(caught(unruly_tests, &[("a.rs", code)]), ["a.rs:4", "a.rs:7"]);
}

#[test]
fn the_architecture_lists_the_rules_of_the_contract() {
    holds(other_tables);
    assert!(caught(other_tables, &[]).is_empty());
    assert_eq!(caught(other_tables, &[(ARCHITECTURE, "no table")]), ["ARCHITECTURE.md:1"]);
    let all = of_each(|rule| format!("| {rule} | text |\n"));
    assert!(caught(other_tables, &[(ARCHITECTURE, &all)]).is_empty());
    let other = all.replace("| M6 |", "| M7 |");
    assert_eq!(
        caught(other_tables, &[(ARCHITECTURE, &other)]),
        ["ARCHITECTURE.md:30", "ARCHITECTURE.md:1"]
    );
}

#[test]
fn every_invariant_names_the_test_that_holds_it() {
    holds(unheld_invariants);
    let text = "- **Invariant 1.** Held by `a_test`.\n- **Invariant 2.** Held by\n  `b_test`.\n\
                - **Invariant 3.** Held by `no_test`.\n- **Invariant 4.** Held.\n  By prayer.\n`a_test`";
    let code = "#[test]\nfn a_test() {}\n#[tokio::test(start_paused = true)]\nasync fn b_test() {}\nfn no_test() {}";
    let files = [(ARCHITECTURE, text), ("a.rs", code)];
    assert_eq!(caught(unheld_invariants, &files), ["ARCHITECTURE.md:4", "ARCHITECTURE.md:5"]);
}

//! The suite catches strategies that break a rule, and passes one that breaks none.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::{collections::BTreeMap, env};

use conformance::{checks, client::Template, suite, timing};

/// More at a time than there are checks here.
const JOBS: usize = 16;

/// Runs the named checks over a client that is wrong in this way; those that it failed, and what was expected.
async fn failed(wrong: &str, checks: &[&str]) -> BTreeMap<&'static str, String> {
    let mut selected = checks::all();
    selected.retain(|check| checks.contains(&check.name));
    assert_eq!(selected.len(), checks.len(), "a check of {checks:?} is not there");
    let tests = env::current_exe().unwrap();
    let client = tests.ancestors().nth(2).unwrap().join("examples/wrong");
    assert!(client.is_file(), "first build it: `cargo build -p conformance --examples`");
    let command = ["env".to_owned(), format!("WRONG={wrong}"), client.to_str().unwrap().to_owned()];
    let template = Template::new(&command);
    let timing = timing("2s".parse().unwrap());
    let mut told = Vec::new();
    let failed = suite::run(&selected, &template, timing, JOBS, &mut told).await.unwrap();
    println!("{wrong:?}\n{}", String::from_utf8(told).unwrap());
    let expected = |ended: suite::Ended| (ended.name, ended.outcome.unwrap_err().expected);
    failed.into_iter().map(expected).collect()
}

const ABSTAINS: &str = "s2_a_missing_signal_means_no_decision";
const CHECKS: &str = "s2_what_is_not_of_the_minute_or_not_finite_is_never_used";
const ASKS: &str = "s1_all_generators_are_asked_at_the_same_time";
const BEGINS: &str = "s1_nothing_is_said_before_the_first_minute";
const LEAVES: &str = "s5_it_deregisters_itself_and_exits_with_0";
const REPEATS: &str = "s6_an_acknowledged_word_is_repeated_after_a_lost_session";
const RETRIES: &str = "s6_a_lost_answer_is_asked_for_again_with_the_same_word";
const FENCED: [&str; 3] = [
    "s4_fenced_at_a_registration_ends_it_with_6",
    "s4_fenced_at_a_submission_ends_it_with_6",
    "s4_fenced_by_a_notice_ends_it_with_6",
];

#[tokio::test]
async fn s6_the_suite_catches_who_breaks_a_rule() {
    let all = [&[ABSTAINS, CHECKS, ASKS, BEGINS, LEAVES, REPEATS, RETRIES][..], &FENCED].concat();
    let table: [(&str, &[(&str, &str)]); 11] = [
        ("", &[]),
        ("decides-anyway", &[(ABSTAINS, "an abstention")]),
        ("unchecked", &[(CHECKS, "an abstention when a generator answers Before")]),
        ("one-by-one", &[(ASKS, "a finite decision")]),
        ("early", &[(BEGINS, "the first word for ")]),
        ("stays", &FENCED.map(|check| (check, "exit code 6 within 10s"))),
        ("changes-its-mind", &[(REPEATS, "the same word again"), (RETRIES, "the same word again")]),
        ("says-it-once", &[(REPEATS, "the same word again"), (RETRIES, "the same word again")]),
        ("another-instance", &[(REPEATS, "the same instance, with the journal and the epoch")]),
        ("forgetful", &[(REPEATS, "the same instance, with the journal and the epoch")]),
        ("just-leaves", &[(LEAVES, "a deregistration")]),
    ];
    let runs = table.map(|(wrong, expected)| {
        let checks: Vec<_> = expected.iter().map(|(check, _)| *check).collect();
        let checks = if wrong.is_empty() { all.clone() } else { checks };
        async move { (wrong, expected, failed(wrong, &checks).await) }
    });
    for (wrong, expected, failed) in futures_util::future::join_all(runs).await {
        let is_it = |(check, what): &(&str, &str)| {
            failed.get(check).is_some_and(|expected| expected.starts_with(what))
        };
        let as_expected = failed.len() == expected.len() && expected.iter().all(is_it);
        assert!(as_expected, "{wrong:?}: {failed:?}");
    }
}

#[tokio::test]
async fn what_is_no_client_at_all_fails_with_what_happened() {
    let template = "false".parse::<Template>().unwrap();
    let mut checks = checks::all();
    checks.retain(|check| check.name == FENCED[0]);
    let timing = timing("1s".parse().unwrap());
    let mut told = Vec::new();
    let failed = suite::run(&checks, &template, timing, 1, &mut told).await.unwrap();
    assert_eq!(failed.len(), 1);
    let told = String::from_utf8(told).unwrap();
    assert!(told.starts_with("FAIL  s4 fenced at a registration ends it with 6\n"), "{told}");
    assert!(told.contains("it exited with 1; it printed nothing at all"), "{told}");
}

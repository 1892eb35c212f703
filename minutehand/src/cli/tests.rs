//! The command line as a whole.

use super::*;
use crate::plan::Plan;

#[test]
fn c1_every_flag_of_every_command_has_its_variable_and_its_help() {
    command().debug_assert();
    for command in command().get_subcommands() {
        let name = command.get_name();
        assert!(command.get_about().is_some(), "{name} says what it does");
        assert!(command.get_after_help().is_some(), "{name} has examples");
        for flag in command.get_arguments() {
            assert!(flag.get_help().is_some(), "{name} {flag}");
            let Some(long) = flag.get_long() else { continue };
            let flag_name = long.replace('-', "_").to_uppercase();
            let variable = format!("MINUTEHAND_{}_{flag_name}", name.to_uppercase());
            assert_eq!(flag.get_env(), Some(variable.as_ref()), "{name} --{long}");
        }
    }
}

#[test]
fn c3_wrong_command_lines_are_usage_errors() {
    for line in [
        "",
        "nonsense",
        "status --trader 127.0.0.1:1 --trader-port 1",
        "status --trader-port 0",
        "status --timeout 5",
        "status p.toml --trader 127.0.0.1:1",
        "status p.toml --trader-port 1010",
        "watch p.toml --trader-port 1",
        "watch p.toml q.toml",
        "backtest p.toml --trader -x",
        "watch --after 12:01",
        "watch --count 0",
        "halt",
        "doctor p.toml --trader-port 1",
        "up a.toml b.toml",
        "up --medians 0",
    ] {
        let words = std::iter::once("minutehand").chain(line.split_whitespace());
        let error = command().try_get_matches_from(words).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn c4_the_parts_of_the_examples_are_command_lines_that_parse() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    for name in ["demo.toml", "notes.toml", "quick.toml", "secure.toml", "two-instruments.toml"] {
        let plan = Plan::read(&examples.join(name)).unwrap();
        for line in up::command_lines(&plan, &[10, 11], &[1, 2, 3, 4]) {
            let words = std::iter::once("minutehand".to_owned()).chain(line.clone());
            let parsed = command().try_get_matches_from(words);
            assert!(parsed.is_ok(), "{line:?}\n{}", parsed.unwrap_err());
        }
    }
}

//! The table of limits says what the flags are and what they are without a word.

use std::collections::BTreeMap;

use clap::{Args as _, Command, CommandFactory as _};

use super::REPOSITORY;

const PAGE: &str = "docs/RELIABILITY.md";

/// Limits of the trader alone.
const OF_THE_TRADER: [&str; 2] = ["strategies-max", "keep"];

/// Flags and defaults by the rows ``| `--flag` | default |``.
fn told(page: &str) -> BTreeMap<String, String> {
    let row = |line: &str| {
        let (flag, rest) = line.strip_prefix("| `--")?.split_once("` | ")?;
        let (default, _) = rest.split_once('|')?;
        Some((flag.to_owned(), default.trim().to_owned()))
    };
    page.lines().filter_map(row).collect()
}

/// The same by the flags themselves.
fn shipped() -> BTreeMap<String, String> {
    let limits = chassis::limits::Limits::augment_args(Command::new("server"));
    let trader = trader::Args::command();
    let of_the_trader =
        trader.get_arguments().filter(|flag| OF_THE_TRADER.contains(&flag.get_long().unwrap()));
    let valued = limits.get_arguments().chain(of_the_trader);
    let valued = valued.filter(|flag| flag.get_action().takes_values());
    let default = |flag: &clap::Arg| {
        let values = flag.get_default_values().iter();
        values.map(|value| value.to_str().unwrap()).collect()
    };
    valued.map(|flag| (flag.get_long().unwrap().to_owned(), default(flag))).collect()
}

#[test]
fn c1_the_table_of_limits_is_what_ships() {
    let page = REPOSITORY.text(PAGE).expect("the page is there");
    assert_eq!(told(&page.text), shipped());
    assert_eq!(told("| `--a-max` | 7 | x |\n| b | 2 |").get("a-max").unwrap(), "7");
}

#[test]
fn c1_both_servers_take_the_same_limits() {
    let [trader, generator] = [trader::Args::command(), generator::Args::command()];
    for command in [trader, generator] {
        for flag in chassis::limits::Limits::augment_args(Command::new("server")).get_arguments() {
            let taken = command.get_arguments().find(|taken| taken.get_id() == flag.get_id());
            let taken = taken.unwrap_or_else(|| panic!("{} has no {flag}", command.get_name()));
            assert_eq!(taken.get_default_values(), flag.get_default_values());
        }
    }
}

//! What is in effect, and who says so, in both forms.

use std::fs;

use super::*;
use crate::cli;

fn config_of(line: &str) -> Result<Vec<Setting>, Failure> {
    let command = cli::command();
    let words = ["minutehand", "config"].into_iter().chain(line.split_whitespace());
    let matches = command.clone().try_get_matches_from(words).unwrap();
    let (name, matches) = matches.subcommand_matches("config").unwrap().subcommand().unwrap();
    of_matches(command.find_subcommand(name).unwrap(), matches)
}

/// The settings of a command line, as `flag=value (origin)`, those that are not defaults.
fn of_line(line: &str) -> Vec<String> {
    let settings = config_of(line).unwrap();
    let said = settings.iter().filter(|setting| setting.origin != setting::Origin::Default);
    said.map(text).collect()
}

fn text(setting: &Setting) -> String {
    let value = setting.value.as_deref().unwrap_or("-");
    format!("{}={value} ({})", setting.flag, setting.origin)
}

fn of_plan(plan: &str, environment: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("p.toml");
    fs::write(&file, plan).unwrap();
    let variables = Variables::of(
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let parts = planned::settings(&file, &variables).map_err(|failure| failure.message)?;
    let told = [
        "grace",
        "skew",
        "port",
        "patience",
        "keep",
        "name",
        "stay",
        "ephemeral",
        "seed",
        "signals",
        "trader",
    ];
    let lines = parts.iter().flat_map(|(part, settings)| {
        let told = settings.iter().filter(|setting| told.contains(&&*setting.flag));
        told.map(move |setting| format!("{part}: {}", text(setting)))
    });
    Ok(lines.map(|line| line.replace(&format!("{}", file.display()), "p.toml")).collect())
}

const PLAN: &str = "grace = '7s'\n[trader]\nephemeral = true\n[[generator]]\nname = 'a'\nport = 7\n\
    [[strategy]]\nname = 'X'\nsignals = ['a']\n";

#[test]
fn c1_of_a_command_line_each_flag_has_a_value_and_an_origin() {
    assert_eq!(
        of_line("trader -p 7 --grace 5s --expect X,Y --ephemeral"),
        ["port=7 (flag)", "grace=5s (flag)", "ephemeral=true (flag)", "expect=X,Y (flag)"]
    );
    assert_eq!(
        of_line("watch --webhook https://u:p@h.example/secret?t=1"),
        ["webhook=https://h.example/… (flag)"]
    );
    assert!(config_of("trader --grace 2h").is_err());
    let command = cli::command();
    let trader = command.find_subcommand("trader").unwrap();
    let matches = trader.clone().try_get_matches_from(["trader"]).unwrap();
    let settings: Vec<_> = of_matches(trader, &matches).unwrap().iter().map(text).collect();
    for expected in [
        "port=1010 (default)",
        "grace=10s (default)",
        "keep=for ever; in memory, 24h (default)",
        "ephemeral=false (default)",
        "tls-ca=- (default)",
    ] {
        assert!(settings.iter().any(|setting| setting == expected), "{expected}: {settings:?}");
    }
}

#[test]
fn c4_of_a_plan_each_part_has_what_plan_environment_and_up_say() {
    let environment = [
        ("MINUTEHAND_TRADER_GRACE", "8s"),
        ("MINUTEHAND_TRADER_KEEP", "1day"),
        ("MINUTEHAND_STRATEGY_NAME", "Z"),
        ("MINUTEHAND_GENERATOR_SEED", "9"),
    ];
    assert_eq!(
        of_plan(PLAN, &environment).unwrap(),
        [
            "generator a: port=7 (plan p.toml)",
            "generator a: name=a (plan p.toml)",
            "generator a: grace=7s (plan p.toml)",
            "generator a: skew=1s (default)",
            "generator a: seed=a random one, which the log keeps (default)",
            "trader: port=a free one (default)",
            "trader: grace=8s (environment MINUTEHAND_TRADER_GRACE)",
            "trader: skew=1s (default)",
            "trader: ephemeral=true (plan p.toml)",
            "trader: keep=1day (environment MINUTEHAND_TRADER_KEEP)",
            "strategy X: name=X (plan p.toml)",
            "strategy X: trader=127.0.0.1:(a free one) (plan p.toml)",
            "strategy X: signals=127.0.0.1:7 (plan p.toml)",
            "strategy X: patience=0.8 × the trader's grace (default)",
            "strategy X: stay=true (up)",
            "strategy X: seed=given by the machine, and logged (default)",
        ]
    );
    let wrong = of_plan(PLAN, &[("MINUTEHAND_TRADER_GRACE", "2h")]).unwrap_err();
    assert!(wrong.starts_with("trader with MINUTEHAND_TRADER_GRACE=2h: "), "{wrong}");
    assert!(of_plan("x = 1", &[]).unwrap_err().starts_with("plan "));
}

#[test]
fn c1_settings_are_a_table_or_an_object_each() {
    let environment = setting::Origin::Environment("MINUTEHAND_TRADER_GRACE".to_owned());
    let settings = [
        Setting::new("grace", Some("3s"), environment),
        Setting::new("journal", None, setting::Origin::Default),
    ];
    assert_eq!(
        shown(&settings),
        "FLAG       VALUE  FROM\n--grace    3s     environment MINUTEHAND_TRADER_GRACE\n--journal  -      default\n"
    );
    let object = serde_json::to_string(&OfPart { part: "trader", setting: &settings[0] }).unwrap();
    assert_eq!(
        object,
        r#"{"part":"trader","flag":"grace","value":"3s","origin":"environment MINUTEHAND_TRADER_GRACE"}"#
    );
}

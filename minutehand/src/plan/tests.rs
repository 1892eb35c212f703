//! Plans that are good, and plans that are not: a row each.

use super::*;

const HEAD: &str = "[trader]\nephemeral = true\n";

const TWO: &str = "[[trader]]\nname = 'btc'\nport = 1\n[[trader]]\nname = 'eth'\nport = 2\n";

fn check(text: &str) -> Result<Plan, String> {
    Plan::parse("p.toml", text).map_err(|error| error.to_string())
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    let message = check(text).expect_err(text);
    assert!(message.starts_with("plan p.toml: "), "{message}");
    assert!(message.contains(expected), "{text}\n{message}");
}

fn example(name: &str) -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name);
    Plan::read(&path).unwrap()
}

#[test]
fn c4_unknown_keys_are_errors_wherever_they_stand() {
    for (text, key, expected) in [
        ("intervall = '2s'\n[trader]\nport = 1", "`intervall`", "`interval`"),
        ("[trader]\nport = 1\nhots = 'x'", "`hots`", "`port`"),
        ("[trader]\nport = 1\n[[generator]]\nports = 2", "`ports`", "`port`"),
        ("[trader]\nport = 1\n[[strategy]]\nname = 'X'\nsignal = []", "`signal`", "`signal_ports`"),
        ("[trader]\nport = 1\n[generators]", "`generators`", "`generator`"),
        ("[trader]\nport = 1\n[tls]\nca = 'x'", "`ca`", "`dir`"),
        ("[[trader]]\nname = 'btc'\nprot = 1", "`prot`", "`port`"),
    ] {
        refused(text, &format!("unknown field {key}"));
        refused(text, expected);
    }
}

#[test]
fn c4_where_traces_go_is_said_once_and_takes_a_build_that_exports_them() {
    let plan = format!("otlp = 'http://127.0.0.1:4317'\n{HEAD}");
    if chassis::trace::COMPILED {
        let endpoint = check(&plan).unwrap().otlp.unwrap();
        assert_eq!(endpoint.to_string(), "http://127.0.0.1:4317");
    } else {
        refused(&plan, "`cargo install --locked --path minutehand --features otlp`");
    }
    refused(&format!("otlp = 'https://h:4317'\n{HEAD}"), "exported without TLS");
    refused(&format!("otlp = 'h:4317'\n{HEAD}"), "write it like http://127.0.0.1:4317");
}

#[test]
fn c4_what_is_in_a_plan_cannot_steer_the_terminal() {
    for text in ["port = \u{1b}[2J", "\u{1b}[2J = 1", "interval = \"\\u001b[2J\"\n[trader]"] {
        let message = check(text).unwrap_err();
        assert!(message.contains(r"\u{1b}[2J"), "{message}");
        assert!(!message.contains('\u{1b}'), "{message:?}");
    }
}

#[test]
fn c4_values_in_the_wrong_form_name_line_and_expectation() {
    for (text, expected) in [
        ("", "missing field `trader`"),
        ("interval = '60'\n[trader]\nport = 1", "whole milliseconds from 500ms to 24h, not `60`"),
        ("interval = 60\n[trader]\nport = 1", "expected a string"),
        ("grace = 'x'\n[trader]\nport = 1", "`x` is no length of time like 10s or 500ms"),
        ("[trader]\nport = 70000", "expected u16"),
        ("[[trader]]\nname = 'btc'\nport = 70000", "expected u16"),
        ("[[trader]]\nname = '-'", "is not a name"),
        ("trader = 1", "expected a table [trader], or [[trader]] for each of several"),
        ("[trader]\nport = 1\n[[generator]]\nname = '-a'", "is not a name"),
        ("[trader]\nport = 1\n[[generator]]\nseed = -1", "expected u64"),
        ("[trader]\nport = 1\nhttp = 'trader:9100'", "`trader:9100` is no address to listen on"),
        ("[trader]\nport = 1\nhttp = 65536", "`65536` is no address to listen on"),
        ("[trader]\nport = 1\nhttp = true", "expected a port like 9100, or an address"),
        ("[trader]\nport = 1\n[[generator]]\nspeed = 0", "nonzero u32"),
        ("[trader]\nport = 1\n[[generator]]\nsignal = 'sma('", "at character 5: expected"),
        ("[trader]\nport = 1\n[[generator]]\nsource = 'binance:'", "names no live source"),
        ("[trader]\nport = 1\n[[generator]]\nbar_time = 'noon'", "there are open, close"),
        ("[trader]\nport = 1\n[[strategy]]\nsignal_ports = [1]", "missing field `name`"),
        ("[trader]\nport = 1\n[[strategy]]\nname = 'X'\nsignals = ['h:']", "is not HOST:PORT"),
        ("[trader]\nport = 1\n[[strategy]]\nname = 'X'\nsignals = ['a b']", "NAME of a generator"),
        (
            "[trader]\nport = 1\n[[strategy]]\nname = 'X'\ndecide = 'avg'",
            "`avg` is no way to decide; there are sum, mean, median, min, max",
        ),
    ] {
        refused(text, expected);
    }
    refused("[trader]\nport = 1\nx = 2", "line 3");
    refused("[[trader]]\nname = 'btc'\nport = 1\nx = 2", "line 4");
    refused("[[trader]]\nname = 'btc'\n[[trader]]\nname = 'eth'\nport = 'x'", "line 5");
}

#[test]
fn c4_parts_that_do_not_fit_each_other_are_refused() {
    for (rest, expected) in [
        ("[[generator]]", "[[generator]] number 1 has neither `name` nor `port`"),
        (
            "[[generator]]\nname = 'a'\n[[generator]]\nname = 'a'",
            "two [[generator]] with the name `a`",
        ),
        (
            "[[generator]]\nport = 7\n[[generator]]\nname = 'b'\nport = 7",
            "port 7 belongs to both generator 7 and generator b",
        ),
        ("[[generator]]\nport = 7\nsource = 'x'", "number 1: `source = \"FILE\"` and `signal"),
        ("[[generator]]\nport = 7\nsignal = 'close'", "number 1: `source = \"FILE\"` and `signal"),
        ("[[generator]]\nport = 7\nspeed = 2", "`speed` (at most 100000), `bar_time`"),
        (
            "[[generator]]\nport = 7\nsource = 'x'\nsignal = 'close'\nspeed = 100001",
            "`speed` (at most 100000), `bar_time`",
        ),
        (
            "[[generator]]\nport = 7\nsource = 'x'\nsignal = 'close'\nseed = 1",
            "`seed` without them",
        ),
        (
            "[[generator]]\nport = 7\nsource = 'x'\nsignal = 'close'\nrecord = 'y'",
            "`endpoint` and `record` with an exchange",
        ),
        (
            "[[generator]]\nport = 7\nsource = 'binance:BTCUSDT'\nsignal = 'close'\nspeed = 2",
            "`bar_interval` go with a file",
        ),
        (
            "[[generator]]\nport = 7\nsource = 'binance:A'\nsignal = 'close'\nrecord = 'r'\n\
             [[generator]]\nport = 8\nsource = 'binance:A'\nsignal = 'open'\nrecord = './r'",
            "r is what both generator 7 and generator 8 write",
        ),
        ("[[strategy]]\nname = 'X'", "`X` has 0 signals: give it 1 to 64"),
        ("[[strategy]]\nname = 'X'\nsignal_ports = [9]", "has the port 9;"),
        ("[[strategy]]\nname = 'X'\nsignal_ports = [0]", "has the port 0;"),
        ("[[strategy]]\nname = 'X'\nsignals = ['a']", "has the name `a`;"),
        (
            "[[generator]]\nname = 'a'\nport = 7\n[[strategy]]\nname = 'X'\nsignal_ports = [7]\nsignals = ['a']",
            "`X` has the signal of generator a twice",
        ),
        ("[[strategy]]\nname = 'X'\nsignals = ['h:1', 'h:1']", "`X` has the signal of h:1 twice"),
        (
            "[[strategy]]\nname = 'X'\nsignals = ['h:1']\n[[strategy]]\nname = 'X'\nsignals = ['h:2']",
            "two [[strategy]] with the name `X`",
        ),
    ] {
        refused(&format!("{HEAD}{rest}"), expected);
    }
    for (text, expected) in [
        ("[trader]", "[trader] has neither a port nor a journal"),
        ("[trader]\nephemeral = true\njournal = 'x'", "both `journal` and `ephemeral = true`"),
        ("[trader]\nport = 1\nat_least = 0", "`at_least` is 0"),
        ("[trader]\nport = 7\n[[generator]]\nport = 7", "both the trader and generator 7"),
        ("[trader]\nport = 7\nhttp = 7", "both the trader and `http` of trader"),
        (
            "[trader]\nport = 7\nhttp = 8\n[[strategy]]\nname = 'X'\nsignals = ['h:1']\nhttp = '[::1]:8'",
            "both `http` of trader and `http` of strategy X",
        ),
        ("[trader]\nport = 7\nhttp = '0.0.0.0:8'", "`http` of trader is 0.0.0.0:8, which other"),
    ] {
        refused(text, expected);
    }
    let many = format!("{HEAD}{}", "[[generator]]\nname = 'a'\n".repeat(PARTS_MAX));
    refused(&many, "it has 257 parts");
}

#[test]
fn c4_traders_that_do_not_fit_each_other_are_refused() {
    let x = "[[generator]]\nname = 'a'\n[[strategy]]\nname = 'X'\nsignals = ['a']";
    for (text, expected) in [
        ("trader = []", "`trader` is an empty list"),
        ("[[trader]]\nport = 1", "[[trader]] number 1 has no `name`"),
        ("[trader]\nname = 'btc'\nport = 1", "[trader] has a `name`: leave it out"),
        (&format!("{TWO}[[trader]]\nname = 'btc'\nport = 3"), "two [[trader]] with the name `btc`"),
        (&TWO.replace('2', "1"), "port 1 belongs to both the trader btc and the trader eth"),
        (&format!("{TWO}[[generator]]\nport = 2"), "both the trader eth and generator 2"),
        (
            &TWO.replace("port", "journal = './j'\nport").replacen("./", "", 1),
            "j is what both trader btc and trader eth write",
        ),
        ("[[trader]]\nname = 'btc'", "[[trader]] `btc` has neither a port nor a journal"),
        (
            "[[trader]]\nname = 'btc'\nephemeral = true\njournal = 'x'",
            "[[trader]] `btc` has both `journal` and `ephemeral = true`",
        ),
        ("[[trader]]\nname = 'btc'\nport = 1\nat_least = 0", "[[trader]] `btc` `at_least` is 0"),
        (
            &format!("{TWO}{x}"),
            "`X` does not say whose it is: add `trader = \"NAME\"`; there are btc, eth",
        ),
        (
            &format!("{TWO}{x}\ntrader = 'sol'"),
            "`X`: no trader of this plan has the name `sol`; there are btc, eth",
        ),
        (&format!("{HEAD}{x}\ntrader = 'btc'"), "has the name `btc`; there are main"),
    ] {
        refused(text, expected);
    }
    assert!(check(&format!("{HEAD}{x}\ntrader = 'main'")).is_ok());
    assert!(check(&format!("[[trader]]\nname = 'btc'\nport = 1\n{x}")).is_ok());
}

#[test]
fn c4_two_instruments_are_an_example() {
    let plan = example("two-instruments.toml");
    let traders: Vec<_> = plan.traders.iter().map(|one| (one.label(), one.port)).collect();
    assert_eq!(traders, [("trader btc".to_owned(), 1010), ("trader eth".to_owned(), 1011)]);
    let whose: Vec<usize> = plan.strategies.iter().map(|strategy| strategy.trader).collect();
    assert_eq!((whose.as_slice(), plan.generators.len()), (&[0, 0, 1, 1][..], 4));
}

#[test]
fn t6_settings_of_a_plan_are_checked_together_before_anything_starts() {
    for (top, expected) in [
        ("skew = '7s'", "skew 7s is more than a tenth of the interval 1m"),
        ("grace = '59s'", "together are not less than the interval 1m"),
        ("grace = '5s'\npatience = '4s'", "together are not less than the grace 5s"),
    ] {
        refused(&format!("{top}\n{HEAD}"), expected);
    }
    assert!(check(&format!("grace = '5s'\npatience = '3s'\n{HEAD}")).is_ok());
}

#[test]
fn c4_the_notes_topology_is_an_example() {
    let plan = example("notes.toml");
    assert_eq!(plan.timing.interval.to_string(), "1m");
    assert_eq!(plan.traders[0].port, 1010);
    let ports: Vec<u16> = plan.generators.iter().map(|generator| generator.port).collect();
    assert_eq!(ports, [1000, 1001, 1002]);
    let strategies: Vec<_> = plan
        .strategies
        .iter()
        .map(|strategy| (strategy.name.as_str(), strategy.signals.as_slice()))
        .collect();
    let [first, second, third] = [0, 1, 2].map(Source::Generator);
    assert_eq!(strategies, [("X", &[first][..]), ("Y", &[second, third][..])]);
}

#[test]
fn c4_the_demo_is_ephemeral_short_and_on_free_ports() {
    let plan = Plan::demo();
    assert_eq!(plan.traders[0].journal, Journal::Ephemeral);
    assert_eq!(plan.timing.interval.duration(), Duration::from_secs(2));
    assert!(plan.generators.iter().all(|generator| generator.port == 0));
    assert_eq!((plan.traders[0].port, plan.generators.len(), plan.strategies.len()), (0, 3, 2));
}

#[test]
fn c4_a_relative_journal_or_directory_is_beside_the_plan() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("p.toml");
    let generator = "[[generator]]\nname = 'a'\nsource = 'binance:BTCUSDT'\nsignal = 'close'\nrecord = 'r.feed'";
    let traders = "[[trader]]\nname = 'x'\nport = 1\n[[trader]]\nname = 'y'\njournal = 'j.sqlite'";
    let text = format!("[tls]\ndir = 'c'\n{traders}\n{generator}");
    std::fs::write(&file, text).unwrap();
    let plan = Plan::read(&file).unwrap();
    let Computes::Live(live) = &plan.generators[0].computes else { panic!("it is live") };
    assert_eq!(live.record, Some(directory.path().join("r.feed")));
    assert_eq!(plan.traders[1].journal, Journal::File(directory.path().join("j.sqlite")));
    assert_eq!(plan.tls, Some(directory.path().join("c")));
}

#[test]
fn c4_a_plan_that_is_not_there_is_named() {
    let message = Plan::read(Path::new("no/such.toml")).unwrap_err().to_string();
    assert!(message.starts_with("plan no/such.toml: No such file"), "{message}");
}

#[test]
fn c4_every_example_is_a_good_plan() {
    for name in [
        "demo.toml",
        "notes.toml",
        "quick.toml",
        "secure.toml",
        "two-instruments.toml",
        "backtest-sma5.toml",
        "backtest-sma21.toml",
    ] {
        assert!(!example(name).strategies.is_empty(), "{name}");
    }
}

//! Command lines, good and bad.

use super::*;

fn parse(line: &str) -> Result<Config, i32> {
    let words = std::iter::once("strategy").chain(line.split_whitespace());
    let config = |args: Args| args.common.config(Box::new(args.decide), ServiceManager::default());
    Args::try_parse_from(words).map(config).map_err(|error| error.exit_code())
}

#[test]
fn c1_command_lines_of_the_notes() {
    let config = parse("--name X --trader-port 1010 --signal-ports 1000,1001").unwrap();
    assert_eq!(config.name.as_str(), "X");
    assert_eq!(config.trader, Address::local(1010));
    assert_eq!(config.generators, [Address::local(1000), Address::local(1001)]);
    assert_eq!(config.interval, Interval::default());
    assert_eq!(config.patience, None);
    assert!(!config.stay);
    let elsewhere = "--name Y --trader t.example:7 --signals a.example:1,[::1]:2 --interval 2s --patience 500ms --decide median --stay --seed 3 --log-format json";
    let config = parse(elsewhere).unwrap();
    assert_eq!(config.trader.to_string(), "t.example:7");
    assert_eq!(config.generators.len(), 2);
    assert_eq!(config.patience, Some(Duration::from_millis(500)));
    assert_eq!(format!("{:?}", config.decide), "Median");
    assert!(config.stay);
}

#[test]
fn c3_wrong_command_lines_exit_with_2() {
    let ports = |count: u16| (1..=count).map(|port| port.to_string()).collect::<Vec<_>>().join(",");
    assert!(parse(&format!("--name X --signal-ports {}", ports(64))).is_ok());
    for line in [
        "",
        "--name X",
        "--signal-ports 1000",
        "--name -X --signal-ports 1000",
        "--name X --signal-ports 0",
        "--name X --signal-ports 65536",
        "--name X --signal-ports 1000,,1001",
        "--name X --signal-ports 1000,1000",
        "--name X --signals a:1,a:1",
        "--name X --signals a",
        "--name X --signals a:1 --signal-ports 1000",
        "--name X --signal-ports 1000 --trader a:1 --trader-port 1010",
        "--name X --signal-ports 1000 --trader-port 0",
        "--name X --signal-ports 1000 --interval 1ms",
        "--name X --signal-ports 1000 --patience 5",
        "--name X --signal-ports 1000 --decide mode",
        &format!("--name X --signal-ports {}", ports(65)),
    ] {
        assert_eq!(parse(line).err(), Some(2), "{line}");
    }
}

#[test]
fn the_command_is_well_formed() {
    use clap::CommandFactory as _;
    Args::command().debug_assert();
    Own::command().debug_assert();
}

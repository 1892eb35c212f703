//! The command over a file of a test's own.

use std::{fmt::Write as _, fs, path::Path};

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: Args,
}

const PLAN: &str = "[trader]\nephemeral = true\n\
    [[generator]]\nname = 'fast'\nsource = 'bars.csv'\nsignal = 'sign(close - sma(close, 2))'\n\
    [[generator]]\nname = 'slow'\nsource = 'bars.csv'\nsignal = 'sign(close - sma(close, 3))'\n\
    [[strategy]]\nname = 'F'\nsignals = ['fast']\n\
    [[strategy]]\nname = 'S'\nsignals = ['slow']\n";

fn bars() -> String {
    let mut bars = "timestamp,open,high,low,close,volume\n".to_owned();
    for n in 0..20_u64 {
        let (at, price) = (1_640_995_200 + 60 * n, 100 + n);
        writeln!(bars, "{at},{price},{price},{price},{price},1").unwrap();
    }
    bars
}

/// What is written for this plan and these flags, by file; or why nothing is.
fn tried(plan: &str, flags: &str) -> Result<(String, String), String> {
    let directory = tempfile::tempdir().unwrap();
    tried_in(directory.path(), plan, flags)
}

/// The same in a directory, where `OUT` in the flags is what the tables go to.
fn tried_in(path: &Path, plan: &str, flags: &str) -> Result<(String, String), String> {
    fs::write(path.join("bars.csv"), bars()).unwrap();
    fs::write(path.join("p.toml"), plan).unwrap();
    let (file, out) = (path.join("p.toml"), path.join("out"));
    let flags = flags.replace("OUT", out.to_str().unwrap());
    let line = format!("backtest {} --once --csv {} {flags}", file.display(), out.display());
    let args =
        Command::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string())?;
    run(&args.args).map_err(|failure| failure.message.replace(path.to_str().unwrap(), "DIR"))?;
    let read = |name| fs::read_to_string(out.join(name)).unwrap();
    Ok((read("minutes.csv"), read("states.csv")))
}

#[test]
fn a_plan_is_run_over_its_data() {
    let silence = "--silence S=2022-01-01T00:10:00Z..2022-01-01T00:12:00Z --fee-bps 10";
    let (minutes, states) = tried(PLAN, silence).unwrap();
    let rows: Vec<&str> = minutes.lines().collect();
    assert_eq!(rows.len(), 21);
    assert_eq!(rows[0], "minute,median,decision:F,decision:S,equity,equity:F,equity:S");
    assert_eq!(rows[1], "2022-01-01T00:01:00Z,,,,1,1,1");
    assert_eq!(rows[2], "2022-01-01T00:02:00Z,,1,,1,0.999,1");
    let cells: Vec<&str> = rows[3].split(',').collect();
    assert_eq!(cells[..5], ["2022-01-01T00:03:00Z", "1", "1", "1", "0.999"]);
    assert!(cells[5].starts_with("1.008802") && cells[6] == "0.999", "{cells:?}");
    assert!(rows[10].starts_with("2022-01-01T00:10:00Z,,1,,"), "{}", rows[10]);
    assert!(rows[12].starts_with("2022-01-01T00:12:00Z,1,1,1,"), "{}", rows[12]);
    let silent =
        "2022-01-01T00:10:10Z,ERROR,S,silent,2022-01-01T00:10:00Z,\"connected, but no submission";
    assert!(states.lines().any(|row| row.starts_with(silent)), "{states}");
}

#[test]
fn what_cannot_be_run_says_why() {
    let without =
        PLAN.replace("source = 'bars.csv'\nsignal = 'sign(close - sma(close, 2))'", "seed = 1");
    for (plan, flags, said) in [
        (
            &*without,
            "",
            "generator fast: random numbers have no history: give it `source` and `signal`",
        ),
        (
            &*PLAN.replace("'fast']", "'h:1']"),
            "",
            "strategy F: the generator at h:1 is not of this plan",
        ),
        (
            &*PLAN.replace("bars.csv", "none.csv"),
            "",
            "data DIR/none.csv: it cannot be read: No such file",
        ),
        (
            &*PLAN.replace("sma(close, 2)", "f(1)"),
            "",
            "plan DIR/p.toml: generator `fast`: there is no function `f`",
        ),
        (
            PLAN,
            "--silence X=2022-01-01T00:10:00Z..2022-01-01T00:12:00Z",
            "plan DIR/p.toml: there is no strategy `X`",
        ),
        (PLAN, "--silence S=10:00..10:05", "error: invalid value 'S=10:00..10:05'"),
        (PLAN, "--fee-bps -1", "error: "),
    ] {
        let error = tried(plan, flags).unwrap_err();
        assert!(error.starts_with(said), "{error}");
    }
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_has_what_csv_has() {
    let directory = tempfile::tempdir().unwrap();
    let flags = "--silence S=2022-01-01T00:10:00Z..2022-01-01T00:12:00Z --parquet OUT";
    let (minutes, states) = tried_in(directory.path(), PLAN, flags).unwrap();
    for (name, csv) in [("minutes", minutes), ("states", states)] {
        let file = directory.path().join("out").join(name).with_extension("parquet");
        assert_eq!(columnar::tests::text(&file), csv, "{name}");
    }
}

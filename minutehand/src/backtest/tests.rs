//! The command over a file of a test's own.

use std::{cell::RefCell, fmt::Write as _, fs, path::Path};

use clap::Parser;

use super::*;

mod kept;

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

/// What came of a command.
struct Tried {
    printed: String,
    minutes: String,
    states: String,
}

/// What is printed and written for this plan and these flags; or why nothing is.
fn tried(plan: &str, flags: &str) -> Result<Tried, String> {
    over(plan, &bars(), flags)
}

/// The same over these bars.
fn over(plan: &str, bars: &str, flags: &str) -> Result<Tried, String> {
    let directory = tempfile::tempdir().unwrap();
    over_in(directory.path(), plan, bars, flags)
}

/// The same in a directory, where `OUT` in the flags is what the tables go to.
fn over_in(path: &Path, plan: &str, bars: &str, flags: &str) -> Result<Tried, String> {
    fs::write(path.join("bars.csv"), bars).unwrap();
    fs::write(path.join("p.toml"), plan).unwrap();
    let (file, out) = (path.join("p.toml"), path.join("out"));
    let flags = flags.replace("OUT", out.to_str().unwrap());
    let line = format!("backtest {} --once --csv {} {flags}", file.display(), out.display());
    let args =
        Command::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string())?;
    let printed = RefCell::new(String::new());
    let print = |text: &str| {
        printed.borrow_mut().push_str(text);
        Ok(())
    };
    let generalised = |text: String| text.replace(path.to_str().unwrap(), "DIR");
    run(&args.args, &print).map_err(|failure| generalised(failure.message))?;
    let read = |name| fs::read_to_string(out.join(name)).unwrap();
    let (minutes, states) = (read("minutes.csv"), read("states.csv"));
    Ok(Tried { printed: generalised(printed.into_inner()), minutes, states })
}

/// The four numbers of the fingerprint: data, plan, program, result.
fn fingerprint(tried: &Tried) -> [String; 4] {
    let line = tried.printed.lines().find_map(|line| line.strip_prefix("fingerprint ")).unwrap();
    let words = line.split(' ').zip(["data=", "plan=", "program=", "result="]);
    let numbers = words.map(|(word, name)| word.strip_prefix(name).unwrap().to_owned());
    numbers.collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn the_same_run_has_the_same_fingerprint_and_whatever_differs_shows() {
    let same = fingerprint(&tried(PLAN, "").unwrap());
    assert_eq!(fingerprint(&tried(PLAN, "").unwrap()), same);
    let differs = |plan: &str, bars: &str, flags: &str| {
        let other = fingerprint(&over(plan, bars, flags).unwrap());
        [0, 1, 2, 3].map(|n| same[n] != other[n])
    };
    let (minutes, at) = ("2022-01-01T00:10:00Z..2022-01-01T00:12:00Z", bars());
    assert_eq!(differs(&format!("{PLAN}# "), &at, ""), [false, true, false, false]);
    assert_eq!(differs(&format!("{PLAN}decide = 'max'\n"), &at, ""), [false, true, false, false]);
    assert_eq!(differs(PLAN, &format!("{at}\n"), ""), [true, false, false, false]);
    assert_eq!(differs(PLAN, &at, "--fee-bps 1"), [false, true, false, true]);
    assert_eq!(differs(PLAN, &at, "--slippage-bps 1"), [false, true, false, true]);
    assert_eq!(differs(PLAN, &at, &format!("--silence S={minutes}")), [false, true, false, true]);
    let named = PLAN.replace("[trader]\nephemeral = true\n", "[[trader]]\nname = 't'\nport = 1\n");
    let one = fingerprint(&over(&named, &at, "").unwrap());
    let other = fingerprint(&over(&named, &at, "--trader t").unwrap());
    assert!(one[1] != other[1] && one[3] == other[3], "{one:?} {other:?}");
    let other = PLAN.replace("close, 3", "close, 4");
    assert_eq!(differs(&other, &at, ""), [false, true, false, true]);
    assert_eq!(differs(PLAN, &at.replacen("119", "120", 3), ""), [true, false, false, true]);
}

#[test]
fn what_files_are_called_does_not_steer_a_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("\u{1b}[2J.csv");
    fs::write(&data, bars()).unwrap();
    let flags = format!("--data {}", data.display());
    let printed = over_in(directory.path(), PLAN, &bars(), &flags).unwrap().printed;
    assert!(printed.contains("data DIR/\\u{1b}[2J.csv: ") && !printed.contains('\u{1b}'));
}

#[test]
fn uptime_is_part_of_the_report() {
    let flags = "--silence S=2022-01-01T00:10:00Z..2022-01-01T00:12:00Z";
    let printed = tried(PLAN, flags).unwrap().printed;
    let line = "uptime 80.00 %: 4 minutes without a median (silent 2, abstained 2)";
    assert!(printed.lines().any(|printed| printed == line), "{printed}");
}

#[test]
fn a_plan_is_run_over_its_data() {
    let silence = "--silence S=2022-01-01T00:10:00Z..2022-01-01T00:12:00Z --fee-bps 10";
    let Tried { minutes, states, .. } = tried(PLAN, silence).unwrap();
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

/// The page for this plan and these flags; its files have such names.
fn page(plan: &str, names: [&str; 2], flags: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let [bars_file, plan_file, out] =
        [names[0], names[1], "out.html"].map(|name| directory.path().join(name));
    fs::create_dir_all(bars_file.parent().unwrap()).unwrap();
    fs::create_dir_all(plan_file.parent().unwrap()).unwrap();
    fs::write(&bars_file, bars()).unwrap();
    fs::write(&plan_file, plan).unwrap();
    let (plan, bars, out_file) = (plan_file.display(), bars_file.display(), out.display());
    let line = format!("backtest {plan} --once --data {bars} --html {out_file} {flags}");
    let args = Command::try_parse_from(line.split_whitespace()).unwrap();
    run(&args.args, &|_| Ok(())).unwrap();
    fs::read_to_string(out).unwrap()
}

#[test]
fn a_page_has_all_that_is_printed_and_more() {
    let flags = "--silence S=2022-01-01T00:10:00Z..2022-01-01T00:12:00Z --fee-bps 10";
    let page = page(PLAN, ["bars.csv", "p.toml"], flags);
    for part in [
        "bars of 1m (detected), stamped at their open (assumed)",
        "20 rows, 20 bars from 2022-01-01T00:00:00Z",
        "minutes 20 from 2022-01-01T00:01:00Z to 2022-01-01T00:20:00Z",
        "uptime 80.00 %: 4 minutes without a median (silent 2, abstained 2)",
        "costs fee 10 bps, slippage 0 bps of what is traded",
        "silence of S from 2022-01-01T00:10:00Z until 2022-01-01T00:12:00Z",
        "<li>fingerprint data=",
        "<tr><th></th><th>return</th>",
        "<tr><td>the median</td><td>",
        "<title>the median</title></polyline>",
        "<title>S</title></polyline>",
        "<title>drawdown</title></polyline>",
        ">2022-01-01 00:01</text>",
        ">2022-01-01 00:20</text>",
        "<rect class=\"ERROR\"",
        "<rect class=\"OK\"",
        "<td>2022-01-01T00:10:10Z</td><td>ERROR</td><td>S silent since 2022-01-01T00:10:00Z",
        "signal = &#39;sign(close - sma(close, 2))&#39;",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn what_files_and_plans_say_is_no_markup() {
    let hostile = "<script>alert('1')</script>&\"x";
    let plan = format!("{PLAN}# {hostile}\n");
    let page = page(&plan, [&format!("{hostile}.csv"), &format!("{hostile}.toml")], "");
    assert!(!page.contains("<script"), "{page}");
    assert!(
        page.matches("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;x").count() >= 5
    );
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
            &*PLAN.replacen("'bars.csv'", "'binance:A'\nrecord = 'bars.csv'", 1),
            "",
            "generator fast: DIR/bars.csv is no recording of a feed",
        ),
        (
            &*PLAN.replacen("'bars.csv'", "'binance:A'", 1),
            "",
            "generator fast: what binance:A says is not recorded: give it `record`",
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
        (
            PLAN,
            "--silence S=2023-01-01T00:10:00Z..2023-01-01T00:12:00Z",
            "the silence of S is outside the data, whose minutes are 2022-01-01T00:01:00Z to 2022-01-01T00:20:00Z",
        ),
        (PLAN, "--silence S=10:00..10:05", "error: invalid value 'S=10:00..10:05'"),
        (PLAN, "--fee-bps -1", "error: "),
        (
            PLAN,
            "--html no/such/directory/a.html",
            "cannot write no/such/directory/a.html: there is no",
        ),
    ] {
        let error = tried(plan, flags).err().unwrap();
        assert!(error.starts_with(said), "{error}");
    }
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_has_what_csv_has() {
    let directory = tempfile::tempdir().unwrap();
    let flags = "--silence S=2022-01-01T00:10:00Z..2022-01-01T00:12:00Z --parquet OUT";
    let Tried { minutes, states, .. } = over_in(directory.path(), PLAN, &bars(), flags).unwrap();
    for (name, csv) in [("minutes", minutes), ("states", states)] {
        let file = directory.path().join("out").join(name).with_extension("parquet");
        assert_eq!(columnar::tests::text(&file), csv, "{name}");
    }
}

#[test]
fn of_several_traders_one_is_run() {
    let two = PLAN.replace(
        "[trader]\nephemeral = true\n",
        "[[trader]]\nname = 'one'\nport = 1\n[[trader]]\nname = 'other'\nport = 2\n",
    );
    let two = two.replace("name = 'F'", "name = 'F'\ntrader = 'one'");
    let two = two.replace("name = 'S'", "name = 'S'\ntrader = 'other'");
    let minutes = tried(&two, "--trader other").unwrap().minutes;
    assert!(minutes.starts_with("minute,median,decision:S,equity,equity:S\n"), "{minutes}");
    let error = tried(&two, "").map(|tried| tried.printed).unwrap_err();
    let expected = "plan DIR/p.toml: it has several traders: choose one with --trader NAME; there are one, other";
    assert_eq!(error, expected);
}

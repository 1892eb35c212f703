//! The command over files of a test's own.

use std::{cell::RefCell, fmt::Write as _, fs};

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Command {
    #[command(flatten)]
    args: Args,
}

const PLAN: &str = "[trader]\nephemeral = true\n\
    [[generator]]\nname = 'g'\nsource = 'bars.csv'\n\
    signal = 'sign(sma(close, {fast}) - sma(close, {slow}))'\n\
    [[strategy]]\nname = 'X'\nsignals = ['g']\n";

const GRID: &str = "fast=1..3 slow=4..8:2";

/// Bars whose closes go up and down in waves of changing length.
fn bars() -> String {
    let mut bars = "timestamp,open,high,low,close,volume\n".to_owned();
    let mut open = 1_000;
    for n in 0..200_u64 {
        let close = open + (n * n / 40 % 13) - 6 + n % 3 - 1;
        let (at, high, low) = (1_640_995_200 + 60 * n, open.max(close), open.min(close));
        writeln!(bars, "{at},{open},{high},{low},{close},1").unwrap();
        open = close;
    }
    bars
}

/// What came of a command.
#[derive(Debug, PartialEq)]
struct Tried {
    printed: String,
    csv: String,
    html: String,
}

/// What this plan, grid and flags come to by so many threads; or why they come to nothing.
fn tried(plan: &str, grid: &str, flags: &str, threads: usize) -> Result<Tried, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    fs::write(path.join("bars.csv"), bars()).unwrap();
    fs::write(path.join("p.toml"), plan).unwrap();
    let [plan, csv, html] = ["p.toml", "all.csv", "all.html"].map(|name| path.join(name));
    let line = format!(
        "sweep {} --csv {} --html {} {flags}",
        plan.display(),
        csv.display(),
        html.display()
    );
    let words = line.split_whitespace().chain(["--grid", grid]);
    let args = Command::try_parse_from(words).map_err(|error| error.to_string())?;
    let printed = RefCell::new(String::new());
    let print = |text: &str| {
        printed.borrow_mut().push_str(text);
        Ok(())
    };
    let generalised = |text: String| text.replace(path.to_str().unwrap(), "DIR");
    run(&args.args, threads, &print).map_err(|failure| generalised(failure.message))?;
    // The last line is how long it took.
    let printed = printed.into_inner().trim_end().rsplit_once('\n').unwrap().0.to_owned();
    let [csv, html] = [csv, html].map(|file| generalised(fs::read_to_string(file).unwrap()));
    Ok(Tried { printed: generalised(printed), csv, html })
}

/// The cells of a column of the table, by its name.
fn column<'a>(csv: &'a str, name: &str) -> Vec<&'a str> {
    let mut rows = csv.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let place = rows.next().unwrap().iter().position(|head| *head == name).unwrap();
    rows.map(|row| row[place]).collect()
}

#[test]
fn it_comes_to_the_same_however_many_threads_work() {
    let one = tried(PLAN, GRID, "", 1).unwrap();
    assert_eq!(tried(PLAN, GRID, "", 3).unwrap(), one);
    assert_eq!(tried(PLAN, GRID, "", 3).unwrap(), one);
    assert_ne!(tried(PLAN, GRID, "--fee-bps 1", 3).unwrap().printed, one.printed);
}

#[test]
fn every_combination_has_its_figures_and_the_best_come_first() {
    let Tried { printed, csv, html } = tried(PLAN, GRID, "--by return --folds 3", 2).unwrap();
    assert_eq!(column(&csv, "fast"), ["1", "1", "1", "2", "2", "2", "3", "3", "3"]);
    assert_eq!(column(&csv, "slow"), ["4", "6", "8", "4", "6", "8", "4", "6", "8"]);
    let returns: Vec<f64> =
        column(&csv, "return").iter().map(|cell| cell.parse().unwrap()).collect();
    let best = (0..9).max_by(|a, b| returns[*a].total_cmp(&returns[*b])).unwrap();
    let (fast, slow) = (best / 3 + 1, best % 3 * 2 + 4);
    let after = printed.split("the best 9 by return in the whole period: ").nth(1).unwrap();
    assert!(after.contains("in-sample"), "{printed}");
    let row = after.lines().nth(2).unwrap();
    let expected = format!("{:.2} %", returns[best] * 100.0);
    assert!(row.starts_with(&format!("fast={fast} slow={slow}  ")), "{row}");
    assert!(row.contains(&expected), "{row} has no {expected}");
    assert!(printed.contains("combinations 9: fast 1 … 3 (3), slow 4 … 8 (3)"), "{printed}");
    assert!(printed.contains("return by fast (downwards) and slow (across)\n"), "{printed}");
    assert_eq!(html.matches("<rect class=").count(), 9, "a cell each");
    assert!(
        html.contains(&format!("<title>fast={fast} slow={slow}: {expected}</title>")),
        "{html}"
    );
}

/// What the table says was best before a test is what the fold chose, and its return afterwards is that of a
/// backtest of the combination alone.
#[test]
fn each_fold_chooses_what_was_best_before_its_test() {
    let Tried { printed, csv, .. } = tried(PLAN, GRID, "--by return --folds 3", 2).unwrap();
    let rows: Vec<&str> = printed
        .lines()
        .skip_while(|line| !line.starts_with("tested from"))
        .skip(1)
        .take_while(|line| line.starts_with("2022"))
        .collect();
    assert_eq!(rows.len(), 3);
    for (fold, row) in rows.iter().enumerate() {
        let before: Vec<f64> = column(&csv, &format!("return_before_test_{}", fold + 1))
            .iter()
            .map(|cell| cell.parse().unwrap())
            .collect();
        // Of equals the first, which `max_by` would not take.
        let best = (0..9).rev().max_by(|a, b| before[*a].total_cmp(&before[*b])).unwrap();
        let chosen = format!("fast={} slow={}", best / 3 + 1, best % 3 * 2 + 4);
        assert!(row.contains(&chosen), "{chosen}: {row}\n{csv}");
        let test = column(&csv, &format!("return_in_test_{}", fold + 1));
        let after: f64 = test[best].parse().unwrap();
        let figures = format!("  {:.2} %  ", before[best] * 100.0);
        assert!(row.contains(&figures), "{row}");
        assert!(row.ends_with(&format!("  {:.2} %", after * 100.0)), "{row}: {after}");
        let minute = 1 + 50 * (fold + 1);
        let from = format!("2022-01-01T{:02}:{:02}:00Z", minute / 60, minute % 60);
        assert!(row.starts_with(&from), "{from}: {row}");
    }
    let stitched =
        printed.lines().find(|line| line.starts_with("stitched out of sample: ")).unwrap();
    assert!(stitched.contains("in 150 minutes from 2022-01-01T00:51:00Z"), "{stitched}");
    let parts = rows.iter().map(|row| {
        let cells: Vec<&str> = row.split_whitespace().collect();
        1.0 + cells[cells.len() - 2].parse::<f64>().unwrap() / 100.0
    });
    let expected = (parts.product::<f64>() - 1.0) * 100.0;
    let earned = stitched.split(' ').nth(5).unwrap().parse::<f64>().unwrap();
    assert!((earned - expected).abs() < 0.05, "{earned}, not {expected}");
}

#[test]
fn what_cannot_be_run_is_named_and_does_not_stop_the_rest() {
    let Tried { printed, csv, .. } = tried(PLAN, "fast=0..1 slow=4..8:2", "", 2).unwrap();
    assert!(
        printed.contains("3 of 6 cannot be run:\n  fast=0 slow=4: generator `g`: "),
        "{printed}"
    );
    assert!(printed.contains("the best 3 by Sharpe"), "{printed}");
    let errors: Vec<bool> = column(&csv, "error").iter().map(|cell| !cell.is_empty()).collect();
    assert_eq!(errors, [true, true, true, false, false, false]);
    let rows: Vec<usize> = csv.lines().take(2).map(|row| row.split(',').count()).collect();
    assert!(rows[1] >= rows[0], "each row has all columns: {csv}");
    let many = tried(PLAN, "fast=0 slow=1..9", "", 2).unwrap_err();
    let said =
        "plan DIR/p.toml: none of its combinations can be run; fast=0 slow=1: generator `g`: ";
    assert!(many.starts_with(said), "{many}");
}

#[test]
fn what_is_asked_wrongly_says_why() {
    let random = PLAN.replace("source = 'bars.csv'\n", "");
    for (plan, grid, flags, said) in [
        (PLAN, "fast=1..3", "", "plan DIR/p.toml: `{slow}` has no values"),
        (PLAN, "fast=1 slow=2 n=3", "", "plan DIR/p.toml: `n` of --grid is nowhere in it"),
        (PLAN, "fast=1..", "", "error: invalid value 'fast=1..' for '--grid"),
        (PLAN, GRID, "--folds 0", "error: invalid value '0'"),
        (PLAN, GRID, "--folds 51", "error: invalid value '51'"),
        (PLAN, GRID, "--by luck", "error: invalid value 'luck'"),
        (
            PLAN,
            GRID,
            "--silence Y=2022-01-01T00:10:00Z..2022-01-01T00:12:00Z",
            "plan DIR/p.toml: none of",
        ),
        (&*random, GRID, "", "plan DIR/p.toml: [[generator]] number 1: `source = "),
    ] {
        let error = tried(plan, grid, flags, 1).unwrap_err();
        assert!(error.starts_with(said), "{error}");
    }
    let short = "--silence X=2022-01-01T00:10:00Z..2022-01-01T00:12:00Z --folds 50";
    assert!(tried(PLAN, GRID, short, 1).is_ok(), "200 minutes are enough for 50 folds");
}

#[test]
fn whatever_was_asked_is_in_the_fingerprint() {
    let words = |grid: &str, flags: &str| -> Vec<String> {
        let printed = tried(PLAN, grid, flags, 1).unwrap().printed;
        let line = printed.lines().find_map(|line| line.strip_prefix("fingerprint ")).unwrap();
        line.split(' ').map(str::to_owned).collect()
    };
    let same = words(GRID, "");
    assert_eq!(words(GRID, ""), same);
    for (grid, flags) in [
        ("fast=1..3 slow=4..6:2", ""),
        (GRID, "--by return"),
        (GRID, "--folds 3"),
        (GRID, "--fee-bps 1"),
    ] {
        let other = words(grid, flags);
        assert_eq!(
            (&other[0], &other[2]),
            (&same[0], &same[2]),
            "data and program: {grid} {flags}"
        );
        assert!(other[1] != same[1] && other[3] != same[3], "{grid} {flags}: {other:?}");
    }
}

#[test]
fn what_plans_and_grids_say_is_no_markup() {
    let plan = format!("{PLAN}# <script>alert(1)</script>\n");
    let html = tried(&plan, GRID, "", 1).unwrap().html;
    assert!(!html.contains("<script"));
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[test]
fn the_example_is_a_plan_for_a_sweep() {
    let text = include_str!("../../../examples/sweep-ema.toml");
    let grid: Grid = "fast=5..20 slow=20..60:5".parse().unwrap();
    let template = Template::new(text, &grid).unwrap();
    let plan = Plan::parse("sweep-ema.toml", &template.fill(&grid.values(0))).unwrap();
    assert_eq!((grid.combinations(), plan.strategies.len()), (144, 1));
}

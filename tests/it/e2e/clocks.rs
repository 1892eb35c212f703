//! Clocks that differ, and clocks that are stepped: those of real processes, under `libfaketime`.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use super::system::{System, instant, median_of};
use crate::harness::{
    INTERVAL, Part,
    stage::{self, Stage},
    word,
};

/// A wall clock that the test sets.
struct Clock {
    offset: PathBuf,
    stage: Stage,
    _directory: TempDir,
}

impl Clock {
    async fn new(test: &str, offset: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("offset");
        let clock =
            Self { stage: stage::clock(test, &file).await?, offset: file, _directory: directory };
        clock.step(offset);
        Some(clock)
    }

    /// Off by so much from here on, as `+3m`.
    fn step(&self, offset: &str) {
        // In one go: a half-written file would be another time.
        let next = self.offset.with_extension("next");
        fs::write(&next, format!("{offset}\n")).unwrap();
        fs::rename(next, &self.offset).unwrap();
    }
}

#[tokio::test]
async fn t3_fault_27_a_strategy_whose_clock_is_out_does_not_start_and_says_by_how_much() {
    let Some(clock) = Clock::new("fault_27", "+3m").await else { return };
    let mut system = System::start().await;
    let of = [system.trader.port.to_string(), system.a.port.to_string()];
    let args =
        ["--name", "Z", "--interval", INTERVAL, "--trader-port", &of[0], "--signal-ports", &of[1]];
    let mut z = Part::spawn_on(&clock.stage, "Z", "strategy", &args);
    z.exits_with(1).await;
    let last = z.seen.last().unwrap();
    assert!(last.contains("ERROR the clocks differ too much: "), "{last}");
    let difference: f64 = word(last, "less this one is ").parse().unwrap();
    assert!((-181.0..-179.0).contains(&difference), "{last}");
    // Nothing has changed for the others.
    median_of(&mut system.trader, 2).await;
    let status = system.minutehand(&["status"]).await;
    assert!(!status.out.contains("\nZ "), "{}", status.out);
    system.all_is_well().await;
}

#[tokio::test]
async fn t3_fault_27_a_strategy_whose_clock_steps_abstains_until_it_is_right() {
    let Some(clock) = Clock::new("fault_27_step", "+0").await else { return };
    let mut system = System::start().await;
    system.y.stop().await;
    let of = [system.trader.port.to_string(), system.b.port.to_string()];
    let args =
        ["--name", "Y", "--interval", INTERVAL, "--trader-port", &of[0], "--signal-ports", &of[1]];
    system.y = Part::spawn_on(&clock.stage, "Y", "strategy", &args);
    system.y.line("INFO registered Y").await;
    median_of(&mut system.trader, 2).await;
    clock.step("+3m");
    system.trader.line("ERROR state ERROR (was OK): Y ").await;
    clock.step("+0");
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
}

#[tokio::test]
async fn t2_fault_08_a_generator_whose_clock_is_out_starves_its_strategy() {
    let Some(clock) = Clock::new("fault_08", "+3m").await else { return };
    let mut system = System::start().await;
    system.y.stop().await;
    let args = ["--interval", INTERVAL, "--name", "c"];
    let c = Part::server_on(&clock.stage, "c", "generator", &args).await;
    system.y = Part::strategy("Y", &system.trader, &[&c], &[]);
    let state = system.trader.line("Y abstained since ").await;
    assert!(state.contains(&format!("generator 127.0.0.1:{}: ", c.port)), "{state}");
    clock.step("-3m");
    for _ in 0..2 {
        system.y.line("no decision for ").await;
    }
    clock.step("+0");
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
}

/// A whole machine whose clock the test sets: trader with its journal, generator and X.
struct Machine {
    clock: Clock,
    trader: Part,
    watcher: Part,
    _others: [Part; 2],
    journal: PathBuf,
    _directory: TempDir,
}

impl Machine {
    async fn start(test: &str) -> Option<Self> {
        let clock = Clock::new(test, "+0").await?;
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("trader.sqlite");
        let args = ["--interval", INTERVAL, "--journal", journal.to_str().unwrap()];
        let mut trader = Part::server_on(&clock.stage, "trader", "trader", &args).await;
        let args = ["--interval", INTERVAL, "--name", "a"];
        let a = Part::server_on(&clock.stage, "a", "generator", &args).await;
        let of = [trader.port.to_string(), a.port.to_string()];
        let args = [
            "--name",
            "X",
            "--interval",
            INTERVAL,
            "--trader-port",
            &of[0],
            "--signal-ports",
            &of[1],
        ];
        let x = Part::spawn_on(&clock.stage, "X", "strategy", &args);
        median_of(&mut trader, 1).await;
        let watcher = Part::watcher(&trader);
        Some(Self { clock, trader, watcher, _others: [a, x], journal, _directory: directory })
    }

    async fn all_is_well(&self) {
        let journal = self.journal.to_str().unwrap();
        let doctor = crate::harness::run("minutehand", &["doctor", "--journal", journal]).await;
        assert_eq!((doctor.code, &*doctor.err), (0, ""), "{}", doctor.out);
    }
}

#[tokio::test]
async fn t4_fault_32_minutes_that_a_clock_skips_did_not_run() {
    let Some(mut machine) = Machine::start("fault_32").await else { return };
    machine.clock.step("+3m");
    machine.trader.line("WARN the wall clock stepped forward by 1").await;
    let skipped = machine.watcher.event("the gap", |event| event["kind"] == "not running").await;
    let [first, last] = ["minute", "last_minute"].map(|key| instant(&skipped[key]).as_micros());
    assert!((last - first) / 1_000_000 > 150, "{skipped}");
    median_of(&mut machine.trader, 1).await;
    super::system::verdicts_without_gaps(&machine.watcher);
    machine.all_is_well().await;
}

#[tokio::test]
async fn t5_fault_33_a_clock_that_steps_back_judges_no_minute_again() {
    let Some(mut machine) = Machine::start("fault_33").await else { return };
    machine.clock.step("-12");
    machine.trader.line("WARN the wall clock stepped back by 1").await;
    let state = machine.trader.line("ERROR state ERROR (was OK): trader clock since ").await;
    assert!(state.contains("clock"), "{state}");
    // By and by the clock passes the last minute on record, and things go on.
    median_of(&mut machine.trader, 1).await;
    machine.watcher.event("a median", |event| event["kind"] == "median").await;
    super::system::verdicts_without_gaps(&machine.watcher);
    machine.all_is_well().await;
}

#[tokio::test]
async fn t5_fault_74_a_machine_that_boots_years_ahead_is_not_believed() {
    let Some(clock) = Clock::new("fault_74", "+0").await else { return };
    let mut system = System::start().await;
    system.trader.stop().await;
    clock.step("+3y");
    let journal = system.journal.to_str().unwrap();
    let args = ["--port", "0", "--interval", INTERVAL, "--journal", journal];
    let mut ahead = Part::spawn_on(&clock.stage, "ahead", "trader", &args);
    ahead.exits_with(1).await;
    let last = ahead.seen.last().unwrap();
    assert!(last.contains("--accept-clock"), "{last}");
    // A trader that means to refuse does not say that it listens.
    assert_eq!(ahead.said("listening on "), 0, "{:?}", ahead.seen);
    system.trader.start_again().await;
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
}

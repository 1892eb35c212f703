//! Alarms: what a command and a webhook are told, and when.

use std::{fs, path::Path};

use rustix::process::Signal;
use serde_json::Value;

use crate::harness::{Link, Part, can, free_port, run};

/// A watcher whose command appends each event to a file, and then says so.
fn watcher(home: &Path, trader: &str, args: &[&str]) -> Part {
    let script = format!("cat >> '{}'; echo told: $MINUTEHAND_TEXT", home.join("told").display());
    let args = [&["watch", "--trader", trader, "--on-change", &script], args].concat();
    Part::spawn("watch", "minutehand", &args)
}

/// All that the command was told.
fn told(home: &Path) -> Vec<Value> {
    let lines = fs::read_to_string(home.join("told")).unwrap_or_default();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(super) fn address(trader: &Part) -> String {
    format!("127.0.0.1:{}", trader.port)
}

#[tokio::test]
async fn e5_a_strategy_that_is_killed_is_told_by_name_and_its_return_too() {
    let home = tempfile::tempdir().unwrap();
    let mut trader = Part::trader(&["--ephemeral"]).await;
    let a = Part::generator("a", &[]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    let mut y = Part::strategy("Y", &trader, &[&a], &[]);
    trader.line_where("a median of both", |line| line.ends_with(" count=2")).await;
    let mut watch = watcher(home.path(), &address(&trader), &[]);
    watch.line("connected to trader ").await;
    watch.line(" median ").await;
    y.kill().await;
    watch.line(" OK -> ERROR: Y disconnected since ").await;
    y.start_again().await;
    watch
        .line_where("OK again", |line| line.starts_with("told: ") && line.ends_with("-> OK"))
        .await;
    let events = told(home.path());
    let names_y =
        |event: &&Value| event["state"] == "ERROR" && event["causes"][0]["subject"] == "Y";
    let failed = events.iter().find(names_y).unwrap();
    let mended = events.last().unwrap();
    assert_eq!((&failed["event"], &failed["from"]), (&"state".into(), &"OK".into()), "{failed}");
    assert_eq!((&mended["event"], &mended["state"]), (&"state".into(), &"OK".into()), "{mended}");
    assert_ne!(failed["id"], mended["id"]);
    assert_eq!(failed["address"], address(&trader));
}

#[tokio::test]
async fn m5_a_trader_that_is_killed_is_told_to_be_lost_and_to_be_back() {
    let home = tempfile::tempdir().unwrap();
    let journal = home.path().join("j.sqlite");
    let mut trader = Part::trader(&["--journal", journal.to_str().unwrap()]).await;
    let a = Part::generator("a", &[]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    let mut watch = watcher(home.path(), &address(&trader), &[]);
    watch.line(" median ").await;
    trader.kill().await;
    let lost = watch.line(": not heard since ").await;
    assert!(lost.contains(": connection refused; its last minute is "), "{lost}");
    trader.start_again().await;
    let heard = watch.line(": heard again after ").await;
    assert!(heard.starts_with(&format!("told: trader {}: ", address(&trader))), "{heard}");
    watch.line(" median ").await;
    let events = told(home.path());
    let of = |word: &str| events.iter().filter(|event| event["event"] == word).count();
    assert_eq!((of("lost"), of("heard")), (1, 1), "{events:?}");
    let lost = events.iter().find(|event| event["event"] == "lost").unwrap();
    assert_eq!((&lost["state"], &lost["why"]), (&"LOST".into(), &"connection refused".into()));
}

#[tokio::test]
async fn m5_a_trader_that_hangs_is_told_to_be_lost() {
    let home = tempfile::tempdir().unwrap();
    let mut trader = Part::trader(&["--ephemeral"]).await;
    let a = Part::generator("a", &[]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    trader.line("median: ").await;
    let mut watch = watcher(home.path(), &address(&trader), &[]);
    watch.line(" median ").await;
    trader.signal(Signal::STOP);
    watch.line(": not heard since ").await;
    trader.signal(Signal::CONT);
    watch.line(": heard again after ").await;
}

#[tokio::test]
async fn m5_a_trader_behind_a_network_that_is_cut_is_told_to_be_lost() {
    let home = tempfile::tempdir().unwrap();
    let mut trader = Part::trader(&["--ephemeral"]).await;
    let a = Part::generator("a", &[]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    trader.line("median: ").await;
    let link = Link::to(trader.port).await;
    let mut watch = watcher(home.path(), &format!("127.0.0.1:{}", link.port), &[]);
    watch.line(" median ").await;
    link.hold(true, true);
    watch.line(": not heard since ").await;
    link.hold(false, false);
    watch.line(": heard again after ").await;
}

#[tokio::test]
async fn m5_a_trader_that_was_never_there_is_told_to_be_lost() {
    let home = tempfile::tempdir().unwrap();
    let (_reserved, port) = free_port();
    let plan = home.path().join("p.toml");
    fs::write(&plan, format!("[[trader]]\nname = 'btc'\nport = {port}\n")).unwrap();
    let args = [
        "watch",
        plan.to_str().unwrap(),
        "--on-change",
        "echo $MINUTEHAND_STATE $MINUTEHAND_TRADER",
    ];
    let mut watch = Part::spawn("watch", "minutehand", &args);
    watch.line("LOST btc").await;
}

/// The watcher of these tests ends when its standard input does; a command's input is the event.
#[tokio::test]
async fn a_command_is_not_held_as_the_watcher_is() {
    let (_reserved, port) = free_port();
    let trader = format!("127.0.0.1:{port}");
    let script = "echo held: ${MINUTEHAND_TETHER-no}";
    let args = ["watch", "--trader", &trader, "--on-change", script];
    let mut watch = Part::spawn("watch", "minutehand", &args);
    assert_eq!(watch.line("held: ").await, "held: no");
}

#[tokio::test]
async fn a_command_that_hangs_is_killed_and_holds_up_nothing() {
    let (_reserved, port) = free_port();
    let trader = format!("127.0.0.1:{port}");
    let args =
        ["watch", "--trader", &trader, "--on-change", "sleep 600", "--alarm-timeout", "100ms"];
    let mut watch = Part::spawn("watch", "minutehand", &args);
    watch.line("--on-change: it was killed after 100ms; trying again for 10m").await;
}

#[tokio::test]
async fn an_alarm_is_not_cut_off_by_whoever_ends_the_watcher() {
    let home = tempfile::tempdir().unwrap();
    let trader = Part::trader(&["--ephemeral"]).await;
    let script = format!("echo begun; sleep 0.5; cat >> '{}'", home.path().join("told").display());
    let args = ["watch", "--trader", &address(&trader), "--on-change", &script];
    let mut watch = Part::spawn("watch", "minutehand", &args);
    watch.line("begun").await;
    watch.stop().await;
    let told = told(home.path());
    assert_eq!((told.len(), &told[0]["state"]), (1, &"IDLE".into()), "{told:?}");
}

#[tokio::test]
async fn c3_wrong_alarms_are_usage_errors() {
    for wrong in [
        &["--webhook", "ftp://example"][..],
        &["--debounce", "2/3"],
        &["--on-change", "true", "--debounce", "3/2"],
        &["--on-change", "true", "--alarm-timeout", "0s"],
    ] {
        let refused = run("minutehand", &[&["watch"], wrong].concat()).await;
        assert_eq!((refused.code, &*refused.out), (2, ""), "{refused:?}");
    }
    assert!(can(&["sh", "-c", "true"]).await, "commands are run by sh");
}

//! `minutehand up`: a whole system from one command.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};
use tokio::{io::AsyncReadExt as _, net::unix::pipe, time::timeout};

use crate::harness::{PATIENCE, Part, run};

/// The processes that a process has started, with their command lines.
pub(super) fn children(of: Pid) -> Vec<(Pid, String)> {
    let of = of.as_raw_nonzero();
    let listed = fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap();
    let ids = listed.split_whitespace().map(|id| id.parse().unwrap());
    let line = |id: i32| fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap();
    ids.map(|id| (Pid::from_raw(id).unwrap(), line(id).replace('\0', " "))).collect()
}

/// The lines of each part in which it says that it is stopping, by its label, in order.
fn stopped(up: &Part) -> Vec<&str> {
    let lines = up.seen.iter().filter(|line| line.contains("INFO SIGTERM: stopping"));
    lines.map(|line| line.split(" |").next().unwrap().trim_end()).collect()
}

#[tokio::test]
async fn c4_the_demo_shows_a_median_mends_itself_and_stops_in_order() {
    let mut up = Part::spawn("up", "minutehand", &["up"]);
    up.line(" first median, after ").await;
    let parts = children(up.id());
    assert_eq!(parts.len(), 6, "{parts:?}");

    let (y, _) =
        parts.iter().find(|(_, line)| line.contains(" strategy ") && line.contains("=Y ")).unwrap();
    kill_process(*y, Signal::KILL).unwrap();
    up.line(" WARN strategy Y ended with signal: 9 (SIGKILL); starting it again in ").await;
    let again = up.line("INFO registered Y ").await;
    assert!(again.starts_with("strategy Y  | ") || again.starts_with("trader "), "{again}");
    up.line_where("a median of both", |line| {
        line.contains("median: ") && line.ends_with("count=2")
    })
    .await;

    up.stop().await;
    let stopped = stopped(&up);
    assert_eq!(stopped.len(), 6, "{stopped:?}");
    let place = |label: &str| stopped.iter().position(|part| part.starts_with(label)).unwrap();
    assert!(place("strategy X").max(place("strategy Y")) < place("trader"), "{stopped:?}");
    assert!(place("trader") < place("generator"), "{stopped:?}");
    assert!(up.seen.last().unwrap().ends_with("INFO all are stopped"));
}

#[tokio::test]
async fn c4_fault_59_a_trader_that_aborts_is_started_again() {
    let mut up = Part::spawn("up", "minutehand", &["up"]);
    up.line(" first median, after ").await;
    let parts = children(up.id());
    let (trader, _) = parts.iter().find(|(_, line)| line.contains(" trader ")).unwrap();
    // What a panic comes to in a release.
    kill_process(*trader, Signal::ABORT).unwrap();
    up.line(" WARN trader ended with signal: 6 (SIGABRT)").await;
    up.line("INFO registered Y ").await;
    let is_median = |line: &str| line.contains("median: ") && line.ends_with("count=2");
    up.line_where("a median of both", is_median).await;
    up.stop().await;
}

#[tokio::test]
async fn c4_a_launcher_that_is_killed_leaves_nobody_behind() {
    let mut up = Part::spawn("up", "minutehand", &["up"]);
    up.line(" first median, after ").await;
    // Another reader of each part's log: it comes to its end when the part does.
    let log = |id: Pid| format!("/proc/{}/fd/2", id.as_raw_nonzero());
    let open = |id| pipe::OpenOptions::new().open_receiver(log(id)).unwrap();
    let parts: Vec<_> = children(up.id()).into_iter().map(|(id, line)| (open(id), line)).collect();
    assert_eq!(parts.len(), 6);
    up.signal(Signal::KILL);
    for (mut log, line) in parts {
        let ended = timeout(PATIENCE, log.read_to_end(&mut Vec::new())).await;
        assert!(ended.is_ok(), "it lives on: {line}");
    }
}

#[tokio::test]
async fn c4_up_ends_by_itself_after_the_medians_that_were_asked_for() {
    let up = run("minutehand", &["up", "--medians", "2"]).await;
    assert_eq!((up.code, &*up.out), (0, ""), "{}", up.err);
    assert_eq!(up.err.matches(" INFO median: ").count(), 2, "{}", up.err);
    assert_eq!(up.err.matches(" first median, after ").count(), 1, "{}", up.err);
    assert!(up.err.ends_with("INFO all are stopped\n"), "{}", up.err);
}

#[tokio::test]
async fn c4_what_the_environment_says_for_all_parts_is_stronger_than_the_plan() {
    let set = |name: &str, value: &str| format!("MINUTEHAND_{name}={value}");
    let environment = [
        "env".to_owned(),
        set("TRADER_GRACE", "900ms"),
        set("STRATEGY_NAME", "Z"),
        set("TRADER_INTERVAL", "7s"),
    ];
    let mut up = Part::spawn_on(&environment, "up", "minutehand", &["up"]);
    up.line(" WARN MINUTEHAND_STRATEGY_NAME is set and not taken: ").await;
    up.line(" WARN MINUTEHAND_TRADER_INTERVAL is set and not taken: ").await;
    up.line(" first median, after ").await;
    assert_eq!(up.said(" INFO the environment has MINUTEHAND_TRADER_GRACE=900ms"), 1);
    let lines = children(up.id());
    let trader = lines.iter().find(|(_, line)| line.contains(" trader ")).unwrap();
    assert!(
        trader.1.contains(" --grace=900ms ") && trader.1.contains(" --interval=2s "),
        "{trader:?}"
    );
    assert!(!trader.1.contains(" --grace=1s "), "{trader:?}");
    up.stop().await;

    let environment = ["env".to_owned(), set("TRADER_GRACE", "1h")];
    let mut up = Part::spawn_on(&environment, "up", "minutehand", &["up"]);
    up.line("trader with MINUTEHAND_TRADER_GRACE=1h: ").await;
    up.exits_with(2).await;
}

#[tokio::test]
async fn c1_what_is_in_effect_is_printed_with_its_origin() {
    let environment = [
        "env".to_owned(),
        "MINUTEHAND_TRADER_KEEP=90d".to_owned(),
        "MINUTEHAND_STATUS_TIMEOUT=1s".to_owned(),
    ];
    let args = ["config", "--json", "trader", "--grace", "5s"];
    let mut asked = Part::spawn_on(&environment, "config", "minutehand", &args);
    let of = |flag: &'static str| move |line: &serde_json::Value| line["flag"] == flag;
    let grace = asked.event("grace", of("grace")).await;
    assert_eq!((&grace["value"], &grace["origin"]), (&"5s".into(), &"flag".into()));
    let keep = asked.event("keep", of("keep")).await;
    assert_eq!(
        (&keep["value"], &keep["origin"]),
        (&"90d".into(), &"environment MINUTEHAND_TRADER_KEEP".into())
    );
    asked.exits_with(0).await;
    for (args, code) in [
        (&["config"][..], 2),
        (&["config", "nonsense.toml"], 2),
        (&["config", "trader", "--x"], 2),
        (&["config", "p.toml", "trader"], 2),
    ] {
        assert_eq!(run("minutehand", args).await.code, code, "{args:?}");
    }
}

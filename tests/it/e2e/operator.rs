//! What an operator sees, in words and in exit codes.

use rustix::process::Signal;
use serde_json::Value;

use super::system::{System, median_of, minutehand};
use crate::harness::{Part, free_port, run};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn c5_the_exit_code_of_status_is_the_state() {
    let (_reserved, port) = free_port();
    let nobody = run("minutehand", &["status", "--trader-port", &port.to_string()]).await;
    assert_eq!((nobody.code, &*nobody.out), (1, ""));
    assert!(
        nobody.err.contains(" is out of reach: connection refused; start it"),
        "{}",
        nobody.err
    );

    let mut trader = Part::trader(&["--ephemeral"]).await;
    let idle = minutehand(&trader, &["status"]).await;
    assert_eq!((idle.code, &*idle.err), (4, ""));
    assert!(idle.out.starts_with("IDLE since "), "{}", idle.out);
    assert!(idle.out.ends_with("no strategy is registered\n"), "{}", idle.out);

    let a = Part::generator("a", &[]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    median_of(&mut trader, 1).await;
    trader.line("INFO state OK ").await;
    let status = minutehand(&trader, &["status", "--json"]).await;
    let told = json(&status.out);
    assert_eq!(status.code == 0, told["state"] == "OK", "{told}");
    assert_eq!(told["strategies"][0]["name"], "X");
    assert_eq!(told["strategies"][0]["connected"], true);

    trader.signal(Signal::STOP);
    let port = trader.port.to_string();
    for (kind, args) in [("minutehand", &["status"][..]), ("deregister", &["-n", "X"])] {
        let common = ["--timeout", "500ms", "--trader-port", &port];
        let silent = run(kind, &[args, &common].concat()).await;
        assert_eq!((silent.code, &*silent.out), (5, ""), "{}", silent.err);
        assert!(silent.err.contains("no answer from trader "), "{}", silent.err);
    }
}

#[tokio::test]
async fn c3_who_is_not_there_cannot_be_deregistered() {
    let trader = Part::trader(&["--ephemeral"]).await;
    let port = trader.port.to_string();
    let unknown = run("deregister", &["-n", "nobody", "--trader-port", &port]).await;
    assert_eq!((unknown.code, &*unknown.out), (3, ""));
    assert!(unknown.err.contains("no strategy nobody is registered"), "{}", unknown.err);
    drop(trader);
    let (_reserved, port) = free_port();
    let args = ["-n", "X", "--trader-port", &port.to_string(), "--timeout", "500ms"];
    let gone = run("deregister", &args).await;
    assert_eq!((gone.code, &*gone.out), (1, ""));
    assert!(gone.err.contains(" is out of reach: "), "{}", gone.err);
}

#[tokio::test]
async fn j5_a_minute_is_explained_by_the_trader_and_without_it() {
    let mut system = System::start().await;
    let watched = system.minutehand(&["watch", "--json", "--count", "2"]).await;
    assert_eq!(watched.code, 0, "{}", watched.err);
    let verdicts = watched.out.lines().map(json).filter(|event| event["event"] == "verdict");
    let [_, verdict] = &verdicts.collect::<Vec<_>>()[..] else { panic!("{}", watched.out) };

    let minute = verdict["minute"].as_str().unwrap();
    let told = system.minutehand(&["explain", minute]).await;
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.starts_with(&format!("{minute} {}", verdict["kind"].as_str().unwrap())));
    let unknown = system.minutehand(&["explain", "2020-01-01T00:00:00Z"]).await;
    assert_eq!((unknown.code, &*unknown.out), (3, ""), "{}", unknown.err);

    system.trader.stop().await;
    let journal = system.journal.to_str().unwrap();
    let read = run("minutehand", &["explain", minute, "--journal", journal]).await;
    assert_eq!((read.code, read.out), (0, told.out), "{}", read.err);
    let last = run("minutehand", &["explain", "last", "--journal", journal, "--json"]).await;
    assert!(json(&last.out)["verdict"]["minute"].as_str() >= Some(minute), "{}", last.out);
    let doctor = run("minutehand", &["doctor", "--journal", journal]).await;
    assert_eq!((doctor.code, doctor.out), (0, format!("{journal}: all well\n")), "{}", doctor.err);
}

#[tokio::test]
async fn c2_a_log_in_json_is_json_from_the_first_line_on() {
    let mut trader = Part::trader(&["--ephemeral", "--log-format", "json"]).await;
    let a = Part::generator("a", &["--log-format", "json"]).await;
    let mut x = Part::strategy("X", &trader, &[&a], &["--log-format", "json"]);
    trader.line("median: 0.").await;
    x.stop().await;
    trader.stop().await;
    for part in [&trader, &a, &x] {
        for line in &part.seen {
            let line = json(line);
            assert!(line["fields"]["message"].is_string(), "{line}");
        }
    }
    assert!(
        json(&trader.seen[0])["fields"]["message"].as_str().unwrap().starts_with("listening on ")
    );
}

//! Bad input to the real binaries: what is wrong is said, and the exit code tells whose fault it is.

use crate::harness::{Part, free_port, run};

#[tokio::test]
async fn c3_a_malformed_command_line_is_2_and_says_why() {
    for (kind, line, why) in [
        ("generator", "-p 65536", "65536 is not in 0..=65535"),
        ("generator", "--interval 60", "60"),
        ("generator", "--interval 2s --grace 2s", "grace"),
        ("generator", "--interval 2s --skew 300ms", "skew"),
        ("generator", "--host 0.0.0.0 -p 0", "--insecure"),
        ("generator", "--name a/b", "is not a name"),
        ("trader", "--expect a/b", "is not a name"),
        ("trader", "--ephemeral --journal f", "cannot be used with"),
        ("trader", "--at-least 0", "from 1 to"),
        ("trader", "--grace 1h", "grace"),
        ("trader", "--host ::", "--insecure"),
        ("strategy", "", "--name"),
        ("strategy", "--name X", "--signal-ports"),
        ("strategy", "--name X --signal-ports 1000,x", "`x` is not a port"),
        ("strategy", "--name X --signal-ports 1000,1000", "is there twice"),
        ("strategy", "--name X --signals a:1 --signal-ports 1", "cannot be used with"),
        ("strategy", "--name X --signals a:1 --decide best", "best"),
        ("deregister", "", "--name"),
        ("deregister", "-n X --timeout 0s", "0s"),
        ("minutehand", "", "Usage"),
        ("minutehand", "halt", "--reason"),
        ("minutehand", "halt --reason \u{a0}", "a reason has 1 to"),
        ("minutehand", "status --trader nowhere", "is not HOST:PORT"),
        ("minutehand", "explain yesterday", "and not `last`"),
        ("minutehand", "doctor none.toml", "none.toml"),
        ("minutehand", "up none.toml", "none.toml"),
    ] {
        let args: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        let refused = run(kind, &args).await;
        assert_eq!((refused.code, &*refused.out), (2, ""), "{kind} {line}: {}", refused.err);
        assert!(refused.err.contains(why), "{kind} {line}: no `{why}` in {}", refused.err);
    }
}

#[tokio::test]
async fn c4_a_plan_with_an_unknown_key_is_2_and_nothing_starts() {
    let directory = tempfile::tempdir().unwrap();
    let plan = directory.path().join("plan.toml");
    std::fs::write(&plan, "[trader]\nport = 0\nephemeral = true\ngrace_period = '1s'\n").unwrap();
    let refused = run("minutehand", &["up", plan.to_str().unwrap()]).await;
    assert_eq!((refused.code, &*refused.out), (2, ""), "{}", refused.err);
    assert!(refused.err.contains("unknown field `grace_period`"), "{}", refused.err);
    assert!(!refused.err.contains("listening on"), "{}", refused.err);
}

#[tokio::test]
async fn c3_a_port_in_use_is_1_and_named() {
    let trader = Part::trader(&["--ephemeral"]).await;
    let port = trader.port.to_string();
    for (kind, more) in [("generator", &[][..]), ("trader", &["--ephemeral"])] {
        let refused = run(kind, &[&["-p", &port], more].concat()).await;
        assert_eq!(refused.code, 1, "{}", refused.err);
        let in_use = format!("127.0.0.1:{port} is in use by another process");
        assert!(refused.err.contains(&in_use), "{}", refused.err);
    }
}

#[tokio::test]
async fn t6_other_minutes_are_refused_for_good_and_both_are_named() {
    let mut trader = Part::trader(&["--ephemeral"]).await;
    let a = Part::generator("a", &[]).await;
    let (trader_port, port) = (trader.port.to_string(), a.port.to_string());
    let args = ["--name", "X", "--trader-port", &trader_port, "--signal-ports", &port];
    let mut of_another_trader =
        Part::spawn("X", "strategy", &[&args[..], &["--interval", "5s"]].concat());
    of_another_trader.exits_with(6).await;
    let last = of_another_trader.seen.last().unwrap();
    assert!(last.contains("2s") && last.contains("5s") && last.contains("--interval"), "{last}");

    let args = ["-p", "0", "--interval", "5s", "--name", "slow"];
    let mut slow = Part::spawn("slow", "generator", &args);
    let line = slow.line("listening on 127.0.0.1:").await;
    slow.port = line.rsplit(':').next().unwrap().parse().unwrap();
    let mut of_another_generator = Part::strategy("Y", &trader, &[&a, &slow], &[]);
    trader.line("INFO registered Y").await;
    of_another_generator.exits_with(6).await;
    let last = of_another_generator.seen.last().unwrap();
    assert!(last.contains("2s") && last.contains("5s"), "{last}");
    assert!(last.contains(&format!("generator 127.0.0.1:{}", slow.port)), "{last}");
}

#[tokio::test]
async fn s4_a_strategy_waits_for_a_trader_that_is_not_there_yet() {
    let (_reserved, port) = free_port();
    let a = Part::generator("a", &[]).await;
    let (port, of_a) = (port.to_string(), a.port.to_string());
    let args = ["--name", "X", "--trader-port", &port, "--signal-ports", &of_a, "--interval", "2s"];
    let mut x = Part::spawn("X", "strategy", &args);
    let line = x.line("; retrying").await;
    assert!(line.contains("connection refused"), "{line}");
    x.stop().await;
    assert_eq!(x.said("; retrying"), 1, "once a change");
}

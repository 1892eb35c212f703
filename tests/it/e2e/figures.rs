//! What parts tell of themselves over HTTP, and what comes of asking for it wrongly.

use std::{collections::BTreeSet, io::ErrorKind, net::Ipv4Addr, process::Stdio};

use chassis::http::CONNECTIONS_MAX;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, process::Command, time::timeout};

use super::system::median_of;
use crate::harness::{
    INTERVAL, PATIENCE, Page, Part, can, exchange, get, get_from, http_port, run, skip,
};

/// Connections that ask for nothing, more than are kept.
const IDLE: usize = 3 * CONNECTIONS_MAX;

/// A generator, a trader and two strategies, all of which serve their figures, and on which ports.
struct Seen {
    generator: (Part, u16),
    trader: (Part, u16),
    x: (Part, u16),
    y: (Part, u16),
}

async fn seen(mut part: Part) -> (Part, u16) {
    let port = http_port(&mut part).await;
    (part, port)
}

async fn start() -> Seen {
    let http = ["--http", "0"];
    let generator = seen(Part::generator("g", &http).await).await;
    let trader = Part::trader(&["--ephemeral", "--expect", "X,Y", "--http", "0"]).await;
    let mut trader = seen(trader).await;
    let x = seen(Part::strategy("X", &trader.0, &[&generator.0], &http)).await;
    let y = seen(Part::strategy("Y", &trader.0, &[&generator.0], &http)).await;
    median_of(&mut trader.0, 2).await;
    Seen { generator, trader, x, y }
}

/// Text that Prometheus takes: each family said once, each series once and of the family before it.
fn checked(page: &Page) {
    assert_eq!(page.status, 200, "{}", page.body);
    let (mut families, mut series) = (BTreeSet::new(), BTreeSet::new());
    let mut family = "";
    for line in page.body.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split(' ').next().unwrap();
            assert!(families.insert(family), "twice: {line}");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let known = ["gauge", "counter", "histogram"].map(|kind| format!("{family} {kind}"));
            assert!(known.iter().any(|known| known == kind), "{line}");
        } else {
            let (name, value) = line.rsplit_once(' ').expect("a series has a value");
            assert!(name.starts_with(family) && series.insert(name), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
    assert!(page.body.ends_with('\n') && !series.is_empty());
}

/// What Prometheus's own tool says of a page.
async fn linted(page: &Page) {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool = promtool.kill_on_drop(true).spawn().unwrap();
    let mut stdin = promtool.stdin.take().unwrap();
    stdin.write_all(page.body.as_bytes()).await.unwrap();
    drop(stdin);
    let said = timeout(PATIENCE, promtool.wait_with_output()).await.unwrap().unwrap();
    let words = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{words}\n{}", page.body);
}

#[tokio::test]
async fn figures_are_what_prometheus_takes() {
    let seen = start().await;
    let ports = [&seen.generator, &seen.trader, &seen.x].map(|(_, port)| *port);
    let has_tool = can(&["promtool", "--version"]).await;
    if !has_tool {
        skip("figures_are_what_prometheus_takes", "no promtool (on Debian: prometheus)");
    }
    for port in ports {
        let page = get(port, "/metrics").await;
        checked(&page);
        if has_tool {
            linted(&page).await;
        }
        assert_eq!(get(port, "/healthz").await.body, "ok\n");
    }
}

#[tokio::test]
async fn e1_who_keeps_the_median_is_named_and_the_recovery_is_counted() {
    let mut seen = start().await;
    let (_, port) = seen.trader;
    let ready = get(port, "/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.body);
    assert!(ready.body.starts_with("OK since "), "{}", ready.body);

    seen.y.0.kill().await;
    seen.trader.0.line("ERROR state ERROR (was OK): Y disconnected since ").await;
    let ready = get(port, "/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.body.starts_with("ERROR since "), "{}", ready.body);
    assert!(ready.body.contains("\nY disconnected since "), "{}", ready.body);
    assert_eq!(get(port, "/healthz").await.status, 200, "it lives");
    let page = get(port, "/metrics").await;
    checked(&page);
    for (series, value) in [
        ("minutehand_trader_state{state=\"ERROR\"}", 1.0),
        ("minutehand_trader_state{state=\"OK\"}", 0.0),
        ("minutehand_trader_strategy_failing{strategy=\"Y\"}", 1.0),
        ("minutehand_trader_strategy_failing{strategy=\"X\"}", 0.0),
        ("minutehand_trader_strategy_connected{strategy=\"Y\"}", 0.0),
        ("minutehand_trader_strategy_registered{strategy=\"Y\"}", 1.0),
        ("minutehand_trader_recoveries_total", 0.0),
    ] {
        let figure = page.figure(series);
        assert!((figure - value).abs() < f64::EPSILON, "{series} is {figure}\n{}", page.body);
    }
    let disconnected = "minutehand_trader_participants_total{result=\"disconnected\"}";
    assert!(page.figure(disconnected) >= 1.0);
    assert!(page.figure("minutehand_trader_participants_total{result=\"included\"}") >= 2.0);

    seen.y.0.launch();
    median_of(&mut seen.trader.0, 2).await;
    seen.trader.0.line("INFO state OK (was ERROR)").await;
    let page = get(port, "/metrics").await;
    assert!(page.figure("minutehand_trader_recoveries_total") >= 1.0);
    assert!(page.figure("minutehand_trader_error_seconds_total{cause=\"disconnected\"}") > 0.0);
    let trader = seen.trader.0.port.to_string();
    assert_eq!(run("deregister", &["-n", "Y", "--trader-port", &trader]).await.code, 0);
    seen.y.0.exits_with(6).await;
    median_of(&mut seen.trader.0, 1).await;
    let page = get(port, "/metrics").await;
    assert!(!page.body.contains("strategy=\"Y\""), "an operator excused it: {}", page.body);
}

#[tokio::test]
async fn a_strategy_and_a_generator_say_whether_they_may_be_traded_on() {
    let mut seen = start().await;
    let (port, of_generator) = (seen.x.1, seen.generator.1);
    let ready = get(of_generator, "/readyz").await;
    assert_eq!((ready.status, &ready.body[..10]), (200, "signal of "), "{}", ready.body);
    seen.x.0.line("INFO submitted ").await;
    let ready = get(port, "/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.body);
    seen.generator.0.kill().await;
    seen.x.0.line("WARN no decision for ").await;
    let ready = get(port, "/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains("connection refused"), "{}", ready.body);
    seen.trader.0.kill().await;
    seen.x.0.line("WARN trader ").await;
    assert_eq!(get(port, "/readyz").await.body, "no session with the trader\n");
    assert_eq!(get(port, "/healthz").await.status, 200);
}

#[tokio::test]
async fn fault_57_a_page_of_another_name_reads_nothing() {
    let mut trader = Part::trader(&["--ephemeral", "--http", "127.0.0.1:0"]).await;
    let port = http_port(&mut trader).await;
    assert_eq!(get_from(port, "/metrics", "localhost:9100").await.status, 200);
    for host in ["evil.example", "127.0.0.1.evil.example", "evil.example:9100"] {
        let page = get_from(port, "/metrics", host).await;
        assert_eq!(page.status, 421, "{host}");
        assert!(!page.body.contains("minutehand_"), "{}", page.body);
    }
    assert_eq!(get(port, "/nothing").await.status, 404);
    assert_eq!(get(port, "/../metrics").await.status, 404);
    trader.stop().await;
}

#[tokio::test]
async fn fault_51_rubbish_and_silence_hurt_nobody() {
    let mut seen = start().await;
    let (_, port) = seen.trader;
    let before = get(port, "/metrics").await;
    for rubbish in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a handshake of TLS for someone else"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        b"GET /metrics\r\n\r\n and more of it, so that it is long enough",
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
    ] {
        let told = exchange(port, rubbish).await;
        assert!(!told.contains("minutehand_trader_state"), "{told}");
    }
    // A body that is said to end in two ways is not read, and nothing behind it is a request.
    let two_ends = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\nzGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let told = exchange(port, two_ends).await;
    assert!(told.matches("HTTP/1.1 ").count() <= 1, "{told}");
    let long = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(100_000));
    let told = exchange(port, long.as_bytes()).await;
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 4"), "{told}");

    let mut idle = Vec::with_capacity(IDLE);
    for _ in 0..IDLE {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let _closed_already = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: local").await;
        idle.push(stream);
    }
    checked(&get(port, "/metrics").await);
    median_of(&mut seen.trader.0, 2).await;
    let page = get(port, "/metrics").await;
    let failed = "minutehand_trader_rounds_total{outcome=\"failed\"}";
    assert!(
        (page.figure(failed) - before.figure(failed)).abs() < f64::EPSILON,
        "a minute was lost"
    );
    let is_open = |stream: &&TcpStream| {
        stream.try_read(&mut [0; 64]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    };
    assert!(idle.iter().filter(is_open).count() <= CONNECTIONS_MAX, "the others made room");
    seen.trader.0.stop().await;
}

#[tokio::test]
async fn c1_an_address_that_cannot_be_had_is_said_at_once() {
    for (kind, args) in [
        ("trader", vec!["--ephemeral", "--port", "0"]),
        ("generator", vec!["--port", "0"]),
        ("strategy", vec!["--name", "X", "--trader-port", "9", "--signal-ports", "9"]),
    ] {
        let told = run(kind, &[&args[..], &["--http", "0.0.0.0:0"]].concat()).await;
        assert_eq!(told.code, 2, "{}", told.err);
        assert!(
            told.err.contains("--http: 0.0.0.0 can be reached from other machines"),
            "{}",
            told.err
        );
        let told = run(kind, &[&args[..], &["--http", "somewhere"]].concat()).await;
        assert_eq!(told.code, 2, "{}", told.err);
    }
    let mut trader = Part::trader(&["--ephemeral", "--http", "0"]).await;
    let port = http_port(&mut trader).await.to_string();
    let told =
        run("trader", &["--ephemeral", "--interval", INTERVAL, "-p", "0", "--http", &port]).await;
    assert_eq!(told.code, 1, "{}", told.err);
    let expected = format!("--http: 127.0.0.1:{port} is in use by another process");
    assert!(told.err.contains(&expected), "{}", told.err);
    trader.stop().await;
}

#[tokio::test]
async fn without_the_flag_there_is_neither_thread_nor_socket() {
    let threads = |part: &Part| {
        let status = format!("/proc/{}/status", part.id().as_raw_nonzero());
        let status = std::fs::read_to_string(status).unwrap();
        let count = status.lines().find_map(|line| line.strip_prefix("Threads:")).unwrap();
        count.trim().parse::<usize>().unwrap()
    };
    let mut plain = Part::generator("g", &[]).await;
    plain.line("INFO generator ").await;
    let mut seen = Part::generator("h", &["--http", "0"]).await;
    http_port(&mut seen).await;
    assert_eq!(threads(&plain) + 1, threads(&seen));
}

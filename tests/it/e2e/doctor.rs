//! `minutehand doctor`: what it finds before a start, while a system runs, and when something is wrong.

use std::{fs, net::Ipv4Addr, path::Path};

use rustix::process::Signal;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::harness::{Output, Part, free_port, run};

async fn doctor(args: &[&str]) -> Output {
    run("minutehand", &[&["doctor"], args].concat()).await
}

/// A system of one trader, one generator and one strategy; with a journal, and certificates in `c`.
fn plan(home: &Path, [trader, generator, page]: [u16; 3]) -> String {
    let text = format!(
        "interval = '2s'\n[tls]\ndir = 'c'\n[trader]\nport = {trader}\njournal = 'j.sqlite'\n\
         [[generator]]\nname = 'a'\nport = {generator}\n\
         [[strategy]]\nname = 'X'\nsignals = ['a']\nhttp = {page}\n"
    );
    let file = home.join("p.toml");
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[track_caller]
fn has(output: &Output, line: &str) {
    assert!(output.out.lines().any(|found| found.starts_with(line)), "no `{line}`: {output:?}");
}

#[tokio::test]
async fn c5_a_plan_is_examined_before_its_start_and_while_it_runs() {
    let home = tempfile::tempdir().unwrap();
    let free = [(); 3].map(|()| free_port());
    let [trader, _, page] = free.each_ref().map(|(_, port)| *port);
    let plan = plan(home.path(), free.each_ref().map(|(_, port)| *port));
    let none = doctor(&[&plan]).await;
    assert_eq!(none.code, 1, "{none:?}");
    has(&none, &format!("bad   certificate of {}/c: ", home.path().display()));
    assert!(none.out.contains(&format!("; `minutehand certs {plan}` makes and renews them\n")));

    assert_eq!(run("minutehand", &["certs", &plan]).await.code, 0);
    let before = doctor(&[&plan]).await;
    assert_eq!((before.code, &*before.err), (0, ""), "{before:?}");
    has(&before, &format!("ok    plan of {plan}: 1 trader, 1 generator, 1 strategy"));
    has(&before, "ok    certificate of strategy X: valid until ");
    has(&before, &format!("ok    port of trader (127.0.0.1:{trader}): free: it does not run"));
    let of_page = format!("port of `http` of strategy X (127.0.0.1:{page})");
    has(&before, &format!("ok    {of_page}: free: it does not run"));
    has(
        &before,
        &format!("ok    journal of {}/j.sqlite (trader): not there yet", home.path().display()),
    );
    assert!(!home.path().join("j.sqlite").exists());

    let mut up = Part::spawn("up", "minutehand", &["up", &plan]);
    up.line(" first median").await;
    let running = doctor(&[&plan, "--json"]).await;
    assert_eq!((running.code, &*running.err), (0, ""), "{running:?}");
    let findings: Vec<Value> =
        running.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found = |check: &str, subject: &str| {
        let is_it = |finding: &&Value| {
            finding["check"] == check && finding["subject"].as_str().unwrap().starts_with(subject)
        };
        let found: Vec<_> = findings.iter().filter(is_it).collect();
        assert!(!found.is_empty(), "no {check} of {subject}: {}", running.out);
        assert!(found.iter().all(|finding| finding["level"] != "bad"), "{found:?}");
        found[0]["found"].as_str().unwrap().to_owned()
    };
    assert!(found("port", "trader (").contains(" since "));
    assert!(found("port", "generator a (").starts_with("a has a signal of "));
    assert!(found("clock", "trader").ends_with(" from that of this machine, and 33ms allowed"));
    assert!(found("clock", "generator a").contains(" from that of this machine"));
    assert_eq!(found("journal", ""), "all well");
    assert_eq!(found("port", "`http` of strategy X"), "its health is ok");
    up.stop().await;
}

#[tokio::test]
async fn c5_what_is_wrong_is_bad_and_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    // Somebody else, who accepts and says nothing of HTTP/2.
    let stranger = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let taken = stranger.local_addr().unwrap().port();
    // And a trader's gRPC where a page should be.
    let other = Part::trader(&["--ephemeral"]).await;
    let page = other.port;
    let text = format!(
        "[trader]\nport = {taken}\njournal = 'j.sqlite'\n[[generator]]\nname = 'a'\nsource = 'no.csv'\nsignal = 'close'\nhttp = {page}\n"
    );
    let plan = home.path().join("p.toml");
    fs::write(&plan, &text).unwrap();
    fs::write(home.path().join("j.sqlite"), "no journal").unwrap();
    let plan = plan.to_str().unwrap();
    let examined = doctor(&[plan, "--timeout", "500ms"]).await;
    assert_eq!(examined.code, 1, "{examined:?}");
    has(&examined, &format!("bad   port of trader (127.0.0.1:{taken}): no answer within 500ms; "));
    has(&examined, &format!("bad   journal of {}/j.sqlite (trader): ", home.path().display()));
    has(&examined, &format!("bad   source of {}/no.csv (generator a): ", home.path().display()));
    has(
        &examined,
        &format!("bad   port of `http` of generator a (127.0.0.1:{page}): no answer in HTTP: "),
    );
    assert!(examined.err.starts_with("4 of ") && examined.err.ends_with(" bad\n"), "{examined:?}");

    fs::write(plan, format!("{text}x = 1")).unwrap();
    let wrong = doctor(&[plan]).await;
    assert_eq!((wrong.code, &*wrong.out), (2, ""), "{wrong:?}");
}

#[tokio::test]
async fn c5_a_trader_alone_is_examined_whether_it_answers_hangs_or_is_down() {
    let mut trader = Part::trader(&["--ephemeral"]).await;
    let address = format!("127.0.0.1:{}", trader.port);
    let args = ["--trader", &address, "--timeout", "1s"];
    let answers = doctor(&args).await;
    assert_eq!((answers.code, &*answers.err), (0, ""), "{answers:?}");
    has(&answers, &format!("ok    port of trader ({address}): IDLE since "));
    trader.signal(Signal::STOP);
    has(&doctor(&args).await, &format!("bad   port of trader ({address}): no answer within 1s"));
    trader.signal(Signal::CONT);
    trader.kill().await;
    let down = doctor(&args).await;
    assert_eq!(down.code, 1, "{down:?}");
    has(&down, &format!("bad   port of trader ({address}): connection refused; start it"));
}

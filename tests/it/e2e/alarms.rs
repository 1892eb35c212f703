//! Alarms: what a command and a webhook are told, and when.

use std::{fs, io::Write as _, path::Path, process::Stdio, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustix::process::Signal;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
    process::Command,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls};

use crate::harness::{Link, PATIENCE, Part, can, free_port, run};

/// What a pipe holds, unless it is told otherwise (pipe(7)).
const PIPE_BYTES: usize = 65_536;

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

fn address(trader: &Part) -> String {
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

/// A pipe that is full blocks whoever writes to it.
#[tokio::test]
async fn e5_alarms_are_given_though_nobody_reads_what_is_printed() {
    let mut trader = Part::trader(&["--ephemeral"]).await;
    let a = Part::generator("a", &[]).await;
    let mut x = Part::strategy("X", &trader, &[&a], &[]);
    trader.line_where("a median", |line| line.ends_with(" count=1")).await;
    let (_unread, mut full) = std::io::pipe().unwrap();
    full.write_all(&vec![b'\n'; PIPE_BYTES]).unwrap();
    let hook = Hook::new(None).await;
    let url = format!("http://127.0.0.1:{}/", hook.port());
    let mut watch = Command::new(env!("CARGO_BIN_EXE_minutehand"));
    watch.args(["watch", "--json", "--trader", &address(&trader), "--webhook", &url]);
    watch.stdin(Stdio::null()).stdout(full).stderr(Stdio::null()).kill_on_drop(true);
    let _watch = watch.spawn().unwrap();
    trader.line_where("a median", |line| line.ends_with(" count=1")).await;
    x.kill().await;
    let alarm =
        async { while hook.event("204 No Content").await["causes"][0]["subject"] != "X" {} };
    timeout(PATIENCE, alarm).await.expect("X is told of");
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

/// An HTTP server of a test.
struct Hook {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Hook {
    async fn new(tls: Option<TlsAcceptor>) -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap(), tls }
    }

    fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// The next event, which is answered so.
    async fn event(&self, answer: &str) -> Value {
        let next = async {
            let (stream, _) = self.listener.accept().await.unwrap();
            match &self.tls {
                None => take(stream, answer).await,
                Some(tls) => take(tls.accept(stream).await.unwrap(), answer).await,
            }
        };
        timeout(PATIENCE, next).await.expect("an event comes")
    }
}

async fn take(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &str) -> Value {
    let mut read = String::new();
    loop {
        let mut some = [0; 4_096];
        let length = stream.read(&mut some).await.unwrap();
        assert_ne!(length, 0, "it ends within {read}");
        read.push_str(std::str::from_utf8(&some[..length]).unwrap());
        let body = read.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        if let Ok(event) = serde_json::from_str(body) {
            let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            return event;
        }
    }
}

#[tokio::test]
async fn a_webhook_that_fails_twice_gets_the_same_event_a_third_time() {
    let hook = Hook::new(None).await;
    let url = format!("http://ann:word@127.0.0.1:{}/secret?token=t", hook.port());
    let trader = Part::trader(&["--ephemeral"]).await;
    let args = ["watch", "--trader", &address(&trader), "--webhook", &url];
    let mut watch = Part::spawn("watch", "minutehand", &args);
    let mut ids = Vec::new();
    for answer in ["500 Internal Server Error", "503 Service Unavailable", "204 No Content"] {
        let event = hook.event(answer).await;
        assert_eq!((&event["event"], &event["state"]), (&"state".into(), &"IDLE".into()));
        ids.push(event["id"].clone());
    }
    assert!(ids[0] == ids[1] && ids[1] == ids[2], "{ids:?}");
    watch.line(": it takes events again").await;
    let hook = format!("--webhook http://127.0.0.1:{}/…: it answered 500 ", hook.port());
    assert_eq!(watch.said(&hook), 1);
    assert_eq!(watch.said("secret") + watch.said("word") + watch.said("token"), 0);
}

#[tokio::test]
async fn a_webhook_under_tls_is_believed_when_the_machine_trusts_its_authority() {
    let home = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let authority = home.path().join("ca.pem");
    let pem = BASE64_STANDARD.encode(made.cert.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n");
    fs::write(&authority, pem).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let hook = Hook::new(Some(TlsAcceptor::from(Arc::new(config)))).await;
    let (_reserved, port) = free_port();
    let (trader, url) =
        (format!("127.0.0.1:{port}"), format!("https://127.0.0.1:{}/", hook.port()));
    let args = ["watch", "--trader", &trader, "--webhook", &url];
    let trusting = ["env".to_owned(), format!("SSL_CERT_FILE={}", authority.display())];
    let _watch = Part::spawn_on(&trusting, "watch", "minutehand", &args);
    let event = hook.event("200 OK").await;
    assert_eq!(event["why"], "connection refused", "{event}");
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

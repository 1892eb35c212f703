//! Webhooks: what an HTTP server is told, and how it is tried again.

use std::{fs, io::Write as _, process::Stdio, sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
    process::Command,
    time::{Instant, timeout},
};
use tokio_rustls::{TlsAcceptor, rustls};

use super::alarms::address;
use crate::harness::{PATIENCE, Part, free_port};

/// What a pipe holds, unless it is told otherwise (pipe(7)).
const PIPE_BYTES: usize = 65_536;

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
async fn a_webhook_that_fails_twice_gets_the_same_event_a_third_time() {
    let hook = Hook::new(None).await;
    let url = format!("http://ann:word@127.0.0.1:{}/secret?token=t", hook.port());
    let trader = Part::trader(&["--ephemeral"]).await;
    let args = ["watch", "--trader", &address(&trader), "--webhook", &url];
    let mut watch = Part::spawn("watch", "minutehand", &args);
    let mut ids = Vec::new();
    let mut asked = Instant::now();
    for answer in
        ["500 Internal Server Error", "503 Service Unavailable\r\nRetry-After: 5", "204 No Content"]
    {
        let event = hook.event(answer).await;
        assert_eq!((&event["event"], &event["state"]), (&"state".into(), &"IDLE".into()));
        ids.push(event["id"].clone());
        if ids.len() == 2 {
            asked = Instant::now();
        }
    }
    assert!(asked.elapsed() >= Duration::from_secs(5), "it was asked to wait so long");
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

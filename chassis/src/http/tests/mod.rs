//! A site over a network in memory, and clients that speak as they please.

mod limits;
mod probed;

use std::{io, net::SocketAddr, time::Duration};

use futures_util::{StreamExt as _, future::pending, stream};
use http::StatusCode;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::*;

/// What the wire of one connection holds, in bytes.
const WIRE_BYTES: usize = 64 * 1024;

/// More than any test has at once.
const MANY: usize = 1_024;

/// Longer than any limit of the server.
const ANSWER_MAX: Duration = Duration::from_mins(2);

const GET: &str = "GET /figures HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/// A site that is served, and the way to it.
struct Served {
    way: mpsc::Sender<io::Result<(DuplexStream, SocketAddr)>>,
    stop: CancellationToken,
    server: JoinSet<()>,
}

fn site() -> Site {
    let endless = |_| async {
        let beats = stream::once(async { Ok(Frame::data("beat\n".into())) });
        Answer::new(StreamBody::new(beats.chain(stream::pending())).boxed_unsync())
    };
    let large = |_| async { text(StatusCode::OK, vec![b'x'; 8 * WIRE_BYTES]) };
    let echo = |request: Request| async move {
        let visitor = request.extensions().get::<Visitor>().cloned().expect("who asks is known");
        match read(request, 8).await {
            Ok(body) => text(StatusCode::OK, format!("{} said {body:?}", visitor.address())),
            Err(refusal) => refusal,
        }
    };
    Site::default()
        .with("/figures", Route::get(Whom::Anyone, |_| async { text(StatusCode::OK, "12\n") }))
        .with("/medians", Route::get(Whom::Readers, |_| async { text(StatusCode::OK, "0.5\n") }))
        .with("/echo", Route::post(Whom::Operators, echo))
        .with("/endless", Route::get(Whom::Anyone, endless))
        .with("/large", Route::get(Whom::Anyone, large))
        .with("/mute", Route::get(Whom::Anyone, |_| pending()))
}

fn serve_it(secured: bool) -> Served {
    let (way, incoming) = mpsc::channel(MANY);
    let stop = CancellationToken::new();
    let mut server = JoinSet::new();
    let incoming = ReceiverStream::new(incoming);
    server.spawn(serve(site(), incoming, (None, secured), stop.clone()));
    Served { way, stop, server }
}

impl Served {
    fn dial_from(&self, from: &str) -> DuplexStream {
        let (here, there) = tokio::io::duplex(WIRE_BYTES);
        self.way.try_send(Ok((there, from.parse().unwrap()))).unwrap();
        here
    }

    fn dial(&self) -> DuplexStream {
        self.dial_from("127.0.0.1:9")
    }

    /// All that comes back to these bytes until the connection is closed.
    async fn ask(&self, bytes: &str) -> String {
        let mut client = self.dial();
        client.write_all(bytes.as_bytes()).await.unwrap();
        told(&mut client).await
    }
}

async fn told(client: &mut DuplexStream) -> String {
    let mut told = Vec::new();
    let ended = timeout(ANSWER_MAX, client.read_to_end(&mut told)).await;
    ended.expect("what has no end is not answered here").unwrap();
    String::from_utf8(told).unwrap()
}

/// Reads until `text` has come.
async fn until(client: &mut DuplexStream, text: &str) -> String {
    let mut told = String::new();
    while !told.contains(text) {
        let mut bytes = [0; 1_024];
        let length = client.read(&mut bytes).await.unwrap();
        assert!(length > 0, "closed after {told:?}");
        told.push_str(str::from_utf8(&bytes[..length]).unwrap());
    }
    told
}

fn closing(line: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: localhost:9100\r\nConnection: close\r\n\r\n")
}

fn status(told: &str) -> &str {
    told.split("\r\n").next().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_is_answered_and_nothing_else() {
    let served = serve_it(false);
    let told = served.ask(&closing("GET /figures?since=1")).await;
    assert_eq!(status(&told), "HTTP/1.1 200 OK");
    assert!(told.ends_with("\r\n\r\n12\n"), "{told}");
    for header in [
        "cache-control: no-store",
        "content-security-policy: default-src 'none'; frame-ancestors 'none'",
        "cross-origin-resource-policy: same-origin",
        "x-content-type-options: nosniff",
        "content-length: 3",
    ] {
        assert!(told.contains(header), "{header}: {told}");
    }
    let told = served.ask(&closing("HEAD /figures")).await;
    assert!(told.contains("content-length: 3") && told.ends_with("\r\n\r\n"), "{told}");
    let told = served.ask(&closing("GET /nothing")).await;
    assert_eq!(status(&told), "HTTP/1.1 404 Not Found");
    assert!(told.contains("there are /echo, /endless, /figures, "), "{told}");
    let told = served.ask(&closing("DELETE /figures")).await;
    assert_eq!(status(&told), "HTTP/1.1 405 Method Not Allowed");
    assert!(told.contains("allow: GET\r\n"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn one_connection_takes_many_requests() {
    let served = serve_it(false);
    let mut client = served.dial();
    for _ in 0..3 {
        client.write_all(GET.as_bytes()).await.unwrap();
        assert!(until(&mut client, "12\n").await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test(start_paused = true)]
async fn fault_53_rubbish_is_refused_and_the_connection_closed() {
    let served = serve_it(false);
    let headers = "x: y\r\n".repeat(HEADERS_MAX + 1);
    let long = "x".repeat(2 * HEADERS_BYTES_MAX);
    for (rubbish, answer) in [
        ("what is this, then?\r\n\r\n".to_owned(), "HTTP/1.1 400 Bad Request"),
        (
            "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}0123456789".to_owned(),
            "HTTP/1.1 400 Bad Request",
        ),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), "HTTP/1.1 505"),
        (format!("GET / HTTP/1.1\r\n{headers}\r\n"), "HTTP/1.1 431"),
        (format!("GET / HTTP/1.1\r\nx: {long}\r\n\r\n"), "HTTP/1.1 431"),
        (format!("GET /{long} HTTP/1.1\r\n\r\n"), "HTTP/1.1 4"),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n".to_owned(), "HTTP/1.1 400"),
        ("GET /figures HTTP/1.0\r\n\r\n".to_owned(), "HTTP/1.0 400"),
    ] {
        let start = Instant::now();
        let told = served.ask(&rubbish).await;
        let shown: String = rubbish.chars().take(40).collect();
        assert!(
            told.starts_with(answer) || told.is_empty() && answer.ends_with("505"),
            "{shown:?}: {told:?}"
        );
        assert!(start.elapsed() < Duration::from_secs(1), "{shown:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn fault_57_only_this_machine_by_its_address_and_no_other_page() {
    let served = serve_it(false);
    let get =
        |host: &str| format!("GET /figures HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&served.ask(&get("127.0.0.1:9100")).await), "HTTP/1.1 200 OK");
    let told = served.ask(&get("evil.example")).await;
    assert_eq!(status(&told), "HTTP/1.1 421 Misdirected Request");
    assert!(told.contains("http://127.0.0.1:PORT/") && !told.contains("12\n"), "{told}");
    let post = |more: &str| {
        format!(
            "POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 2\r\n{more}\r\nhi"
        )
    };
    let told = served.ask(&post("")).await;
    assert!(told.ends_with("127.0.0.1:9 said b\"hi\""), "{told}");
    let told = served.ask(&post("Origin: http://evil.example\r\n")).await;
    assert_eq!(status(&told), "HTTP/1.1 403 Forbidden");
    let mut afar = served.dial_from("192.0.2.7:9");
    afar.write_all(post("").as_bytes()).await.unwrap();
    assert_eq!(status(&self::told(&mut afar).await), "HTTP/1.1 403 Forbidden");
}

#[tokio::test(start_paused = true)]
async fn fault_57_a_part_with_tls_shows_on_loopback_how_it_fares_and_no_more() {
    let served = serve_it(true);
    assert_eq!(status(&served.ask(&closing("GET /figures")).await), "HTTP/1.1 200 OK");
    for line in ["GET /medians", "POST /echo"] {
        let told = served.ask(&closing(line)).await;
        assert_eq!(status(&told), "HTTP/1.1 403 Forbidden");
        assert!(told.contains("certificates only") && !told.contains("0.5"), "{told}");
    }
}

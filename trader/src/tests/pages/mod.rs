//! The page, as who asks over HTTP sees it.

mod live;
mod safe;

use std::{io, net::SocketAddr, time::Duration};

use chassis::http::{self, Site};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::mpsc,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::{World, callers::Strategy, config, start, start_as, start_from};
use crate::site;

const HERE: &str = "127.0.0.1:9";
const AFAR: &str = "192.0.2.7:9";

/// A trader with its site.
struct Served {
    world: World,
    way: mpsc::Sender<io::Result<(DuplexStream, SocketAddr)>>,
}

fn serve_as(mut world: World, secured: bool) -> Served {
    let (way, incoming) = mpsc::channel(64);
    let site: Site = site::of(world.handle.clone(), world.clock);
    let incoming = ReceiverStream::new(incoming);
    // It is stopped after the driver, as it is where it ships.
    let stop = CancellationToken::new();
    world.tasks.spawn(http::serve(site, incoming, (None, secured), stop));
    Served { world, way }
}

fn serve(world: World) -> Served {
    serve_as(world, false)
}

impl Served {
    async fn dial(&self, from: &str, asked: &str) -> DuplexStream {
        let (mut here, there) = tokio::io::duplex(4 * 1024 * 1024);
        self.way.send(Ok((there, from.parse().unwrap()))).await.unwrap();
        here.write_all(asked.as_bytes()).await.unwrap();
        here
    }

    /// All that is answered.
    async fn ask(&self, from: &str, asked: &str) -> String {
        let mut answer = String::new();
        self.dial(from, asked).await.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn get(&self, from: &str, path: &str) -> String {
        let asked = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        self.ask(from, &asked).await
    }

    async fn post(&self, from: &str, more: &str, form: &str) -> String {
        let length = form.len();
        let asked = format!(
            "POST /deregister HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
             Content-Length: {length}\r\n{more}\r\n{form}"
        );
        self.ask(from, &asked).await
    }

    /// The page when it has had time to be written.
    async fn page(&self) -> String {
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.get(HERE, "/").await
    }
}

/// The texts that stand between tags, without what is for the eye alone.
fn told(page: &str) -> String {
    let body = page.split_once("<body>").map_or(page, |(_, body)| body);
    let body = body.split("<span aria-hidden=\"true\">").map(|part| {
        part.split_once("</span>")
            .filter(|(glyph, _)| glyph.chars().count() == 1)
            .map_or(part, |(_, rest)| rest)
    });
    let texts = body.flat_map(|part| {
        part.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text))
    });
    texts.map(str::trim).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" | ")
}

#[track_caller]
fn says(page: &str, expected: &[&str]) {
    let told = told(page);
    for text in expected {
        assert!(told.contains(text), "{text:?} is not in {told}");
    }
}

#[track_caller]
fn answers(answer: &str, status: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{status}: {answer}");
}

async fn three(world: &World) -> [Strategy; 3] {
    [world.register("X").await, world.register("Y").await, world.register("Z").await]
}

#[tokio::test(start_paused = true)]
async fn e1_the_state_is_seen_at_one_glance_with_causes_and_what_to_do() {
    let served = serve(start("12:00:30"));
    let world = &served.world;
    let page = served.page().await;
    answers(&page, "200");
    says(
        &page,
        &["IDLE | since 2026-11-20 12:00:30 UTC", "Start one", "no median", "None is registered"],
    );
    let [x, y, z] = three(world).await;
    // Nobody is told that somebody has come: it is seen all the same.
    tokio::time::sleep(Duration::from_secs(3)).await;
    says(&served.page().await, &["WAITING", "X | connected | nothing yet", "None has ended yet."]);
    world.reach("12:01:00").await;
    for (strategy, value) in [(&x, 0.5), (&y, 1.0), (&z, 4.0)] {
        assert_eq!(strategy.decide("12:01:00", value).await, "accepted");
    }
    let page = served.page().await;
    says(
        &page,
        &[
            "OK | since 2026-11-20 12:01:00 UTC",
            "1 | lapsed: | median of 3 decisions for 12:01, from 0.5 to 4, valid until 2026-11-20 12:02:10 UTC",
            "12:01: median 1 |",
            "X, 12:01: included, 0.5 |",
            "Z, 12:01: included, 4 |",
        ],
    );
    assert!(page.contains("<title>OK 1</title>"), "{page}");
    assert!(page.contains("href=\"/minute?at=2026-11-20T12:01:00Z\">12:01</a>"), "{page}");
    world.reach("12:02:10").await;
    let page = served.page().await;
    says(
        &page,
        &["ERROR", "no median", "What is wrong: X silent, Y silent, Z silent.", "look at its log"],
    );
    assert!(page.contains("<title>ERROR: X silent</title>"), "{page}");
    world.halt("a <b>bad</b> day").await;
    says(&served.page().await, &["HALTED", "a &lt;b&gt;bad&lt;/b&gt; day", "`minutehand resume`"]);
}

#[tokio::test(start_paused = true)]
async fn each_strategy_is_seen_in_each_minute_as_it_took_part() {
    let served = serve(start("12:00:30"));
    let world = &served.world;
    let [x, y, z] = three(world).await;
    let late = world.register("late").await;
    let gone = world.register("gone").await;
    world.reach("12:01:00").await;
    assert_eq!(x.decide("12:01:00", 0.5).await, "accepted");
    let why = "generator <img src=x onerror=alert(1)>: \"refused\"";
    assert_eq!(y.abstain("12:01:00", why).await, "accepted");
    let stale = z.decision("12:01:00", 1.0);
    let stale = proto::v1::SubmitRequest {
        signals: vec![super::callers::signal("12:00:00", 1.0)],
        ..stale
    };
    assert!(z.submit(stale).await.contains("stale"), "its signal is of the minute before");
    drop(gone);
    world.reach("12:01:11").await;
    assert!(late.decide("12:01:00", 2.0).await.contains("late"), "the minute is closed");
    // What came late is nothing that anybody is told: it is seen all the same.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let page = served.page().await;
    says(
        &page,
        &[
            "12:01: failed, no median",
            "X, 12:01: unused, 0.5",
            "Y, 12:01: abstained, generator &lt;img src=x onerror=alert(1)&gt;: &quot;refused&quot;",
            "Z, 12:01: stale, ",
            "late, 12:01: late, it came when the minute was closed",
            "gone, 12:01: disconnected, no session",
        ],
    );
    for class in ["unused", "abstained", "stale", "late", "disconnected", "failed"] {
        assert!(page.contains(&format!("<td class=\"{class}\" title=")), "{class}: {page}");
    }
    assert!(!page.contains("<img") && !page.contains("<b>"), "{page}");
}

#[tokio::test(start_paused = true)]
async fn what_was_before_the_page_began_is_on_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("j.sqlite");
    let world = start_from(&file, "12:00:30");
    let strategy = world.register("X").await;
    for minute in ["12:01:00", "12:02:00"] {
        world.reach(minute).await;
        assert_eq!(strategy.decide(minute, 0.5).await, "accepted");
    }
    world.breathe().await;
    world.stopped().await;
    let served = serve(start_from(&file, "12:10:30"));
    let page = served.page().await;
    says(
        &page,
        &[
            "X, 12:01: included, 0.5",
            "X, 12:02: included, 0.5",
            "12:03: the trader was not running",
        ],
    );
    assert_eq!(page.matches("href=\"/minute?").count(), 3, "a run of minutes is one: {page}");
}

#[tokio::test(start_paused = true)]
async fn an_hour_is_shown_and_no_more() {
    let served = serve(start("12:00:30"));
    let strategy = served.world.register("X").await;
    for minute in 1..70 {
        let minute = format!("{:02}:{:02}:00", 12 + minute / 60, minute % 60);
        served.world.reach(&minute).await;
        assert_eq!(strategy.decide(&minute, 0.5).await, "accepted");
    }
    let page = served.page().await;
    assert_eq!(page.matches("href=\"/minute?").count(), 60);
    says(&page, &["X, 12:10: included", "X, 13:09: included"]);
    assert!(!page.contains("X, 12:09"), "the oldest goes");
}

#[tokio::test(start_paused = true)]
async fn j5_a_minute_leads_to_all_that_is_on_record_about_it() {
    let served = serve(start("12:00:30"));
    let world = &served.world;
    let mut strategies = Vec::new();
    for n in 0..60 {
        strategies.push(world.register(&format!("S{n:02}")).await);
    }
    world.reach("12:01:00").await;
    for (n, strategy) in (0_u8..).zip(&strategies) {
        assert_eq!(strategy.decide("12:01:00", f64::from(n)).await, "accepted");
    }
    world.breathe().await;
    let page = served.get(HERE, "/minute?at=2026-11-20T12:01:00Z").await;
    answers(&page, "200");
    says(
        &page,
        &[
            "Minute 2026-11-20T12:01:00Z",
            "median | 29.5 | of 60 from 0 to 59",
            "S00 | 0 | +0.0",
            "| g 0",
        ],
    );
    says(&page, &["More, after S49"]);
    assert!(page.contains("S49") && !page.contains("S50"), "{page}");
    let rest = served.get(HERE, "/minute?at=2026-11-20T12%3A01%3A00Z&after=S49").await;
    assert!(!rest.contains("S48") && rest.contains("S50") && rest.contains("S59"), "{rest}");
    assert!(!rest.contains("More, after"), "{rest}");
    for (path, status, words) in [
        ("/minute?at=2026-11-20T12:02:00Z", "404", "has no verdict"),
        ("/minute", "400", "as /minute?at="),
        ("/minute?at=noon", "400", "as /minute?at="),
        ("/minute?at=2026-11-20T12:01:00Z&after=%3Cb%3E", "400", "as /minute?at="),
    ] {
        let answer = served.get(HERE, path).await;
        answers(&answer, status);
        says(&answer, &[words]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_trader_that_stands_still_is_told_of() {
    let mut config = config();
    config.strategies_max = 1;
    let mut world = start_as("12:00:30", config);
    // Requests are taken, and nobody answers.
    let about = world.handle.about().clone();
    let (deaf, _queue) = crate::handle::Handle::new(about);
    world.handle = deaf;
    let served = serve(world);
    let answer = served.get(HERE, "/").await;
    answers(&answer, "503");
    says(&answer, &["it stands still"]);
}

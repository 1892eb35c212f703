//! What parts say of themselves, and what is said of a part whose loop does not.

use std::sync::Arc;

use futures_util::future::pending;
use tokio::{sync::mpsc, task::JoinSet, time::Instant};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::{super::*, MANY, Served, closing, status};
use crate::figures::{Family, Page};

const UP: Family = Family::gauge("test_up", &[], "One.");

struct Part(Readiness);

impl Snapshot for Part {
    fn figures(&self) -> Page {
        let mut page = Page::default();
        page.single(&UP, true);
        page
    }

    fn readiness(&self) -> Readiness {
        self.0.clone()
    }
}

fn probed(look: &Look<Part>) -> Served {
    let (way, incoming) = mpsc::channel(MANY);
    let stop = CancellationToken::new();
    let mut server = JoinSet::new();
    server.spawn(serve(probes(look), ReceiverStream::new(incoming), (None, true), stop.clone()));
    Served { way, stop, server }
}

fn part(ready: bool, reasons: usize) -> Look<Part> {
    Arc::new(move || {
        let reasons = (0..reasons).map(|k| format!("reason {k}")).collect();
        let readiness = Readiness { ready, summary: "as it is".to_owned(), reasons };
        Box::pin(async move { Ok(Part(readiness)) })
    })
}

#[tokio::test(start_paused = true)]
async fn a_part_shows_its_figures_and_says_whether_it_is_ready() {
    let served = probed(&part(true, 0));
    let told = served.ask(&closing("GET /metrics")).await;
    assert!(told.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{told}");
    assert!(told.ends_with("# TYPE test_up gauge\ntest_up 1\n"), "{told}");
    let told = served.ask(&closing("GET /readyz")).await;
    assert_eq!(status(&told), "HTTP/1.1 200 OK");
    assert!(told.ends_with("\r\n\r\nas it is\n"), "{told}");
    let told = served.ask(&closing("GET /healthz")).await;
    assert!(status(&told) == "HTTP/1.1 200 OK" && told.ends_with("\r\n\r\nok\n"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_not_ready_is_alive_and_says_why_at_some_length() {
    let served = probed(&part(false, 18));
    assert_eq!(status(&served.ask(&closing("GET /healthz")).await), "HTTP/1.1 200 OK");
    let told = served.ask(&closing("GET /readyz")).await;
    assert_eq!(status(&told), "HTTP/1.1 503 Service Unavailable");
    assert!(told.contains("\r\n\r\nas it is\nreason 0\n"), "{told}");
    assert!(told.ends_with("reason 15\nand 2 more\n"), "{told}");
    let served = probed(&part(false, 16));
    let told = served.ask(&closing("GET /readyz")).await;
    assert!(told.ends_with("reason 15\n"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_stands_still_is_not_healthy() {
    let look: Look<Part> = Arc::new(|| Box::pin(pending()));
    let served = probed(&look);
    for path in ["/healthz", "/readyz", "/metrics"] {
        let start = Instant::now();
        let told = served.ask(&closing(&format!("GET {path}"))).await;
        assert_eq!(status(&told), "HTTP/1.1 503 Service Unavailable");
        assert!(
            told.ends_with("stalled: the loop that owns the minutes has not answered for 5 s\n"),
            "{told}"
        );
        assert_eq!(start.elapsed().as_secs(), 5);
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_cannot_answer_says_why() {
    let look: Look<Part> = Arc::new(|| Box::pin(async { Err("overload: later".to_owned()) }));
    let told = probed(&look).ask(&closing("GET /healthz")).await;
    assert_eq!(status(&told), "HTTP/1.1 503 Service Unavailable");
    assert!(told.ends_with("overload: later\n"), "{told}");
}

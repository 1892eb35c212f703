//! What an open page hears.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, DuplexStream},
    time::timeout,
};

use super::{super::start, HERE, serve};

/// Reads until `text` has come; none if the stream has ended.
async fn until(stream: &mut DuplexStream, text: &str) -> Option<String> {
    let mut told = String::new();
    while !told.contains(text) {
        let mut bytes = [0; 4_096];
        match stream.read(&mut bytes).await.unwrap() {
            0 => return None,
            length => told.push_str(str::from_utf8(&bytes[..length]).unwrap()),
        }
    }
    Some(told)
}

fn version(told: &str) -> &str {
    let (_, rest) = told.rsplit_once("{\"version\":\"").expect("a beat has one");
    &rest[..8]
}

#[tokio::test(start_paused = true)]
async fn an_open_page_hears_of_each_change_and_that_the_trader_is_there() {
    let served = serve(start("12:00:30"));
    let world = &served.world;
    let asked = "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    let mut stream = served.dial(HERE, asked).await;
    let first = until(&mut stream, "\"valid_ms\":null}\n\n").await.unwrap();
    assert!(first.contains("content-type: text/event-stream") && first.contains("event: beat\n"));
    let idle = version(&first).to_owned();
    let again = until(&mut stream, "\"valid_ms\":null}\n\n").await.unwrap();
    assert_eq!(version(&again), idle, "it beats, though nothing has changed");
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    assert_eq!(strategy.decide("12:01:00", 0.5).await, "accepted");
    let asked = until(&mut stream, "\"valid_ms\":69").await.expect("70 s less what it took");
    assert_ne!(version(&asked), idle);
    let now = served.get(HERE, "/now").await;
    assert!(now.contains("\r\nvalid-ms: 69"), "{now}");
    let shown = format!("data-version=\"{}\"", version(&asked));
    assert!(now.contains(&shown), "{shown}: {now}");
    world.stop.cancel();
    let end = timeout(Duration::from_secs(3), until(&mut stream, "0\r\n\r\n")).await;
    assert!(end.is_ok_and(|end| end.is_some()), "the stream ends with the trader");
}

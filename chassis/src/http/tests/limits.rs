//! Clients that send or read too slowly, or too much, or are too many.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::{
    io::AsyncWriteExt as _,
    time::{Instant, timeout},
};

use super::{
    super::{CONNECTIONS_MAX, STREAMS_MAX},
    GET, WIRE_BYTES, closing, serve_it, status, told, until,
};

#[tokio::test(start_paused = true)]
async fn fault_53_a_body_has_a_length_and_no_more() {
    let served = serve_it(false);
    let post = |length, body: &str| {
        format!(
            "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    assert!(served.ask(&post(8, "12345678")).await.ends_with("said b\"12345678\""));
    let told = served.ask(&post(9, "123456789")).await;
    assert_eq!(status(&told), "HTTP/1.1 413 Payload Too Large");
    let start = Instant::now();
    let told = served.ask(&post(8, "1234")).await;
    assert_eq!(status(&told), "HTTP/1.1 503 Service Unavailable", "the rest never comes");
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn fault_51_dripping_headers_gains_no_time() {
    let served = serve_it(false);
    let (start, mut client) = (Instant::now(), served.dial());
    let drops = GET.bytes().cycle().filter(|byte| *byte != b'\r' && *byte != b'\n');
    let dripped = async {
        let drops = stream::iter(drops).then(|byte| async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            [byte]
        });
        let mut drops = std::pin::pin!(drops);
        while let Some(byte) = drops.next().await
            && client.write_all(&byte).await.is_ok()
        {}
    };
    timeout(Duration::from_mins(2), dripped).await.expect("closed");
    assert!(start.elapsed() <= Duration::from_secs(31), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn fault_50_a_client_that_says_nothing_is_closed_after_five_seconds_here_too() {
    let served = serve_it(false);
    let start = Instant::now();
    assert_eq!(told(&mut served.dial()).await, "");
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn fault_52_a_client_that_does_not_read_is_closed() {
    let served = serve_it(false);
    let mut client = served.dial();
    client.write_all(closing("GET /large").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(11)).await;
    let told = told(&mut client).await;
    assert_eq!(status(&told), "HTTP/1.1 200 OK");
    assert!(told.len() <= WIRE_BYTES, "cut off, as it did not read: {}", told.len());
    assert!(
        served.ask(&closing("GET /large")).await.len() > 8 * WIRE_BYTES,
        "who reads has it all"
    );
}

#[tokio::test(start_paused = true)]
async fn fault_51_a_route_that_takes_too_long_is_given_up() {
    let served = serve_it(false);
    let start = Instant::now();
    let told = served.ask(&closing("GET /mute")).await;
    assert_eq!(status(&told), "HTTP/1.1 503 Service Unavailable");
    assert!(told.ends_with("slow: no answer within 10 s\n"), "{told}");
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn fault_50_streams_leave_room_for_those_who_want_one_figure() {
    let served = serve_it(false);
    let mut open = Vec::new();
    for _ in 0..STREAMS_MAX {
        let mut client = served.dial();
        client.write_all(closing("GET /endless").as_bytes()).await.unwrap();
        until(&mut client, "beat").await;
        open.push(client);
    }
    let told = served.ask(&closing("GET /endless")).await;
    assert_eq!(status(&told), "HTTP/1.1 503 Service Unavailable");
    assert_eq!(status(&served.ask(&closing("GET /figures")).await), "HTTP/1.1 200 OK");
    drop(open.pop());
    let mut client = served.dial();
    tokio::time::sleep(Duration::from_millis(1)).await;
    client.write_all(closing("GET /endless").as_bytes()).await.unwrap();
    until(&mut client, "beat").await;
}

#[tokio::test(start_paused = true)]
async fn fault_50_idle_connections_keep_nobody_out() {
    let served = serve_it(false);
    let mut idle: Vec<_> = (0..2 * CONNECTIONS_MAX).map(|_| served.dial()).collect();
    assert_eq!(status(&served.ask(&closing("GET /figures")).await), "HTTP/1.1 200 OK");
    assert_eq!(told(&mut idle[0]).await, "", "the oldest made room");
}

#[tokio::test(start_paused = true)]
async fn fault_49_a_stop_waits_for_an_open_stream_one_second() {
    let mut served = serve_it(false);
    let (mut idle, mut streaming) = (served.dial(), served.dial());
    idle.write_all(GET.as_bytes()).await.unwrap();
    until(&mut idle, "12\n").await;
    streaming.write_all(closing("GET /endless").as_bytes()).await.unwrap();
    until(&mut streaming, "beat").await;
    let start = Instant::now();
    served.stop.cancel();
    assert_eq!(told(&mut idle).await, "", "who is idle is let go at once");
    assert_eq!(start.elapsed(), Duration::ZERO);
    served.server.join_next().await.unwrap().unwrap();
    assert_eq!(start.elapsed().as_secs(), 1);
}

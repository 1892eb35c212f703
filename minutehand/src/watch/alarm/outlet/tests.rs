//! Servers that refuse, and events that wait.

use std::net::Ipv4Addr;

use chassis::{clock::Clock, grid::Timestamp};
use rand::SeedableRng as _;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket},
    task::JoinSet,
    time::timeout,
};

use super::*;
use crate::{report::Moment, watch::alarm::event::Alarm};

fn event(id: u64) -> Arc<Event> {
    let at = Moment(Timestamp::default());
    let why = "connection refused".to_owned();
    let alarm = Alarm::Lost { since: at, minute: None, valid_until: None, why };
    let (address, text) = ("h:1".to_owned(), "lost".to_owned());
    Arc::new(Event { id: id.to_string(), at, trader: None, address, state: "LOST", alarm, text })
}

/// A port that refuses until it listens.
fn refusing() -> (TcpSocket, Receiver) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let url = format!("http://{}/hook", socket.local_addr().unwrap());
    let webhook = Webhook::new(url.parse().unwrap()).unwrap();
    (socket, Receiver::Webhook(webhook))
}

fn outlet(receiver: Receiver, limit: Duration) -> Outlet {
    Outlet::new(receiver, limit, StdRng::seed_from_u64(1), Paper::Direct)
}

/// An outlet that delivers what it is sent.
fn running(receiver: Receiver, limit: Duration) -> (mpsc::Sender<Arc<Event>>, JoinSet<()>) {
    let (events, from) = mpsc::channel(2);
    let mut tasks = JoinSet::new();
    tasks.spawn(outlet(receiver, limit).run(from));
    (events, tasks)
}

/// The next request's head and JSON, once it is answered.
async fn request(server: &TcpListener, answer: &str) -> (String, Value) {
    let (mut stream, _) = server.accept().await.unwrap();
    let mut read = Vec::new();
    loop {
        let mut some = [0; 4_096];
        let length = stream.read(&mut some).await.unwrap();
        read.extend_from_slice(&some[..length]);
        let text = String::from_utf8(read.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if let Ok(json) = serde_json::from_str(body) {
            let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            return (head.to_owned(), json);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_given_up_after_ten_minutes_and_the_next_one_says_so() {
    let (socket, receiver) = refusing();
    let (events, mut tasks) = running(receiver, Duration::from_hours(1));
    let clock = Clock::system();
    events.send(event(1)).await.unwrap();
    sleep(TRIED_MAX + 2 * PAUSE_MAX).await;
    assert!(clock.now().mono > TRIED_MAX);
    let server = socket.listen(16).unwrap();
    events.send(event(2)).await.unwrap();
    let (head, json) = request(&server, "204 No Content").await;
    assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
    assert!(head.contains("\r\nidempotency-key: \"2\"\r\n"), "{head}");
    assert_eq!((json["id"].as_str(), json["dropped"].as_u64()), (Some("2"), Some(1)));
    drop(events);
    tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_refused_is_tried_again_in_order_and_with_the_same_id() {
    let (socket, receiver) = refusing();
    let server = socket.listen(16).unwrap();
    let (events, mut tasks) = running(receiver, Duration::from_secs(20));
    for id in [1, 2] {
        events.send(event(id)).await.unwrap();
    }
    let mut ids = Vec::new();
    for answer in ["500 Oops", "302 Found", "200 OK", "429 Slow Down", "201 Created"] {
        let next = timeout(Duration::from_secs(30), request(&server, answer)).await;
        let (_, json) = next.expect("an event comes");
        ids.push(json["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids, ["1", "1", "1", "2", "2"]);
    drop(events);
    tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_refused_for_good_is_not_tried_again() {
    let (socket, receiver) = refusing();
    let server = socket.listen(16).unwrap();
    let (events, mut tasks) = running(receiver, Duration::from_secs(20));
    let mut told = Vec::new();
    for (id, answer) in [(1, "400 Bad Request"), (2, "200 OK")] {
        events.send(event(id)).await.unwrap();
        let next = timeout(Duration::from_secs(30), request(&server, answer)).await;
        let (_, json) = next.expect("an event comes");
        told.push((json["id"].as_str().unwrap().to_owned(), json["dropped"].as_u64()));
    }
    assert_eq!(told, [("1".to_owned(), None), ("2".to_owned(), Some(1))]);
    drop(events);
    tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_event_is_given_up_sooner_where_newer_ones_wait() {
    let (socket, receiver) = refusing();
    let (events, mut tasks) = running(receiver, Duration::from_hours(1));
    for id in [1, 2] {
        events.send(event(id)).await.unwrap();
    }
    sleep(TRIED_BEFORE_OTHERS_MAX + 2 * PAUSE_MAX).await;
    let server = socket.listen(16).unwrap();
    let (_, json) = request(&server, "204 No Content").await;
    assert_eq!((json["id"].as_str(), json["dropped"].as_u64()), (Some("2"), Some(1)));
    drop(events);
    tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test]
async fn at_the_end_what_is_left_is_tried_once() {
    let (_socket, receiver) = refusing();
    let outlet = outlet(receiver, Duration::from_secs(20));
    let (events, from) = mpsc::channel(2);
    for id in [1, 2] {
        events.send(event(id)).await.unwrap();
    }
    drop(events);
    outlet.run(from).await;
}

#[test]
fn a_full_queue_lets_the_oldest_go() {
    let mut waiting = Waiting::default();
    for id in 0..WAITING_MAX as u64 + 3 {
        waiting.push(event(id));
    }
    assert_eq!((waiting.gone, waiting.events.len()), (3, WAITING_MAX));
    assert_eq!(waiting.events[0].id, "3");
}

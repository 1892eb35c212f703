//! The exchange as a good one, over real sockets.

use serde_json::json;
use tokio_tungstenite::tungstenite::{Error, Message, http::StatusCode};

use super::world::World;
use crate::{Config, RATE_MAX, Venue};

#[tokio::test(start_paused = true)]
async fn trades_have_consecutive_ids_and_are_those_of_the_tape() {
    let world = World::new(Venue::Binance);
    let mut client = world.binance().await;
    let mut told = Vec::new();
    while told.len() < 200 {
        let message = client.json().await;
        if message["e"] == "trade" {
            told.push((message["t"].as_u64().unwrap(), message["p"].as_str().unwrap().to_owned()));
        }
    }
    assert!(told.iter().zip(told[0].0..).all(|((id, _), expected)| *id == expected));
    let tape = world.tape().await;
    assert_eq!(tape[0].id, 1);
    for (id, price) in told {
        let trade = tape.iter().find(|trade| trade.id == id).unwrap();
        assert_eq!(price, format!("{:.8}", trade.price));
    }
}

#[tokio::test(start_paused = true)]
async fn a_kline_is_told_every_second_and_closed_once() {
    let world = World::new(Venue::Binance);
    let mut client = world.binance().await;
    let mut klines = Vec::new();
    while klines.len() < 62 {
        let message = client.json().await;
        if message["e"] == "kline" {
            klines.push(message);
        }
    }
    let closed: Vec<usize> = (0..62).filter(|at| klines[*at]["k"]["x"] == true).collect();
    assert_eq!(closed, [1, 61], "of 11:59, and of 12:00 sixty seconds later");
    let tape = world.tape().await;
    let within = |trade: &&crate::Trade| trade.at.to_string().starts_with("2026-11-20T12:00:");
    assert_eq!(klines[61]["k"]["n"], tape.iter().filter(within).count());
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_has_the_newest_first_and_updates_go_on_from_it() {
    let world = World::new(Venue::Coinbase);
    let mut early = world.coinbase("market_trades").await;
    let mut told = 0;
    while told < 150 {
        let (ids, _) = early.batch().await;
        told = ids.first().copied().unwrap_or(told);
    }
    let mut late = world.coinbase("market_trades").await;
    let (snapshot, number) = late.batch().await;
    assert_eq!((snapshot.len(), number), (100, 1));
    assert!(snapshot.is_sorted_by(|newer, older| *newer == older + 1));
    let (update, number) = late.batch().await;
    assert_eq!((update.last(), number), (Some(&(snapshot[0] + 1)), 2));
}

#[tokio::test(start_paused = true)]
async fn heartbeats_count_seconds() {
    let world = World::new(Venue::Coinbase);
    let mut client = world.coinbase("heartbeats").await;
    for expected in 0..10 {
        let message = client.json().await;
        assert_eq!(message["channel"], "heartbeats");
        assert_eq!(message["sequence_num"], expected + 1);
        assert_eq!(message["events"][0]["heartbeat_counter"], expected.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_says_nothing_to_coinbase_is_turned_away() {
    let world = World::new(Venue::Coinbase);
    let mut client = world.try_client("/").await.unwrap();
    let Some(Ok(Message::Close(Some(frame)))) = client.next().await else { panic!("no close") };
    assert_eq!(u16::from(frame.code), 1008);
    assert!(client.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_not_found() {
    for (venue, target) in [(Venue::Binance, "/"), (Venue::Coinbase, "/ws")] {
        let world = World::new(venue);
        match world.try_client(target).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), StatusCode::NOT_FOUND),
            other => panic!("{:?}", other.map(|_| ())),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn binance_pings_and_answers_pings() {
    let world = World::new(Venue::Binance);
    let mut client = world.try_client("/ws").await.unwrap();
    client.ping().await;
    assert!(matches!(client.next().await, Some(Ok(Message::Pong(_)))));
    assert!(matches!(client.next().await, Some(Ok(Message::Ping(_)))));
    client.say(&json!("x")).await;
    assert_eq!(client.json().await["error"]["code"], 2);
}

#[tokio::test(start_paused = true)]
async fn at_the_end_connections_end() {
    let mut world = World::new(Venue::Coinbase);
    let mut client = world.try_client("/").await.unwrap();
    world.stop.cancel();
    world.tasks.join_next().await.unwrap().unwrap();
    assert!(matches!(client.next().await, Some(Err(_)) | None));
    assert!(world.try_client("/").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_read_is_cut_off_and_holds_up_nobody() {
    let world = World::with(Config { rate: RATE_MAX, ..Config::of(Venue::Binance) });
    let mut idle = world.binance().await;
    let mut client = world.binance().await;
    let first = client.trade_id().await;
    let mut last = first;
    for _ in 0..10_000 {
        let text = client.text().await;
        last += u64::from(text.contains("\"e\":\"trade\""));
    }
    assert_eq!(client.trade_id().await, last + 1);
    let mut read = 0;
    while read < 10_000 && matches!(idle.next().await, Some(Ok(_))) {
        read += 1;
    }
    assert!(read < 1_000, "{read}");
}

//! Each mischief does what it says.

use std::time::Duration;

use tokio_tungstenite::tungstenite::{Error, Message, error::ProtocolError};

use super::world::{Client, World};
use crate::{Mischief, Venue};

/// The ids of the next trades when this is ordered after a first one, counted from that.
async fn after<const COUNT: usize>(mischief: Mischief) -> [u64; COUNT] {
    let world = World::new(Venue::Binance);
    let mut client = world.binance().await;
    let first = client.trade_id().await;
    world.order(mischief).await;
    client.trade_ids().await.map(|id| id - first)
}

async fn ended_with(mischief: Mischief) -> (World, Client, Option<Result<Message, Error>>) {
    let world = World::new(Venue::Binance);
    let mut client = world.binance().await;
    client.trade_id().await;
    world.order(mischief).await;
    loop {
        match client.next().await {
            Some(Ok(Message::Text(_))) => {}
            end => return (world, client, end),
        }
    }
}

fn is_without_goodbye(end: Option<&Result<Message, Error>>) -> bool {
    match end {
        Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::Io(_))) => {
            true
        }
        Some(Ok(_) | Err(_)) | None => false,
    }
}

#[tokio::test(start_paused = true)]
async fn skip_leaves_out_trades() {
    assert_eq!(after(Mischief::Skip(3)).await, [4, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn repeat_sends_twice() {
    assert_eq!(after(Mischief::Repeat(2)).await, [1, 1, 2, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn swap_sends_in_the_wrong_order() {
    assert_eq!(after(Mischief::Swap).await, [2, 1, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn swap_and_repeat_take_whole_messages_of_coinbase() {
    let world = World::new(Venue::Coinbase);
    let mut client = world.coinbase("market_trades").await;
    let (_, snapshot) = client.batch().await;
    world.order(Mischief::Swap).await;
    world.order(Mischief::Repeat(1)).await;
    let mut numbers = Vec::new();
    for _ in 0..4 {
        numbers.push(client.batch().await.1 - snapshot);
    }
    assert_eq!(numbers, [2, 2, 1, 3]);
}

#[tokio::test(start_paused = true)]
async fn mute_loses_what_would_have_been_said() {
    let world = World::new(Venue::Coinbase);
    let mut client = world.coinbase("market_trades").await;
    let (_, snapshot) = client.batch().await;
    let (before, number) = client.batch().await;
    assert_eq!(number, snapshot + 1);
    world.order(Mischief::Mute).await;
    // Whatever happens after this answer happens after the order.
    let happened = world.tape().await.len();
    client.ping().await;
    assert!(client.hears_nothing(Duration::from_secs(10)).await);
    assert!(world.tape().await.len() > happened + 100, "trades go on");
    let mut newcomer = world.try_client("/").await.unwrap();
    assert!(newcomer.hears_nothing(Duration::from_secs(10)).await);
    world.order(Mischief::Speak).await;
    let (after, number) = client.batch().await;
    assert!(after[after.len() - 1] > before[0] + 100, "{before:?} {after:?}");
    assert!(number > snapshot + 20, "the numbers tell: {number}");
}

#[tokio::test(start_paused = true)]
async fn garbage_is_no_json_and_the_connection_goes_on() {
    let world = World::new(Venue::Binance);
    let mut client = world.binance().await;
    let before = client.trade_id().await;
    world.order(Mischief::Garbage).await;
    let text = client.text().await;
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_err(), "{text}");
    assert_eq!(client.trade_id().await, before + 1);
}

#[tokio::test(start_paused = true)]
async fn half_a_frame_then_the_end() {
    let (_world, _client, end) = ended_with(Mischief::HalfFrame).await;
    assert!(is_without_goodbye(end.as_ref()), "{end:?}");
    let world = World::new(Venue::Binance);
    let mut client = world.binance().await;
    client.trade_id().await;
    world.order(Mischief::HalfFrame).await;
    // A text frame of sixteen bytes, of which eight come.
    let bytes = client.bytes().await;
    assert!(bytes.ends_with(b"\x81\x10{\"e\":\"tr"), "{bytes:?}");
}

#[tokio::test(start_paused = true)]
async fn drop_ends_without_a_close_frame() {
    let (world, _client, end) = ended_with(Mischief::Drop).await;
    assert!(is_without_goodbye(end.as_ref()), "{end:?}");
    world.binance().await.trade_id().await;
}

#[tokio::test(start_paused = true)]
async fn close_says_going_away() {
    let (world, mut client, end) = ended_with(Mischief::Close).await;
    let Some(Ok(Message::Close(Some(frame)))) = end else { panic!("{end:?}") };
    assert_eq!(u16::from(frame.code), 1001);
    assert!(client.next().await.is_none());
    world.binance().await.trade_id().await;
}

#[tokio::test(start_paused = true)]
async fn refuse_closes_new_connections_and_accept_does_not() {
    let world = World::new(Venue::Binance);
    let mut client = world.binance().await;
    world.order(Mischief::Refuse).await;
    client.trade_id().await;
    assert!(world.try_client("/ws").await.is_err());
    client.trade_id().await;
    world.order(Mischief::Accept).await;
    client.trade_id().await;
    world.binance().await.trade_id().await;
}

#[tokio::test(start_paused = true)]
async fn pause_stops_trades_and_resume_goes_on_from_there() {
    let world = World::new(Venue::Binance);
    let mut client = world.binance().await;
    client.trade_id().await;
    world.order(Mischief::Pause).await;
    let mut before = world.tape().await;
    let mut quiet = 0;
    while quiet < 5 {
        let message = client.json().await;
        quiet += u32::from(message["e"] == "kline");
    }
    assert_eq!(world.tape().await, before, "klines go on without trades");
    world.order(Mischief::Resume).await;
    assert_eq!(client.trade_id().await, before.pop().unwrap().id + 1);
}

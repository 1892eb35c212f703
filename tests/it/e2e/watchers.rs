//! A watcher that does not read: it is cut off, goes on where it was, and nobody else is delayed.

use chassis::{
    channel::Address,
    status::{fact, reason},
};
use proto::v1::{WatchRequest, trader_service_client::TraderServiceClient, watch_response::Event};
use tonic::{Code, transport::Endpoint};

use super::system::{System, client, median_of};
use crate::harness::Part;

/// Changes of state that overflow what the trader keeps for one reader, by far.
const HALTS: usize = 60;

#[tokio::test]
async fn m6_fault_76_who_does_not_read_is_cut_off_and_goes_on_without_a_gap() {
    let mut system = System::start().await;
    // So small a window that a few messages fill it.
    let endpoint = Endpoint::from_shared(format!("http://{}", Address::local(system.trader.port)));
    let channel = endpoint.unwrap().initial_stream_window_size(1_024).connect_lazy();
    let after = Some(prost_types::Timestamp::default());
    let mut lazy = TraderServiceClient::new(channel);
    let mut lazy = lazy.watch(WatchRequest { after }).await.unwrap().into_inner();
    let mut watcher = Part::watcher(&system.trader);
    watcher.event("a median", |event| event["kind"] == "median").await;
    for _ in 0..HALTS {
        for command in ["halt", "resume"] {
            let done = system.minutehand(&[command, "--reason", "to make it talk"]).await;
            assert_eq!(done.code, 0, "{}", done.err);
        }
    }
    let cut_off = loop {
        match lazy.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended in order"),
            Err(status) => break status,
        }
    };
    assert_eq!(
        (cut_off.code(), reason(&cut_off).as_deref()),
        (Code::ResourceExhausted, Some("slow"))
    );
    let last = fact(&cut_off, "last_minute").unwrap();

    // From there on it hears what the one heard who reads.
    let after = Some(last.parse().unwrap());
    let mut again =
        client(&system.trader).watch(WatchRequest { after }).await.unwrap().into_inner();
    let next = loop {
        let happening = again.message().await.unwrap().unwrap();
        if let Some(Event::Verdict(verdict)) = happening.event {
            break verdict.minute.unwrap().to_string();
        }
    };
    let of_reader = watcher.event("the same", |event| event["minute"].as_str() > Some(&last)).await;
    assert_eq!(of_reader["minute"], next);
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
}

//! Those for whom it is all done: one who watches, one who asks now and then.

use std::time::Duration;

use chassis::{
    grid::{Interval, Minute},
    tls::Role,
    wire,
};
use proto::v1::{
    GetMedianRequest, GetStatusRequest, WatchRequest, WatchResponse, watch_response::Event,
};
use rand::{RngExt as _, rngs::StdRng};
use tokio::time::sleep;
use tonic::{Response, Status};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::{
    calls::{Client, client, in_time, refused},
    network::{TRADER_PORT, address, dialer},
    plan::TRADER,
    stage,
};
use crate::record::What;

/// Between two looks, in milliseconds.
const PAUSE_MILLIS: std::ops::Range<u64> = 700..14_000;

/// After a watch has ended, in milliseconds.
const AGAIN_MILLIS: std::ops::Range<u64> = 100..2_000;

/// Both readers, for as long as the host is up.
pub(crate) async fn read(interval: Interval, rng: StdRng, other_rng: StdRng) -> turmoil::Result {
    tokio::join!(watch(interval, rng), poll(other_rng));
    Ok(())
}

async fn watch(interval: Interval, mut rng: StdRng) {
    let client = client();
    let mut after = None;
    loop {
        let ended = follow(client.clone(), interval, &mut after).await;
        stage::see(What::Unwatched(refused(&ended)));
        sleep(Duration::from_millis(rng.random_range(AGAIN_MILLIS))).await;
    }
}

/// Watches until the watch ends; `after` is the last minute that is known.
async fn follow(mut client: Client, interval: Interval, after: &mut Option<Minute>) -> Status {
    stage::see(What::Watching { after: *after });
    let from = after.map_or_else(Default::default, Minute::start);
    let request = WatchRequest { after: Some(wire::timestamp(from)) };
    let mut stream = match in_time(client.watch(request)).await.map(Response::into_inner) {
        Ok(stream) => stream,
        Err(status) => return status,
    };
    loop {
        match stream.message().await {
            Ok(Some(response)) => {
                *after = last_minute(&response, interval).or(*after);
                stage::see(What::Watched(Box::new(response)));
            }
            Ok(None) => return Status::unavailable("the watch has ended"),
            Err(status) => return status,
        }
    }
}

fn last_minute(response: &WatchResponse, interval: Interval) -> Option<Minute> {
    match response.event.as_ref()? {
        Event::Verdict(verdict) => wire::read_minute(verdict.last_minute?, interval).ok(),
        Event::StateChange(_) => None,
    }
}

async fn poll(mut rng: StdRng) {
    let mut client = client();
    let channel = dialer().channel(&address(TRADER, TRADER_PORT), Role::Trader);
    let mut health = HealthClient::new(channel);
    loop {
        sleep(Duration::from_millis(rng.random_range(PAUSE_MILLIS))).await;
        let median = in_time(client.get_median(GetMedianRequest {})).await;
        let median = median.map(Response::into_inner).map_err(|status| refused(&status));
        stage::see(What::Median(median));
        if let Ok(status) = in_time(client.get_status(GetStatusRequest::default())).await {
            stage::see(What::Status(Box::new(status.into_inner())));
        }
        let service = "minutehand.v1.TraderService".to_owned();
        if let Ok(answer) = in_time(health.check(HealthCheckRequest { service })).await {
            stage::see(What::Health(answer.into_inner().status() == ServingStatus::Serving));
        }
    }
}

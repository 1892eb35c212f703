//! What a strategy does with the network, and nothing else: at each boundary it asks its generators,
//! bare servers, at once, and then submits to another.

use std::time::Duration;

use chassis::{
    clock::Clock,
    grid::{Interval, Minute},
    wire,
};
use futures_util::future::try_join_all;
use proto::v1::{Signal, SubmitRequest, trader_service_client::TraderServiceClient};
use tonic::transport::{Channel, Endpoint};

use crate::Result;

type Client = TraderServiceClient<Channel>;

/// Whom to call.
#[derive(Debug, clap::Args)]
pub(crate) struct Call {
    #[arg(long, value_delimiter = ',', required = true)]
    generators: Vec<u16>,

    #[arg(long)]
    trader: u16,

    #[arg(long)]
    interval: Interval,

    /// How much the clock is behind.
    #[arg(long)]
    behind_ms: u64,
}

impl Call {
    /// Calls until the process ends.
    pub(crate) async fn run(self) -> Result<()> {
        let clock = Clock::system();
        let behind = Duration::from_millis(self.behind_ms);
        let mut generators =
            self.generators.iter().map(|port| client(*port)).collect::<Result<Vec<_>>>()?;
        let mut trader = client(self.trader)?;
        loop {
            let minute = Minute::first_after(clock.wall().minus(behind), self.interval);
            clock.reach(minute.start().plus(behind)).await;
            let request = SubmitRequest {
                minute: Some(wire::timestamp(minute.start())),
                ..SubmitRequest::default()
            };
            let asked = generators.iter_mut().map(|generator| generator.submit(request.clone()));
            let signals = try_join_all(asked).await?.iter().map(|_| Signal::default()).collect();
            trader.submit(SubmitRequest { signals, ..request }).await?;
        }
    }
}

fn client(port: u16) -> Result<Client> {
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}"))?;
    Ok(TraderServiceClient::new(endpoint.connect_lazy()))
}

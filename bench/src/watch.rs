//! Follows a trader's verdicts, and notes when each of them was heard.

use chassis::{
    clock::Clock,
    grid::{Minute, Timestamp},
    wire::read_timestamp,
};
use proto::v1::{
    Verdict, VerdictKind, WatchRequest, WatchResponse, trader_service_client::TraderServiceClient,
    watch_response::Event,
};
use tonic::{Streaming, transport::Endpoint};

use crate::Result;

/// A watch on one trader.
#[derive(Debug)]
pub(crate) struct Watch {
    stream: Streaming<WatchResponse>,
    clock: Clock,
}

/// A verdict, and when it was heard.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) verdict: Verdict,
    /// Start of its minute.
    pub(crate) minute: Timestamp,
    pub(crate) at: Timestamp,
}

impl Watch {
    /// From here on.
    pub(crate) async fn begin(port: u16) -> Result<Self> {
        // Without keepalive: grpcio takes an idle client's pings for an attack.
        let channel = Endpoint::from_shared(format!("http://127.0.0.1:{port}"))?.connect_lazy();
        let watching = TraderServiceClient::new(channel).watch(WatchRequest::default()).await?;
        Ok(Self { stream: watching.into_inner(), clock: Clock::system() })
    }

    /// The next verdict.
    pub(crate) async fn next(&mut self) -> Result<Heard> {
        loop {
            let happening = self.stream.message().await?.ok_or("the watch has ended")?;
            let at = self.clock.wall();
            if let Some(Event::Verdict(verdict)) = happening.event {
                let minute = read_timestamp(verdict.minute.ok_or("a verdict has a minute")?)?;
                return Ok(Heard { verdict, minute, at });
            }
        }
    }

    /// The median of `minute`, of so many decisions; anything else it ends with is an error.
    pub(crate) async fn median(&mut self, minute: Minute, count: usize) -> Result<Heard> {
        loop {
            let heard = self.next().await?;
            if heard.minute < minute.start() {
                continue;
            }
            let Verdict { count: counted, causes, .. } = &heard.verdict;
            let right = heard.verdict.kind() == VerdictKind::Median
                && usize::try_from(*counted).is_ok_and(|counted| counted == count)
                && heard.minute == minute.start();
            if right {
                return Ok(heard);
            }
            let kind = heard.verdict.kind().as_str_name();
            let cause = causes.first().map(|cause| cause.detail.clone()).unwrap_or_default();
            return Err(format!("{} ended as {kind} of {counted}: {cause}", heard.minute).into());
        }
    }
}

//! Every verdict and every change of state of a trader, over lost links, without gap or repeat.

use std::time::Duration;

use chassis::follow::{Follow, Followed};
use proto::v1::{GetStatusRequest, WatchRequest, WatchResponse, watch_response};
use rand::rngs::StdRng;
use tonic::{Response, Status};

use super::seen::Seen;
use crate::{
    link::Client,
    report::{Moment, StateChange, Verdict},
};

/// A subscription to a trader.
#[derive(Debug)]
pub struct Feed {
    client: Client,
    follow: Follow<WatchResponse, StdRng>,
    seen: Seen,
}

/// One thing that a feed tells.
#[derive(Debug)]
pub enum Told {
    /// The link is there.
    Connected,
    /// The link is lost, or was not to be had. The next call tries again, after a pause.
    Lost(Status),
    /// A minute, or a run of minutes, has its verdict.
    Verdict {
        /// The verdict.
        verdict: Verdict,
        /// How long it may be acted on from here on.
        left: Duration,
        /// Verdicts before it were asked for, too, and are not kept any more.
        kept_from: Option<Moment>,
    },
    /// The state is another one.
    State(StateChange),
}

impl Feed {
    /// Tells every verdict after `after`, from the journal first; none: only what happens from the
    /// first connection on.
    pub fn new(client: Client, after: Option<Moment>, rng: StdRng) -> Self {
        Self { client, follow: Follow::new(rng), seen: Seen::starting(after) }
    }

    /// The next thing. Not to be cancelled.
    pub async fn next(&mut self) -> Told {
        loop {
            let told = match self.receive().await {
                Followed::Connected => Some(Told::Connected),
                Followed::Lost(status) => Some(Told::Lost(status)),
                Followed::Item(response) => self.news(response),
            };
            if let Some(told) = told {
                return told;
            }
        }
    }

    async fn receive(&mut self) -> Followed<WatchResponse> {
        let mut client = self.client.clone();
        let known = self.seen.after();
        let mut first = None;
        let open = async || {
            let after = match known {
                Some(after) => after,
                None => *first.insert(last_closed(&mut client).await?),
            };
            let request = WatchRequest { after: Some(after.wire()) };
            client.watch(request).await.map(Response::into_inner)
        };
        let followed = self.follow.next(open).await;
        if let Some(first) = first {
            self.seen = Seen::starting(Some(first));
        }
        followed
    }

    fn news(&mut self, response: WatchResponse) -> Option<Told> {
        let kept_from = response.kept_from.map(|minute| Moment::read(Some(minute)));
        match response.event? {
            watch_response::Event::Verdict(verdict) => {
                let verdict = Verdict::from(verdict);
                let left = verdict.valid_until.since(Moment::read(response.trader_time));
                let news = self.seen.verdict(&verdict);
                news.then_some(Told::Verdict { verdict, left, kept_from })
            }
            watch_response::Event::StateChange(change) => {
                let change = StateChange::from(change);
                self.seen.state(&change).then_some(Told::State(change))
            }
        }
    }
}

/// The last minute with a verdict; the start of time, which is on every grid, in a new journal. To
/// ask for everything after it leaves no gap, even if the link is lost before the next verdict.
async fn last_closed(client: &mut Client) -> Result<Moment, Status> {
    let request = GetStatusRequest { page_size: 1, page_token: String::new() };
    let status = client.get_status(request).await?.into_inner();
    Ok(status.last_verdict.map_or_else(Moment::default, |last| Verdict::from(last).last_minute))
}

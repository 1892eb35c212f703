//! Every verdict and every change of state of a trader, over lost links, without gap or repeat.

use std::time::Duration;

use chassis::{
    follow::{Follow, Followed},
    wire,
};
use proto::v1::{GetStatusRequest, GetStatusResponse, WatchRequest, WatchResponse, watch_response};
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
    /// Whether the trader was asked about itself.
    met: bool,
}

/// What a trader says of itself at first contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstContact {
    /// How long its minutes are.
    pub interval: Duration,
    /// Its next verdict comes within this.
    pub due: Duration,
}

/// One thing that a feed tells.
#[derive(Debug)]
pub enum Told {
    /// The link is there.
    Connected {
        /// What the trader said of itself, at the first time.
        first: Option<FirstContact>,
    },
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
    /// The state.
    State {
        /// Which, and since when.
        change: StateChange,
        /// The same was told before: it is said again at each connection, after what was missed.
        again: bool,
    },
}

impl Feed {
    /// Tells every verdict after `after`, from the journal first; none: only what happens from the
    /// first connection on.
    pub fn new(client: Client, after: Option<Moment>, rng: StdRng) -> Self {
        Self { client, follow: Follow::new(rng), seen: Seen::starting(after), met: false }
    }

    /// The next thing. Not to be cancelled.
    pub async fn next(&mut self) -> Told {
        loop {
            let mut first = None;
            let told = match self.receive(&mut first).await {
                Followed::Connected => Some(Told::Connected { first }),
                Followed::Lost(status) => Some(Told::Lost(status)),
                Followed::Item(response) => self.news(response),
            };
            if let Some(told) = told {
                return told;
            }
        }
    }

    async fn receive(&mut self, first: &mut Option<FirstContact>) -> Followed<WatchResponse> {
        let mut client = self.client.clone();
        let (mut after, met) = (self.seen.after(), self.met);
        let open = async || {
            if !met {
                let status = status(&mut client).await?;
                *first = Some(FirstContact::of(&status));
                after = after.or(Some(last_closed(status)));
            }
            let request = WatchRequest { after: after.map(Moment::wire) };
            client.watch(request).await.map(Response::into_inner)
        };
        let followed = self.follow.next(open).await;
        if first.is_some() && self.seen.after().is_none() {
            self.seen = Seen::starting(after);
        }
        self.met |= first.is_some() && matches!(followed, Followed::Connected);
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
                let again = !self.seen.state(&change);
                Some(Told::State { change, again })
            }
        }
    }
}

impl FirstContact {
    fn of(status: &GetStatusResponse) -> Self {
        let length = |length: Option<prost_types::Duration>| {
            length.and_then(|length| wire::read_duration(length).ok()).unwrap_or_default()
        };
        // Until then the last verdict is valid.
        let due = Moment::read(status.current_minute).0.plus(length(status.grace));
        let now = Moment::read(status.trader_time);
        Self { interval: length(status.interval), due: Moment(due).since(now) }
    }
}

async fn status(client: &mut Client) -> Result<GetStatusResponse, Status> {
    let request = GetStatusRequest { page_size: 1, page_token: String::new() };
    client.get_status(request).await.map(Response::into_inner)
}

/// The last minute with a verdict; the start of time, which is on every grid, in a new journal. To
/// ask for everything after it leaves no gap, even if the link is lost before the next verdict.
fn last_closed(status: GetStatusResponse) -> Moment {
    status.last_verdict.map_or_else(Moment::default, |last| Verdict::from(last).last_minute)
}

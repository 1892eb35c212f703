//! A system from its first server to its last: started from the source of the data to its end,
//! stopped from the end to the source.

use std::time::Duration;

use chassis::{
    channel::{Address, Dialer},
    exit::{Exit, Failure},
    grid::Minute,
};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{
    group::{Ground, Group},
    part,
    secured::Access,
    voice::Level,
    waiting::{self, FirstMedian},
};
use crate::{
    link,
    plan::Plan,
    report::{StateChange, Verdict, length},
    watch::{Feed, Told},
};

/// A server listens within this, or the system does not start.
const LISTENING_MAX: Duration = Duration::from_secs(10);

/// What is waited for is drawn this often.
const DRAW_EVERY: Duration = Duration::from_millis(250);

/// News of the trader that wait to be looked at.
const NEWS_MAX: usize = 16;

/// A whole system.
#[derive(Debug)]
pub(super) struct System {
    plan: Plan,
    access: Access,
    ground: Ground,
    rng: StdRng,
    medians: Option<u64>,
    generators: Group,
    trader: Group,
    strategies: Group,
}

impl System {
    /// Nothing runs yet. It stops by itself after so many `medians`.
    pub(super) fn new(
        plan: Plan,
        access: Access,
        ground: Ground,
        mut rng: StdRng,
        medians: Option<u64>,
    ) -> Self {
        let [generators, trader, strategies] = [(); 3].map(|()| Group::new(&ground, &mut rng));
        Self { plan, access, ground, rng, medians, generators, trader, strategies }
    }

    /// Runs until `stop`, the last median that was asked for, or a failure that will not mend.
    pub(super) async fn run(mut self, stop: CancellationToken) -> Result<(), Failure> {
        let result = tokio::select! {
            biased;
            () = stop.cancelled() => Ok(()),
            result = self.live() => result,
        };
        let voice = &self.ground.voice;
        voice.printer().waiting(None);
        voice.say(Level::Info, "stopping strategies, trader and generators, in this order");
        self.strategies.stop().await;
        self.trader.stop().await;
        self.generators.stop().await;
        voice.say(Level::Info, "all are stopped");
        result
    }

    async fn live(&mut self) -> Result<(), Failure> {
        let started = Instant::now();
        let (generators, trader) = self.start_servers().await?;
        self.ground.voice.say(
            Level::Info,
            format!("the trader listens on 127.0.0.1:{trader}; see it with `minutehand status --trader-port {trader}{}`", self.access.flags),
        );
        let rng = StdRng::from_rng(&mut self.rng);
        let mut news = News::of(&Address::local(trader), &self.access.dialer, rng);
        for part in part::strategies(&self.plan, trader, &generators) {
            // Strategies listen nowhere.
            drop(self.strategies.start(part));
        }
        let mut median = self.first_median(&mut news, started).await?;
        let mut left = self.medians;
        loop {
            left = left.map(|left| left.saturating_sub(u64::from(median)));
            if left == Some(0) {
                return Ok(());
            }
            median = is_median(&self.next(&mut news).await?);
        }
    }

    /// All generators and the trader at the same time; returns their ports.
    async fn start_servers(&mut self) -> Result<(Vec<u16>, u16), Failure> {
        let deadline = Instant::now() + LISTENING_MAX;
        let mut waited_for = Vec::new();
        let now = self.ground.voice.clock().wall();
        let starts_at = Minute::containing(now, self.plan.timing.interval).start();
        for part in part::generators(&self.plan, starts_at) {
            waited_for.push((part.label.clone(), self.generators.start(part)));
        }
        let part = part::trader(&self.plan);
        waited_for.push((part.label.clone(), self.trader.start(part)));
        let (mut ports, all) = (Vec::new(), waited_for.len());
        for (label, listening) in waited_for {
            let waiting = waiting::for_servers(ports.len(), all);
            self.ground.voice.printer().waiting(Some(waiting));
            ports.push(port(&label, listening, deadline).await?);
        }
        let trader = ports.pop().expect("the trader was the last one");
        Ok((ports, trader))
    }

    /// Shows what is waited for until the first median has come.
    async fn first_median(&mut self, news: &mut News, started: Instant) -> Result<bool, Failure> {
        let voice = self.ground.voice.clone();
        let waiting = FirstMedian::new(voice.clock().wall(), self.plan.timing);
        let mut state: Option<StateChange> = None;
        loop {
            voice.printer().waiting(Some(waiting.at(voice.clock().wall(), state.as_ref())));
            let told = tokio::select! {
                biased;
                told = self.next(news) => told?,
                () = sleep(DRAW_EVERY) => continue,
            };
            match told {
                Told::State(change) => state = Some(change),
                Told::Verdict { verdict: Verdict { median: Some(median), minute, .. }, .. } => {
                    voice.printer().waiting(None);
                    let after = length(started.elapsed());
                    let text = format!("first median, after {after}: {median} of minute {minute}");
                    voice.say(Level::Info, text);
                    return Ok(true);
                }
                Told::Verdict { .. } | Told::Connected | Told::Lost(_) => {}
            }
        }
    }

    /// The next news. A trader that will not be started again ends the system.
    async fn next(&mut self, news: &mut News) -> Result<Told, Failure> {
        tokio::select! {
            biased;
            () = self.trader.one_is_gone() => Err(Exit::Failed.because("the trader is gone for good: its log says why")),
            told = news.next() => Ok(told),
        }
    }
}

fn is_median(told: &Told) -> bool {
    matches!(told, Told::Verdict { verdict, .. } if verdict.median.is_some())
}

async fn port(
    label: &str,
    listening: oneshot::Receiver<u16>,
    deadline: Instant,
) -> Result<u16, Failure> {
    match timeout_at(deadline, listening).await {
        Ok(Ok(port)) => Ok(port),
        Ok(Err(_)) => Err(Exit::Failed.because(format!("{label} did not start: its log says why"))),
        Err(_) => Err(Exit::Failed.because(format!(
            "{label} has not said `listening on` within {}; if it was not logged, set RUST_LOG to info",
            length(LISTENING_MAX)
        ))),
    }
}

/// What the trader publishes, followed by a task of its own, for a feed is not to be cancelled.
#[derive(Debug)]
struct News {
    told: mpsc::Receiver<Told>,
    _follower: JoinSet<()>,
}

impl News {
    fn of(trader: &Address, dialer: &Dialer, rng: StdRng) -> Self {
        let mut feed = Feed::new(link::client(trader, dialer), None, rng);
        let (sender, told) = mpsc::channel(NEWS_MAX);
        let mut follower = JoinSet::new();
        follower.spawn(async move { while sender.send(feed.next().await).await.is_ok() {} });
        Self { told, _follower: follower }
    }

    async fn next(&mut self) -> Told {
        self.told.recv().await.expect("the follower goes on for ever")
    }
}

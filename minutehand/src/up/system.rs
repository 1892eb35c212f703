//! A system from its first server to its last: started from the source of the data to its end,
//! stopped from the end to the source.

use std::time::Duration;

use chassis::{
    channel::Address,
    exit::{Exit, Failure},
    grid::Minute,
};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{
    environment::Variables,
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
    watch::{Feed, News, Told},
};

/// A server listens within this, or the system does not start.
const LISTENING_MAX: Duration = Duration::from_secs(10);

/// What is waited for is drawn this often.
const DRAW_EVERY: Duration = Duration::from_millis(250);

/// A whole system.
#[derive(Debug)]
pub(super) struct System {
    plan: Plan,
    variables: Variables,
    access: Access,
    ground: Ground,
    rng: StdRng,
    medians: Option<u64>,
    generators: Group,
    traders: Group,
    strategies: Group,
}

impl System {
    /// Nothing runs yet. It stops by itself after so many `medians` of each trader.
    pub(super) fn new(
        plan: Plan,
        access: Access,
        ground: Ground,
        mut rng: StdRng,
        medians: Option<u64>,
    ) -> Self {
        let [generators, traders, strategies] = [(); 3].map(|()| Group::new(&ground, &mut rng));
        let variables = Variables::default();
        Self { plan, variables, access, ground, rng, medians, generators, traders, strategies }
    }

    /// With what the environment says for its parts.
    pub(super) fn under(self, variables: Variables) -> Self {
        Self { variables, ..self }
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
        voice.say(Level::Info, "stopping strategies, traders and generators, in this order");
        self.strategies.stop().await;
        self.traders.stop().await;
        self.generators.stop().await;
        voice.say(Level::Info, "all are stopped");
        result
    }

    async fn live(&mut self) -> Result<(), Failure> {
        let started = Instant::now();
        let (generators, traders) = self.start_servers().await?;
        for (of, port) in self.plan.traders.iter().zip(&traders) {
            let (label, flags) = (of.label(), &self.access.flags);
            self.ground.voice.say(
                Level::Info,
                format!("the {label} listens on 127.0.0.1:{port}; see it with `minutehand status --trader-port {port}{flags}`"),
            );
        }
        let feeds = traders.iter().map(|port| {
            let client = link::client(&Address::local(*port), &self.access.dialer);
            Feed::new(client, None, StdRng::from_rng(&mut self.rng))
        });
        let mut news = News::of(feeds);
        for part in part::strategies(&self.plan, &traders, &generators) {
            // Strategies listen nowhere.
            drop(self.strategies.start(self.variables.over(part)));
        }
        self.count_medians(&mut news, started).await
    }

    /// All generators and traders at the same time; returns their ports.
    async fn start_servers(&mut self) -> Result<(Vec<u16>, Vec<u16>), Failure> {
        let deadline = Instant::now() + LISTENING_MAX;
        let mut waited_for = Vec::new();
        let now = self.ground.voice.clock().wall();
        let starts_at = Minute::containing(now, self.plan.timing.interval).start();
        for part in part::generators(&self.plan, starts_at) {
            waited_for.push((part.label.clone(), self.generators.start(self.variables.over(part))));
        }
        for part in part::traders(&self.plan) {
            waited_for.push((part.label.clone(), self.traders.start(self.variables.over(part))));
        }
        let (mut ports, all) = (Vec::new(), waited_for.len());
        for (label, listening) in waited_for {
            let waiting = waiting::for_servers(ports.len(), all);
            self.ground.voice.printer().waiting(Some(waiting));
            ports.push(port(&label, listening, deadline).await?);
        }
        let traders = ports.split_off(self.plan.generators.len());
        Ok((ports, traders))
    }

    /// Until each trader has published as many medians as were asked for. Shows what is waited for until
    /// the first one of each has come.
    async fn count_medians(&mut self, news: &mut News, started: Instant) -> Result<(), Failure> {
        let voice = self.ground.voice.clone();
        let waiting = FirstMedian::new(voice.clock().wall(), self.plan.timing);
        let mut medians = vec![0_u64; self.plan.traders.len()];
        let mut states: Vec<Option<StateChange>> = vec![None; medians.len()];
        loop {
            let awaited = medians.iter().position(|count| *count == 0);
            voice.printer().waiting(awaited.map(|place| {
                waiting.at(voice.clock().wall(), &self.whose(place), states[place].as_ref())
            }));
            let (place, told) = tokio::select! {
                biased;
                told = self.next(news) => told?,
                () = sleep(DRAW_EVERY), if awaited.is_some() => continue,
            };
            match told {
                Told::State { change, .. } => states[place] = Some(change),
                Told::Verdict { verdict: Verdict { median: Some(median), minute, .. }, .. } => {
                    let first = format!("{median} of minute {minute}");
                    self.tell_first(place, medians[place], &first, started);
                    medians[place] += 1;
                }
                Told::Verdict { .. } | Told::Connected { .. } | Told::Lost(_) => {}
            }
            if self.medians.is_some_and(|wanted| medians.iter().all(|count| *count >= wanted)) {
                return Ok(());
            }
        }
    }

    /// Says which median it was, if there were none `before`.
    fn tell_first(&self, place: usize, before: u64, median: &str, started: Instant) {
        if before == 0 {
            let (whose, after) = (self.whose(place), length(started.elapsed()));
            let text = format!("first median{whose}, after {after}: {median}");
            self.ground.voice.say(Level::Info, text);
        }
    }

    /// ` of trader btc`, if it has a name.
    fn whose(&self, place: usize) -> String {
        let of = &self.plan.traders[place];
        of.name.as_ref().map_or_else(String::new, |_| format!(" of {}", of.label()))
    }

    /// The next news. A trader that will not be started again ends the system.
    async fn next(&mut self, news: &mut News) -> Result<(usize, Told), Failure> {
        tokio::select! {
            biased;
            label = self.traders.one_is_gone() => Err(Exit::Failed.because(format!("the {label} is gone for good: its log says why"))),
            told = news.next() => Ok(told),
        }
    }
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

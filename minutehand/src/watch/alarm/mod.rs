//! Alarms: a command that is run, or an HTTP server that is told, at each change of a trader's state, and
//! when the trader is not heard in time. Whoever takes them slowly holds up nobody but himself.

mod debounce;
mod url;
mod presence;
mod event;
mod guard;
mod command;
mod webhook;
mod outlet;

use std::{sync::Arc, time::Duration};

use chassis::{
    channel::Address,
    clock::Clock,
    exit::{Exit, Failure},
    flag::longer_than_nothing,
};
use clap::ArgGroup;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::{sync::mpsc, task::JoinSet};

use super::{feed::Told, paper::Paper};
use crate::{
    report::{Moment, printable},
    traders::Called,
};
use debounce::Debounce;
use event::{Alarm, Event};
use guard::Guard;
use outlet::{Outlet, Receiver};
pub use url::Url;
use webhook::Webhook;

/// Events between the watcher and an outlet, which always takes them: a moment's worth.
const EVENTS_MAX: usize = 16;

/// Who is told of changes of state, and of which.
#[derive(Clone, Debug, clap::Args)]
#[command(
    next_help_heading = "Alarms",
    group(ArgGroup::new("receivers").args(["on_change", "webhook"]).multiple(true))
)]
pub(super) struct AlarmArgs {
    /// Run this by `sh -c` at each change of state, the event as JSON on its standard input.
    #[arg(long, value_name = "COMMAND")]
    on_change: Option<String>,
    /// POST the event as JSON to this address. One that lets its caller in is safer in the environment.
    #[arg(long, value_name = "URL", hide_env_values = true)]
    webhook: Option<String>,
    /// Tell that medians fail when K of the last N minutes had none, and that they are back after N in a
    /// row; HALTED at once. 1/1: each change, at once.
    #[arg(long, value_name = "K/N", default_value = "1/1", requires = "receivers")]
    debounce: Debounce,
    /// Longest time for a command to end, or a webhook to answer. What fails is tried again for 10 minutes.
    #[arg(long, value_name = "TIME", default_value = "10s", requires = "receivers", value_parser = longer_than_nothing)]
    alarm_timeout: Duration,
}

/// The guards of all traders, and whom they tell.
#[derive(Debug)]
pub(super) struct Alarms {
    clock: Clock,
    debounce: Debounce,
    /// Which run of which watcher this is: a part of each event's id.
    run: u64,
    count: u64,
    guards: Vec<Guarded>,
    outlets: Vec<mpsc::Sender<Arc<Event>>>,
    workers: JoinSet<()>,
}

/// A trader that is guarded.
#[derive(Debug)]
struct Guarded {
    called: Called,
    address: Address,
    guard: Guard,
}

impl AlarmArgs {
    /// Whether somebody is to be told.
    pub(super) fn are_given(&self) -> bool {
        self.on_change.is_some() || self.webhook.is_some()
    }

    /// Starts what delivers; none, if nobody is to be told.
    pub(super) fn start(&self, paper: &Paper, rng: &mut StdRng) -> Result<Option<Alarms>, Failure> {
        let mut receivers = Vec::new();
        receivers.extend(self.on_change.clone().map(Receiver::Command));
        if let Some(address) = &self.webhook {
            // It may let its caller in: whatever is wrong with it, it is not shown.
            let url: Url = address
                .trim()
                .parse()
                .map_err(|error| Exit::Usage.because(format!("--webhook: {error}")))?;
            let webhook = Webhook::new(url).map_err(|why| Exit::Failed.because(why))?;
            receivers.push(Receiver::Webhook(webhook));
        }
        if receivers.is_empty() {
            return Ok(None);
        }
        let (mut outlets, mut workers) = (Vec::new(), JoinSet::new());
        for receiver in receivers {
            let (sender, events) = mpsc::channel(EVENTS_MAX);
            outlets.push(sender);
            let rng = StdRng::from_rng(rng);
            let outlet = Outlet::new(receiver, self.alarm_timeout, rng, paper.clone());
            workers.spawn(outlet.run(events));
        }
        let (clock, run, count) = (Clock::system(), rng.random(), 0);
        let (debounce, guards) = (self.debounce, Vec::new());
        Ok(Some(Alarms { clock, debounce, run, count, guards, outlets, workers }))
    }
}

impl Alarms {
    /// Guards one trader more, whose place is the next one.
    pub(super) fn guard(&mut self, called: Called, address: Address) {
        let guard = Guard::new(self.debounce, self.clock.now());
        self.guards.push(Guarded { called, address, guard });
    }

    /// The trader in that place has told something.
    pub(super) async fn hear(&mut self, place: usize, told: &Told) {
        let (now, guard) = (self.clock.now(), &mut self.guards[place].guard);
        // What is over is over before what is heard: it was late.
        let lost = guard.look(now);
        let alarm = match told {
            Told::Connected { first } => {
                guard.connected(*first, now);
                None
            }
            Told::Lost(status) => {
                guard.no_link(printable(&chassis::status::root_cause(status)));
                None
            }
            Told::Verdict { verdict, left, .. } => guard.verdict(verdict, *left, now),
            Told::State { change, .. } => guard.state(change),
        };
        for alarm in lost.into_iter().chain(alarm) {
            self.tell(place, alarm).await;
        }
    }

    /// Returns when one of the traders may be lost.
    pub(super) async fn silence(&self) {
        match self.guards.iter().filter_map(|guarded| guarded.guard.ends()).min() {
            Some(ends) => {
                tokio::time::sleep(ends.saturating_sub(self.clock.now().mono)).await;
            }
            None => std::future::pending().await,
        }
    }

    /// Tells of those that are lost.
    pub(super) async fn look(&mut self) {
        let now = self.clock.now();
        for place in 0..self.guards.len() {
            if let Some(alarm) = self.guards[place].guard.look(now) {
                self.tell(place, alarm).await;
            }
        }
    }

    /// Delivers what is on its way, once.
    pub(super) async fn finish(mut self) {
        self.outlets.clear();
        while let Some(ended) = self.workers.join_next().await {
            ended.expect("an outlet does not panic");
        }
    }

    async fn tell(&mut self, place: usize, alarm: Alarm) {
        self.count += 1;
        let Guarded { called, address, guard } = &self.guards[place];
        let state = match &alarm {
            Alarm::State(change) => change.to,
            Alarm::Lost { .. } => "LOST",
            Alarm::Heard { .. } => guard.said(),
        };
        let text = alarm.text(state);
        let text = match called.field() {
            Some(name) => format!("{name}: {text}"),
            None => format!("trader {address}: {text}"),
        };
        let event = Arc::new(Event {
            id: format!("{:016x}-{}", self.run, self.count),
            at: Moment(self.clock.wall()),
            trader: called.field().map(str::to_owned),
            address: address.to_string(),
            state,
            alarm,
            text,
        });
        for outlet in &self.outlets {
            // It takes events until there are no more to come.
            outlet.send(Arc::clone(&event)).await.expect("an outlet goes on");
        }
    }
}

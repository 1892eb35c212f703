//! The system under fire: its parts, what befalls them, and how they are helped up again.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use chassis::channel::{Address, Dialer};
use proto::v1::{GetStatusRequest, trader_service_client::TraderServiceClient};
use rustix::process::Signal;
use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};

use super::{
    cast::{self, STRATEGIES, TRADER, strategy},
    storm::{Act, Blow, Stroke},
    vitals::{Size, Vitals},
};
use crate::harness::{PATIENCE, Part, run};

/// How often the parts are looked at: their lines wait meanwhile.
pub(super) const LOOK: Duration = Duration::from_millis(200);

/// Between two samples.
const SAMPLE: Duration = Duration::from_secs(1);

/// Status calls of a flood, over so many connections.
const FLOOD: usize = 500;
const FLOOD_LINKS: usize = 4;

#[derive(Debug)]
pub(super) struct Rig {
    parts: Vec<Part>,
    /// Lines of each part that were not its present process's.
    before: Vec<usize>,
    pub(super) watcher: Part,
    second: BTreeMap<usize, Part>,
    /// Who is down, or about to be, until the end of a fault.
    down: BTreeSet<usize>,
    /// Whose process may rightly end with 6.
    fenced: BTreeSet<usize>,
    pub(super) began: Instant,
    sampled: Instant,
    /// Of each part's present process.
    pub(super) lives: Vec<Vec<Vitals>>,
    pub(super) highest_kib: u64,
    pub(super) sizes: Vec<Size>,
    pub(super) blows: BTreeMap<Blow, u32>,
    journal: PathBuf,
}

impl Rig {
    /// With these flags for its trader.
    pub(super) async fn start(journal: &Path, flags: &[&str]) -> Self {
        let parts = cast::start(journal, flags).await;
        let now = Instant::now();
        Self {
            watcher: Part::watcher(&parts[TRADER]),
            before: vec![0; parts.len()],
            lives: parts.iter().map(|_| Vec::new()).collect(),
            parts,
            second: BTreeMap::new(),
            down: BTreeSet::new(),
            fenced: BTreeSet::new(),
            began: now,
            sampled: now,
            highest_kib: 0,
            sizes: Vec::new(),
            blows: BTreeMap::new(),
            journal: journal.to_owned(),
        }
    }

    pub(super) fn name(&self, part: usize) -> &str {
        &self.parts[part].name
    }

    /// Does everything of a storm when its time has come, and helps up whoever is still down.
    pub(super) async fn stand(&mut self, storm: &[Stroke]) {
        let began = Instant::now();
        for stroke in storm {
            self.until(began + stroke.at).await;
            self.help_up().await;
            match stroke.act {
                Act::Begin => self.begin(stroke.blow, stroke.part).await,
                Act::End => self.end(stroke.blow, stroke.part).await,
            }
        }
        self.help_up().await;
    }

    async fn begin(&mut self, blow: Blow, part: usize) {
        *self.blows.entry(blow).or_default() += 1;
        let target = &mut self.parts[part];
        match blow {
            Blow::Kill => {
                self.down.insert(part);
                target.kill().await;
            }
            Blow::Hang => target.signal(Signal::STOP),
            Blow::Stop => {
                self.down.insert(part);
                target.signal(Signal::TERM);
            }
            Blow::Deregister => {
                self.fenced.insert(part);
                let name = self.parts[part].name.clone();
                self.operate("deregister", &["--name", &name]).await;
            }
            Blow::Double => {
                self.fenced.insert(part);
                let (name, of) = STRATEGIES[part - TRADER - 1];
                self.second.insert(part, strategy(&self.parts, name, of));
            }
            Blow::Halt => {
                self.operate("minutehand", &["halt", "--reason", "a storm"]).await;
            }
            Blow::Flood => flood(self.parts[TRADER].port).await,
        }
    }

    async fn end(&mut self, blow: Blow, part: usize) {
        self.down.remove(&part);
        match blow {
            Blow::Kill => self.launch(part),
            Blow::Hang => self.parts[part].signal(Signal::CONT),
            Blow::Stop => {
                let code = self.parts[part].ended().await;
                // A strategy whose trader is out of reach says so. Who has not said that it is there
                // cannot stop in order yet.
                let is_well = match code {
                    Some(0) => true,
                    Some(1) => part > TRADER,
                    Some(_) => false,
                    None => !self.has_begun(part),
                };
                assert!(is_well, "{}: {code:?}", self.name(part));
                self.launch(part);
            }
            Blow::Double => {
                let mut second = self.second.remove(&part).expect("it was begun");
                if !second.is_gone() {
                    second.kill().await;
                }
            }
            Blow::Halt => self.resume().await,
            Blow::Deregister | Blow::Flood => {}
        }
    }

    /// Starts whatever has ended by itself, which nobody may but a strategy that is refused for good.
    pub(super) async fn help_up(&mut self) {
        for part in 0..self.parts.len() {
            if !self.down.contains(&part) && self.parts[part].is_gone() {
                let code = self.parts[part].ended().await;
                let is_well = code == Some(6) && self.fenced.contains(&part);
                assert!(is_well, "{} ended by itself: {code:?}", self.name(part));
                self.launch(part);
            }
        }
    }

    fn launch(&mut self, part: usize) {
        self.before[part] = self.parts[part].seen.len();
        self.parts[part].launch();
        self.lives[part].clear();
    }

    /// Whether the part's present process has said that it is there.
    fn has_begun(&self, part: usize) -> bool {
        let first = if part > TRADER { "INFO strategy " } else { "listening on " };
        self.parts[part].seen[self.before[part]..].iter().any(|line| line.contains(first))
    }

    /// It may take a while until the trader is there to hear it; a halt may never have reached it.
    async fn resume(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let code = self.operate("minutehand", &["resume", "--reason", "calm"]).await;
            let state = self.state().await;
            if code == 0 || state.is_some_and(|state| state != "HALTED") {
                return;
            }
            assert!(Instant::now() < deadline, "the halt does not end: {code}");
            self.until(Instant::now() + LOOK).await;
        }
    }

    /// A command of an operator, who has some patience; its exit code.
    async fn operate(&self, command: &str, args: &[&str]) -> i32 {
        let port = self.parts[TRADER].port.to_string();
        let link = ["--timeout", "2s", "--trader-port", &port];
        run(command, &[args, &link].concat()).await.code
    }

    /// The trader's state; none if it does not answer.
    pub(super) async fn state(&self) -> Option<String> {
        let port = self.parts[TRADER].port.to_string();
        let status = run("minutehand", &["status", "--json", "--trader-port", &port]).await;
        let status: Value = serde_json::from_str(&status.out).ok()?;
        Some(status["state"].as_str()?.to_owned())
    }

    /// Lets time pass, looking at the parts.
    pub(super) async fn until(&mut self, at: Instant) {
        loop {
            self.look();
            if Instant::now() >= at {
                return;
            }
            let next = at.min(Instant::now() + LOOK);
            let passed = timeout_at(next, std::future::pending::<()>()).await;
            passed.expect_err("nothing is pending for ever");
        }
    }

    fn look(&mut self) {
        self.watcher.look();
        self.parts.iter_mut().for_each(Part::look);
        self.second.values_mut().for_each(Part::look);
        if self.sampled.elapsed() < SAMPLE {
            return;
        }
        self.sampled = Instant::now();
        self.sizes.push(Size::of(&self.journal, self.began.elapsed()));
        for (part, life) in self.parts.iter_mut().zip(&mut self.lives) {
            if part.is_gone() {
                continue;
            }
            if let Some(vitals) = Vitals::of(part.id()) {
                self.highest_kib = self.highest_kib.max(vitals.resident_kib);
                life.push(vitals);
            }
        }
    }

    /// Ends all parts in order; none of them has panicked.
    pub(super) async fn stop(mut self) -> Part {
        for part in self.parts.iter_mut().rev() {
            part.signal(Signal::TERM);
            part.exits_with(0).await;
            assert_eq!(part.said("panicked"), 0, "{}", part.name);
        }
        self.watcher.look();
        self.watcher
    }
}

/// Many callers at once; what they are told does not matter.
async fn flood(port: u16) {
    let mut calls = JoinSet::new();
    for _ in 0..FLOOD_LINKS {
        let client = TraderServiceClient::new(
            Dialer::tcp().channel(&Address::local(port), chassis::tls::Role::Trader),
        );
        for _ in 0..FLOOD / FLOOD_LINKS {
            let mut client = client.clone();
            calls.spawn(async move {
                let call = client.get_status(GetStatusRequest::default());
                timeout(Duration::from_secs(1), call).await.is_ok()
            });
        }
    }
    while calls.join_next().await.is_some() {}
}

//! The trader's core on a clock that goes as it is told, and a disk that takes everything at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chassis::{
    grid::{Minute, Now, Timestamp, Timing},
    name::Name,
};
use trader::engine::{
    Engine, Recovered, Settings,
    event::Event,
    ledger::{Record, StateChange},
    registry::Registration,
    requests::Application,
    submission::{Content, Signal, Submission},
    verdict::{CauseCode, Verdict},
};

use crate::{course::Change, study::Unfit};

/// The process of all its strategies and generators, and the journal.
pub const RUN_ID: &str = "backtest";

/// A strategy in the core's eyes.
#[derive(Debug)]
struct Speaker {
    name: Name,
    epoch: u64,
}

/// The core, and what it has said.
#[derive(Debug)]
pub(crate) struct Core {
    engine: Engine,
    timing: Timing,
    start: Timestamp,
    instance: Name,
    speakers: Vec<Speaker>,
    decisions: Vec<f64>,
    pub(crate) changes: Vec<Change>,
    pub(crate) shortfalls: BTreeMap<CauseCode, usize>,
    /// What a journal would have of it; none: nobody wants it, and minutes in which everybody decides may be taken
    /// in one step, which leaves no records.
    pub(crate) records: Option<Vec<Record>>,
}

impl Core {
    /// With these strategies, which are expected from `first` on.
    pub(crate) fn new(
        timing: Timing,
        first: Minute,
        names: &[Name],
        keeps_records: bool,
    ) -> Result<Self, Unfit> {
        let settings = Settings {
            timing,
            journal: RUN_ID.into(),
            expect: BTreeSet::new(),
            at_least: 1,
            strategies_max: names.len(),
            accept_clock: false,
            here: "".into(),
        };
        let start = first.previous(timing.interval).start();
        let now = Now { wall: start, mono: Duration::ZERO };
        let refused = |error: &dyn std::error::Error| Unfit::Trader(error.to_string());
        let engine = Engine::new(settings, Recovered::nothing(first), now)
            .map_err(|error| refused(&error))?;
        let instance: Name = RUN_ID.parse().expect("it has the form of a name");
        let mut core = Self {
            engine,
            timing,
            start,
            instance,
            speakers: Vec::new(),
            decisions: Vec::new(),
            changes: Vec::new(),
            shortfalls: BTreeMap::new(),
            records: keeps_records.then(Vec::new),
        };
        for (name, session) in names.iter().zip(1..) {
            let application = Application {
                name: name.clone(),
                instance: core.instance.clone(),
                journal: "".into(),
                epoch: 0,
            };
            let registered = core.engine.register(now, &application, session, session);
            registered.map_err(|error| refused(&error))?;
            core.write(now);
        }
        // That somebody is registered is no news of the run.
        core.changes.clear();
        Ok(core)
    }

    /// Everybody says a word for `minute`, in the order of their names as they were given, the moment it
    /// begins; its verdict.
    pub(crate) fn minute(
        &mut self,
        minute: Minute,
        words: &[Option<Content>],
        signals: &[Vec<strategy::Signal>],
    ) -> Option<f64> {
        let now = self.at(minute.start());
        if self.records.is_none()
            && self.all_decide(words)
            && let Some(median) = self.engine.decide_at_once(now, &mut self.decisions)
        {
            return Some(median.value);
        }
        self.engine.tick(now);
        let mut verdict = self.write(now);
        for (speaker, (word, signals)) in (0..).zip(words.iter().zip(signals)) {
            let Some(content) = word.clone() else { continue };
            let submission = self.submission(speaker, minute, content, signals);
            let taken = self.engine.submit(now, submission);
            taken.expect("who is registered may speak once in a minute");
            verdict = self.write(now).or(verdict);
        }
        if verdict.is_none() {
            verdict = self.pass(self.timing.deadline(minute));
        }
        let verdict = verdict.expect("a minute ends at its deadline at the latest");
        assert_eq!(verdict.minute, minute, "each minute has a verdict of its own");
        let next = self.engine.next_deadline(self.at(verdict.closed_at));
        if next < minute.next(self.timing.interval).start() {
            self.pass(next);
        }
        self.count(&verdict);
        verdict.median().map(|median| median.value)
    }

    /// Counts the minute for each code of its causes, once.
    fn count(&mut self, verdict: &Verdict) {
        let codes: BTreeSet<CauseCode> = verdict.causes().iter().map(|cause| cause.code).collect();
        for code in codes {
            *self.shortfalls.entry(code).or_default() += 1;
        }
    }

    /// Time passes until `wall`; the verdict that comes with it.
    fn pass(&mut self, wall: Timestamp) -> Option<Arc<Verdict>> {
        let now = self.at(wall);
        self.engine.tick(now);
        self.write(now)
    }

    /// Notes the decisions, if there is nothing else.
    fn all_decide(&mut self, words: &[Option<Content>]) -> bool {
        self.decisions.clear();
        self.decisions.extend(words.iter().flatten().filter_map(Content::decision));
        self.decisions.len() == words.len()
    }

    fn submission(
        &self,
        speaker: usize,
        minute: Minute,
        content: Content,
        signals: &[strategy::Signal],
    ) -> Submission {
        let signals = if matches!(content, Content::Decision(_)) { signals } else { &[] };
        let Speaker { name, epoch } = &self.speakers[speaker];
        Submission {
            name: name.clone(),
            instance: self.instance.clone(),
            journal: RUN_ID.into(),
            epoch: *epoch,
            minute,
            decided_at: minute.start(),
            content,
            signals: signals.iter().map(|signal| self.signal(signal)).collect(),
            clock_offset: None,
        }
    }

    fn signal(&self, signal: &strategy::Signal) -> Signal {
        Signal {
            generator: signal.generator.parse().expect("a generator has the form of a name"),
            run_id: self.instance.clone(),
            minute: signal.minute,
            value: signal.value,
            produced_at: signal.produced_at,
        }
    }

    /// The disk takes what there is, until nothing is left; the verdict that is there with it.
    fn write(&mut self, now: Now) -> Option<Arc<Verdict>> {
        let mut verdict = None;
        loop {
            let taken = self.engine.take_records(now);
            let wrote = taken.is_some();
            if let Some(records) = taken {
                self.records.iter_mut().for_each(|kept| kept.extend(records.iter().cloned()));
                self.engine.written(now, Ok(()));
            }
            for event in self.engine.drain() {
                verdict = self.hear(event).or(verdict);
            }
            if !wrote {
                return verdict;
            }
        }
    }

    /// Keeps what the run tells of; a verdict is given on.
    fn hear(&mut self, event: Event) -> Option<Arc<Verdict>> {
        match event {
            Event::Published(verdict) => return Some(verdict),
            Event::Changed(StateChange { at, to, causes, .. }) => {
                self.changes.push(Change { at, to, causes: causes.to_vec() });
            }
            Event::Registered { registration: Registration { name, epoch, .. }, .. } => {
                self.speakers.push(Speaker { name, epoch });
            }
            Event::Deregistered { .. }
            | Event::Halted { .. }
            | Event::Resumed { .. }
            | Event::Refused { .. }
            | Event::SessionOver { .. }
            | Event::SessionLost { .. }
            | Event::Accepted { .. }
            | Event::Retrying { .. }
            | Event::Reminder { .. }
            | Event::ClockStepped { .. }
            | Event::WriteFailed { .. }
            | Event::WriteRecovered => {}
        }
        None
    }

    fn at(&self, wall: Timestamp) -> Now {
        Now { wall, mono: wall.since(self.start) }
    }
}

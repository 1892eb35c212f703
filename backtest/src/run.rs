//! Runs a study, minute by minute.

use std::collections::BTreeMap;

use chassis::{grid::Minute, name::Name};
use strategy::{Decide, Signal, decide::decision};
use trader::engine::{ledger::Record, submission::Content};

pub use crate::core::RUN_ID;
use crate::{
    core::Core,
    course::{Column, Course, Decisions},
    source::{NoSignal, Sources},
    study::{Silence, Strategy, Study, Unfit},
};

/// A study while it runs.
#[derive(Debug)]
pub struct Run {
    pub(crate) core: Core,
    sources: Sources,
    deciders: Vec<Decider>,
    /// What the strategies say in the present minute, if they do, and from what.
    words: Vec<Option<Content>>,
    signals: Vec<Vec<Signal>>,
    next: Minute,
    last: Minute,
    course: Course,
}

/// A strategy at work.
#[derive(Debug)]
struct Decider {
    /// Its generators, by their place.
    from: Vec<usize>,
    decide: Box<dyn Decide>,
    silences: Vec<Silence>,
}

/// Runs a study to its end.
pub fn run(study: Study) -> Result<Course, Unfit> {
    let mut run = Run::new(study)?;
    while run.minute() {}
    Ok(run.end())
}

impl Run {
    /// Before the first minute.
    pub fn new(study: Study) -> Result<Self, Unfit> {
        Self::begin(study, false)
    }

    /// The same, and keeps what a trader would write into its journal, under [`RUN_ID`], until that is taken; it
    /// is slower.
    pub fn with_records(study: Study) -> Result<Self, Unfit> {
        Self::begin(study, true)
    }

    fn begin(study: Study, keeps_records: bool) -> Result<Self, Unfit> {
        let (first, last) = study.span()?;
        study.check()?;
        let Study { timing, histories, generators, strategies, silences } = study;
        let names: Vec<Name> = strategies.iter().map(|strategy| strategy.name.clone()).collect();
        let core = Core::new(timing, first, &names, keeps_records)?;
        let sources = Sources::new(histories, &generators)?;
        let signal = |place: &usize| Signal {
            generator: generators[*place].name.as_str().into(),
            run_id: RUN_ID.into(),
            minute: first,
            value: f64::NAN,
            produced_at: first.start(),
        };
        let signals =
            strategies.iter().map(|one| one.signals.iter().map(signal).collect()).collect();
        let deciders = strategies.into_iter().map(|one| Decider::new(one, &silences)).collect();
        let none = |name| Decisions { name, decisions: Column::default() };
        let course = Course {
            first,
            interval: timing.interval,
            medians: Column::default(),
            strategies: names.into_iter().map(none).collect(),
            changes: Vec::new(),
            shortfalls: BTreeMap::new(),
        };
        let words = Vec::new();
        Ok(Self { core, sources, deciders, words, signals, next: first, last, course })
    }

    /// Runs the next minute; whether there was one.
    pub fn minute(&mut self) -> bool {
        let minute = self.next;
        if minute > self.last {
            return false;
        }
        self.next = minute.next(self.course.interval);
        let signals = self.sources.signals(minute);
        self.words.clear();
        let each = self.deciders.iter_mut().zip(&mut self.signals);
        self.words.extend(each.map(|(decider, from)| decider.word(minute, signals, from)));
        let median = self.core.minute(minute, &self.words, &self.signals);
        self.course.medians.push(median);
        for (word, column) in self.words.iter().zip(&mut self.course.strategies) {
            column.decisions.push(word.as_ref().and_then(Content::decision));
        }
        true
    }

    /// What there is for the journal since this was asked last, in order; nothing if it is not kept.
    pub fn take_records(&mut self) -> Vec<Record> {
        self.core.records.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// How many minutes are left.
    pub fn left(&self) -> u64 {
        self.last.count_from(self.next, self.course.interval)
    }

    /// What came of it so far.
    pub fn end(mut self) -> Course {
        self.course.changes = self.core.changes;
        self.course.shortfalls = self.core.shortfalls;
        self.course
    }
}

impl Decider {
    fn new(strategy: Strategy, silences: &[Silence]) -> Self {
        let Strategy { name, signals: from, decide } = strategy;
        let silences =
            silences.iter().filter(|silence| silence.strategy == name).cloned().collect();
        Self { from, decide, silences }
    }

    /// What it says for `minute`; `from` becomes what it says it from.
    fn word(
        &mut self,
        minute: Minute,
        signals: &[Result<f64, NoSignal>],
        from: &mut [Signal],
    ) -> Option<Content> {
        let at = minute.start();
        if self.silences.iter().any(|silence| (silence.from..silence.until).contains(&at)) {
            return None;
        }
        for (signal, place) in from.iter_mut().zip(&self.from) {
            match &signals[*place] {
                Ok(value) => signal.value = *value,
                Err(why) => {
                    let why = format!("generator {}: {why}", signal.generator);
                    return Some(Content::Abstention(why.into()));
                }
            }
            (signal.minute, signal.produced_at) = (minute, at);
        }
        Some(match decision(&mut *self.decide, minute, from) {
            Ok(decision) => Content::Decision(decision),
            Err(why) => Content::Abstention(why.into()),
        })
    }
}

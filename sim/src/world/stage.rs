//! Where a run is at: which host is at work, what its wall clock shows, and what was seen.
//!
//! A run has a thread of its own, and its state is the thread's: tracing tells a subscriber nothing
//! else about who speaks.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt,
    rc::Rc,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use chassis::{clock::Clock, grid::Timestamp};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
    subscriber::Interest,
};

use crate::record::{Record, What};

/// The host of what belongs to no host.
const WORLD: usize = 0;

/// Whose log lines are looked at.
const OURS: [&str; 5] = ["chassis", "deregister", "generator", "strategy", "trader"];

thread_local! {
    static STAGE: RefCell<Stage> = RefCell::default();
}

#[derive(Default)]
struct Stage {
    epoch: Timestamp,
    hosts: Vec<Host>,
    at_work: Vec<usize>,
    seen: Vec<Record>,
    last_id: u64,
}

struct Host {
    name: Rc<str>,
    offset: &'static AtomicI64,
}

impl Stage {
    fn find(&self, name: &str) -> usize {
        let found = self.hosts.iter().position(|host| &*host.name == name);
        found.unwrap_or_else(|| panic!("no host is called {name}"))
    }

    fn wall(&self, host: usize, at: Duration) -> Timestamp {
        let true_time = self.epoch.plus(at).as_micros();
        let offset = self.hosts[host].offset.load(Ordering::Relaxed);
        Timestamp::from_micros(true_time.saturating_add(offset))
    }

    fn see(&mut self, host: usize, at: Duration, what: What) {
        let (wall, host) = (self.wall(host, at), Rc::clone(&self.hosts[host].name));
        self.seen.push(Record { at, wall, host, what });
    }
}

/// Begins a run of this thread at `epoch`, with these hosts.
pub fn begin<'a>(epoch: Timestamp, hosts: impl IntoIterator<Item = &'a str>) {
    let host = |name: &str| Host { name: name.into(), offset: Box::leak(Box::default()) };
    let hosts = std::iter::once("world").chain(hosts).map(host).collect();
    STAGE.set(Stage { epoch, hosts, ..Stage::default() });
}

/// The clock of the host that is at work: to be asked for when one of its processes starts.
pub fn clock() -> Clock {
    STAGE.with_borrow(|stage| {
        let host = *stage.at_work.last().expect("a host is at work");
        Clock::stepped(stage.epoch.plus(true_time()), stage.hosts[host].offset)
    })
}

/// What the wall clock of `host` is off by, in microseconds.
pub fn offset(host: &str) -> i64 {
    STAGE.with_borrow(|stage| stage.hosts[stage.find(host)].offset.load(Ordering::Relaxed))
}

/// Makes the wall clock of `host` be off by so many microseconds from this moment on.
pub fn set_offset(host: &str, micros: i64) {
    STAGE.with_borrow(|stage| {
        stage.hosts[stage.find(host)].offset.store(micros, Ordering::Relaxed);
    });
}

/// The name of the host that is at work.
pub fn host() -> Rc<str> {
    STAGE.with_borrow(|stage| {
        let host = *stage.at_work.last().expect("a host is at work");
        Rc::clone(&stage.hosts[host].name)
    })
}

/// True time since the start of the run, as the host that is at work could know it.
pub fn true_time() -> Duration {
    turmoil::sim_elapsed().expect("a host is at work")
}

/// Something is seen on the host that is at work.
pub fn see(what: What) {
    let at = true_time();
    STAGE.with_borrow_mut(|stage| {
        let host = *stage.at_work.last().expect("a host is at work");
        stage.see(host, at, what);
    });
}

/// Something is seen between two steps.
pub fn see_from_outside(at: Duration, host: &str, what: What) {
    STAGE.with_borrow_mut(|stage| stage.see(stage.find(host), at, what));
}

/// A number that was not given before in this run.
pub fn new_id() -> u64 {
    STAGE.with_borrow_mut(|stage| {
        stage.last_id += 1;
        stage.last_id
    })
}

/// What was seen since this was called last, in order of time.
pub fn take() -> Vec<Record> {
    let mut seen = STAGE.with_borrow_mut(|stage| std::mem::take(&mut stage.seen));
    seen.sort_by_key(|record| record.at);
    seen
}

/// Hears the log lines of the shipped code, and from turmoil's spans which host is at work.
#[derive(Debug)]
pub struct Ear;

impl Ear {
    fn wants(metadata: &Metadata<'_>) -> bool {
        if metadata.is_span() {
            return metadata.name() == "node";
        }
        let target = metadata.target();
        let from = target.split("::").next().unwrap_or(target);
        *metadata.level() <= tracing::Level::INFO && OURS.contains(&from)
    }
}

impl Subscriber for Ear {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if Self::wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Self::wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut node = Node::default();
        span.record(&mut node);
        span::Id::from_u64(u64::try_from(node.0).expect("few hosts") + 1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let Line { message, fields } = line;
        let what = What::Line { level: *event.metadata().level(), message, fields };
        let at = turmoil::sim_elapsed();
        STAGE.with_borrow_mut(|stage| {
            // A process that is killed may have last words; they belong to nobody.
            if let (Some(at), Some(host)) = (at, stage.at_work.last().copied()) {
                stage.see(host, at, what);
            }
        });
    }

    fn enter(&self, span: &span::Id) {
        let host = usize::try_from(span.into_u64() - 1).expect("few hosts");
        STAGE.with_borrow_mut(|stage| stage.at_work.push(host));
    }

    fn exit(&self, _: &span::Id) {
        STAGE.with_borrow_mut(|stage| stage.at_work.pop());
    }
}

/// The host that one of turmoil's spans is about.
#[derive(Default)]
struct Node(usize);

impl Visit for Node {
    fn record_str(&mut self, _: &Field, value: &str) {
        let find = |stage: &Stage| stage.hosts.iter().position(|host| &*host.name == value);
        self.0 = STAGE.with_borrow(find).unwrap_or(WORLD);
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// A log line.
#[derive(Default)]
struct Line {
    message: String,
    fields: BTreeMap<&'static str, String>,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.fields.insert(field.name(), text);
        }
    }
}

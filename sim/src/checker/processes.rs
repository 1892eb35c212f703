//! Which processes run where, and since when.

use std::{collections::BTreeMap, rc::Rc, time::Duration};

use crate::record::{Record, What};

/// A process on a host.
#[derive(Clone, Debug)]
pub(super) struct Process {
    /// `trader`, `generator` or `strategy NAME`.
    pub(super) part: String,
    pub(super) since: Duration,
    /// The id by which a strategy calls itself.
    pub(super) instance: Option<String>,
    /// When it was told to stop.
    pub(super) stopping: Option<Duration>,
}

/// All that run; and those of the trader that ran.
#[derive(Debug, Default)]
pub(super) struct Processes {
    up: BTreeMap<Rc<str>, Process>,
    /// When a process started or ended last, whichever.
    pub(super) changed: Duration,
    /// When processes of the trader started.
    trader_starts: Vec<Duration>,
}

impl Processes {
    pub(super) fn see(&mut self, record: &Record) {
        match &record.what {
            What::Started { part, .. } => {
                let (name, since) = (part.clone(), record.at);
                let process = Process { part: name, since, instance: None, stopping: None };
                self.up.insert(Rc::clone(&record.host), process);
                if part == "trader" {
                    self.trader_starts.push(record.at);
                }
            }
            What::Exited { .. } | What::Killed | What::PowerCut => {
                self.up.remove(&record.host);
            }
            What::Fault { kind: "stop", detail, .. } => {
                if let Some(process) = self.up.get_mut(&**detail) {
                    process.stopping = Some(record.at);
                }
                return;
            }
            What::Line { message, fields, .. } => {
                if let Some(instance) = fields.get("instance")
                    && let Some(process) = self.up.get_mut(&record.host)
                    && message.starts_with(&format!("{}, trader ", process.part))
                {
                    process.instance = Some(instance.clone());
                }
                return;
            }
            _ => return,
        }
        self.changed = record.at;
    }

    /// The process on a host.
    pub(super) fn on(&self, host: &str) -> Option<&Process> {
        self.up.get(host)
    }

    /// Hosts on which a process of this part runs.
    pub(super) fn of<'p>(&'p self, part: &'p str) -> impl Iterator<Item = &'p str> {
        self.up.iter().filter(move |(_, process)| process.part == part).map(|(host, _)| &**host)
    }

    /// Hosts on which anything runs.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.up.keys().map(|host| &**host)
    }

    /// The trader's process, if it runs.
    pub(super) fn trader(&self) -> Option<&Process> {
        self.up.values().find(|process| process.part == "trader")
    }

    /// When the trader's process started that ran at `at`, or was the last one to run then.
    pub(super) fn trader_start(&self, at: Duration) -> Option<Duration> {
        self.trader_starts.iter().rev().copied().find(|start| *start <= at)
    }
}

//! What is seen in a run: the one interface between the world, which makes it, and the checker.

use std::{collections::BTreeMap, rc::Rc, time::Duration};

use chassis::grid::{Minute, Timestamp, Timing};
use proto::v1::{GetMedianResponse, GetStatusResponse, WatchResponse};
use tonic::Code;
use tracing::Level;

/// What a run begins with: all that is fixed before anything happens.
#[derive(Clone, Debug)]
pub struct Description {
    /// Where all chance of the run comes from.
    pub seed: u64,
    /// The settings of every part.
    pub timing: Timing,
    /// How far the simulated network is stepped at a time: no message is faster.
    pub tick: Duration,
    /// Names of the generators, which are those of their hosts.
    pub generators: Vec<String>,
    /// Names of the strategies, which are those of their hosts, and which generators each asks, in order.
    pub strategies: BTreeMap<String, Vec<String>>,
    /// Names that the trader is told to expect (`--expect`).
    pub expect: Vec<String>,
    /// How many strategies the trader is told to expect (`--at-least`).
    pub at_least: usize,
}

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// True time since the start of the run. Records come in its order.
    pub at: Duration,
    /// The wall clock of the host at that moment.
    pub wall: Timestamp,
    /// Where: `trader`, a generator, a strategy, `operator`, `reader`, `rogue`; `world` for the network.
    pub host: Rc<str>,
    /// What.
    pub what: What,
}

/// What can be seen.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A log line of the shipped code.
    Line {
        /// How important it is.
        level: Level,
        /// Its text.
        message: String,
        /// Its other fields, as printed.
        fields: BTreeMap<&'static str, String>,
    },
    /// A process was started on the host.
    Started {
        /// How many were started there before.
        incarnation: u32,
        /// What it is: `trader`, `generator` or `strategy NAME`.
        part: String,
    },
    /// A process ended by itself, or because it was asked to.
    Exited {
        /// Its exit code.
        code: u8,
        /// What it says why; empty for code 0.
        why: String,
    },
    /// All processes of the host were killed.
    Killed,
    /// As `Killed`, and what was not synced to the disk is lost.
    PowerCut,
    /// A generator has computed a signal.
    Computed {
        /// Its name.
        generator: String,
        /// Of which minute.
        minute: Minute,
        /// The value; none if the computation failed.
        value: Option<f64>,
    },
    /// A strategy has decided. Every strategy has a function of its own.
    Decided {
        /// Its name.
        strategy: String,
        /// For which minute.
        minute: Minute,
        /// From which values of which generators.
        signals: Vec<(String, f64)>,
        /// The decision.
        decision: f64,
    },
    /// An operator, or somebody who is no good, begins a call of the trader.
    Asked {
        /// Tells calls of a run apart.
        id: u64,
        /// What is asked.
        call: Call,
    },
    /// That call has ended.
    Answered {
        /// As asked.
        id: u64,
        /// How.
        outcome: Result<Answer, Refused>,
    },
    /// A reader has opened a watch.
    Watching {
        /// It asked for all verdicts of later minutes.
        after: Option<Minute>,
    },
    /// A reader's watch has ended.
    Unwatched(Refused),
    /// A reader's watch says something.
    Watched(Box<WatchResponse>),
    /// The current median, as a reader was told, without its own call's failures.
    Median(Result<GetMedianResponse, Refused>),
    /// The trader's status, as a reader was told, first page.
    Status(Box<GetStatusResponse>),
    /// Whether the trader's health service says SERVING for `minutehand.v1.TraderService`.
    Health(bool),
    /// A process has dialled another host, whether it was reached or not.
    Dialled {
        /// Which host.
        to: String,
    },
    /// The wall clock of the host was stepped.
    Stepped {
        /// By so many microseconds.
        by_micros: i64,
    },
    /// Something is broken from here on.
    Fault {
        /// Tells faults of a run apart.
        id: u64,
        /// What kind of fault.
        kind: &'static str,
        /// More about it, for people.
        detail: String,
    },
    /// That fault is over.
    Healed {
        /// As when it began.
        id: u64,
    },
    /// All faults are healed, every process that is wanted is up, and nothing more will happen until
    /// the end of the run, at least two whole minutes away.
    Quiet {
        /// The strategies that are up and want to take part.
        strategies: Vec<String>,
    },
    /// The run is over.
    Ended,
}

/// A call of the trader.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// An operator's.
    Deregister {
        /// Of whom.
        name: String,
    },
    /// An operator's.
    Halt,
    /// An operator's.
    Resume,
    /// A registration by hand.
    Register {
        /// Of whom.
        name: String,
        /// By which process.
        instance: String,
        /// Under which journal's …
        journal: String,
        /// … epoch; 0 at first contact.
        epoch: u64,
    },
    /// A submission by hand.
    Submit(Box<proto::v1::SubmitRequest>),
    /// A strategy's own deregistration by hand.
    Leave {
        /// Of whom.
        name: String,
        /// By which process.
        instance: String,
        /// Under which epoch.
        epoch: u64,
    },
}

/// What the trader answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It is done.
    Done,
    /// It is halted, durably or not.
    Halted {
        /// Whether it survives a restart.
        durable: bool,
    },
    /// It is registered.
    Registered {
        /// In this journal …
        journal: String,
        /// … under this epoch.
        epoch: u64,
        /// Whether it was taken over.
        taken_over: bool,
        /// From this minute on.
        first_minute: Minute,
    },
    /// The submission was received.
    Received {
        /// The same had been received before.
        duplicate: bool,
    },
}

/// A refusal, or a failure of the link.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// gRPC's code.
    pub code: Code,
    /// The reason of the contract; none if the trader did not answer at all.
    pub reason: Option<String>,
    /// For people.
    pub message: String,
}

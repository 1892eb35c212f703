//! A host on which one process runs at a time, started and stopped from outside.

use std::{
    cell::{Cell, RefCell},
    future::pending,
    path::PathBuf,
    rc::Rc,
};

use futures_util::future::FutureExt as _;
use tokio_util::sync::CancellationToken;
use trader::store::Pace;

use super::{
    parts::{self, Moods, Start},
    plan::{Plan, chance},
    stage,
};
use crate::record::What;

/// Which process a host runs.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Generator(Moods),
    Strategy(String),
    Trader(PathBuf, Pace),
}

/// A host and its process, shared between the host and those who look after it.
pub(crate) struct Seat {
    pub(crate) host: String,
    pub(crate) part: RefCell<Part>,
    plan: Rc<Plan>,
    /// Whether a process is to be started when the host is.
    wanted: Cell<bool>,
    /// Whether the machine has power.
    pub(crate) powered: Cell<bool>,
    /// Whether a process was started that has not ended.
    running: Cell<bool>,
    /// The exit code of a process that has just ended.
    exited: Cell<Option<u8>>,
    incarnations: Cell<u32>,
    stop: RefCell<CancellationToken>,
}

impl Seat {
    pub(crate) fn new(host: &str, part: Part, plan: Rc<Plan>) -> Self {
        Self {
            host: host.to_owned(),
            part: RefCell::new(part),
            plan,
            wanted: Cell::new(false),
            powered: Cell::new(true),
            running: Cell::new(false),
            exited: Cell::new(None),
            incarnations: Cell::new(0),
            stop: RefCell::default(),
        }
    }

    /// Whether a process runs here.
    pub(crate) fn is_running(&self) -> bool {
        self.running.get()
    }

    /// Says whether a process is to run when the host starts next; none runs until then.
    pub(crate) fn prepare(&self, wanted: bool) {
        self.wanted.set(wanted);
        self.running.set(wanted);
        self.exited.set(None);
    }

    /// Whether others dial this host, so that it refuses them while no process runs.
    pub(crate) fn is_dialled(&self) -> bool {
        !matches!(&*self.part.borrow(), Part::Strategy(_))
    }

    /// Asks the process to stop.
    pub(crate) fn stop(&self) {
        self.stop.borrow().cancel();
    }

    /// The exit code of a process that has ended since this was asked last.
    pub(crate) fn exited(&self) -> Option<u8> {
        self.exited.take()
    }

    /// What the host does from its start on.
    pub(crate) async fn live(self: Rc<Self>) -> turmoil::Result {
        if !self.wanted.get() {
            if self.is_dialled() {
                return pending().await;
            }
            return Ok(());
        }
        let incarnation = self.incarnations.get();
        self.incarnations.set(incarnation + 1);
        let stop = CancellationToken::new();
        self.stop.replace(stop.clone());
        let purpose = format!("{} {incarnation}", self.host);
        let rng = chance(self.plan.description.seed, &purpose);
        let start = Start { incarnation, rng, stop };
        let (plan, part) = (&self.plan, self.part.borrow().clone());
        let name = match &part {
            Part::Generator(_) => "generator".to_owned(),
            Part::Strategy(name) => format!("strategy {name}"),
            Part::Trader(..) => "trader".to_owned(),
        };
        stage::see(What::Started { incarnation, part: name });
        let process = match part {
            Part::Generator(moods) => {
                parts::generator(plan, &self.host, moods, start).boxed_local()
            }
            Part::Strategy(name) => {
                async move { parts::strategy(plan, &name, start).await }.boxed_local()
            }
            Part::Trader(journal, pace) => parts::trader(plan, journal, pace, start).boxed_local(),
        };
        let (code, why) = match process.await {
            Ok(()) => (0, String::new()),
            Err(failure) => (failure.exit as u8, failure.message),
        };
        stage::see(What::Exited { code, why });
        self.exited.set(Some(code));
        // Its connections are closed from outside, as by a system that cleans up.
        pending().await
    }
}

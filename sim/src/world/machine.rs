//! The machines: simulated hosts with power switches, and the cables between them.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    rc::Rc,
    time::{Duration, SystemTime},
};

use disk::Disk;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tokio::sync::mpsc;
use trader::store::Pace;

use super::{
    network,
    operator::{self, Order},
    parts::Moods,
    plan::{OPERATOR, Plan, READER, ROGUE, TRADER, TWIN, chance},
    reader,
    rogue::{self, Script},
    seat::{Part, Seat},
    stage,
};
use crate::record::What;

/// Orders and scripts that wait: more than any moment has.
const ORDERS_MAX: usize = 64;

/// The fastest message, in a network that steps much more slowly.
const LATENCY_MIN: Duration = Duration::from_millis(1);

/// Connections that a host has not accepted yet: more than all others open in a step.
const PENDING_MAX: usize = 4_096;

/// A pair of hosts.
pub(crate) type Cable = (String, String);

/// Everything that can be switched, pulled or told something.
pub(crate) struct Machines {
    sim: turmoil::Sim<'static>,
    pub(crate) seats: BTreeMap<String, Rc<Seat>>,
    pub(crate) moods: BTreeMap<String, Moods>,
    pub(crate) pace: Pace,
    /// Cables that have a fault.
    pub(crate) broken: BTreeSet<Cable>,
    operator: mpsc::Sender<Order>,
    rogue: mpsc::Sender<Script>,
    hosts: Vec<String>,
    /// The trader's.
    pub(crate) disk: Disk,
    disk_rng: StdRng,
    journal: PathBuf,
    _directory: TempDir,
}

impl Machines {
    pub(crate) fn new(plan: &Rc<Plan>) -> io::Result<Self> {
        let directory = directory()?;
        let disk = Disk::at(directory.path())?;
        let journal = directory.path().canonicalize()?.join("trader.sqlite");
        let hosts = plan.hosts();
        stage::begin(plan.epoch, hosts.iter().map(String::as_str));
        network::begin();
        let moods: BTreeMap<String, Moods> = plan
            .description
            .generators
            .iter()
            .map(|name| (name.clone(), Moods::default()))
            .collect();
        let (operator, orders) = mpsc::channel(ORDERS_MAX);
        let (rogue, scripts) = mpsc::channel(ORDERS_MAX);
        let mut machines = Self {
            sim: builder(plan).build(),
            seats: BTreeMap::new(),
            moods,
            pace: Pace::default(),
            broken: BTreeSet::new(),
            operator,
            rogue,
            hosts,
            disk,
            disk_rng: chance(plan.description.seed, "disk"),
            journal,
            _directory: directory,
        };
        machines.seat_all(plan);
        machines.people(plan, orders, scripts);
        Ok(machines)
    }

    fn seat_all(&mut self, plan: &Rc<Plan>) {
        for host in self.hosts.clone() {
            let part = match host.as_str() {
                OPERATOR | READER | ROGUE => continue,
                TRADER => Part::Trader(self.journal.clone(), self.pace.clone()),
                TWIN => Part::Strategy(String::new()),
                generator if self.moods.contains_key(generator) => {
                    Part::Generator(self.moods[generator].clone())
                }
                strategy => Part::Strategy(strategy.to_owned()),
            };
            let seat = Rc::new(Seat::new(&host, part, Rc::clone(plan)));
            let sitting = Rc::clone(&seat);
            self.sim.host(host.as_str(), move || Rc::clone(&sitting).live());
            self.seats.insert(host, seat);
        }
    }

    fn people(
        &mut self,
        plan: &Rc<Plan>,
        orders: mpsc::Receiver<Order>,
        scripts: mpsc::Receiver<Script>,
    ) {
        let (seed, timing) = (plan.description.seed, plan.description.timing);
        let rng = move |purpose| chance(seed, purpose);
        // These hosts are never restarted: what they are given once is enough.
        let orders = std::cell::Cell::new(Some(orders));
        self.sim.host(OPERATOR, move || {
            let orders = orders.take().expect("started once");
            operator::operate(timing.interval, orders, rng("operator"))
        });
        if plan.has_rogues() {
            let scripts = std::cell::Cell::new(Some(scripts));
            self.sim.host(ROGUE, move || {
                rogue::play(timing, scripts.take().expect("started once"), rng("rogue"))
            });
        }
        self.sim.host(READER, move || reader::read(timing.interval, rng("watcher"), rng("reader")));
    }

    /// True time since the start.
    pub(crate) fn now(&self) -> Duration {
        self.sim.elapsed()
    }

    pub(crate) fn journal(&self) -> &Path {
        &self.journal
    }

    /// Lets one tick pass.
    pub(crate) fn step(&mut self) -> Result<(), String> {
        self.sim.step().map(drop).map_err(|error| error.to_string())
    }

    pub(crate) fn see(&self, host: &str, what: What) {
        stage::see_from_outside(self.now(), host, what);
    }

    /// Starts the host's process, unless one runs or there is no power.
    pub(crate) fn start(&mut self, host: &str) {
        let seat = &self.seats[host];
        if !seat.is_running() && seat.powered.get() {
            seat.prepare(true);
            self.sim.crash(host);
            self.sim.bounce(host);
        }
    }

    /// Kills the host's process, as kill -9 does; the machine goes on.
    pub(crate) fn kill(&mut self, host: &str) {
        self.see(host, What::Killed);
        if host == TRADER {
            // A dead process does not tidy up.
            self.disk.kill();
        }
        self.end(host);
    }

    /// Closes what a process that has ended has left open.
    pub(crate) fn end(&mut self, host: &str) {
        self.sim.crash(host);
        let seat = &self.seats[host];
        seat.prepare(false);
        if seat.is_dialled() {
            self.sim.bounce(host);
        }
    }

    /// Cuts the host's power: nobody is told that it is gone.
    pub(crate) fn power_off(&mut self, host: &str) -> Vec<Cable> {
        self.see(host, What::PowerCut);
        let cables = self.sound_cables(host);
        for cable in &cables {
            self.partition(cable);
        }
        if host == TRADER {
            self.disk.power_cut(&mut self.disk_rng);
        }
        self.sim.crash(host);
        let seat = &self.seats[host];
        seat.prepare(false);
        seat.powered.set(false);
        cables
    }

    /// Gives a host its power back, and starts its process.
    pub(crate) fn power_on(&mut self, host: &str) {
        self.seats[host].powered.set(true);
        self.start(host);
    }

    /// All cables of a host that have no fault.
    pub(crate) fn sound_cables(&self, host: &str) -> Vec<Cable> {
        let others = self.hosts.iter().filter(|other| *other != host);
        let cables = others.map(|other| cable(host, other));
        cables.filter(|cable| !self.broken.contains(cable)).collect()
    }

    pub(crate) fn partition(&mut self, cable: &Cable) {
        self.sim.partition(cable.0.as_str(), cable.1.as_str());
        self.broken.insert(cable.clone());
    }

    pub(crate) fn partition_one_way(&mut self, from: &str, to: &str) {
        self.sim.partition_oneway(from, to);
        self.broken.insert(cable(from, to));
    }

    pub(crate) fn repair(&mut self, cable: &Cable) {
        self.sim.repair(cable.0.as_str(), cable.1.as_str());
        self.broken.remove(cable);
    }

    pub(crate) fn hold(&mut self, cable: &Cable) {
        self.sim.hold(cable.0.as_str(), cable.1.as_str());
        self.broken.insert(cable.clone());
    }

    pub(crate) fn release(&mut self, cable: &Cable) {
        self.sim.release(cable.0.as_str(), cable.1.as_str());
        self.broken.remove(cable);
    }

    /// Every message over this cable takes so long from here on.
    pub(crate) fn slow_down(&mut self, cable: &Cable, latency: Duration) {
        self.sim.set_link_latency(cable.0.as_str(), cable.1.as_str(), latency);
        self.broken.insert(cable.clone());
    }

    pub(crate) fn quicken(&mut self, cable: &Cable) {
        self.sim.set_link_latency(cable.0.as_str(), cable.1.as_str(), LATENCY_MIN);
        self.broken.remove(cable);
    }

    /// Has the operator do something; an operator who is told too much forgets.
    pub(crate) fn order(&self, order: Order) {
        let _forgotten = self.operator.try_send(order);
    }

    pub(crate) fn incite(&self, script: Script) {
        let _forgotten = self.rogue.try_send(script);
    }
}

/// A cable has no direction.
pub(crate) fn cable(a: &str, b: &str) -> Cable {
    if a < b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) }
}

fn builder(plan: &Plan) -> turmoil::Builder {
    let micros = u64::try_from(plan.epoch.as_micros()).expect("after 1970");
    let mut builder = turmoil::Builder::new();
    builder
        .rng_seed(plan.description.seed)
        .epoch(SystemTime::UNIX_EPOCH + Duration::from_micros(micros))
        .tick_duration(plan.description.tick)
        .simulation_duration(Duration::MAX)
        .min_message_latency(LATENCY_MIN)
        .max_message_latency(plan.latency_max)
        .tcp_capacity(PENDING_MAX)
        .enable_random_order();
    builder
}

/// In memory if the machine has such a place: a run syncs its journal thousands of times.
fn directory() -> io::Result<TempDir> {
    let shared_memory = Path::new("/dev/shm");
    let named = |builder: &mut tempfile::Builder<'_, '_>| {
        builder.prefix("minutehand-sim-").tempdir_in(shared_memory)
    };
    if shared_memory.is_dir() { named(&mut tempfile::Builder::new()) } else { TempDir::new() }
}

//! The course of a run: what happens when, until everything is mended and stays whole for a while.

mod mending;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    path::Path,
    rc::Rc,
    time::Duration,
};

use mending::RECOVERY;
use rand::{RngExt as _, rngs::StdRng, seq::IndexedRandom as _};

use super::{
    fault::{self, Cure, component, gap, step_clock, strike},
    holds::Holds,
    machine::Machines,
    parts::Mood,
    plan::{Kind, Plan, TWIN, chance},
    rogue::Script,
    stage,
};
use crate::record::{Call, Description, Record, What};

/// A minute that begins so long after everything is mended is whole.
const SETTLING: Duration = Duration::from_secs(15);

/// Whole minutes in the end, at least.
const QUIET_MINUTES: u32 = 3;

/// How often clocks drift.
const DRIFT_EVERY: Duration = Duration::from_secs(10);

/// After so long, clocks that ran fast run slow.
const TURN_SECONDS: u64 = 600;

/// Something that is due.
enum Event {
    Start(String),
    Strike,
    Heal(u64),
    Drift,
    Mend,
    Orders,
}

/// A world in which time passes.
pub struct World {
    machines: Machines,
    plan: Rc<Plan>,
    rng: StdRng,
    agenda: BTreeMap<(Duration, u64), Event>,
    last_entry: u64,
    faults: BTreeMap<u64, Vec<Cure>>,
    /// How often each kind of fault was struck, on what.
    counts: BTreeMap<(&'static str, &'static str), u64>,
    holds: Holds,
    visitors: BTreeSet<String>,
    /// Orders of the end that have not been carried out.
    orders: BTreeMap<u64, Call>,
    mending_since: Option<Duration>,
    quiet: bool,
}

impl World {
    /// The world of a plan, before anything happens in it.
    pub fn new(plan: Plan) -> io::Result<Self> {
        let plan = Rc::new(plan);
        let mut world = Self {
            machines: Machines::new(&plan)?,
            rng: chance(plan.description.seed, "course"),
            plan,
            agenda: BTreeMap::new(),
            last_entry: 0,
            faults: BTreeMap::new(),
            counts: BTreeMap::new(),
            holds: Holds::default(),
            visitors: BTreeSet::new(),
            orders: BTreeMap::new(),
            mending_since: None,
            quiet: false,
        };
        world.begin();
        Ok(world)
    }

    /// What the run begins with.
    pub fn description(&self) -> &Description {
        &self.plan.description
    }

    /// Where the trader's journal is.
    pub fn journal(&self) -> &Path {
        self.machines.journal()
    }

    /// How often each kind of fault was struck, on what.
    pub fn counts(&self) -> &BTreeMap<(&'static str, &'static str), u64> {
        &self.counts
    }

    /// Lets one tick pass: what was seen in it, or nothing any more when the run is over.
    pub fn step(&mut self) -> Result<Option<Vec<Record>>, String> {
        let now = self.machines.now();
        if now > self.plan.length {
            return Ok(None);
        }
        while let Some(entry) = self.agenda.first_entry()
            && entry.key().0 <= now
        {
            let event = entry.remove();
            self.happen(event);
        }
        self.machines.step()?;
        self.look_after_processes();
        if now + self.plan.description.tick > self.plan.length {
            self.machines.see("world", What::Ended);
        }
        let seen = stage::take();
        for record in &seen {
            self.holds.learn(record);
            self.hear(record);
        }
        self.calm_down()?;
        Ok(Some(seen))
    }

    fn at(&mut self, when: Duration, event: Event) {
        self.last_entry += 1;
        self.agenda.insert((when, self.last_entry), event);
    }

    fn after(&mut self, wait: Duration, event: Event) {
        self.at(self.machines.now() + wait, event);
    }

    fn begin(&mut self) {
        let plan = Rc::clone(&self.plan);
        let hosts: Vec<String> = self.machines.seats.keys().cloned().collect();
        for host in hosts.into_iter().filter(|host| host != TWIN) {
            let late = if component(&host) == "strategy" { 40_000 } else { 2_000 };
            let wait = Duration::from_millis(self.rng.random_range(0..late));
            self.at(wait, Event::Start(host));
        }
        for host in plan.drift.keys() {
            let offset = self.small_offset();
            stage::set_offset(host, offset);
        }
        self.at(DRIFT_EVERY, Event::Drift);
        self.at(Duration::from_secs(45), Event::Strike);
        self.at(self.mend_at(), Event::Mend);
    }

    /// When the last faults end.
    fn mend_at(&self) -> Duration {
        let quiet = self.plan.description.timing.interval.duration() * (QUIET_MINUTES + 1);
        self.plan.length.saturating_sub(quiet + SETTLING + RECOVERY + Duration::from_secs(15))
    }

    /// What a clock that is well set is off by.
    fn small_offset(&mut self) -> i64 {
        let skew = i64::try_from(self.plan.description.timing.skew.as_micros()).expect("short");
        self.rng.random_range(-skew * 3 / 10..=skew * 3 / 10)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Start(host) => self.machines.start(&host),
            Event::Strike => {
                let wait = gap(self.plan.fault_gap, &mut self.rng);
                self.after(wait, Event::Strike);
                self.strike();
            }
            Event::Heal(id) => self.heal(id),
            Event::Drift => {
                self.after(DRIFT_EVERY, Event::Drift);
                self.drift();
            }
            Event::Mend => self.mend(),
            Event::Orders => self.give_orders(),
        }
    }

    fn strike(&mut self) {
        if self.mending_since.is_some() {
            return;
        }
        let Some(kind) = self.plan.faults.choose(&mut self.rng).copied() else { return };
        let struck = match kind {
            Kind::Visit | Kind::Haunt | Kind::Intrusion => self.incite(kind),
            _ => {
                let plan = Rc::clone(&self.plan);
                strike(kind, &mut self.machines, &plan, &mut self.rng).map(|struck| {
                    let id = stage::new_id();
                    self.faults.insert(id, struck.cures);
                    self.after(struck.lasts, Event::Heal(id));
                    (id, struck.component, struck.detail)
                })
            }
        };
        let Some((id, component, detail)) = struck else { return };
        *self.counts.entry((kind.name(), component)).or_default() += 1;
        self.machines.see("world", What::Fault { id, kind: kind.name(), detail });
    }

    fn incite(&mut self, kind: Kind) -> Option<(u64, &'static str, String)> {
        let names: Vec<&String> = self.plan.description.strategies.keys().collect();
        let name = (*names.choose(&mut self.rng)?).clone();
        let script = match kind {
            Kind::Visit => {
                let name = format!("z{}", self.rng.random_range(1..=2));
                self.visitors.insert(name.clone());
                Script::Visit { name, minutes: self.rng.random_range(1..5) }
            }
            Kind::Haunt => Script::Haunt(self.holds.old(&mut self.rng)?),
            _ => Script::Intrude { name },
        };
        let detail = format!("{script:?}");
        self.machines.incite(script);
        Some((stage::new_id(), "trader", detail))
    }

    fn heal(&mut self, id: u64) {
        let Some(cures) = self.faults.remove(&id) else { return };
        for cure in cures {
            self.cure(cure);
        }
        self.machines.see("world", What::Healed { id });
    }

    fn cure(&mut self, cure: Cure) {
        match cure {
            Cure::Start(host) => self.machines.start(&host),
            Cure::PowerOn(host) => self.machines.power_on(&host),
            Cure::Repair(cable) => self.machines.repair(&cable),
            Cure::Release(cable) => self.machines.release(&cable),
            Cure::Quicken(cable) => self.machines.quicken(&cable),
            Cure::Clock(host) => {
                let offset = self.small_offset();
                step_clock(&self.machines, &host, offset);
            }
            Cure::Pace => self.machines.pace.set(0),
            Cure::Disk => self.machines.disk.fail(None),
            Cure::Mood(generator) => self.machines.moods[&generator].set(Mood::default()),
            Cure::Order(call) => drop(fault::order(&self.machines, call)),
            Cure::KillTwin => self.kill_if_running(TWIN),
        }
    }

    fn kill_if_running(&mut self, host: &str) {
        if self.machines.seats.get(host).is_some_and(|seat| seat.is_running()) {
            self.machines.kill(host);
        }
    }

    /// Clocks run a little fast or slow, and are set right again before it matters.
    fn drift(&mut self) {
        let skew = i64::try_from(self.plan.description.timing.skew.as_micros()).expect("short");
        for (host, millionths) in &self.plan.drift {
            let ahead = (self.machines.now().as_secs() / TURN_SECONDS).is_multiple_of(2);
            let by = (if ahead { millionths * 10 } else { millionths * -10 })
                .clamp(-skew / 1_000, skew / 1_000);
            stage::set_offset(host, stage::offset(host) + by);
        }
    }

    /// Whether the end of a fault starts what runs on a host.
    fn will_be_started(&self, host: &str) -> bool {
        let mut cures = self.faults.values().flatten();
        cures.any(|cure| matches!(cure, Cure::Start(started) if started == host))
    }

    /// Starts again what has ended by itself, as a service manager does.
    fn look_after_processes(&mut self) {
        let seats: Vec<_> = self.machines.seats.values().cloned().collect();
        for seat in seats {
            let Some(code) = seat.exited() else { continue };
            self.machines.end(&seat.host);
            let millis = match code {
                // Asked to stop: whoever asked starts it again, unless it took longer than that.
                0 if self.will_be_started(&seat.host) => continue,
                // Only a person starts it again.
                6 if self.mending_since.is_none() => self.rng.random_range(20_000..200_000),
                _ => self.rng.random_range(1_000..3_000),
            };
            if seat.host != TWIN && !self.is_gone(&seat.host) {
                self.after(Duration::from_millis(millis), Event::Start(seat.host.clone()));
            }
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("plan", &self.plan).finish_non_exhaustive()
    }
}

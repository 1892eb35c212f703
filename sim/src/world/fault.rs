//! What can break, how badly, and what mends it.

use std::time::Duration;

use disk::Failure;
use rand::{Rng, RngExt as _, rngs::StdRng, seq::IndexedRandom as _};

use super::{
    machine::{Cable, Machines, cable},
    network,
    operator::Order,
    parts::Mood,
    plan::{Kind, OPERATOR, Plan, READER, TRADER, TWIN},
    seat::Part,
    stage,
};
use crate::record::{Call, What};

/// What ends a fault, or a part of it.
#[derive(Clone, Debug)]
pub(crate) enum Cure {
    Start(String),
    PowerOn(String),
    Repair(Cable),
    Release(Cable),
    Quicken(Cable),
    Clock(String),
    Pace,
    Disk,
    Mood(String),
    Order(Call),
    KillTwin,
}

/// A fault that was struck: on what, what ends it, and for how long it lasts.
pub(crate) struct Struck {
    pub(crate) component: &'static str,
    pub(crate) detail: String,
    pub(crate) cures: Vec<Cure>,
    pub(crate) lasts: Duration,
}

/// What kind of host it is.
pub(crate) fn component(host: &str) -> &'static str {
    match host {
        TRADER => "trader",
        OPERATOR => "operator",
        READER => "reader",
        TWIN => "twin",
        _ if host.starts_with('g') => "generator",
        _ => "strategy",
    }
}

/// Short, a while, or long.
fn length(rng: &mut StdRng) -> Duration {
    let millis = match rng.random_range(0..3) {
        0 => rng.random_range(100..3_000),
        1 => rng.random_range(3_000..20_000),
        _ => rng.random_range(20_000..150_000),
    };
    Duration::from_millis(millis)
}

/// Breaks something, if there is something whole of that kind.
pub(crate) fn strike(
    kind: Kind,
    machines: &mut Machines,
    plan: &Plan,
    rng: &mut StdRng,
) -> Option<Struck> {
    let lasts = length(rng);
    let (component, detail, cures) = match kind {
        Kind::Kill | Kind::PowerCut | Kind::Stop => on_a_process(kind, machines, rng)?,
        Kind::Partition | Kind::OneWay | Kind::Hold | Kind::Latency | Kind::Reset => {
            on_a_link(kind, machines, plan, rng)?
        }
        Kind::Isolation => isolation(machines, rng)?,
        Kind::Clock => clock(machines, plan, rng)?,
        Kind::SlowDisk => {
            let millis = *[100, 1_000, 4_000, 9_000, 20_000].choose(rng)?;
            machines.pace.set(millis);
            ("trader", format!("{millis} ms a commit"), vec![Cure::Pace])
        }
        Kind::BadDisk => bad_disk(machines, rng)?,
        Kind::SlowGenerator | Kind::BadGenerator => computation(kind, machines, rng)?,
        Kind::Deregistration => {
            let name = plan.description.strategies.keys().collect::<Vec<_>>();
            let name = if rng.random_bool(0.1) { "nobody" } else { name.choose(rng)? };
            order(machines, Call::Deregister { name: name.to_owned() });
            ("strategy", name.to_owned(), Vec::new())
        }
        Kind::Halt => {
            order(machines, Call::Halt);
            ("trader", String::new(), vec![Cure::Order(Call::Resume)])
        }
        Kind::Twin => twin(machines, plan, rng)?,
        Kind::Visit | Kind::Haunt | Kind::Intrusion => return None,
    };
    Some(Struck { component, detail, cures, lasts })
}

type Broken = (&'static str, String, Vec<Cure>);

pub(crate) fn order(machines: &Machines, call: Call) -> u64 {
    let id = stage::new_id();
    machines.order(Order { id, call });
    id
}

fn on_a_process(kind: Kind, machines: &mut Machines, rng: &mut StdRng) -> Option<Broken> {
    let running = machines.seats.values().filter(|seat| seat.is_running());
    let hosts: Vec<String> = running.map(|seat| seat.host.clone()).collect();
    // The trader is one among many, and matters most.
    let host = if rng.random_bool(0.25) { TRADER } else { hosts.choose(rng)? }.to_owned();
    if !hosts.contains(&host) {
        return None;
    }
    let mut cures = vec![Cure::Start(host.clone())];
    match kind {
        Kind::PowerCut => {
            cures = machines.power_off(&host).into_iter().map(Cure::Repair).collect();
            cures.push(Cure::PowerOn(host.clone()));
        }
        Kind::Stop => machines.seats[&host].stop(),
        _ => machines.kill(&host),
    }
    Some((component(&host), host, cures))
}

fn on_a_link(kind: Kind, machines: &mut Machines, plan: &Plan, rng: &mut StdRng) -> Option<Broken> {
    let (client, server) = link(plan, rng)?;
    let there = cable(&client, &server);
    let what = format!("{client} to {server}");
    if kind == Kind::Reset {
        return network::cut(&client, &server).then(|| (component(&client), what, Vec::new()));
    }
    if machines.broken.contains(&there) {
        return None;
    }
    let part = component(&client);
    match kind {
        Kind::Partition => machines.partition(&there),
        Kind::Hold => machines.hold(&there),
        Kind::Latency => {
            let millis = *[150, 400, 1_000, 2_000].choose(rng)?;
            machines.slow_down(&there, Duration::from_millis(millis));
            return Some((part, format!("{what}, {millis} ms"), vec![Cure::Quicken(there)]));
        }
        _ => {
            let back = rng.random_bool(0.5);
            let (from, to) = if back { (&server, &client) } else { (&client, &server) };
            machines.partition_one_way(from, to);
            let what = format!("{from} to {to}");
            return Some((part, what, vec![Cure::Repair(there)]));
        }
    }
    let cure = if kind == Kind::Hold { Cure::Release(there) } else { Cure::Repair(there) };
    Some((part, what, vec![cure]))
}

/// A client and the server that it dials.
fn link(plan: &Plan, rng: &mut StdRng) -> Option<(String, String)> {
    let strategies: Vec<_> = plan.description.strategies.iter().collect();
    let (strategy, generators) = *strategies.choose(rng)?;
    Some(match rng.random_range(0..10) {
        0..5 => (strategy.clone(), TRADER.to_owned()),
        5..8 => (strategy.clone(), generators.choose(rng)?.clone()),
        8 => (READER.to_owned(), TRADER.to_owned()),
        _ => (OPERATOR.to_owned(), TRADER.to_owned()),
    })
}

fn isolation(machines: &mut Machines, rng: &mut StdRng) -> Option<Broken> {
    let hosts: Vec<&String> = machines.seats.keys().collect();
    let host = (*hosts.choose(rng)?).clone();
    let cables = machines.sound_cables(&host);
    for cable in &cables {
        machines.hold(cable);
    }
    let cures = cables.into_iter().map(Cure::Release).collect();
    Some((component(&host), host, cures))
}

fn clock(machines: &mut Machines, plan: &Plan, rng: &mut StdRng) -> Option<Broken> {
    let hosts: Vec<&String> = plan.drift.keys().collect();
    let host = (*hosts.choose(rng)?).clone();
    let millis: i64 = match rng.random_range(0..4) {
        0 => rng.random_range(100..1_000),
        1 => rng.random_range(1_000..5_000),
        2 => rng.random_range(5_000..60_000),
        _ => rng.random_range(60_000..200_000),
    };
    let by = if rng.random_bool(0.5) { millis } else { -millis } * 1_000;
    step_clock(machines, &host, stage::offset(&host) + by);
    let detail =
        format!("{host} by {:.3} s", Duration::from_micros(by.unsigned_abs()).as_secs_f64());
    let detail = if by < 0 { format!("{detail} back") } else { detail };
    Some((component(&host), detail, vec![Cure::Clock(host)]))
}

/// Makes a host's clock be off by so much, on the record.
pub(crate) fn step_clock(machines: &Machines, host: &str, offset: i64) {
    let by_micros = offset - stage::offset(host);
    stage::set_offset(host, offset);
    machines.see(host, What::Stepped { by_micros });
}

fn computation(kind: Kind, machines: &mut Machines, rng: &mut StdRng) -> Option<Broken> {
    let generators: Vec<_> = machines.moods.iter().collect();
    let (name, moods) = *generators.choose(rng)?;
    let mood = match (kind, rng.random_range(0..3)) {
        (Kind::SlowGenerator, 0) => Mood::Hangs,
        (Kind::SlowGenerator, _) => Mood::Slow(rng.random_range(500..15_000)),
        (_, 0) => Mood::NotFinite,
        _ => Mood::Fails,
    };
    moods.set(mood);
    Some(("generator", format!("{name}: {mood:?}"), vec![Cure::Mood(name.clone())]))
}

fn bad_disk(machines: &Machines, rng: &mut StdRng) -> Option<Broken> {
    let failure = *[Failure::Full, Failure::Write, Failure::Sync].choose(rng)?;
    if rng.random_bool(0.3) {
        let after = rng.random_range(0..20);
        machines.disk.fail_once(after, failure);
        let detail = format!("{failure:?}, once, after {after} operations");
        return Some(("trader", detail, vec![Cure::Disk]));
    }
    machines.disk.fail(Some(failure));
    Some(("trader", format!("{failure:?}"), vec![Cure::Disk]))
}

fn twin(machines: &mut Machines, plan: &Plan, rng: &mut StdRng) -> Option<Broken> {
    if machines.seats[TWIN].is_running() {
        return None;
    }
    let names: Vec<_> = plan.description.strategies.keys().collect();
    let name = (*names.choose(rng)?).clone();
    machines.seats[TWIN].part.replace(Part::Strategy(name.clone()));
    machines.start(TWIN);
    Some(("strategy", name, vec![Cure::KillTwin]))
}

/// A wait with this mean, of which short ones are most frequent.
pub(crate) fn gap(mean: Duration, rng: &mut impl Rng) -> Duration {
    let uniform: f64 = rng.random_range(0.000_1..1.0);
    mean.mul_f64(-uniform.ln())
}

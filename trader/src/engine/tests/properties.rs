//! Random histories under the eyes of the witness; and after them, when all faults are over, a
//! median within two minutes.

use std::time::Duration;

use chassis::name::Name;
use proptest::prelude::*;

use super::{
    actors::{Actors, NAMES, to_boundary},
    world::{Disk, World, settings},
};
use crate::engine::verdict::State;

/// Something that happens.
#[derive(Clone, Debug)]
enum Op {
    Pass(u64),
    Sleep(u64),
    /// To so many milliseconds after the next boundary, less 1,500.
    ToBoundary(u64),
    /// Everyone decides but those with their bit set.
    Round(u8),
    Register(usize),
    Again(usize),
    Rival(usize),
    Lose(usize),
    Decide(usize),
    Abstain(usize),
    Repeat(usize),
    Contradict(usize),
    Zombie(usize),
    Late(usize),
    Future(usize),
    Stale(usize),
    Leave(usize),
    Deregister(usize),
    Halt,
    Resume,
    Crash(bool),
    Disk(Disk),
    StepMicros(i64),
}

fn op() -> impl Strategy<Value = Op> {
    let name = || 0..NAMES.len();
    let disk = prop_oneof![5 => Just(Disk::Works), 1 => Just(Disk::Fails), 1 => Just(Disk::WorksOnce), 2 => Just(Disk::Hangs)];
    prop_oneof![
        6 => (0..20_000u64).prop_map(Op::Pass),
        1 => (0..200_000u64).prop_map(Op::Sleep),
        8 => (0..3_000u64).prop_map(Op::ToBoundary),
        20 => prop_oneof![3 => Just(0), 1 => any::<u8>()].prop_map(Op::Round),
        8 => name().prop_map(Op::Register),
        2 => name().prop_map(Op::Again),
        2 => name().prop_map(Op::Rival),
        3 => name().prop_map(Op::Lose),
        6 => name().prop_map(Op::Decide),
        2 => name().prop_map(Op::Abstain),
        2 => name().prop_map(Op::Repeat),
        2 => name().prop_map(Op::Contradict),
        2 => name().prop_map(Op::Zombie),
        2 => name().prop_map(Op::Late),
        1 => name().prop_map(Op::Future),
        1 => name().prop_map(Op::Stale),
        2 => name().prop_map(Op::Leave),
        2 => name().prop_map(Op::Deregister),
        2 => Just(Op::Halt),
        4 => Just(Op::Resume),
        3 => any::<bool>().prop_map(Op::Crash),
        6 => disk.prop_map(Op::Disk),
        2 => (-100..100i64).prop_map(|seconds| Op::StepMicros(seconds * 1_000_000)),
        2 => (-3_000_000..3_000_000i64).prop_map(Op::StepMicros),
    ]
}

/// A world with strategies in it.
struct History {
    world: World,
    actors: Actors,
}

impl History {
    fn new(expect: bool, at_least: usize) -> Self {
        let mut settings = settings();
        settings.at_least = at_least;
        if expect {
            settings.expect = NAMES[..2].iter().map(|name| name.parse().unwrap()).collect();
        }
        Self { world: World::new(settings), actors: Actors::default() }
    }

    fn step(&mut self, op: &Op) {
        let Self { world, actors } = self;
        match *op {
            Op::Pass(ms) => world.pass(Duration::from_millis(ms)),
            Op::Sleep(ms) => {
                world.let_pass(Duration::from_millis(ms));
                world.tick();
            }
            Op::ToBoundary(ms) => to_boundary(world, ms),
            Op::Round(silent) => actors.round(world, silent),
            Op::Register(name) => actors.register(world, name),
            Op::Again(name) => actors.reconnect(world, name),
            Op::Rival(name) => actors.rival(world, name),
            Op::Lose(name) => actors.lose(world, name),
            Op::Decide(name) => actors.decide(world, name),
            Op::Abstain(name) => actors.abstain(world, name),
            Op::Repeat(name) => actors.repeat(world, name),
            Op::Contradict(name) => actors.contradict(world, name),
            Op::Zombie(name) => actors.zombie(world, name),
            Op::Late(name) => actors.decide_for(world, name, -1),
            Op::Future(name) => actors.decide_for(world, name, 1),
            Op::Stale(name) => actors.stale(world, name),
            Op::Leave(name) => actors.leave(world, name),
            Op::Deregister(name) => drop(world.deregister(&NAMES[name].parse().unwrap(), None)),
            Op::Halt => world.halt(),
            Op::Resume => drop(world.resume()),
            Op::Crash(came_through) => self.restart(came_through),
            Op::Disk(disk) => {
                world.disk = disk;
                world.write();
            }
            Op::StepMicros(micros) => {
                world.step_clock(micros);
                world.tick();
            }
        }
        self.actors.listen(&mut self.world);
    }

    fn restart(&mut self, came_through: bool) {
        self.world.crash(came_through);
        self.actors.disconnected();
        if self.world.start().is_err() {
            self.world.settings.accept_clock = true;
            self.world.start().unwrap();
            self.world.settings.accept_clock = false;
        }
    }

    /// All faults are over.
    fn repair(&mut self) {
        self.world.disk = Disk::Works;
        self.world.write();
        self.restart(true);
        let timing = self.world.timing();
        let behind = self.world.witness.open.previous(timing.interval).start();
        let behind = behind.since(self.world.now().wall);
        self.step(&Op::StepMicros(i64::try_from(behind.as_micros()).unwrap()));
        self.world.pass(Duration::from_secs(3));
        let _not_halted = self.world.resume();
        for (index, name) in NAMES.iter().enumerate() {
            let name: Name = name.parse().unwrap();
            if index < 2 || self.world.witness.members.contains_key(&name) {
                self.actors.register(&mut self.world, index);
            }
        }
        self.actors.listen(&mut self.world);
    }
}

fn live(ops: &[Op], expect: bool, at_least: usize) {
    let mut history = History::new(expect, at_least);
    for op in ops {
        history.step(op);
    }
    history.repair();
    history.step(&Op::Round(0));
    history.step(&Op::Round(0));
    let verdict = history.world.median();
    assert!(verdict.is_ok(), "no median though all is well: {verdict:?}");
    assert_eq!(history.world.engine.as_ref().unwrap().state(), State::Ok);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariants 1 to 6 after every step, and then a median.
    #[test]
    fn whatever_happens_the_witness_agrees(
        ops in prop::collection::vec(op(), 1..120),
        expect in prop::bool::weighted(0.2),
        at_least in prop_oneof![4 => Just(1usize), 1 => Just(2usize)],
    ) {
        live(&ops, expect, at_least);
    }
}

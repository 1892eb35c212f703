//! Strategies of random histories: good ones, rivals, zombies.

use std::{collections::BTreeMap, time::Duration};

use chassis::{
    grid::{Minute, Timestamp},
    name::Name,
};

use super::world::{JOURNAL, World};
use crate::engine::{
    event::Event,
    registry::SessionId,
    requests::Leave,
    submission::{Content, Signal, Submission},
};

/// Who there is. The first two are those that `--expect` names, where it is given.
pub(super) const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];

/// One process of a strategy.
#[derive(Clone, Debug)]
struct Process {
    instance: Name,
    epoch: u64,
    session: Option<SessionId>,
    last: Option<Submission>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Actors {
    /// Who holds each name, as far as it knows.
    holders: BTreeMap<Name, Process>,
    /// Who held it before.
    zombies: BTreeMap<Name, Process>,
    /// Who waits for an answer.
    asking: BTreeMap<SessionId, (Name, Name)>,
    births: u64,
}

fn name(index: usize) -> Name {
    NAMES[index].parse().unwrap()
}

/// To so many milliseconds after the next boundary, less 1,500.
pub(super) fn to_boundary(world: &mut World, ms: u64) {
    let next = Minute::first_after(world.now().wall, world.timing().interval);
    let at = next.start().plus(Duration::from_millis(ms)).minus(Duration::from_millis(1_500));
    world.pass(at.since(world.now().wall));
}

impl Actors {
    /// Hears what the trader has told.
    pub(super) fn listen(&mut self, world: &mut World) {
        for event in std::mem::take(&mut world.told) {
            if let Event::Registered { ticket, registration, .. } = event {
                self.registered(ticket, registration.epoch);
            } else if let Event::SessionOver { session, .. } = event {
                let over = |holder: &&mut Process| holder.session == Some(session);
                self.holders.values_mut().filter(over).for_each(|holder| holder.session = None);
            }
        }
    }

    fn registered(&mut self, ticket: SessionId, epoch: u64) {
        let Some((name, instance)) = self.asking.remove(&ticket) else { return };
        let session = Some(ticket);
        let process = Process { instance, epoch, session, last: None };
        let former = self.holders.insert(name.clone(), process.clone());
        match former {
            Some(Process { instance, last, .. }) if instance == process.instance => {
                self.holders.insert(name, Process { last, ..process });
            }
            Some(former) => drop(self.zombies.insert(name, former)),
            None => {}
        }
    }

    /// The trader died.
    pub(super) fn disconnected(&mut self) {
        self.asking.clear();
        for holder in self.holders.values_mut() {
            holder.session = None;
        }
    }

    /// A new process, if the name's session is lost; else the old one stays.
    pub(super) fn register(&mut self, world: &mut World, index: usize) {
        let name = name(index);
        let connected = self.holders.get(&name).is_some_and(|holder| holder.session.is_some());
        if !connected || !world.witness.members.contains_key(&name) {
            self.rival(world, index);
        }
    }

    /// A new process, whoever holds the name.
    pub(super) fn rival(&mut self, world: &mut World, index: usize) {
        self.births += 1;
        let instance: Name = format!("i{}", self.births).parse().unwrap();
        self.asking.insert(world.next_ticket(), (name(index), instance.clone()));
        let _refused = world.register(&name(index), &instance, None);
        self.listen(world);
    }

    /// The same process again.
    pub(super) fn reconnect(&mut self, world: &mut World, index: usize) {
        let Some(Process { instance, epoch, .. }) = self.holders.get(&name(index)).cloned() else {
            return;
        };
        self.asking.insert(world.next_ticket(), (name(index), instance.clone()));
        let _refused = world.register(&name(index), &instance, Some((JOURNAL, epoch)));
    }

    pub(super) fn lose(&mut self, world: &mut World, index: usize) {
        let holder = self.holders.get_mut(&name(index));
        if let Some(session) = holder.and_then(|holder| holder.session.take()) {
            world.lose(session);
        }
    }

    /// Everyone decides right after the next boundary but those with their bit set; then the grace
    /// passes.
    pub(super) fn round(&mut self, world: &mut World, silent: u8) {
        to_boundary(world, 1_510);
        for index in (0..NAMES.len()).filter(|index| silent >> index & 1 == 0) {
            self.decide(world, index);
        }
    }

    pub(super) fn decide(&mut self, world: &mut World, index: usize) {
        self.decide_for(world, index, 0);
    }

    /// A decision for the minute at hand, or some minutes off.
    pub(super) fn decide_for(&mut self, world: &mut World, index: usize, off: i64) {
        let interval = world.timing().interval;
        let at_hand = Minute::containing(world.now().wall.plus(world.timing().skew), interval);
        let off = off * i64::try_from(interval.duration().as_micros()).unwrap();
        let start = Timestamp::from_micros(at_hand.start().as_micros() + off);
        let minute = Minute::starting(start, interval).unwrap();
        self.births += 1;
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let decision = (self.births * 7 % 101) as f64 / 8.0;
        self.submit(world, index, minute, Content::Decision(decision));
    }

    pub(super) fn abstain(&mut self, world: &mut World, index: usize) {
        let (now, timing) = (world.now().wall, world.timing());
        let minute = Minute::containing(now.plus(timing.skew), timing.interval);
        self.submit(world, index, minute, Content::Abstention("no signal".into()));
    }

    fn submit(&mut self, world: &mut World, index: usize, minute: Minute, content: Content) {
        let Some(Process { instance, epoch, .. }) = self.holders.get(&name(index)).cloned() else {
            return;
        };
        let signal = Signal {
            generator: "g".parse().unwrap(),
            run_id: "1".parse().unwrap(),
            minute,
            value: 1.0,
            produced_at: minute.start(),
        };
        let submission = Submission {
            name: name(index),
            instance,
            journal: JOURNAL.into(),
            epoch,
            minute,
            decided_at: world.now().wall.max(minute.start()),
            content,
            signals: [signal].into(),
            clock_offset: None,
        };
        if world.submit(&submission) == Ok(false) {
            self.holders.get_mut(&name(index)).expect("it speaks").last = Some(submission);
        }
    }

    /// The last submission once more.
    pub(super) fn repeat(&mut self, world: &mut World, index: usize) {
        let holder = self.holders.get(&name(index));
        if let Some(last) = holder.and_then(|holder| holder.last.clone()) {
            let _refused = world.submit(&last);
        }
    }

    /// Something else than the last submission.
    pub(super) fn contradict(&mut self, world: &mut World, index: usize) {
        let holder = self.holders.get(&name(index));
        if let Some(mut last) = holder.and_then(|holder| holder.last.clone()) {
            last.content = Content::Decision(1e6);
            let _refused = world.submit(&last);
        }
    }

    /// Whoever held the name before speaks for the minute at hand.
    pub(super) fn zombie(&mut self, world: &mut World, index: usize) {
        let Some(zombie) = self.zombies.get(&name(index)).cloned() else { return };
        let holder = self.holders.insert(name(index), zombie);
        self.decide(world, index);
        self.holders.extend(holder.map(|holder| (name(index), holder)));
    }

    /// A decision from a signal of the minute before.
    pub(super) fn stale(&mut self, world: &mut World, index: usize) {
        let Some(Process { instance, epoch, .. }) = self.holders.get(&name(index)).cloned() else {
            return;
        };
        let timing = world.timing();
        let minute = Minute::containing(world.now().wall, timing.interval);
        let before = minute.previous(timing.interval);
        let signal = Signal {
            generator: "g".parse().unwrap(),
            run_id: "1".parse().unwrap(),
            minute: before,
            value: 1.0,
            produced_at: before.start(),
        };
        let refused = world.submit(&Submission {
            name: name(index),
            instance,
            journal: JOURNAL.into(),
            epoch,
            minute,
            decided_at: world.now().wall,
            content: Content::Decision(1e6),
            signals: [signal].into(),
            clock_offset: None,
        });
        assert!(refused.is_err(), "a stale signal counts");
    }

    pub(super) fn leave(&mut self, world: &mut World, index: usize) {
        let Some(Process { instance, epoch, .. }) = self.holders.get(&name(index)).cloned() else {
            return;
        };
        let _refused = world.deregister(&name(index), Some(Leave { instance, epoch }));
    }
}

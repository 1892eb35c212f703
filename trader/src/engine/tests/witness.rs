//! A plain model of what must hold, kept beside the core from what goes in and comes out.

use std::collections::{BTreeMap, BTreeSet};

use chassis::{
    grid::{Minute, Now, Timestamp},
    name::Name,
};

use super::{audit::Judged, journal::Journal};
use crate::engine::{
    Engine, Recovered, Settings,
    event::Event,
    ledger::{Record, Ticket},
    registry::Registration,
    submission::Submission,
    verdict::{State, Verdict},
};

/// Whoever watches.
#[derive(Debug)]
pub(super) struct Witness {
    pub(super) settings: Settings,
    pub(super) first_minute: Minute,
    /// Whose registration is in force.
    pub(super) members: BTreeMap<Name, Registration>,
    /// Epochs of those who were told so, and not deregistered since.
    acknowledged: BTreeMap<Name, u64>,
    /// Who ever held which epoch.
    epochs: BTreeMap<u64, (Name, Name)>,
    /// Those with a live session.
    connected: BTreeSet<Name>,
    excused: BTreeSet<Name>,
    /// The latest boundary that the core has seen.
    boundary: Option<Minute>,
    /// Who is missing in the minute of that boundary.
    missing: Option<(Minute, BTreeSet<Name>)>,
    accepted: BTreeMap<(Minute, Name), Submission>,
    /// The minute that is judged next.
    pub(super) open: Minute,
    /// What was judged and is not published.
    pub(super) judged: BTreeMap<Minute, Judged>,
    pub(super) last: Option<Verdict>,
    halted: bool,
    /// Halts and their ends, in the order in which they were asked for.
    orders: Vec<(Ticket, bool)>,
    /// Whether an operator was told that the halt is on disk.
    pub(super) halt_on_disk: bool,
    /// Minutes that were open while halted.
    halted_in: BTreeSet<Minute>,
}

impl Witness {
    pub(super) fn new(settings: Settings, first_minute: Minute) -> Self {
        Self {
            settings,
            first_minute,
            members: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            epochs: BTreeMap::new(),
            connected: BTreeSet::new(),
            excused: BTreeSet::new(),
            boundary: None,
            missing: None,
            accepted: BTreeMap::new(),
            open: first_minute,
            judged: BTreeMap::new(),
            last: None,
            halted: false,
            orders: Vec::new(),
            halt_on_disk: false,
            halted_in: BTreeSet::new(),
        }
    }

    /// The process starts with what is on disk. Invariant 3, and E4: nothing told is forgotten.
    pub(super) fn started(&mut self, recovered: &Recovered) {
        let found = recovered.registrations.iter();
        self.members = found.map(|found| (found.name.clone(), found.clone())).collect();
        for (name, epoch) in &self.acknowledged {
            let found = self.members.get(name).map(|member| member.epoch);
            assert!(found >= Some(*epoch), "registration of {name} is forgotten");
        }
        assert!(!self.halt_on_disk || recovered.halt.is_some(), "the halt is forgotten");
        assert!(
            self.last.as_ref().map(|last| last.last)
                <= recovered.last_verdict.as_ref().map(|last| last.last)
        );
        let interval = self.settings.timing.interval;
        self.last = recovered.last_verdict.clone();
        self.open = self.last.as_ref().map_or(self.first_minute, |last| last.last.next(interval));
        self.connected.clear();
        self.excused.clone_from(&recovered.excused);
        (self.boundary, self.missing) = (None, None);
        self.accepted.clear();
        let opens = self.settings.timing.opens(self.open);
        self.halted_in.clear();
        self.halted_in.extend(recovered.resumed_at.filter(|at| *at >= opens).map(|_| self.open));
        self.judged.clear();
        self.orders.clear();
        self.halted = recovered.halt.is_some();
    }

    /// Records are on disk, and the core has looked at the time but does not know of it yet.
    pub(super) fn committed(&mut self, records: &[Record], now: Now) {
        for record in records {
            match record {
                Record::Registered { registration, taken_over, .. } => {
                    self.registered(registration, *taken_over);
                }
                Record::Resumed { reason, .. } => self.resumed(reason, now),
                Record::Deregistered { .. }
                | Record::Halted(_)
                | Record::Judged(_)
                | Record::Changed(_) => {}
            }
        }
    }

    /// In force, unless its first minute has begun without it: then it comes once more.
    fn registered(&mut self, registration: &Registration, taken_over: bool) {
        let Registration { name, instance, epoch, first_minute } = registration;
        let holder = (name.clone(), instance.clone());
        let known = self.epochs.entry(*epoch).or_insert_with(|| holder.clone());
        assert_eq!(*known, holder, "an epoch is given out once");
        if taken_over || self.boundary.is_none_or(|seen| *first_minute > seen) {
            self.excused.remove(name);
            self.members.insert(name.clone(), registration.clone());
        }
    }

    /// The halts before that are over.
    fn resumed(&mut self, ticket: &str, now: Now) {
        let ended = |(asked, _): &(Ticket, bool)| asked.to_string() == ticket;
        let ended = self.orders.iter().position(ended).expect("it was asked for");
        self.note_halt(now.wall);
        self.orders.drain(..=ended);
        self.halted = self.orders.iter().any(|(_, halt)| *halt);
        self.halt_on_disk = false;
    }

    pub(super) fn hear(&mut self, event: &Event, journal: &Journal) {
        match event {
            Event::Registered { registration, taken_over, .. } => {
                let name = &registration.name;
                assert_eq!(self.members.get(name), Some(registration), "told what is on disk");
                let alone = self.connected.insert(name.clone());
                assert!(alone || !taken_over, "a live session is taken over");
                self.acknowledged.insert(name.clone(), registration.epoch);
            }
            Event::SessionLost { name } => assert!(self.connected.remove(name)),
            Event::Halted { durable, .. } => self.halt_on_disk |= *durable && self.halted,
            Event::Published(verdict) => self.published(verdict, journal),
            Event::Changed(change) => {
                assert!(change.to != State::Error || !change.causes.is_empty());
            }
            Event::Deregistered { .. }
            | Event::Resumed { .. }
            | Event::Refused { .. }
            | Event::SessionOver { .. }
            | Event::Accepted { .. }
            | Event::Retrying { .. }
            | Event::Reminder { .. }
            | Event::ClockStepped { .. }
            | Event::WriteFailed { .. }
            | Event::WriteRecovered => {}
        }
    }

    /// A submission was taken. Invariant 4.
    pub(super) fn accepted(&mut self, submission: &Submission, again: bool, now: Now) {
        let Submission { name, minute, instance, epoch, .. } = submission;
        let member = &self.members[name];
        assert_eq!((&member.instance, member.epoch), (instance, *epoch), "fenced");
        let key = (*minute, name.clone());
        if again {
            let first = &self.accepted[&key];
            assert_eq!(first.content, submission.content, "the first submission is final");
            return;
        }
        assert_eq!(*minute, self.open, "only for the open minute");
        assert!(now.wall >= self.settings.timing.opens(*minute) && member.first_minute <= *minute);
        let latest = now.wall.plus(self.settings.timing.skew);
        let fits = |at: Timestamp| at >= minute.start() && at <= latest;
        assert!(fits(submission.decided_at));
        let mut signals = submission.signals.iter();
        assert!(signals.all(|signal| signal.minute == *minute && fits(signal.produced_at)));
        assert!(self.accepted.insert(key, submission.clone()).is_none(), "one submission each");
    }

    pub(super) fn deregistered(&mut self, name: &Name, by_itself: bool) {
        self.members.remove(name);
        self.acknowledged.remove(name);
        self.accepted.remove(&(self.open, name.clone()));
        self.connected.remove(name);
        if !by_itself {
            self.excused.insert(name.clone());
        }
        if let Some((_, missing)) = &mut self.missing {
            if by_itself && self.settings.expect.contains(name) {
                missing.insert(name.clone());
            } else {
                missing.remove(name);
            }
        }
    }

    pub(super) fn halted(&mut self, ticket: Ticket, now: Now) {
        self.orders.push((ticket, true));
        self.halted = true;
        self.note_halt(now.wall);
        for judged in self.judged.values_mut() {
            judged.halted_since = true;
        }
    }

    pub(super) fn is_halted(&self) -> bool {
        self.halted
    }

    pub(super) fn resuming(&mut self, ticket: Ticket) {
        self.orders.push((ticket, false));
    }

    /// Records could not be written.
    pub(super) fn not_written(&mut self, records: &[Record]) {
        for record in records {
            if let Record::Judged(judgement) = record
                && let Some(judged) = self.judged.get_mut(&judgement.verdict.minute)
            {
                judged.withheld = true;
            }
        }
    }

    fn note_halt(&mut self, wall: Timestamp) {
        let open = self.open;
        let begun = self.boundary.is_some_and(|seen| seen >= open);
        if self.halted && (begun || wall >= self.settings.timing.opens(open)) {
            self.halted_in.insert(open);
        }
    }

    /// After every call: what was judged, and whether the state is what it must be.
    pub(super) fn look(&mut self, engine: &mut Engine, now: Now) {
        let interval = self.settings.timing.interval;
        let next = engine.round.minute;
        assert!(next >= self.open, "the watermark moves back");
        let leapt = super::audit::leapt(now.wall, next.previous(interval));
        while self.open < next || !leapt && now.wall >= self.open.start() {
            let open = self.open;
            self.boundary = self.boundary.max(Some(open));
            self.note_who_is_missing(open);
            self.note_halt(now.wall);
            let judged = self.what_is_in(open, now);
            if open == next {
                let waits = judged.spoken() < judged.due.len() || !self.judged.is_empty();
                assert!(waits, "{open} is complete and not judged");
                break;
            }
            self.judged.insert(open, judged);
            self.open = open.next(interval);
        }
        self.note_halt(now.wall);
        assert!(leapt || now.wall < self.settings.timing.deadline(self.open), "overdue");
        self.look_at_the_state(engine, now);
    }

    /// Who is missing is fixed at the boundary.
    fn note_who_is_missing(&mut self, open: Minute) {
        if self.missing.as_ref().is_some_and(|(minute, _)| *minute == open) {
            return;
        }
        let due =
            |name: &Name| self.members.get(name).is_some_and(|member| member.first_minute <= open);
        let expected = self.settings.expect.difference(&self.excused);
        self.missing = Some((open, expected.filter(|name| !due(name)).cloned().collect()));
    }

    fn what_is_in(&self, minute: Minute, now: Now) -> Judged {
        let due = self.members.values().filter(|member| member.first_minute <= minute);
        let said = |member: &Registration| {
            let key = (minute, member.name.clone());
            let content = self.accepted.get(&key).map(|submission| submission.content.clone());
            (member.name.clone(), content)
        };
        let missing = self.missing.as_ref().map(|(_, missing)| missing.clone());
        Judged {
            due: due.map(said).collect(),
            missing: missing.unwrap_or_default(),
            at: now.wall,
            waiting_since: self.judged.values().next().map(|judged| judged.at),
            halted: self.halted_in.contains(&minute),
            halted_since: false,
            withheld: false,
        }
    }
}

//! Who is expected every minute: names, the instances that hold them, and their sessions.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chassis::{
    grid::{ClockOffset, Minute, Timestamp},
    name::Name,
};

use super::{
    Settings,
    submission::{Accepted, Content},
    verdict::{Cause, CauseCode, Subject},
};

/// Tells one live connection from all others of this process.
pub type SessionId = u64;

/// The durable part of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The name.
    pub name: Name,
    /// The process that holds it.
    pub instance: Name,
    /// Fencing number of that hold.
    pub epoch: u64,
    /// First minute it is expected in.
    pub first_minute: Minute,
}

/// One registered strategy.
#[derive(Clone, Debug)]
pub struct Strategy {
    /// What is on disk.
    pub registration: Registration,
    /// The live connection, if any.
    pub session: Option<SessionId>,
    /// When anything last came from it.
    pub last_seen: Option<Timestamp>,
    /// Its last submission that counted.
    pub last: Option<Arc<Accepted>>,
    /// Its clock, as it measured last.
    pub clock_offset: Option<ClockOffset>,
    /// A submission refused for its stamps, and in which open minute.
    pub(super) misstamped: Option<(Minute, CauseCode, String)>,
    /// With what it fails, and since when, minute after minute.
    failing: Option<(CauseCode, Minute)>,
}

impl Strategy {
    fn new(registration: Registration) -> Self {
        Self {
            registration,
            session: None,
            last_seen: None,
            last: None,
            clock_offset: None,
            misstamped: None,
            failing: None,
        }
    }

    /// Whether it is expected in `minute`.
    pub fn expected_in(&self, minute: Minute) -> bool {
        self.registration.first_minute <= minute
    }

    /// What it said for `minute`.
    pub fn said(&self, minute: Minute) -> Option<&Arc<Accepted>> {
        self.last.as_ref().filter(|accepted| accepted.minute == minute)
    }

    /// What is wrong with it in `minute`, unless it decided; `here` is as in [`Settings`].
    pub fn cause(&self, minute: Minute, here: &str) -> Option<Cause> {
        let (code, detail) = match self.said(minute).map(|accepted| &accepted.content) {
            Some(Content::Decision(_)) => return None,
            Some(Content::Abstention(why)) => (CauseCode::Abstained, why.to_string()),
            None => self.cause_of_silence(minute, here),
        };
        let since = match self.failing {
            Some((failing, since)) if failing == code => since,
            _ => minute,
        };
        let subject = Subject::Strategy(self.registration.name.clone());
        Some(Cause { subject, code, since, last_seen: self.last_seen, detail })
    }

    fn cause_of_silence(&self, minute: Minute, here: &str) -> (CauseCode, String) {
        let name = &self.registration.name;
        match &self.misstamped {
            Some((open, code, detail)) if *open == minute => (*code, detail.clone()),
            _ if self.session.is_some() => {
                (CauseCode::Silent, format!("connected, but no submission for {minute}"))
            }
            _ => (
                CauseCode::Disconnected,
                format!(
                    "no session: start it again, or `deregister -n {name}{here}` to go on without it"
                ),
            ),
        }
    }
}

/// A registration on its way to the disk.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) registration: Registration,
    pub(super) session: SessionId,
    /// Whether it has reached the disk, but after its first minute had begun: it is written again
    /// with a later one, until that has worked.
    pub(super) on_disk: bool,
}

/// All registered strategies.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    pub(super) strategies: BTreeMap<Name, Strategy>,
    pub(super) pending: BTreeMap<Name, Pending>,
    sessions: BTreeMap<SessionId, Name>,
    /// Names whose first minute was still to come at the last boundary, or that came since.
    pub(super) later: BTreeSet<Name>,
    /// Names that failed in the last minute that was judged.
    failing: BTreeSet<Name>,
    /// Last epoch given out.
    pub(super) last_epoch: u64,
    /// Names that must be registered.
    pub(super) expect: BTreeSet<Name>,
    /// Those of them that are not, and that no operator took off.
    pub(super) missing: BTreeSet<Name>,
    pub(super) at_least: usize,
    pub(super) strategies_max: usize,
    pub(super) here: Box<str>,
}

impl Registry {
    pub(super) fn new(settings: &Settings, last_epoch: u64, excused: &BTreeSet<Name>) -> Self {
        Self {
            last_epoch,
            expect: settings.expect.clone(),
            missing: settings.expect.difference(excused).cloned().collect(),
            at_least: settings.at_least,
            strategies_max: settings.strategies_max,
            here: settings.here.clone(),
            ..Self::default()
        }
    }

    /// Registered, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Strategy)> {
        self.strategies.iter()
    }

    /// How many are registered.
    pub fn len(&self) -> usize {
        self.strategies.len()
    }

    /// Whether nobody is registered.
    pub fn is_empty(&self) -> bool {
        self.strategies.is_empty()
    }

    /// Whether too few are registered at present.
    pub(super) fn short(&self) -> bool {
        too_few(self.missing.len(), self.len(), self.at_least)
    }

    pub(super) fn recover(&mut self, registration: Registration) {
        self.last_epoch = self.last_epoch.max(registration.epoch);
        self.put(registration);
    }

    /// A registration is on disk: from here on it is in force.
    pub(super) fn put(&mut self, registration: Registration) {
        let name = registration.name.clone();
        self.missing.remove(&name);
        if let Some(strategy) = self.strategies.get_mut(&name) {
            if strategy.registration.instance != registration.instance {
                // Of another process, perhaps on another machine.
                strategy.clock_offset = None;
            }
            strategy.registration = registration;
        } else {
            self.later.insert(name.clone());
            self.strategies.insert(name, Strategy::new(registration));
        }
    }

    /// The boundary of `minute` has come: from here on, those whose first minute it is are expected.
    pub(super) fn begin(&mut self, minute: Minute) {
        self.later.retain(|name| !self.strategies[name].expected_in(minute));
    }

    /// Who fails in `minute`, and since when with the same cause.
    pub(super) fn note_who_fails(&mut self, minute: Minute) {
        let expected = self.strategies.iter_mut().filter(|(_, one)| one.expected_in(minute));
        for (name, strategy) in expected {
            let cause = strategy.cause(minute, &self.here);
            strategy.failing = cause.map(|cause| (cause.code, cause.since));
            if strategy.failing.is_some() {
                self.failing.insert(name.clone());
            } else {
                self.failing.remove(name);
            }
        }
    }

    /// Everyone who was expected has decided.
    pub(super) fn nobody_fails(&mut self) {
        for name in std::mem::take(&mut self.failing) {
            self.strategies.get_mut(&name).expect("only the registered fail").failing = None;
        }
    }

    /// A strategy fails with a cause that is on record.
    pub(super) fn fails(&mut self, name: &Name, cause: &Cause) {
        if let Some(strategy) = self.strategies.get_mut(name) {
            strategy.failing = Some((cause.code, cause.since));
            self.failing.insert(name.clone());
        }
    }

    /// A session takes the place of the name's former one, which is returned.
    pub(super) fn open_session(
        &mut self,
        name: &Name,
        session: SessionId,
        at: Timestamp,
    ) -> Option<SessionId> {
        let strategy = self.strategies.get_mut(name).expect("only the registered have sessions");
        strategy.last_seen = Some(at);
        self.sessions.insert(session, name.clone());
        let former = strategy.session.replace(session);
        former.inspect(|former| assert!(self.sessions.remove(former).is_some(), "both sides agree"))
    }

    /// A connection broke. The name whose session it was stays registered.
    pub(super) fn lose_session(&mut self, session: SessionId) -> Option<Name> {
        let name = self.sessions.remove(&session)?;
        let strategy = self.strategies.get_mut(&name).expect("only the registered have sessions");
        assert_eq!(strategy.session, Some(session), "both sides agree");
        strategy.session = None;
        Some(name)
    }

    /// Takes a name off the list. One that must be registered is missing from then on, unless it is
    /// `excused`.
    pub(super) fn remove(&mut self, name: &Name, excused: bool) -> Option<Strategy> {
        if excused {
            self.missing.remove(name);
        } else if self.expect.contains(name) {
            self.missing.insert(name.clone());
        }
        let strategy = self.strategies.remove(name)?;
        self.later.remove(name);
        self.failing.remove(name);
        if let Some(session) = strategy.session {
            assert!(self.sessions.remove(&session).is_some(), "both sides agree");
        }
        Some(strategy)
    }

    /// Sessions and strategies point at each other, and no epoch is held twice.
    pub(super) fn check(&self) {
        assert!(self.missing.iter().all(|name| !self.strategies.contains_key(name)));
        assert!(self.missing.is_subset(&self.expect));
        let mut epochs = BTreeSet::new();
        for (name, strategy) in &self.strategies {
            assert_eq!(*name, strategy.registration.name);
            assert!(strategy.registration.epoch <= self.last_epoch);
            assert!(epochs.insert(strategy.registration.epoch), "one hold an epoch");
            assert_eq!(strategy.failing.is_some(), self.failing.contains(name));
        }
        let live = self.strategies.values().filter(|strategy| strategy.session.is_some()).count();
        assert_eq!(live, self.sessions.len());
        for (session, name) in &self.sessions {
            assert_eq!(self.strategies[name].session, Some(*session));
        }
    }
}

/// Whether names are missing, or fewer are there than there should be. Of the default, one, an empty
/// list is not short: it has minutes without strategies.
pub(super) fn too_few(missing: usize, count: usize, at_least: usize) -> bool {
    missing > 0 || (at_least > 1 && count < at_least)
}

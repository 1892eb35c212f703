//! Where the trader stands: what the last verdict left, what outranks it, and when to say so again.

use std::{collections::BTreeMap, time::Duration};

use chassis::{grid::Minute, name::Name};

use super::verdict::{Cause, CauseCode, State, Subject};

/// Pause between reminders of a bad state, for the first ten of them …
const REMINDER_SOON: Duration = Duration::from_mins(1);

/// … and from then on.
const REMINDER_LATER: Duration = Duration::from_hours(1);

/// How many reminders come soon.
const REMINDERS_SOON: u32 = 10;

/// What the last verdict left.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Standing {
    /// No verdict since the start or the last repair.
    Waiting,
    /// The last verdict is a median.
    Ok,
    /// Somebody did not decide, or the trader could not; never without a cause.
    Error(Blame),
}

/// What is wrong with the trader itself, and with strategies: one cause each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Blame {
    trader: Vec<Cause>,
    strategies: BTreeMap<Name, Cause>,
}

impl Blame {
    fn is_empty(&self) -> bool {
        self.trader.is_empty() && self.strategies.is_empty()
    }

    fn of(causes: &[Cause]) -> Self {
        let mut blame = Self::default();
        for cause in causes {
            match &cause.subject {
                Subject::Trader => blame.trader.push(cause.clone()),
                Subject::Strategy(name) => {
                    blame.strategies.insert(name.clone(), cause.clone());
                }
            }
        }
        blame
    }
}

impl Standing {
    /// What a failed minute leaves; without a cause there is no error.
    pub(super) fn failed(causes: &[Cause]) -> Self {
        let blame = Blame::of(causes);
        if blame.is_empty() { Self::Waiting } else { Self::Error(blame) }
    }

    /// Something is wrong: a subject has one cause, its newest.
    pub(super) fn blame(&mut self, cause: Cause) {
        if !matches!(self, Self::Error(_)) {
            *self = Self::Error(Blame::default());
        }
        let Self::Error(blame) = self else { return };
        match &cause.subject {
            Subject::Trader => blame.trader = vec![cause],
            Subject::Strategy(name) => {
                blame.strategies.insert(name.clone(), cause);
            }
        }
    }

    /// A strategy is off the list, and `short` says whether some are missing still. Without a cause
    /// left the error is over.
    pub(super) fn forgive(&mut self, name: &Name, short: bool) {
        let Self::Error(blame) = self else { return };
        blame.strategies.remove(name);
        blame.trader.retain(|cause| cause.code != CauseCode::TooFew || short);
        if blame.is_empty() {
            *self = Self::Waiting;
        }
    }

    /// There is no current median any more.
    pub(super) fn lapse(&mut self) {
        if *self == Self::Ok {
            *self = Self::Waiting;
        }
    }

    /// Whether it is an error without a cause, which never happens.
    pub(super) fn is_groundless(&self) -> bool {
        matches!(self, Self::Error(blame) if blame.is_empty())
    }

    /// Causes of the trader's own.
    pub(super) fn of_the_trader(&self) -> &[Cause] {
        match self {
            Self::Error(blame) => &blame.trader,
            Self::Waiting | Self::Ok => &[],
        }
    }

    /// Causes of strategies, by name.
    pub(super) fn of_strategies(&self) -> impl Iterator<Item = &Cause> {
        let blame = match self {
            Self::Error(blame) => Some(blame),
            Self::Waiting | Self::Ok => None,
        };
        blame.into_iter().flat_map(|blame| blame.strategies.values())
    }
}

/// A cause of the trader's own.
pub(super) fn trader_cause(code: CauseCode, since: Minute, detail: String) -> Cause {
    Cause { subject: Subject::Trader, code, since, last_seen: None, detail }
}

/// When a bad state is said again.
#[derive(Clone, Debug)]
pub(super) struct Reminders {
    said: u32,
    pub(super) next_at: Option<Duration>,
}

impl Reminders {
    /// For a state that begins at `mono`.
    pub(super) fn of(state: State, mono: Duration) -> Self {
        let bad = matches!(state, State::Error | State::Halted);
        Self { said: 0, next_at: bad.then_some(mono + REMINDER_SOON) }
    }

    /// Whether one is due; then the next one is set.
    pub(super) fn due(&mut self, mono: Duration) -> bool {
        let due = self.next_at.is_some_and(|next_at| next_at <= mono);
        if due {
            self.said += 1;
            let pause = if self.said < REMINDERS_SOON { REMINDER_SOON } else { REMINDER_LATER };
            self.next_at = Some(mono + pause);
        }
        due
    }
}

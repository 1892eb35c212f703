//! A strategy's side of its session with the trader: what to send next (rules S4, S6, R1-R3, T3).
//!
//! Pure. What happened goes in as method calls with the time; what to do comes out as [`Action`]s.

mod exchange;
mod ending;
mod seen;

use std::time::Duration;

use chassis::{
    exit::Exit,
    grid::{ClockOffset, Minute, Now, Timestamp, Timing},
};

use crate::{
    note::{Note, clocks_apart},
    refusal::{Reason, Refusal},
    schedule::Schedule,
    signal::Signal,
    submission::{Content, Hold, Submission},
};

pub use exchange::{Action, Answer, Identity, Notice, Registered};

/// How long a name may be taken before the strategy gives up (rule S4): twice the time that a dead
/// session of it may go unnoticed.
pub const TAKEN_MAX: Duration = Duration::from_secs(10);

/// The strategy's side of its session.
#[derive(Debug)]
pub struct Session {
    identity: Identity,
    schedule: Schedule,
    hold: Option<Hold>,
    /// As the trader stated last, with the patience that goes with it. None: never registered.
    terms: Option<(Timing, Duration)>,
    /// Whether the session is open.
    open: bool,
    round: Option<Round>,
    offset: Option<ClockOffset>,
    apart: bool,
    /// What keeps the session from being open, as it was last said.
    trouble: Option<Trouble>,
    /// Since when the name has been taken, by the monotonic clock.
    taken_since: Option<Duration>,
    /// What was registered for a strategy that does not start.
    unwanted: Option<Hold>,
}

/// The minute at hand.
#[derive(Debug)]
struct Round {
    minute: Minute,
    /// None: not decided yet.
    submission: Option<Submission>,
    answered: bool,
}

/// Why there is no session: a link that fails in one way after another is one trouble.
#[derive(Debug, PartialEq, Eq)]
enum Trouble {
    OutOfReach,
    Refused(Reason, String),
}

impl Session {
    /// Before the first contact. Register next.
    pub fn new(identity: Identity) -> Self {
        Self {
            schedule: Schedule::new(identity.interval),
            identity,
            hold: None,
            terms: None,
            open: false,
            round: None,
            offset: None,
            apart: false,
            trouble: None,
            taken_since: None,
            unwanted: None,
        }
    }

    /// When to look at the clock again; none before the first registration.
    pub fn next_look(&self) -> Option<Timestamp> {
        self.schedule.next()
    }

    /// The clock was looked at.
    pub fn time(&mut self, now: Timestamp) -> Vec<Action> {
        let Some((timing, patience)) = self.terms else { return Vec::new() };
        let Some(due) = self.schedule.due(now) else { return Vec::new() };
        let minute = due.minute;
        let mut actions = Vec::new();
        if due.skipped > 0 {
            actions.push(Action::Note(Note::Skipped(due.skipped, minute)));
        }
        self.round = Some(Round { minute, submission: None, answered: false });
        let until = minute.start().plus(patience);
        let cause = match self.offset {
            Some(offset) if self.apart => clocks_apart(&offset, timing.skew),
            _ if now < until => {
                actions.push(Action::Ask(minute, until));
                return actions;
            }
            _ => format!(
                "the strategy came to this minute at {now}, when its patience was over at {until}"
            ),
        };
        if now < timing.deadline(minute) {
            actions.append(&mut self.decided(now, minute, Err(cause), Vec::new()));
        } else {
            actions.push(Action::Note(Note::Missed(minute, now)));
        }
        actions
    }

    /// The generators were asked: a decision for `minute`, or why there is none.
    pub fn decided(
        &mut self,
        now: Timestamp,
        minute: Minute,
        decision: Result<f64, String>,
        signals: Vec<Signal>,
    ) -> Vec<Action> {
        let Some(round) = &mut self.round else { return Vec::new() };
        if round.minute != minute || round.submission.is_some() {
            return Vec::new();
        }
        let mut actions = Vec::new();
        let content = match decision {
            Ok(value) => Content::Decision(value),
            Err(cause) => {
                actions.push(Action::Note(Note::Abstained(minute, cause.clone())));
                Content::abstention(cause)
            }
        };
        // A clock set back within the minute must not make the submission older than the minute.
        let decided_at = now.max(minute.start());
        round.submission = Some(Submission { minute, decided_at, content, signals });
        actions.extend(self.submit(now));
        actions
    }

    /// The first message of a session came.
    pub fn registered(&mut self, now: Timestamp, told: Registered) -> Vec<Action> {
        let first_contact = self.terms.is_none();
        let (timing, patience, first_minute) = match self.agree(&told) {
            Ok(terms) => terms,
            Err(Action::End(Exit::Failed, why)) => {
                return vec![self.give_up(first_contact, &told, &why)];
            }
            Err(end) => return vec![end],
        };
        self.terms = Some((timing, patience));
        if first_contact && told.offset.exceeds(timing.skew) {
            let why = self.clocks_differ(now, &told);
            return vec![self.give_up(first_contact, &told, &why)];
        }
        self.schedule.expected_from(first_minute, now);
        let Registered { hold, taken_over, offset, .. } = told;
        let epoch = hold.epoch;
        let mut actions = vec![Action::Note(Note::Registered { epoch, first_minute, taken_over })];
        self.hold = Some(hold);
        self.open = true;
        self.trouble = None;
        self.taken_since = None;
        actions.extend(self.compare(offset));
        if self.round.as_ref().is_some_and(|round| self.schedule.expects(round.minute)) {
            actions.extend(self.submit(now));
        }
        actions.append(&mut self.time(now));
        actions
    }

    /// A later message of the session came.
    pub fn noticed(&mut self, notice: Notice) -> Vec<Action> {
        match notice {
            Notice::Fenced => vec![self.fenced()],
            Notice::Deregistered => vec![self.deregistered()],
            Notice::Stopping => {
                self.trouble(Trouble::OutOfReach, "it is stopping".to_owned()).into_iter().collect()
            }
        }
    }

    /// The session could not be opened, or ended.
    pub fn lost(&mut self, now: Now, refusal: Refusal) -> Vec<Action> {
        self.open = false;
        // The next session may be of another process with another clock.
        (self.offset, self.apart) = (None, false);
        let Refusal { reason, message, .. } = refusal;
        if reason != Reason::Taken {
            self.taken_since = None;
        }
        let trouble = match reason {
            Reason::Fenced => return vec![self.fenced()],
            Reason::Deregistered => return vec![self.deregistered()],
            Reason::Interval => return vec![self.other_interval(&message)],
            Reason::Other if self.terms.is_none() => return vec![self.never_accepted(&message)],
            Reason::Taken => {
                let since = *self.taken_since.get_or_insert(now.mono);
                if now.mono.saturating_sub(since) >= TAKEN_MAX {
                    return vec![self.still_taken()];
                }
                Trouble::Refused(reason, String::new())
            }
            Reason::NotRegistered => return self.unknown(message),
            Reason::Passing => Trouble::OutOfReach,
            Reason::Other => Trouble::Refused(reason, message.clone()),
        };
        let mut actions: Vec<_> = self.trouble(trouble, message).into_iter().collect();
        actions.push(Action::Register(self.hold.clone()));
        actions
    }

    /// A submission for `minute` was answered, or its time was up.
    pub fn answered(&mut self, minute: Minute, answer: Answer) -> Vec<Action> {
        let Some(round) = self.round.as_mut().filter(|round| round.minute == minute) else {
            return Vec::new();
        };
        let Some(submission) = &round.submission else { return Vec::new() };
        let first = !std::mem::replace(&mut round.answered, true);
        let (note, offset) = match answer {
            Answer::Received(offset) => match submission.content {
                Content::Decision(value) if first => (Some(Note::Submitted(minute, value)), offset),
                Content::Decision(_) | Content::Abstention(_) => (None, offset),
            },
            Answer::Refused(Refusal { reason, message, offset }) => match reason {
                Reason::Fenced => return vec![self.fenced()],
                Reason::Deregistered => return vec![self.deregistered()],
                Reason::NotRegistered => {
                    round.answered = !first;
                    return self.unknown(message);
                }
                Reason::Passing => (first.then_some(Note::Unanswered(minute, message)), offset),
                Reason::Interval | Reason::Taken | Reason::Other => {
                    (first.then_some(Note::Refused(minute, message)), offset)
                }
            },
        };
        let mut actions: Vec<_> = note.map(Action::Note).into_iter().collect();
        actions.extend(offset.and_then(|offset| self.compare(offset)));
        actions
    }

    /// The trader's journal does not know the hold: the name is registered anew.
    fn unknown(&mut self, message: String) -> Vec<Action> {
        self.open = false;
        self.hold = None;
        let trouble = Trouble::Refused(Reason::NotRegistered, String::new());
        let mut actions: Vec<_> = self.trouble(trouble, message).into_iter().collect();
        actions.push(Action::Register(None));
        actions
    }

    /// Repeats the minute's submission, if there is one and somebody to hear it in time.
    fn submit(&self, now: Timestamp) -> Option<Action> {
        let (timing, _) = self.terms?;
        let submission = self.round.as_ref()?.submission.as_ref()?;
        let until = timing.deadline(submission.minute);
        let hold = self.hold.as_ref().filter(|_| self.open && now < until)?;
        Some(Action::Submit(Box::new(submission.clone()), hold.clone(), self.offset, until))
    }

    /// Keeps what an exchange told of the clocks (rule T3).
    fn compare(&mut self, offset: ClockOffset) -> Option<Action> {
        let (timing, _) = self.terms?;
        self.offset = Some(offset);
        let apart = offset.exceeds(timing.skew);
        let changed = std::mem::replace(&mut self.apart, apart) != apart;
        changed.then_some(Action::Note(if apart {
            Note::ClocksApart(offset, timing.skew)
        } else {
            Note::ClocksAgree(offset)
        }))
    }

    /// Says a trouble once, when it begins.
    fn trouble(&mut self, trouble: Trouble, cause: String) -> Option<Action> {
        let known = self.trouble.as_ref() == Some(&trouble);
        self.trouble = Some(trouble);
        (!known).then_some(Action::Note(Note::NoSession(cause)))
    }
}

#[cfg(test)]
mod tests;

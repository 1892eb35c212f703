//! Which of all that is heard of one trader is told, and when. Pure.

use std::{collections::BTreeSet, time::Duration};

use chassis::grid::Now;

use super::{
    debounce::{Debounce, Window},
    event::Alarm,
    presence::Presence,
};
use crate::{
    report::{Cause, Moment, StateChange, Verdict},
    watch::feed::FirstContact,
};

const OK: &str = "OK";
const HALTED: &str = "HALTED";

/// Watches one trader.
#[derive(Debug)]
pub(super) struct Guard {
    every_change: bool,
    window: Window,
    presence: Presence,
    /// How long its minutes are, once it has said so.
    interval: Option<Duration>,
    state: Option<StateChange>,
    said: Said,
    /// The last minute with a verdict, and until when that was valid.
    last: Option<(Moment, Moment)>,
    /// When it was last heard, by the watcher's clock.
    since: Moment,
    /// Why there is no link to it; none: there is one.
    no_link: Option<String>,
}

/// What was last told of the state.
#[derive(Debug)]
struct Said {
    state: &'static str,
    /// All that was told since it was OK: who caused it, or the state itself where nobody did.
    facts: BTreeSet<String>,
}

impl Guard {
    /// Begins at `now`. A trader that is OK from the start is nothing to tell.
    pub(super) fn new(debounce: Debounce, now: Now) -> Self {
        Self {
            every_change: debounce.minutes() == 1,
            window: Window::new(debounce),
            presence: Presence::new(now.mono, debounce.minutes()),
            interval: None,
            state: None,
            said: Said { state: OK, facts: BTreeSet::new() },
            last: None,
            since: Moment(now.wall),
            no_link: Some("it has not answered yet".to_owned()),
        }
    }

    /// There is a link. At first contact the trader says how long its minutes are, and within what its
    /// next verdict comes.
    pub(super) fn connected(&mut self, first: Option<FirstContact>, now: Now) {
        self.no_link = None;
        if let Some(FirstContact { interval, due }) = first {
            self.interval = Some(interval);
            self.presence.introduced(due, now.mono);
        }
    }

    /// There is no link.
    pub(super) fn no_link(&mut self, why: String) {
        self.no_link = Some(why);
    }

    /// A verdict with `left` of its time left.
    pub(super) fn verdict(&mut self, verdict: &Verdict, left: Duration, now: Now) -> Option<Alarm> {
        self.window.ended(self.minutes(verdict), verdict.median.is_none());
        self.last = Some((verdict.last_minute, verdict.valid_until));
        let (since, back) = (self.since, self.presence.verdict(left, now.mono));
        if !left.is_zero() && !self.presence.is_lost() {
            self.since = Moment(now.wall);
        }
        if !back {
            return self.debounced();
        }
        self.said = Said { state: verdict.state, facts: facts(verdict.state, &verdict.causes) };
        let seconds = self.since.since(since).as_secs_f64();
        Some(Alarm::Heard { since, seconds, causes: verdict.causes.clone() })
    }

    /// A state, whether it is another one or not.
    pub(super) fn state(&mut self, change: &StateChange) -> Option<Alarm> {
        let repeats = change.from == change.to;
        self.state = Some(change.clone());
        if !self.every_change || self.presence.is_lost() {
            return self.debounced();
        }
        let facts = facts(change.to, &change.causes);
        let known = repeats && change.to == self.said.state && facts == self.said.facts;
        if known { None } else { Some(self.tell(facts)) }
    }

    /// The state that was told last.
    pub(super) fn said(&self) -> &'static str {
        self.said.state
    }

    /// When to look again, if nothing comes.
    pub(super) fn ends(&self) -> Option<Duration> {
        self.presence.ends()
    }

    /// Whether it is lost as of `now`: told once.
    pub(super) fn look(&mut self, now: Now) -> Option<Alarm> {
        if !self.presence.is_over(now.mono) {
            return None;
        }
        let why = match (&self.no_link, &self.state) {
            (Some(why), _) => why.clone(),
            (None, Some(change)) => {
                format!("it is connected, and gives no verdicts; its last state was {}", change.to)
            }
            (None, None) => "it is connected, and gives no verdicts".to_owned(),
        };
        let (minute, valid_until) = self.last.unzip();
        Some(Alarm::Lost { since: self.since, minute, valid_until, why })
    }

    /// What the state comes to after the last minutes. HALTED, which an operator wants, is told at once,
    /// and so is its end.
    fn debounced(&mut self) -> Option<Alarm> {
        let change = self.state.as_ref()?;
        let facts = facts(change.to, &change.causes);
        let halts = change.to == HALTED || self.said.state == HALTED;
        let news = if halts {
            change.to != self.said.state
        } else if self.presence.is_lost() || self.every_change {
            false
        } else if self.window.is_bad() {
            !facts.is_subset(&self.said.facts)
        } else {
            change.to == OK && self.said.state != OK
        };
        news.then(|| self.tell(facts))
    }

    /// The state as it is, after what was told before.
    fn tell(&mut self, facts: BTreeSet<String>) -> Alarm {
        let change = self.state.clone().expect("there is a state to tell");
        let from = std::mem::replace(&mut self.said.state, change.to);
        if facts.is_empty() || self.every_change {
            self.said.facts = facts;
        } else {
            self.said.facts.extend(facts);
        }
        Alarm::State(StateChange { from, ..change })
    }

    fn minutes(&self, verdict: &Verdict) -> usize {
        let run = verdict.last_minute.since(verdict.minute);
        let more =
            self.interval.and_then(|interval| run.as_micros().checked_div(interval.as_micros()));
        usize::try_from(more.unwrap_or_default()).unwrap_or(usize::MAX).saturating_add(1)
    }
}

fn facts(state: &str, causes: &[Cause]) -> BTreeSet<String> {
    match (state, causes) {
        (OK, _) => BTreeSet::new(),
        (_, []) => BTreeSet::from([state.to_owned()]),
        (_, causes) => causes.iter().map(|cause| cause.subject.clone()).collect(),
    }
}

#[cfg(test)]
mod tests;

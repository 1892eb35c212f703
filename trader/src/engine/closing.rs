//! How minutes end.

use std::sync::Arc;

use chassis::grid::{Minute, Now};

use super::{
    Engine,
    event::Event,
    ledger::{BACKLOG_MAX, WRITE_PATIENCE},
    round::Round,
    standing::{Standing, trader_cause},
    verdict::{Cause, CauseCode, Judgement, Outcome, State, Verdict},
    watch::ClockFault,
};

/// Missing strategies that are named each second while a minute cannot be judged yet.
const MISSING_NAMED_MAX: usize = 16;

impl Engine {
    /// Ends every minute whose time has come, and begins the ones whose boundary has.
    pub(super) fn advance(&mut self, now: Now) {
        if self.watch.fault == Some(ClockFault::Leapt) {
            return;
        }
        if let Some(last) = self.slept_through(now) {
            self.close(Outcome::NotRunning, last, now);
        }
        while now.wall >= self.round.minute.start() {
            if !self.round.begun {
                self.begin(now);
            }
            if !self.judge(now) {
                break;
            }
        }
    }

    /// The last minute, from the open one on, that the trader comes too late to judge.
    fn slept_through(&self, now: Now) -> Option<Minute> {
        let timing = &self.settings.timing;
        if now.wall <= timing.asleep_after(self.round.minute) {
            return None;
        }
        let mut last = Minute::containing(now.wall, timing.interval);
        while now.wall <= timing.asleep_after(last) {
            last = last.previous(timing.interval);
        }
        Some(last)
    }

    fn begin(&mut self, now: Now) {
        self.round.begin(&mut self.registry);
        if self.halt.is_some() {
            self.mark_halted(now);
        } else if self.round.said.abstained() > 0 {
            let minute = self.round.minute;
            let strategies = self.registry.strategies.values();
            let spoken = strategies.filter(|strategy| strategy.said(minute).is_some());
            let causes: Vec<Cause> =
                spoken.filter_map(|strategy| strategy.cause(minute, &self.registry.here)).collect();
            for cause in causes {
                self.blame(cause);
            }
        }
    }

    /// Ends the open minute if all have spoken or time is up. Whether it ended.
    fn judge(&mut self, now: Now) -> bool {
        let minute = self.round.minute;
        let time_is_up = now.wall >= self.settings.timing.deadline(minute);
        let held_up = !self.ledger.unwritten_minutes().is_empty();
        if !time_is_up && (!self.round.complete() || held_up) {
            self.say_who_is_missing(now);
            return false;
        }
        let mut trader = Vec::new();
        if let Some(since) = self.journal_at_fault(now) {
            trader.push(trader_cause(CauseCode::Journal, since, self.journal_detail()));
        }
        if let Some(shortage) = self.round.shortage(self.registry.at_least, &self.registry.here) {
            let same = |cause: &&Cause| cause.code == CauseCode::TooFew;
            let since = self.standing.of_the_trader().iter().find(same);
            let since = since.map_or(minute, |cause| cause.since);
            trader.push(trader_cause(CauseCode::TooFew, since, shortage));
        }
        let outcome = self.round.judge(&self.registry, trader);
        self.close(outcome, minute, now);
        true
    }

    fn say_who_is_missing(&mut self, now: Now) {
        if now.wall < self.round.retrying_at {
            return;
        }
        self.round.waited(now.wall);
        let minute = self.round.minute;
        let silent = self.registry.iter().filter(|(_, strategy)| {
            strategy.expected_in(minute) && strategy.said(minute).is_none()
        });
        let missing = silent.map(|(name, _)| name.clone()).take(MISSING_NAMED_MAX).collect();
        let missing_count = self.round.due - self.round.spoken();
        self.events.push(Event::Retrying { minute, missing, missing_count });
    }

    /// Ends the open minute, or the run from it to `last`, for good.
    pub(super) fn close(&mut self, outcome: Outcome, last: Minute, now: Now) {
        let minute = self.round.minute;
        assert!(minute <= last && minute.start() <= now.wall, "no minute ends before it begins");
        self.note_who_fails(&outcome, minute);
        match &outcome {
            Outcome::Median(_) => assert!(self.halt.is_none(), "no median while halted"),
            Outcome::Failed(causes) => self.stand(Standing::failed(causes)),
            Outcome::NoStrategies | Outcome::Halted => self.stand(Standing::Waiting),
            Outcome::NotRunning => {
                self.standing.lapse();
                self.unsettled = true;
            }
        }
        let state = match &outcome {
            Outcome::Median(_) => State::Ok,
            Outcome::Failed(_) | Outcome::NoStrategies | Outcome::Halted | Outcome::NotRunning => {
                self.state_by_now()
            }
        };
        let next = Round::new(last.next(self.settings.timing.interval));
        let mut said = std::mem::replace(&mut self.round, next).said;
        let verdict = Verdict {
            minute,
            last,
            count: said.decisions().len(),
            state,
            closed_at: now.wall,
            valid_until: self.settings.timing.valid_until(last),
            disagreeing: said.disagreeing(),
            outcome,
        };
        let submissions = said.submissions().into();
        self.record(Judgement { verdict: Arc::new(verdict), submissions }, now);
    }

    /// Queues a judgement; beyond the backlog, the last one queued grows into a run instead.
    fn record(&mut self, judgement: Judgement, now: Now) {
        let backlog = self.ledger.unwritten_minutes().len();
        if backlog >= BACKLOG_MAX
            && let Some(run) = self.ledger.waiting_judgements().last()
        {
            let verdict = Arc::make_mut(&mut run.verdict);
            let newest = &judgement.verdict;
            (verdict.last, verdict.valid_until) = (newest.last, newest.valid_until);
            return;
        }
        // A median is to be there by the deadline; bad news has changed the state already, and gets
        // the time that callers get.
        let minute = judgement.verdict.minute;
        let due = match &judgement.verdict.outcome {
            Outcome::Median(_) => self.settings.timing.deadline(minute),
            Outcome::Failed(_) | Outcome::NoStrategies | Outcome::Halted | Outcome::NotRunning => {
                now.wall.plus(WRITE_PATIENCE)
            }
        };
        self.ledger.push_judgement(judgement, now.mono, due);
    }

    /// Remembers since when each strategy fails with the same cause.
    fn note_who_fails(&mut self, outcome: &Outcome, minute: Minute) {
        match outcome {
            Outcome::NotRunning | Outcome::Halted => {}
            Outcome::Median(_) | Outcome::NoStrategies => self.registry.nobody_fails(),
            Outcome::Failed(_) => self.registry.note_who_fails(minute),
        }
    }

    pub(super) fn blame(&mut self, cause: Cause) {
        self.standing.blame(cause);
        self.unsettled = true;
    }

    pub(super) fn stand(&mut self, standing: Standing) {
        self.standing = standing;
        self.unsettled = true;
    }
}

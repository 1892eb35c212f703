//! Minutes in which everyone decides at the same instant and the disk has it at once: what a backtest is
//! made of, in one step.

use std::sync::Arc;

use chassis::grid::Now;

use super::{
    Current, Engine,
    median::median,
    round::Round,
    verdict::{Median, Outcome, State, Verdict},
};

impl Engine {
    /// Everyone who is due decides at `now`. What [`Engine::submit`] of each, [`Engine::take_records`] and
    /// [`Engine::written`] come to, but for who said what from which signals: that is neither kept nor told,
    /// nor is it noticed if generators disagree.
    ///
    /// None, and nothing has changed, where there is more to it: if the trader is not OK, anything is on
    /// its way to the disk, or somebody does not take part or is still to come. Then those are to be
    /// called instead.
    pub fn decide_at_once(&mut self, now: Now, decisions: &mut [f64]) -> Option<Median> {
        let mut watch = self.watch;
        let stepped = watch.look(now, self.closed(), self.settings.timing.skew).is_some();
        let believed = watch.fault.is_none() && !stepped;
        if !believed || !self.is_plain(now) || decisions.len() != self.registry.len() {
            return None;
        }
        let median = median(decisions)?;
        self.watch = watch;
        for strategy in self.registry.strategies.values_mut() {
            strategy.last_seen = Some(now.wall);
            strategy.last = None;
        }
        self.conclude(median, decisions.len(), now);
        Some(median)
    }

    /// Whether the open minute's boundary has come and nothing is known that could keep it from a median. In
    /// state OK the trader is not halted, and the last median is current.
    fn is_plain(&self, now: Now) -> bool {
        let minute = self.round.minute;
        let in_time = (minute.start()..self.settings.timing.deadline(minute)).contains(&now.wall);
        let untouched = self.round.said.so_far().is_empty() && self.ledger.is_idle();
        let ok = self.state == State::Ok;
        let everyone = self.registry.later.is_empty() && !self.registry.short();
        in_time && untouched && ok && everyone
    }

    fn conclude(&mut self, median: Median, count: usize, now: Now) {
        assert!(self.halt.is_none() && !self.round.halted, "no halt leaves the state OK");
        assert!(self.told.is_empty(), "OK has no causes");
        let minute = self.round.minute;
        let verdict = Verdict {
            minute,
            last: minute,
            outcome: Outcome::Median(median),
            count,
            state: State::Ok,
            closed_at: now.wall,
            valid_until: self.settings.timing.valid_until(minute),
            disagreeing: Vec::new(),
        };
        self.round = Round::new(minute.next(self.settings.timing.interval));
        self.current = None;
        let verdict = self.in_place_of_the_last(verdict);
        let expires_at = now.mono + self.lifetime();
        self.current = Some(Current { verdict: Arc::clone(&verdict), expires_at });
        self.last_verdict = Some(verdict);
        // The state is what it was, and it has no causes: there is nothing to tell.
        self.unsettled = false;
    }

    /// The verdict where the last one was, if nobody else holds that.
    fn in_place_of_the_last(&mut self, verdict: Verdict) -> Arc<Verdict> {
        let Some(mut last) = self.last_verdict.take() else { return Arc::new(verdict) };
        match Arc::get_mut(&mut last) {
            Some(place) => {
                *place = verdict;
                last
            }
            None => Arc::new(verdict),
        }
    }
}

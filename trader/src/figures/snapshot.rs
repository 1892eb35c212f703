//! The trader at one moment, as a page of figures and as an answer to whether it may be traded on.

use std::collections::BTreeSet;

use chassis::{
    figures::{GRACE, Page, SKEW, page_of},
    grid::{Minute, Now, Timing},
    http,
    http::Readiness,
    name::Name,
};

use super::{CLOSED, Figures, OUTCOMES, Part, families as f};
use crate::engine::{
    StatusPage,
    registry::Strategy,
    verdict::{CauseCode, State, Subject},
};

/// The trader at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) figures: Figures,
    pub(super) status: StatusPage,
    pub(super) timing: Timing,
    pub(super) now: Now,
}

/// A strategy that is registered, or one that is expected and is not.
type Row = (Name, Option<Strategy>);

/// How a strategy may fail a minute.
fn failing_parts() -> impl Iterator<Item = Part> {
    Part::ALL.into_iter().filter(|part| !matches!(part, Part::Included | Part::Unused))
}

impl http::Snapshot for Snapshot {
    fn figures(&self) -> Page {
        let version = env!("CARGO_PKG_VERSION");
        let interval = self.timing.interval.duration();
        let mut page = page_of(["trader", version], self.figures.started.wall, interval);
        page.single(&GRACE, self.timing.grace);
        page.single(&SKEW, self.timing.skew);
        self.state(&mut page);
        self.minutes(&mut page);
        self.trouble(&mut page);
        self.strategies(&mut page);
        page
    }

    fn readiness(&self) -> Readiness {
        let StatusPage { state, state_since, causes, halt, .. } = &self.status;
        let mut reasons: Vec<String> = causes.iter().map(ToString::to_string).collect();
        if let Some((halt, _)) = halt {
            reasons.insert(0, format!("halted by {}: {}", halt.operator, halt.reason));
        }
        Readiness {
            ready: *state == State::Ok,
            summary: format!("{state} since {state_since}"),
            reasons,
        }
    }
}

impl Snapshot {
    /// What the core says of itself; of its strategies the first by name.
    pub(crate) fn status(&self) -> &StatusPage {
        &self.status
    }

    /// Whose submissions came when their minute was closed, the last of them.
    pub(crate) fn late(&self) -> impl Iterator<Item = &(Name, Minute)> {
        self.figures.late.iter()
    }

    fn state(&self, page: &mut Page) {
        let Figures { seconds, changes, recoveries, .. } = &self.figures;
        let mut states = page.family(&f::STATE);
        for state in State::ALL {
            states.with(&[state.as_str()], state == self.status.state);
        }
        page.single(&f::STATE_SINCE, self.status.state_since);
        let mut spent = page.family(&f::STATE_SECONDS);
        for state in State::ALL {
            spent.with(&[state.as_str()], seconds.in_state(state));
        }
        let mut entered = page.family(&f::STATE_CHANGES);
        for (state, times) in State::ALL.iter().zip(changes) {
            entered.with(&[state.as_str()], *times);
        }
        let mut in_error = page.family(&f::ERROR_SECONDS);
        for code in CauseCode::ALL {
            in_error.with(&[code.as_str()], seconds.for_cause(code));
        }
        page.single(&f::RECOVERIES, *recoveries);
    }

    fn minutes(&self, page: &mut Page) {
        let Figures { minutes, participants, close, last_median, .. } = &self.figures;
        page.single(&f::CURRENT_MINUTE, self.status.current_minute.start());
        let mut last = page.family(&f::LAST_MEDIAN);
        if let Some(minute) = last_median {
            last.with(&[], minute.start());
        }
        let mut valid = page.family(&f::VALID_UNTIL);
        if let Some(verdict) = &self.status.last_verdict {
            valid.with(&[], verdict.valid_until);
        }
        let mut ended = page.family(&f::ROUNDS);
        for (outcome, times) in OUTCOMES.iter().zip(minutes) {
            ended.with(&[outcome], *times);
        }
        let mut took = page.family(&f::ROUND_CLOSE);
        for (outcome, close) in CLOSED.iter().zip(close) {
            took.distribution(&[outcome], close);
        }
        let mut took_part = page.family(&f::PARTICIPANTS);
        for (part, times) in Part::ALL.iter().zip(participants) {
            took_part.with(&[part.as_str()], *times);
        }
    }

    fn trouble(&self, page: &mut Page) {
        let Figures { writable, outages, clock_steps, .. } = &self.figures;
        let StatusPage { strategies, strategies_total, causes, .. } = &self.status;
        let stuck = causes.iter().any(|cause| cause.code == CauseCode::Journal);
        page.single(&f::STRATEGIES, *strategies_total);
        page.single(&f::LEFT_OUT, strategies_total.saturating_sub(strategies.len()));
        page.single(&f::WRITABLE, *writable && !stuck);
        page.single(&f::OUTAGES, *outages);
        page.single(&f::CLOCK_STEPS, *clock_steps);
    }

    fn strategies(&self, page: &mut Page) {
        let rows = &self.status.strategies;
        self.standing(rows, page);
        let deeds = |name| self.figures.strategies.get(name);
        let mut received = page.family(&f::RECEIVED);
        for (name, _) in rows {
            received.with(&[name.as_str()], deeds(name).map_or(0, |deeds| deeds.received));
        }
        let mut included = page.family(&f::INCLUDED);
        for (name, _) in rows {
            included.with(&[name.as_str()], deeds(name).map_or(0, |deeds| deeds.included));
        }
        let mut failed = page.family(&f::FAILURES);
        for (name, _) in rows {
            for part in failing_parts() {
                let times = deeds(name).map_or(0, |deeds| deeds.failed[part as usize]);
                failed.with(&[name.as_str(), part.as_str()], times);
            }
        }
        let mut ages = page.family(&f::LAST_DECISION_AGE);
        for (name, _) in rows {
            if let Some(at) = deeds(name).and_then(|deeds| deeds.decided_at) {
                ages.with(&[name.as_str()], self.now.mono.saturating_sub(at));
            }
        }
        clocks(rows, page);
    }

    fn standing(&self, rows: &[Row], page: &mut Page) {
        let blamed: BTreeSet<&Name> = self
            .status
            .causes
            .iter()
            .filter_map(|cause| match &cause.subject {
                Subject::Strategy(name) => Some(name),
                Subject::Trader => None,
            })
            .collect();
        let mut registered = page.family(&f::REGISTERED);
        for (name, strategy) in rows {
            registered.with(&[name.as_str()], strategy.is_some());
        }
        let mut connected = page.family(&f::CONNECTED);
        for (name, strategy) in rows {
            let session = strategy.as_ref().and_then(|strategy| strategy.session);
            connected.with(&[name.as_str()], session.is_some());
        }
        let mut failing = page.family(&f::FAILING);
        for (name, _) in rows {
            failing.with(&[name.as_str()], blamed.contains(name));
        }
    }
}

fn clocks(rows: &[Row], page: &mut Page) {
    let known = || {
        rows.iter().filter_map(|(name, strategy)| {
            let strategy = strategy.as_ref().filter(|strategy| strategy.session.is_some())?;
            Some((name, strategy.clock_offset?))
        })
    };
    let mut offsets = page.family(&f::CLOCK_OFFSET);
    for (name, offset) in known() {
        offsets.with(&[name.as_str()], offset.seconds());
    }
    let mut uncertainties = page.family(&f::CLOCK_UNCERTAINTY);
    for (name, offset) in known() {
        uncertainties.with(&[name.as_str()], offset.uncertainty);
    }
}

//! How long the trader was in each state, and in error for which causes.

use std::time::Duration;

use crate::engine::verdict::{Cause, CauseCode, State};

/// Time by state and by cause, up to an instant.
#[derive(Clone, Debug)]
pub(super) struct Seconds {
    upto: Duration,
    state: State,
    /// Whether something is in error for it.
    causes: [bool; CauseCode::ALL.len()],
    in_state: [Duration; State::ALL.len()],
    for_cause: [Duration; CauseCode::ALL.len()],
}

impl Seconds {
    pub(super) fn new(state: State, causes: &[Cause], mono: Duration) -> Self {
        Self {
            upto: mono,
            state,
            causes: codes(state, causes),
            in_state: Default::default(),
            for_cause: Default::default(),
        }
    }

    /// Time has passed.
    pub(super) fn pass(&mut self, mono: Duration) {
        let passed = mono.saturating_sub(self.upto);
        self.upto = self.upto.max(mono);
        self.in_state[self.state as usize] += passed;
        for (present, spent) in self.causes.iter().zip(&mut self.for_cause) {
            if *present {
                *spent += passed;
            }
        }
    }

    /// From here on the state is this, for these causes.
    pub(super) fn change(&mut self, state: State, causes: &[Cause], mono: Duration) {
        self.pass(mono);
        self.state = state;
        self.causes = codes(state, causes);
    }

    pub(super) fn in_state(&self, state: State) -> Duration {
        self.in_state[state as usize]
    }

    pub(super) fn for_cause(&self, code: CauseCode) -> Duration {
        self.for_cause[code as usize]
    }
}

fn codes(state: State, causes: &[Cause]) -> [bool; CauseCode::ALL.len()] {
    let mut present = [false; CauseCode::ALL.len()];
    for cause in causes.iter().filter(|_| state == State::Error) {
        present[cause.code as usize] = true;
    }
    present
}

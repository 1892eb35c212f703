//! Nobody is busy in vain: how often hosts dial each other.

use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    time::Duration,
};

use super::violation::{Checked, ensure};
use crate::record::{Record, What};

/// Dials of one host to another within a minute, in any fault.
const DIALS_MAX: usize = 150;

/// That minute.
const WINDOW: Duration = Duration::from_mins(1);

/// Dials of the last minute.
#[derive(Debug, Default)]
pub(super) struct Dials {
    recent: BTreeMap<(Rc<str>, String), VecDeque<Duration>>,
}

impl Dials {
    pub(super) fn see(&mut self, record: &Record) -> Checked {
        let What::Dialled { to } = &record.what else { return Ok(()) };
        let recent = self.recent.entry((Rc::clone(&record.host), to.clone())).or_default();
        recent.push_back(record.at);
        while recent.front().is_some_and(|at| *at + WINDOW < record.at) {
            recent.pop_front();
        }
        ensure("i23_no_more_than_150_dials_a_minute", recent.len() <= DIALS_MAX, || {
            format!("{} dials within a minute: {record:?}", recent.len())
        })
    }
}

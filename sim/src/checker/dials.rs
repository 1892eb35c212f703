//! Nobody is busy in vain: how often hosts dial each other.

use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    time::Duration,
};

use super::violation::{Checked, ensure};
use crate::record::{Record, What};

/// Dials of one host to another within [`WINDOW`], in any fault.
const DIALS_MAX: usize = 150;

const WINDOW: Duration = Duration::from_mins(1);

/// The back-off begins anew with each minute of the system. Where minutes are shorter than the
/// window, each of them adds its first quick tries, up to about a second of them.
const QUICK_DIALS_MAX: u128 = 10;

/// Dials within the last window.
#[derive(Debug)]
pub(super) struct Dials {
    max: usize,
    recent: BTreeMap<(Rc<str>, String), VecDeque<Duration>>,
}

impl Dials {
    /// In a system with minutes of this length.
    pub(super) fn new(interval: Duration) -> Self {
        let anew = WINDOW.as_millis() / interval.as_millis();
        let quick = if anew > 1 { anew * QUICK_DIALS_MAX } else { 0 };
        let max = DIALS_MAX + usize::try_from(quick).expect("120 minutes at most");
        Self { max, recent: BTreeMap::new() }
    }

    pub(super) fn see(&mut self, record: &Record) -> Checked {
        let What::Dialled { to } = &record.what else { return Ok(()) };
        let recent = self.recent.entry((Rc::clone(&record.host), to.clone())).or_default();
        recent.push_back(record.at);
        while recent.front().is_some_and(|at| *at + WINDOW < record.at) {
            recent.pop_front();
        }
        ensure("i23_no_more_dials_than_the_back_off_allows", recent.len() <= self.max, || {
            format!("{} dials within a minute: {record:?}", recent.len())
        })
    }
}

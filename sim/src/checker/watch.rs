//! What a reader sees who watches: every verdict, once, in order, also over lost links.

use chassis::grid::Timestamp;
use proto::v1::{State, StateChange, Verdict, WatchResponse, watch_response::Event};

use super::{
    scene::Scene,
    shown::{self, instant},
    violation::{Checked, ensure},
};
use crate::record::{Record, What};

/// Where the reader is.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The last minute that it was told of.
    last: Option<Timestamp>,
    /// The state that it was told of last on this watch.
    state: Option<State>,
}

impl Watch {
    pub(super) fn see(&mut self, record: &Record, scene: &Scene) -> Checked {
        match &record.what {
            What::Watching { .. } => self.state = None,
            What::Watched(response) => return self.watched(response, scene),
            _ => {}
        }
        Ok(())
    }

    fn watched(&mut self, response: &WatchResponse, scene: &Scene) -> Checked {
        match &response.event {
            Some(Event::Verdict(verdict)) => {
                shown::i12_what_is_shown_is_on_disk(scene, verdict)?;
                self.i16_every_verdict_once_in_order(verdict, scene)
            }
            Some(Event::StateChange(change)) => self.m6_changes_follow_each_other(change),
            None => Ok(()),
        }
    }

    fn i16_every_verdict_once_in_order(&mut self, verdict: &Verdict, scene: &Scene) -> Checked {
        let first = scene.ledger.verdicts.first_key_value().map(|(minute, _)| *minute);
        let after = |last: Timestamp| last.plus(scene.timing().interval.duration());
        let next = self.last.map(after).or(first);
        let minute = instant(verdict.minute);
        self.last = instant(verdict.last_minute);
        ensure("i16_every_verdict_once_in_order", minute == next, || {
            format!("{next:?} comes next, but this came: {verdict:?}")
        })
    }

    fn m6_changes_follow_each_other(&mut self, change: &StateChange) -> Checked {
        let (from, to) = (change.from(), change.to());
        let before = self.state.replace(to);
        let follows = before.is_none_or(|before| before == from);
        ensure("m6_changes_follow_each_other", follows, || {
            format!("it was {before:?} before: {change:?}")
        })?;
        let grounds = to != State::Error || !change.causes.is_empty();
        ensure("i9_no_error_without_a_cause", grounds, || format!("{change:?}"))
    }
}

//! When there is a current median, and when there must be none: what a reader could trade on.

use std::{collections::BTreeMap, time::Duration};

use chassis::grid::Timestamp;
use proto::v1::{GetMedianResponse, State};

use super::{
    halts::Halts,
    ledger::Known,
    rows::Verdict,
    scene::{Scene, TRADER},
    shown::{self, instant},
    violation::{Checked, ensure},
};
use crate::record::{Record, What};

/// A moment at which somebody could have traded on the median of a minute.
#[derive(Clone, Debug)]
struct Visible {
    minute: Timestamp,
    /// When the trader said so, in true time.
    sent: Duration,
}

/// What was visible.
#[derive(Debug, Default)]
pub(super) struct Current {
    /// Since the last verdict.
    visible: Vec<Visible>,
    /// When the trader said last that there is no current median, and which verdict was the last
    /// one by then; of its present process.
    none: Option<(Duration, Timestamp)>,
    /// The latest median's minute that was shown.
    latest: Option<Timestamp>,
    /// When the trader logged the medians of minutes: a slow disk has them before the trader knows.
    logged: BTreeMap<Timestamp, Duration>,
}

impl Current {
    pub(super) fn see(&mut self, record: &Record, scene: &Scene, halts: &Halts) -> Checked {
        match &record.what {
            What::Started { part, .. } if part == "trader" => self.none = None,
            What::Line { message, fields, .. } if &*record.host == TRADER => {
                let last = self.logged.last_key_value().map(|(minute, _)| *minute);
                if message.starts_with("state ") && !message.starts_with("state OK") {
                    self.note_none(record.at, last.unwrap_or_default(), scene);
                } else if message.starts_with("median: ")
                    && let Some(minute) = fields.get("minute").and_then(|at| Timestamp::parse(at))
                {
                    self.logged.insert(minute, record.at);
                }
            }
            What::Median(Ok(shown)) => return self.shown(shown, record, scene, halts),
            What::Status(status) => {
                let Some(last) = &status.last_verdict else { return Ok(()) };
                let sent =
                    instant(status.trader_time).and_then(|at| scene.times.truly(at, record.at));
                let (Some(sent), Some(minute)) = (sent, instant(last.minute)) else {
                    return Ok(());
                };
                if status.state() == State::Ok {
                    halts.i11_no_median_after_halt(sent, scene, || format!("{record:?}"))?;
                    return self.is_visible((minute, sent), record, scene, halts);
                }
                self.note_none(sent, minute, scene);
            }
            _ => {}
        }
        Ok(())
    }

    fn note_none(&mut self, at: Duration, last: Timestamp, scene: &Scene) {
        let of_this_process = scene.processes.trader().is_some_and(|trader| trader.since <= at);
        if of_this_process && self.none.is_none_or(|(_, minute)| minute <= last) {
            self.none = Some((at, last));
        }
    }

    fn shown(
        &mut self,
        shown: &GetMedianResponse,
        record: &Record,
        scene: &Scene,
        halts: &Halts,
    ) -> Checked {
        let row = shown::median_row(scene, shown)?;
        let time = instant(shown.trader_time).unwrap_or_default();
        let valid = shown.state() == State::Ok && time < row.valid_until && time >= row.minute;
        ensure("e2_a_current_median_is_valid", valid, || format!("{record:?}"))?;
        let Some(sent) = scene.times.truly(time, record.at) else { return Ok(()) };
        halts.i11_no_median_after_halt(sent, scene, || format!("{record:?}"))?;
        self.is_visible((row.minute, sent), record, scene, halts)
    }

    /// A median of `minute` was visible at `sent`: it must have been the last word then.
    fn is_visible(
        &mut self,
        (minute, sent): (Timestamp, Duration),
        record: &Record,
        scene: &Scene,
        halts: &Halts,
    ) -> Checked {
        let forward = self.latest.is_none_or(|latest| minute >= latest);
        ensure("i16_medians_never_go_back", forward, || {
            format!("{:?} was shown before: {record:?}", self.latest)
        })?;
        self.latest = Some(minute);
        let margin = scene.tick();
        let none = self.none.filter(|(at, last)| *at + margin < sent && minute <= *last);
        ensure("i8_no_median_in_error", none.is_none(), || {
            format!("there was none at {none:?}, none has come since: {record:?}")
        })?;
        let start = scene.processes.trader_start(sent).unwrap_or_default();
        let since = self.logged.get(&minute).map_or(start, |logged| start.max(*logged));
        let lifetime = scene.timing().interval.duration() + scene.timing().grace;
        ensure("e2_no_median_outlasts_its_time", sent <= since + lifetime + margin * 2, || {
            format!("on disk since {since:?}, sent at {sent:?}: {record:?}")
        })?;
        let mut later = scene.ledger.verdicts.range(minute..).skip(1).map(|(_, known)| known);
        let later = later.find(|known| match self.logged.get(&known.row.minute) {
            Some(logged) => *logged + margin < sent,
            None => {
                known.row.kind != "median" && known_to_be_bad(scene, halts, known) + margin < sent
            }
        });
        ensure("i8_only_the_last_median_is_current", later.is_none(), || {
            format!("sent at {sent:?}, after {later:?}: {record:?}")
        })?;
        self.visible.push(Visible { minute, sent });
        Ok(())
    }

    /// Bad news changes the state at once: from the moment at which a minute failed, or somebody
    /// abstained in it, no earlier median was visible, whenever that came to the disk.
    pub(super) fn judge(
        &mut self,
        scene: &Scene,
        halts: &Halts,
        verdict: &Known<Verdict>,
    ) -> Checked {
        let row = &verdict.row;
        let closed = scene.closed(verdict);
        let start = scene.processes.trader_start(closed + scene.tick());
        let mut bad = (row.kind != "median").then(|| known_to_be_bad(scene, halts, verdict));
        if row.kind == "failed" && row.minute == row.last {
            let begun = scene.times.truly(row.minute, closed).unwrap_or(closed);
            let abstentions = row.submissions.iter().filter(|said| said.decision.is_none());
            let heard = abstentions.filter_map(|said| scene.times.truly(said.received_at, closed));
            bad = heard.map(|at| at.max(begun)).chain(bad).min();
        }
        let margin = scene.tick();
        let wrong = self.visible.iter().find(|visible| {
            visible.minute < row.minute
                && bad.is_some_and(|bad| bad + margin < visible.sent)
                && scene.processes.trader_start(visible.sent) == start
        });
        ensure("i8_no_median_in_error", wrong.is_none(), || {
            format!("from {bad:?} on there was none, but {wrong:?}: {row:?}")
        })?;
        self.visible.retain(|visible| visible.minute >= row.minute);
        self.logged
            .retain(|minute, _| minute.plus(scene.timing().interval.duration() * 3) >= row.minute);
        Ok(())
    }
}

/// When a minute without a median was known to have none, at the latest: when it was closed; or, if all
/// had decided and the disk kept their median waiting, when a halt or the end of the grace undid it.
fn known_to_be_bad(scene: &Scene, halts: &Halts, verdict: &Known<Verdict>) -> Duration {
    let row = &verdict.row;
    let closed = scene.closed(verdict);
    let journal = |(name, code): &(String, String)| name.is_empty() && code == "journal";
    let undone = match row.kind.as_str() {
        "halted" => halts.in_force(scene, verdict),
        "failed" if row.causes.iter().any(journal) => {
            let deadline = scene.timing().deadline(scene.minute(row.minute));
            scene.times.truly(deadline, verdict.seen).or(Some(verdict.seen))
        }
        _ => None,
    };
    undone.map_or(closed, |undone| undone.max(closed))
}

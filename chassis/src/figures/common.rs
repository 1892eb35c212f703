//! Figures that every part has.

use std::time::Duration;

use super::{family::Family, page::Page};
use crate::grid::Timestamp;

/// Which part, and which version of it.
pub const BUILD_INFO: Family = Family::gauge(
    "minutehand_build_info",
    &["part", "version"],
    "Always 1: which part this is, and which version of it.",
);

/// When the process started.
pub const START_TIME: Family = Family::gauge(
    "minutehand_start_time_seconds",
    &[],
    "When the process started, since the Unix epoch.",
);

/// Length of a minute.
pub const INTERVAL: Family =
    Family::gauge("minutehand_interval_seconds", &[], "Length of a minute.");

/// How long a submission is waited for.
pub const GRACE: Family = Family::gauge(
    "minutehand_grace_seconds",
    &[],
    "How long after its minute began a submission may come.",
);

/// Largest tolerated difference of clocks.
pub const SKEW: Family = Family::gauge(
    "minutehand_skew_seconds",
    &[],
    "Largest tolerated difference between two clocks.",
);

/// A page that begins with what a part is: its name and version, when it started, and how long its
/// minutes are.
pub fn page_of([part, version]: [&str; 2], started: Timestamp, interval: Duration) -> Page {
    let mut page = Page::default();
    page.family(&BUILD_INFO).with(&[part, version], true);
    page.single(&START_TIME, started);
    page.single(&INTERVAL, interval);
    page
}

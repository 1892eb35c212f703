//! Glyphs, words and advice: what is told by a colour is told by a letter and a word, too.

use chassis::grid::{Interval, Minute, Timestamp};

use crate::{
    engine::verdict::{CauseCode, Outcome, State},
    figures::Part,
};

/// In a cell of the grid.
pub(super) const fn glyph(part: Part) -> &'static str {
    match part {
        Part::Included => "✓",
        Part::Unused => "○",
        Part::Late => "L",
        Part::Stale => "S",
        Part::Future => "F",
        Part::Abstained => "A",
        Part::Silent => "–",
        Part::Disconnected => "×",
    }
}

/// In the legend.
pub(super) const fn meaning(part: Part) -> &'static str {
    match part {
        Part::Included => "included: its decision is in the median",
        Part::Unused => "unused: it decided, and there is no median",
        Part::Late => "late: it came when the minute was closed",
        Part::Stale => "stale: stamped before the minute",
        Part::Future => "future: ahead of the trader's clock",
        Part::Abstained => "abstained: it said why it has no decision",
        Part::Silent => "silent: connected, and nothing came",
        Part::Disconnected => "disconnected: no session, and nothing came",
    }
}

/// How a minute ended: its glyph, and in a word, which is a class of the style, too.
pub(super) const fn ending(outcome: &Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Median(_) => ("✓", "median"),
        Outcome::Failed(_) => ("E", "failed"),
        Outcome::NoStrategies => ("0", "no-strategies"),
        Outcome::Halted => ("H", "halted"),
        Outcome::NotRunning => ("z", "not-running"),
    }
}

/// The same for people.
pub(super) const fn ended(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Median(_) => "median",
        Outcome::Failed(_) => "failed, no median",
        Outcome::NoStrategies => "nobody was expected",
        Outcome::Halted => "halted by an operator",
        Outcome::NotRunning => "the trader was not running",
    }
}

/// What a state means, in one line.
pub(super) const fn state(state: State) -> &'static str {
    match state {
        State::Ok => "The median is complete and fresh.",
        State::Waiting => "There is no verdict yet. The next minute brings one.",
        State::Idle => "No strategy is registered. Start one, and it registers itself.",
        State::Error => "There is no median to trade on.",
        State::Halted => "An operator has stopped it. `minutehand resume` lets it go on.",
    }
}

/// What to do, unless the cause's own words say it.
pub(super) const fn advice(code: CauseCode) -> Option<&'static str> {
    match code {
        CauseCode::Silent => Some(
            "It is connected and says nothing: look at its log. To go on without it, deregister it.",
        ),
        CauseCode::Abstained => Some(
            "It works and has no input: mend what it names. To go on without it, deregister it.",
        ),
        CauseCode::Stale | CauseCode::Future => Some(
            "Compare the clocks of the machines that it, its generators and the trader run on.",
        ),
        CauseCode::Disconnected | CauseCode::Clock | CauseCode::Journal | CauseCode::TooFew => None,
    }
}

/// `12:01`, or `12:01:05` where minutes are shorter.
pub(super) fn of_day(minute: Minute, interval: Interval) -> String {
    let text = minute.to_string();
    let whole = interval.duration().as_secs().is_multiple_of(60);
    let end = if whole { 16 } else { 19 };
    text.get(11..end).unwrap_or(&text).to_owned()
}

/// `2026-11-20 12:01:05 UTC`, without fractions.
pub(super) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..19).map_or(text.clone(), |text| format!("{} UTC", text.replace('T', " ")))
}

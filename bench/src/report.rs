//! What is printed: a row for each comparison, as a table and as JSON.

use serde::Serialize;

use crate::figures::{median, spread};

/// What a ratio has to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// At least so many times the peer's.
    AtLeast(f64),
    /// At most so many times the peer's.
    AtMost(f64),
    /// Shown only.
    None,
}

impl Target {
    fn reached(self, ratio: f64) -> Option<bool> {
        match self {
            Self::AtLeast(least) => Some(ratio >= least),
            Self::AtMost(most) => Some(ratio <= most),
            Self::None => None,
        }
    }

    fn show(self) -> String {
        match self {
            Self::AtLeast(least) => format!(">= {least}"),
            Self::AtMost(most) => format!("<= {most}"),
            Self::None => String::new(),
        }
    }
}

/// One comparison, over several rounds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// What is measured.
    pub(crate) name: String,
    /// The median of ours.
    pub(crate) value: f64,
    /// Of both.
    pub(crate) unit: &'static str,
    /// Who or what it is measured against.
    pub(crate) peer: String,
    /// The median of theirs.
    pub(crate) peer_value: f64,
    /// The median of the rounds' ratios, ours to theirs.
    pub(crate) ratio: f64,
    /// The smallest and the largest of those ratios.
    pub(crate) ratio_spread: [f64; 2],
    /// How many rounds.
    pub(crate) rounds: usize,
    /// What the ratio has to be.
    pub(crate) target: String,
    /// Whether it is; absent without a target.
    pub(crate) reached: Option<bool>,
}

impl Row {
    /// Of rounds that were measured in pairs, ours and theirs.
    pub(crate) fn paired(
        name: impl Into<String>,
        unit: &'static str,
        peer: impl Into<String>,
        rounds: &[[f64; 2]],
        target: Target,
    ) -> Self {
        let [ours, theirs] =
            [0, 1].map(|side| rounds.iter().map(|round| round[side]).collect::<Vec<f64>>());
        let ratios: Vec<f64> = rounds.iter().map(|[ours, theirs]| ours / theirs).collect();
        let ratio = median(&ratios);
        Self {
            name: name.into(),
            value: median(&ours),
            unit,
            peer: peer.into(),
            peer_value: median(&theirs),
            ratio,
            ratio_spread: spread(&ratios),
            rounds: rounds.len(),
            target: target.show(),
            reached: target.reached(ratio),
        }
    }

    /// Of rounds against a fixed limit.
    pub(crate) fn limited(
        name: impl Into<String>,
        unit: &'static str,
        ours: &[f64],
        limit: f64,
        target: Target,
    ) -> Self {
        let rounds: Vec<[f64; 2]> = ours.iter().map(|ours| [*ours, limit]).collect();
        Self::paired(name, unit, "limit", &rounds, target)
    }

    /// As a line of a table in Markdown.
    pub(crate) fn line(&self) -> String {
        let [least, most] = self.ratio_spread;
        let reached = match self.reached {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        let Self { name, unit, peer, rounds, target, .. } = self;
        let (value, theirs) = (figure(self.value), figure(self.peer_value));
        let ratio = format!("{} ({} to {})", figure(self.ratio), figure(least), figure(most));
        format!(
            "| {name} | {value} {unit} | {peer} | {theirs} {unit} | {ratio} | {rounds} | {target} | {reached} |"
        )
    }
}

/// The head of the table.
pub(crate) const HEAD: &str = "\
| what | ours | peer | theirs | ratio (least to most) | rounds | target | reached |
|---|---|---|---|---|---|---|---|";

/// Three significant digits, and thousands as they are.
fn figure(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        small if small < 0.1 => 4,
        small if small < 10.0 => 2,
        small if small < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

/// Everything, as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// In the order in which they were measured.
    pub(crate) rows: Vec<Row>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_the_median_of_its_rounds() {
        let rounds = [[10.0, 10.0], [30.0, 20.0], [20.0, 10.0]];
        let row = Row::paired("x", "ms", "limit", &rounds, Target::AtMost(1.4));
        assert_eq!(
            row.line(),
            "| x | 20.0 ms | limit | 10.0 ms | 1.50 (1.00 to 2.00) | 3 | <= 1.4 | **no** |"
        );
        assert_eq!(Row::paired("x", "/s", "y", &rounds, Target::AtLeast(1.5)).reached, Some(true));
        assert_eq!(Row::limited("x", "ms", &[9.0], 18.0, Target::None).reached, None);
    }
}

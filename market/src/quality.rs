//! What is wrong with data: counted, named, and never mended.

use std::{collections::BTreeMap, fmt};

use chassis::grid::Minute;

/// So many cases of a kind are named; the rest are counted. Enough to see where to look.
const NAMED_MAX: usize = 5;

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Minutes between the first and the last that have no bar.
    Gap,
    /// The same bar again.
    Duplicate,
    /// Two different bars of one minute, neither of which is used.
    Conflict,
    /// A bar that stands behind a later one.
    Disorder,
    /// A bar whose numbers cannot have been traded, which is not used.
    Faulty,
    /// A bar that begins within a minute, which is not used.
    OffGrid,
    /// A bar whose minute was not over when the source was read, which is not used.
    Future,
    /// A minute of whose trades some are missing: the source counts them, and not all are there. It has no bar.
    Missed,
    /// A minute in whose midst the trades of a source begin or end. It has no bar.
    Partial,
    /// A close far from the one before it. It is used.
    Outlier,
}

impl Kind {
    const ALL: [(Self, &str); 10] = [
        (Self::Gap, "gaps (no signal in their minutes)"),
        (Self::Duplicate, "duplicates (used once)"),
        (Self::Conflict, "different bars of one minute (none is used)"),
        (Self::Disorder, "out of order (used in their minutes)"),
        (Self::Faulty, "impossible (not used)"),
        (Self::OffGrid, "off the grid (not used)"),
        (Self::Future, "not over when read (not used)"),
        (Self::Missed, "trades missing (their minutes are not used)"),
        (Self::Partial, "not whole (not used)"),
        (Self::Outlier, "outliers (used)"),
    ];
}

/// The cases of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// How many.
    pub count: u64,
    /// The first of them, in words.
    pub named: Vec<String>,
}

/// What was read, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Rows of data that were read.
    pub rows: u64,
    /// Bars that can be used.
    pub bars: u64,
    /// Minutes without a bar that can be used, between the first and the last bar.
    pub missing: u64,
    /// Minutes of the first and the last bar.
    pub span: Option<(Minute, Minute)>,
    findings: BTreeMap<Kind, Finding>,
}

impl Quality {
    /// Of so many rows, with nothing wrong so far.
    pub(crate) fn of(rows: u64) -> Self {
        Self { rows, ..Self::default() }
    }

    /// One more case.
    pub(crate) fn found(&mut self, kind: Kind, what: impl FnOnce() -> String) {
        let finding = self.findings.entry(kind).or_default();
        finding.count += 1;
        if finding.named.len() < NAMED_MAX {
            finding.named.push(what());
        }
    }

    /// The kinds of which there are cases.
    pub fn findings(&self) -> impl Iterator<Item = (Kind, &Finding)> {
        self.findings.iter().map(|(kind, finding)| (*kind, finding))
    }

    /// How many cases of a kind there are.
    pub fn count(&self, kind: Kind) -> u64 {
        self.findings.get(&kind).map_or(0, |finding| finding.count)
    }
}

/// A line for what was read, and one for each kind.
impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows, {} bars", self.rows, self.bars)?;
        if let Some((first, last)) = self.span {
            write!(f, " from {first} to {last}, {} minutes without one", self.missing)?;
        }
        for (kind, finding) in self.findings() {
            let (_, words) = Kind::ALL.iter().find(|(one, _)| *one == kind).expect("all are");
            write!(f, "\n{} {words}: {}", finding.count, finding.named.join("; "))?;
            if finding.count > NAMED_MAX as u64 {
                f.write_str("; …")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::minute;

    #[test]
    fn cases_are_counted_and_the_first_are_named() {
        let mut quality =
            Quality { rows: 9, bars: 8, missing: 1, span: None, ..Quality::default() };
        assert_eq!(quality.to_string(), "9 rows, 8 bars");
        quality.span = Some((minute(0), minute(8)));
        for n in 1..=7 {
            quality.found(Kind::Outlier, || format!("no. {n}"));
        }
        quality.found(Kind::Gap, || "one".to_owned());
        assert_eq!(quality.count(Kind::Outlier), 7);
        assert_eq!(quality.count(Kind::Future), 0);
        assert_eq!(
            quality.to_string(),
            "9 rows, 8 bars from 2026-11-20T12:00:00Z to 2026-11-20T12:08:00Z, 1 minutes without one\n\
             1 gaps (no signal in their minutes): one\n\
             7 outliers (used): no. 1; no. 2; no. 3; no. 4; no. 5; …"
        );
    }
}

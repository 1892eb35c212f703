//! What the page shows: the last minutes, and how each strategy took part in them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chassis::{grid::Minute, name::Name};

use crate::{
    engine::{
        StatusPage,
        submission::Content,
        verdict::{Cause, Outcome, Subject, Verdict},
    },
    figures::Part,
    journal::Explanation,
    wire::cut_at,
};

/// Minutes that are shown: an hour, unless they are shorter.
pub(super) const MINUTES_MAX: usize = 60;

/// Strategies that are shown, the first by name: more rows than anybody reads.
pub(super) const STRATEGIES_MAX: usize = 200;

/// Cells of the grid: where there are many strategies fewer minutes are shown, so that the page stays
/// below 2 MiB.
const CELLS_MAX: usize = 4_000;

/// What a cell says at most, in bytes: its minute has the whole of it.
const SAYS_BYTES_MAX: usize = 80;

/// How a strategy took part in a minute.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) part: Part,
    /// What it decided, or why it did not.
    pub(super) says: String,
}

/// A minute, or a run of minutes in which the trader was not there.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// How it ended.
    pub(super) verdict: Verdict,
    /// Who was expected, and how that went.
    pub(super) cells: BTreeMap<Name, Cell>,
}

/// The last minutes.
#[derive(Clone, Debug, Default)]
pub(super) struct Board {
    columns: VecDeque<Column>,
}

impl Column {
    /// From what the journal has of it.
    pub(super) fn of(explanation: &Explanation) -> Self {
        let mut column = Self::without_submissions(&explanation.verdict, &explanation.causes);
        let part = match explanation.verdict.outcome {
            Outcome::Median(_) => Part::Included,
            Outcome::Failed(_) | Outcome::NoStrategies | Outcome::Halted | Outcome::NotRunning => {
                Part::Unused
            }
        };
        for (name, said) in &explanation.submissions {
            let cell = match &said.content {
                Content::Decision(value) => Cell { part, says: value.to_string() },
                Content::Abstention(why) => Cell { part: Part::Abstained, says: short(why) },
            };
            column.cells.insert(name.clone(), cell);
        }
        column
    }

    /// From the verdict alone: those who failed it.
    pub(super) fn without_submissions(verdict: &Verdict, causes: &[Cause]) -> Self {
        let blamed = causes.iter().filter_map(|cause| {
            let Subject::Strategy(name) = &cause.subject else { return None };
            let cell = Cell { part: Part::of(cause.code)?, says: short(&cause.detail) };
            Some((name.clone(), cell))
        });
        let cells = blamed.take(STRATEGIES_MAX).collect();
        Self { verdict: verdict.clone(), cells }
    }

    fn covers(&self, minute: Minute) -> bool {
        self.verdict.minute <= minute && minute <= self.verdict.last
    }
}

impl Board {
    /// The last minute that is on it.
    pub(super) fn last(&self) -> Option<Minute> {
        self.columns.back().map(|column| column.verdict.last)
    }

    /// One more minute; the oldest goes.
    pub(super) fn add(&mut self, column: Column) {
        if self.columns.back().is_some_and(|last| last.verdict.minute == column.verdict.minute) {
            // A run of minutes has become longer.
            self.columns.pop_back();
        }
        if self.columns.len() == MINUTES_MAX {
            self.columns.pop_front();
        }
        self.columns.push_back(column);
    }

    /// More of a minute that is there; one that has gone stays gone.
    pub(super) fn replace(&mut self, column: Column) {
        let minute = column.verdict.minute;
        let there = self.columns.iter_mut().rev().find(|there| there.verdict.minute == minute);
        if let Some(there) = there {
            *there = column;
        }
    }

    /// A submission came when its minute was closed: whoever it is of was not silent.
    pub(super) fn came_late(&mut self, name: &Name, minute: Minute) {
        let found = self.columns.iter_mut().rev().find(|column| column.covers(minute));
        let Some(cell) = found.and_then(|column| column.cells.get_mut(name)) else { return };
        if matches!(cell.part, Part::Silent | Part::Disconnected) {
            *cell =
                Cell { part: Part::Late, says: "it came when the minute was closed".to_owned() };
        }
    }

    /// All minutes, the oldest first.
    pub(super) fn columns(&self) -> impl ExactSizeIterator<Item = &Column> {
        self.columns.iter()
    }

    /// Rows of the grid: who is registered or missing by now, and who took part; how many more there are.
    pub(super) fn rows<'a>(&'a self, status: &'a StatusPage) -> (Vec<&'a Name>, usize) {
        let mut names: BTreeSet<&Name> = status.strategies.iter().map(|(name, _)| name).collect();
        names.extend(self.columns.iter().flat_map(|column| column.cells.keys()));
        // Those of the cells are among the registered ones that this page of the status does not name.
        let all = names.len().max(status.strategies_total);
        let shown: Vec<&Name> = names.into_iter().take(STRATEGIES_MAX).collect();
        let more = all - shown.len();
        (shown, more)
    }

    /// The minutes of the grid, the oldest first: as many as there is room for.
    pub(super) fn minutes(&self, rows: usize) -> impl Iterator<Item = &Column> {
        let room = CELLS_MAX / rows.max(1);
        self.columns.iter().skip(self.columns.len().saturating_sub(room))
    }
}

fn short(text: &str) -> String {
    let short = cut_at(text, SAYS_BYTES_MAX);
    if short.len() < text.len() { format!("{short}…") } else { short.to_owned() }
}

//! What a journal tells whoever asks: verdicts, and how they came about.

use std::{path::PathBuf, sync::Arc};

use chassis::{
    grid::{Interval, Minute},
    name::Name,
};
use rusqlite::{Connection, Params};

use super::{
    error::{Fault, OpenError, ReadError, refusal},
    header,
    row::Fields,
    schema::Table,
    words,
};
use crate::engine::{
    ledger::Halt,
    submission::Accepted,
    verdict::{Cause, Outcome, Verdict},
};

/// Causes that an explanation's verdict carries.
const CAUSES_SHOWN: usize = 16;

/// Causes after which a page of verdicts ends early, so that no page is without bound.
const CAUSES_A_PAGE: usize = 10_000;

/// Later than every name.
pub(super) const AFTER_ALL: &str = "~";

/// An open journal, for reading.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    pub(super) file: PathBuf,
    pub(super) id: Name,
    pub(super) interval: Interval,
    /// The first minute that there ever was.
    pub(super) begun: Minute,
    /// The first minute that is kept.
    pub(super) first_minute: Minute,
}

/// Why a minute ended as it did; of who said what, a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// How it ended; of its causes the first 16.
    pub verdict: Verdict,
    /// How many causes it has in all.
    pub causes_total: usize,
    /// Who said what, by name.
    pub submissions: Vec<(Name, Arc<Accepted>)>,
    /// All causes of the strategies on the page; on the first page the trader's own, too.
    pub causes: Vec<Cause>,
    /// The last name on the page, if there is another page after it.
    pub next: Option<Name>,
    /// The first halt that was in force in it, if it ended halted.
    pub halt: Option<Halt>,
}

impl Reader {
    /// Reads what the journal says of itself.
    pub(super) fn new(connection: Connection, file: PathBuf) -> Result<Self, OpenError> {
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
        let numbers = pragma("application_id").and_then(|id| Ok((id, pragma("user_version")?)));
        let (application, schema) = numbers.map_err(|error| refusal(&file, error.into()))?;
        header::known(&file, application, schema)?;
        let words::Meta { id, interval, created_at, first_minute } =
            words::meta(&connection).map_err(|fault| refusal(&file, fault))?;
        let begun = Minute::first_after(created_at, interval);
        Ok(Self { connection, file, id, interval, begun, first_minute })
    }

    /// Id of the journal.
    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// Length of its minutes.
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// The first minute that there ever was.
    pub fn begun(&self) -> Minute {
        self.begun
    }

    /// The first minute that is kept, if those before it have been taken out.
    pub fn kept_from(&self) -> Option<Minute> {
        (self.first_minute > self.begun).then_some(self.first_minute)
    }

    /// Whether a minute had a verdict that has been taken out; then, the first minute that is kept.
    pub fn gone(&self, minute: Minute) -> Option<Minute> {
        self.kept_from().filter(|kept_from| (self.begun..*kept_from).contains(&minute))
    }

    /// The last minute with a verdict.
    pub fn last_minute(&self) -> Result<Option<Minute>, ReadError> {
        let last = self.last_verdict().map_err(|fault| self.unread(&fault))?;
        Ok(last.map(|(verdict, _)| verdict.last))
    }

    /// Verdicts of later minutes than `after`, in order; a run that reaches beyond it among them.
    /// At most `limit`, and fewer if they have very many causes; none only if there are none.
    pub fn verdicts_after(&self, after: Minute, limit: usize) -> Result<Vec<Verdict>, ReadError> {
        self.later_verdicts(after, limit).map_err(|fault| self.unread(&fault))
    }

    fn later_verdicts(&self, after: Minute, limit: usize) -> Result<Vec<Verdict>, Fault> {
        let after = after.start().as_micros();
        let found = self.rows(
            Table::Verdicts,
            "SELECT * FROM verdicts WHERE last_minute > ?1 AND minute >= coalesce(
               (SELECT max(minute) FROM verdicts WHERE minute <= ?1), ?1) ORDER BY minute LIMIT ?2",
            (after, row_limit(limit)),
            words::verdict,
        )?;
        let mut verdicts = Vec::with_capacity(found.len());
        let mut causes = 0;
        for (verdict, total) in found {
            if causes + total > CAUSES_A_PAGE && !verdicts.is_empty() {
                break;
            }
            causes += total;
            verdicts.push(self.whole(verdict, total)?);
        }
        Ok(verdicts)
    }

    /// Why a minute ended as it did, with at most `limit` of the strategies whose names come after
    /// `after`; none if it has no verdict.
    pub fn explain(
        &self,
        minute: Minute,
        after: Option<&Name>,
        limit: usize,
    ) -> Result<Option<Explanation>, ReadError> {
        self.explained(minute, after, limit).map_err(|fault| self.unread(&fault))
    }

    fn explained(
        &self,
        minute: Minute,
        after: Option<&Name>,
        limit: usize,
    ) -> Result<Option<Explanation>, Fault> {
        let sql = "SELECT * FROM verdicts WHERE minute <= ?1 ORDER BY minute DESC LIMIT 1";
        let found =
            self.rows(Table::Verdicts, sql, [minute.start().as_micros()], words::verdict)?;
        let found = found.into_iter().next().filter(|(verdict, _)| minute <= verdict.last);
        let Some((mut verdict, causes_total)) = found else { return Ok(None) };
        let first = verdict.minute;
        if let Outcome::Failed(causes) = &mut verdict.outcome {
            *causes = self.causes(first, ("", AFTER_ALL), CAUSES_SHOWN)?;
        }
        let (names, more) = self.page(minute, first, after, limit)?;
        let ends = names.first().zip(names.last());
        let (from, to) = ends.map_or(("", ""), |(from, to)| (from.as_str(), to.as_str()));
        // The trader's own causes have no name, and come before all that have one.
        let causes = match after {
            None => self.causes(first, ("", to), usize::MAX)?,
            Some(_) if names.is_empty() => Vec::new(),
            Some(_) => self.causes(first, (from, to), usize::MAX)?,
        };
        let submissions = self.submissions(minute, (from, to))?;
        let next = names.last().filter(|_| more).cloned();
        let halted = verdict.outcome == Outcome::Halted;
        let halt = if halted { self.halt_in(minute)? } else { None };
        Ok(Some(Explanation { verdict, causes_total, submissions, causes, next, halt }))
    }

    /// The first halt that had not ended when a minute began.
    fn halt_in(&self, minute: Minute) -> Result<Option<Halt>, Fault> {
        let sql = "SELECT * FROM halts AS halt WHERE action = 'halt' AND coalesce(
               (SELECT min(acted_at) FROM halts WHERE action = 'resume' AND id > halt.id), ?1) >= ?1
               ORDER BY id LIMIT 1";
        let found = self.rows(Table::Halts, sql, [minute.start().as_micros()], words::halt)?;
        Ok(found.into_iter().next().map(|(_, halt)| halt))
    }

    /// Names of those who submitted for `minute`, or whom a cause of the verdict of `first` names;
    /// and whether there are more of them.
    fn page(
        &self,
        minute: Minute,
        first: Minute,
        after: Option<&Name>,
        limit: usize,
    ) -> Result<(Vec<Name>, bool), Fault> {
        let mut statement = self.connection.prepare(
            "SELECT strategy FROM submissions WHERE minute = ?1 AND strategy > ?3
             UNION SELECT strategy FROM causes WHERE minute = ?2 AND strategy > ?3
             ORDER BY strategy LIMIT ?4",
        )?;
        let after = after.map_or("", Name::as_str);
        let (minute, first) = (minute.start().as_micros(), first.start().as_micros());
        let read_limit = row_limit(limit.saturating_add(1));
        let mut rows = statement.query((minute, first, after, read_limit))?;
        let mut names: Vec<Name> = Vec::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            let no_name = |_| Fault::Damaged(format!("a strategy of {minute} has no name"));
            names.push(name.parse().map_err(no_name)?);
        }
        let more = names.len() > limit;
        names.truncate(limit);
        Ok((names, more))
    }

    /// Causes of a verdict whose subjects lie between two names.
    fn causes(
        &self,
        minute: Minute,
        (from, to): (&str, &str),
        limit: usize,
    ) -> Result<Vec<Cause>, Fault> {
        self.rows(
            Table::Causes,
            "SELECT * FROM causes WHERE minute = ?1 AND strategy BETWEEN ?2 AND ?3
             ORDER BY strategy, position LIMIT ?4",
            (minute.start().as_micros(), from, to, row_limit(limit)),
            words::cause,
        )
    }

    /// Submissions for a minute by those whose names lie between two.
    pub(super) fn submissions(
        &self,
        minute: Minute,
        (from, to): (&str, &str),
    ) -> Result<Vec<(Name, Arc<Accepted>)>, Fault> {
        let bounds = (minute.start().as_micros(), from, to);
        let submissions = self.rows(
            Table::Submissions,
            "SELECT * FROM submissions WHERE minute = ?1 AND strategy BETWEEN ?2 AND ?3
             ORDER BY strategy",
            bounds,
            words::submission,
        )?;
        let signals = self.rows(
            Table::Signals,
            "SELECT * FROM signals WHERE minute = ?1 AND strategy BETWEEN ?2 AND ?3
             ORDER BY strategy, position",
            bounds,
            words::signal,
        )?;
        Ok(words::with_signals(submissions, signals))
    }

    /// The last verdict, with its causes left out, and how many there are.
    pub(super) fn last_verdict(&self) -> Result<Option<(Verdict, usize)>, Fault> {
        let sql = "SELECT * FROM verdicts ORDER BY minute DESC LIMIT 1";
        Ok(self.rows(Table::Verdicts, sql, (), words::verdict)?.pop())
    }

    /// A verdict with its causes.
    pub(super) fn whole(&self, mut verdict: Verdict, total: usize) -> Result<Verdict, Fault> {
        let minute = verdict.minute;
        let found = match &mut verdict.outcome {
            Outcome::Failed(causes) => {
                *causes = self.causes(minute, ("", AFTER_ALL), usize::MAX)?;
                causes.len()
            }
            Outcome::Median(_) | Outcome::NoStrategies | Outcome::Halted | Outcome::NotRunning => 0,
        };
        if found == total {
            return Ok(verdict);
        }
        Err(Fault::Damaged(format!("the verdict of {minute} has {found} causes, not {total}")))
    }

    /// Rows of a table, each checked and read.
    pub(super) fn rows<T>(
        &self,
        table: Table,
        sql: &str,
        parameters: impl Params,
        read: impl Fn(&mut Fields<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query(parameters)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(&mut Fields::of(row, table, self.interval)?)?);
        }
        Ok(all)
    }

    fn unread(&self, fault: &Fault) -> ReadError {
        ReadError { file: self.file.clone(), reason: fault.to_string() }
    }
}

fn row_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

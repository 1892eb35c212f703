//! What the core goes on from after a start: rows that it acts on, each checked.

use std::collections::{BTreeMap, BTreeSet};

use chassis::{grid::Timestamp, name::Name};

use super::{error::Fault, read::Reader, row::Fields, schema::Table, words};
use crate::engine::{Recovered, ledger::Halt, registry::Registration};

/// From which a missing row would make somebody forgotten, or a minute come twice.
const ACTED_ON: [Table; 4] =
    [Table::Registrations, Table::Deregistrations, Table::Halts, Table::Verdicts];

impl Reader {
    /// What the journal knows.
    pub(super) fn recover(&self) -> Result<Recovered, Fault> {
        ACTED_ON.into_iter().try_for_each(|table| self.unbroken(table))?;
        let registrations = self.in_force()?;
        let sql = "SELECT * FROM registrations ORDER BY epoch DESC LIMIT 1";
        let last = self.rows(Table::Registrations, sql, (), words::registration)?.pop();
        let last_verdict = match self.last_verdict()? {
            Some((verdict, causes)) => Some(self.whole(verdict, causes)?),
            None => None,
        };
        let (halt, resumed_at) = self.halt()?;
        Ok(Recovered {
            first_minute: self.first_minute,
            last_epoch: last.map_or(0, |registration| registration.epoch),
            excused: self.excused(&registrations)?,
            registrations,
            halt,
            resumed_at,
            last_verdict,
        })
    }

    /// Whether SQLite finds the whole of a table, and its indexes in accord with it. A checksum shows
    /// that a row is what was written, and not that one is missing.
    fn unbroken(&self, table: Table) -> Result<(), Fault> {
        let name = table.name();
        let sql = format!("PRAGMA integrity_check({name})");
        let found: String = self.connection.query_row(&sql, (), |row| row.get(0))?;
        let damaged = || Fault::Damaged(format!("table {name}: {}", found.replace('\n', " ")));
        if found == "ok" { Ok(()) } else { Err(damaged()) }
    }

    fn in_force(&self) -> Result<Vec<Registration>, Fault> {
        let hold = |fields: &mut Fields<'_>| {
            let registration = words::registration(fields)?;
            let (_, _) = (fields.instant()?, fields.number::<u8>()?);
            match fields.maybe_instant()? {
                None => Ok(registration),
                Some(_) => Err(fields.damaged("it is in the index of those in force, and ended")),
            }
        };
        let sql = "SELECT * FROM registrations INDEXED BY registrations_in_force
                   WHERE ended_at IS NULL ORDER BY strategy";
        self.rows(Table::Registrations, sql, (), hold)
    }

    /// Names whose last record is an operator's deregistration.
    fn excused(&self, in_force: &[Registration]) -> Result<BTreeSet<Name>, Fault> {
        let deregistration = |fields: &mut Fields<'_>| {
            fields.number::<i64>()?;
            let name = fields.name()?;
            fields.maybe_number::<u64>()?;
            Ok((name, fields.maybe_text()?.is_some()))
        };
        let sql = "SELECT * FROM deregistrations ORDER BY id";
        let all = self.rows(Table::Deregistrations, sql, (), deregistration)?;
        let mut last: BTreeMap<Name, bool> = all.into_iter().collect();
        for registration in in_force {
            last.remove(&registration.name);
        }
        Ok(last.into_iter().filter_map(|(name, by_operator)| by_operator.then_some(name)).collect())
    }

    /// The halt in force, or when the last one ended.
    fn halt(&self) -> Result<(Option<Halt>, Option<Timestamp>), Fault> {
        let sql = "SELECT * FROM halts ORDER BY id DESC LIMIT 1";
        let last = self.rows(Table::Halts, sql, (), words::halt)?.pop();
        Ok(match last {
            Some((true, halt)) => (Some(halt), None),
            Some((false, Halt { at, .. })) => (None, Some(at)),
            None => (None, None),
        })
    }
}

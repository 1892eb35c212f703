//! Records become rows of the transaction that is open.

use std::sync::Arc;

use chassis::{
    grid::{Interval, Minute},
    name::Name,
};
use rusqlite::{Connection, Statement, types::ValueRef};

use super::{
    error::Fault,
    row::{self, Fields, instant, minute, number, or_null, text},
    schema::Table,
    words,
};
use crate::engine::{
    ledger::{By, Halt, Record, StateChange},
    registry::Registration,
    submission::{Accepted, Content},
    verdict::{Judgement, Median, Subject, Verdict},
};

/// Causes of a change of state that are written out.
const CAUSES_WRITTEN_MAX: usize = 16;

/// Words of a minute whose rows are there already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ahead {
    pub(super) minute: Minute,
    /// How many, from the first one on.
    pub(super) count: usize,
}

/// Writes records, but for words that are there already. How many rows they are.
pub(super) fn records(
    connection: &Connection,
    interval: Interval,
    records: &[Record],
    ahead: Option<Ahead>,
) -> Result<usize, Fault> {
    let mut writer = Writer { ahead, ..Writer::new(connection, interval) };
    for record in records {
        writer.record(record)?;
    }
    Ok(writer.rows)
}

/// Writes words of a minute. How many rows they are.
pub(super) fn submissions(
    connection: &Connection,
    interval: Interval,
    said: &[(Name, Arc<Accepted>)],
) -> Result<usize, Fault> {
    let mut writer = Writer::new(connection, interval);
    for (name, accepted) in said {
        writer.submission(name, accepted)?;
    }
    Ok(writer.rows)
}

/// Writes rows; a statement is prepared once for a batch, when it is first needed.
struct Writer<'c> {
    connection: &'c Connection,
    interval: Interval,
    ahead: Option<Ahead>,
    inserts: [Option<Statement<'c>>; Table::ALL.len()],
    holds: Option<Statement<'c>>,
    scratch: Vec<u8>,
    rows: usize,
}

impl<'c> Writer<'c> {
    fn new(connection: &'c Connection, interval: Interval) -> Self {
        let inserts = [const { None }; Table::ALL.len()];
        Self {
            connection,
            interval,
            ahead: None,
            inserts,
            holds: None,
            scratch: Vec::new(),
            rows: 0,
        }
    }

    fn record(&mut self, record: &Record) -> Result<(), Fault> {
        match record {
            Record::Registered { registration, taken_over, at } => {
                let Registration { name, epoch, .. } = registration;
                if let Some(hold) = self.hold(name)?
                    && hold.registration.epoch != *epoch
                {
                    self.write_hold(&hold, [instant(*at), text("takeover")])?;
                }
                let (at, registration) = (*at, registration.clone());
                let hold = Hold { registration, at, taken_over: *taken_over };
                self.write_hold(&hold, [ValueRef::Null, ValueRef::Null])
            }
            Record::Deregistered { name, epoch, by, at } => {
                let (operator, ended_by) = match by {
                    By::Operator(operator) => (Some(operator.as_str()), "operator"),
                    By::Itself => (None, "itself"),
                };
                if let Some(hold) = self.hold(name)? {
                    self.write_hold(&hold, [instant(*at), text(ended_by)])?;
                }
                let id = self.next_id(Table::Deregistrations)?;
                let (operator, epoch) = (or_null(operator, text), or_null(*epoch, number));
                let row = [id, text(name.as_str()), epoch, operator, instant(*at)];
                self.insert(Table::Deregistrations, &row)
            }
            Record::Halted(Halt { reason, operator, at }) => {
                let id = self.next_id(Table::Halts)?;
                let row = [id, text("halt"), text(reason), text(operator), instant(*at)];
                self.insert(Table::Halts, &row)
            }
            Record::Resumed { reason, operator, at } => {
                let id = self.next_id(Table::Halts)?;
                let row = [id, text("resume"), text(reason), text(operator), instant(*at)];
                self.insert(Table::Halts, &row)
            }
            Record::Judged(judgement) => self.judgement(judgement),
            Record::Changed(change) => self.change(change),
        }
    }

    fn judgement(&mut self, Judgement { verdict, submissions }: &Judgement) -> Result<(), Fault> {
        self.verdict(verdict)?;
        for (index, cause) in verdict.causes().iter().enumerate() {
            let row = [
                minute(verdict.minute),
                text(match &cause.subject {
                    Subject::Trader => "",
                    Subject::Strategy(name) => name.as_str(),
                }),
                number(index),
                text(cause.code.as_str()),
                minute(cause.since),
                or_null(cause.last_seen, instant),
                text(&cause.detail),
            ];
            self.insert(Table::Causes, &row)?;
        }
        let ahead = self.ahead.filter(|ahead| ahead.minute == verdict.minute);
        for (name, accepted) in submissions.iter().skip(ahead.map_or(0, |ahead| ahead.count)) {
            assert_eq!(accepted.minute, verdict.minute, "a verdict is of its minute's submissions");
            self.submission(name, accepted)?;
        }
        Ok(())
    }

    fn verdict(&mut self, verdict: &Verdict) -> Result<(), Fault> {
        let float = |of: fn(Median) -> f64| or_null(verdict.median().map(of), ValueRef::Real);
        let disagreeing: Vec<&str> = verdict.disagreeing.iter().map(Name::as_str).collect();
        let disagreeing = disagreeing.join(",");
        let row = [
            minute(verdict.minute),
            minute(verdict.last),
            text(words::kind(&verdict.outcome)),
            float(|median| median.value),
            float(|median| median.lowest),
            float(|median| median.highest),
            number(verdict.count),
            text(verdict.state.as_str()),
            instant(verdict.closed_at),
            instant(verdict.valid_until),
            number(verdict.causes().len()),
            text(&disagreeing),
        ];
        self.insert(Table::Verdicts, &row)
    }

    fn submission(&mut self, name: &Name, accepted: &Accepted) -> Result<(), Fault> {
        let (of, name) = (minute(accepted.minute), text(name.as_str()));
        let (decision, abstention) = match &accepted.content {
            Content::Decision(value) => (ValueRef::Real(*value), ValueRef::Null),
            Content::Abstention(why) => (ValueRef::Null, text(why)),
        };
        let row = [
            of,
            name,
            number(accepted.epoch),
            text(accepted.instance.as_str()),
            instant(accepted.decided_at),
            instant(accepted.received_at),
            decision,
            abstention,
        ];
        self.insert(Table::Submissions, &row)?;
        for (index, signal) in accepted.signals.iter().enumerate() {
            assert_eq!(signal.minute, accepted.minute, "a submission is from its minute's signals");
            let row = [
                of,
                name,
                number(index),
                text(signal.generator.as_str()),
                text(signal.run_id.as_str()),
                ValueRef::Real(signal.value),
                instant(signal.produced_at),
            ];
            self.insert(Table::Signals, &row)?;
        }
        Ok(())
    }

    fn change(&mut self, change: &StateChange) -> Result<(), Fault> {
        let StateChange { from, to, at, causes, halt_reason } = change;
        let written = causes.iter().take(CAUSES_WRITTEN_MAX).map(ToString::to_string);
        let mut lines: Vec<String> = written.collect();
        if causes.len() > lines.len() {
            lines.push(format!("and {} more", causes.len() - lines.len()));
        }
        let (id, lines) = (self.next_id(Table::StateChanges)?, lines.join("\n"));
        let reason = or_null(halt_reason.as_deref(), text);
        let (from, to) = (text(from.as_str()), text(to.as_str()));
        self.insert(Table::StateChanges, &[id, from, to, instant(*at), text(&lines), reason])
    }

    /// The hold in force on a name.
    fn hold(&mut self, name: &Name) -> Result<Option<Hold>, Fault> {
        let sql = || "SELECT * FROM registrations WHERE strategy = ?1 AND ended_at IS NULL".into();
        let statement = prepared(&mut self.holds, self.connection, sql)?;
        let mut rows = statement.query([name.as_str()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let mut fields = Fields::of(row, Table::Registrations, self.interval)?;
        let registration = words::registration(&mut fields)?;
        let (at, taken_over) = (fields.instant()?, fields.number::<u8>()? != 0);
        Ok(Some(Hold { registration, at, taken_over }))
    }

    /// Writes a hold on a name, in place of what was written under its epoch.
    fn write_hold(&mut self, hold: &Hold, ended: [ValueRef<'_>; 2]) -> Result<(), Fault> {
        let Hold { registration, at, taken_over } = hold;
        let [ended_at, ended_by] = ended;
        let row = [
            number(registration.epoch),
            text(registration.name.as_str()),
            text(registration.instance.as_str()),
            minute(registration.first_minute),
            instant(*at),
            number(u8::from(*taken_over)),
            ended_at,
            ended_by,
        ];
        self.insert(Table::Registrations, &row)
    }

    fn next_id(&self, table: Table) -> Result<ValueRef<'static>, Fault> {
        let sql = format!("SELECT coalesce(max(id), 0) + 1 FROM {}", table.name());
        Ok(ValueRef::Integer(self.connection.query_row(&sql, (), |row| row.get(0))?))
    }

    fn insert(&mut self, table: Table, values: &[ValueRef<'_>]) -> Result<(), Fault> {
        let slot = &mut self.inserts[table as usize];
        let statement = prepared(slot, self.connection, || table.insert())?;
        row::write(statement, table, values, &mut self.scratch)?;
        self.rows += 1;
        Ok(())
    }
}

/// A registration, and how it came about.
struct Hold {
    registration: Registration,
    at: chassis::grid::Timestamp,
    taken_over: bool,
}

fn prepared<'s, 'c>(
    slot: &'s mut Option<Statement<'c>>,
    connection: &'c Connection,
    sql: impl FnOnce() -> String,
) -> rusqlite::Result<&'s mut Statement<'c>> {
    if slot.is_none() {
        *slot = Some(connection.prepare(&sql())?);
    }
    Ok(slot.as_mut().expect("just filled"))
}

//! What rows mean in the core's words.

use std::{sync::Arc, time::Duration};

use chassis::{
    grid::{Interval, Minute, Timestamp},
    name::Name,
};
use rusqlite::Connection;

use super::{error::Fault, row::Fields, schema::Table};
use crate::engine::{
    ledger::Halt,
    registry::Registration,
    submission::{Accepted, Content, Signal},
    verdict::{Cause, CauseCode, Median, Outcome, State, Subject, Verdict},
};

/// How the column `kind` says what a minute ended with.
pub(super) const fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Median(_) => "median",
        Outcome::Failed(_) => "failed",
        Outcome::NoStrategies => "no strategies",
        Outcome::Halted => "halted",
        Outcome::NotRunning => "not running",
    }
}

/// What the journal says of itself.
#[derive(Clone, Debug)]
pub(super) struct Meta {
    pub(super) id: Name,
    pub(super) interval: Interval,
    pub(super) created_at: Timestamp,
    /// The first minute that is kept.
    pub(super) first_minute: Minute,
}

/// What the journal says of itself.
pub(super) fn meta(connection: &Connection) -> Result<Meta, Fault> {
    let mut statement = connection.prepare("SELECT * FROM meta")?;
    let mut rows = statement.query(())?;
    let row = rows.next()?.ok_or_else(|| Fault::Damaged("table meta is empty".to_owned()))?;
    let mut fields = Fields::of(row, Table::Meta, Interval::default())?;
    let id = fields.name()?;
    let length = Duration::from_micros(fields.number()?);
    let interval =
        Interval::try_from(length).map_err(|error| fields.damaged(&error.to_string()))?;
    let created_at = fields.instant()?;
    let first_minute = Minute::starting(fields.instant()?, interval);
    let first_minute = first_minute.map_err(|off_grid| fields.damaged(&off_grid.to_string()))?;
    Ok(Meta { id, interval, created_at, first_minute })
}

/// What an operator did, and whether that was to halt: why, who, when.
pub(super) fn halt(fields: &mut Fields<'_>) -> Result<(bool, Halt), Fault> {
    fields.number::<i64>()?;
    let halts = fields.one_of(&[true, false], |halts| if halts { "halt" } else { "resume" })?;
    let (reason, operator) = (fields.text()?.to_owned(), fields.text()?.to_owned());
    Ok((halts, Halt { reason, operator, at: fields.instant()? }))
}

/// The first columns of a row of `registrations`.
pub(super) fn registration(fields: &mut Fields<'_>) -> Result<Registration, Fault> {
    Ok(Registration {
        epoch: fields.number()?,
        name: fields.name()?,
        instance: fields.name()?,
        first_minute: fields.minute()?,
    })
}

/// A row of `verdicts`: the verdict, with its causes left out, and how many there are.
pub(super) fn verdict(fields: &mut Fields<'_>) -> Result<(Verdict, usize), Fault> {
    let (minute, last) = (fields.minute()?, fields.minute()?);
    let kind = fields.text()?;
    let median = (fields.maybe_float()?, fields.maybe_float()?, fields.maybe_float()?);
    let outcome = match (kind, median) {
        ("median", (Some(value), Some(lowest), Some(highest))) => {
            Outcome::Median(Median { value, lowest, highest })
        }
        ("failed", (None, None, None)) => Outcome::Failed(Vec::new()),
        ("no strategies", (None, None, None)) => Outcome::NoStrategies,
        ("halted", (None, None, None)) => Outcome::Halted,
        ("not running", (None, None, None)) => Outcome::NotRunning,
        _ => return Err(fields.damaged("its kind and its numbers do not go together")),
    };
    let count = fields.number()?;
    let state = fields.one_of(&State::ALL, State::as_str)?;
    let (closed_at, valid_until) = (fields.instant()?, fields.instant()?);
    let causes = fields.number()?;
    let disagreeing = fields.text()?.split_terminator(',').map(str::parse);
    let disagreeing = disagreeing.collect::<Result<_, _>>();
    let disagreeing = disagreeing.map_err(|_| fields.damaged("a generator's name is none"))?;
    let verdict =
        Verdict { minute, last, outcome, count, state, closed_at, valid_until, disagreeing };
    Ok((verdict, causes))
}

/// A row of `causes`.
pub(super) fn cause(fields: &mut Fields<'_>) -> Result<Cause, Fault> {
    fields.minute()?;
    let subject = match fields.text()? {
        "" => Subject::Trader,
        name => {
            let name = name.parse().map_err(|_| fields.damaged("its strategy is no name"))?;
            Subject::Strategy(name)
        }
    };
    fields.number::<usize>()?;
    Ok(Cause {
        subject,
        code: fields.one_of(&CauseCode::ALL, CauseCode::as_str)?,
        since: fields.minute()?,
        last_seen: fields.maybe_instant()?,
        detail: fields.text()?.to_owned(),
    })
}

/// A row of `submissions`, with the signals left out.
pub(super) fn submission(fields: &mut Fields<'_>) -> Result<(Name, Accepted), Fault> {
    let (minute, name) = (fields.minute()?, fields.name()?);
    let (epoch, instance) = (fields.number()?, fields.name()?);
    let (decided_at, received_at) = (fields.instant()?, fields.instant()?);
    let content = match (fields.maybe_float()?, fields.maybe_text()?) {
        (Some(value), None) => Content::Decision(value),
        (None, Some(why)) => Content::Abstention(why.into()),
        _ => return Err(fields.damaged("it is not one of decision and abstention")),
    };
    let signals = Box::default();
    Ok((name, Accepted { epoch, instance, minute, decided_at, received_at, content, signals }))
}

/// A row of `signals`, and whose submission it is behind.
pub(super) fn signal(fields: &mut Fields<'_>) -> Result<(Name, Signal), Fault> {
    let (minute, strategy) = (fields.minute()?, fields.name()?);
    fields.number::<usize>()?;
    let signal = Signal {
        minute,
        generator: fields.name()?,
        run_id: fields.name()?,
        value: fields.float()?,
        produced_at: fields.instant()?,
    };
    Ok((strategy, signal))
}

/// Submissions with their signals; both are ordered by strategy.
pub(super) fn with_signals(
    submissions: Vec<(Name, Accepted)>,
    signals: Vec<(Name, Signal)>,
) -> Vec<(Name, Arc<Accepted>)> {
    let mut signals = signals.into_iter().peekable();
    let whole = |(name, mut accepted): (Name, Accepted)| {
        let mut own = Vec::new();
        while let Some((_, signal)) = signals.next_if(|(strategy, _)| *strategy <= name) {
            own.push(signal);
        }
        accepted.signals = own.into();
        (name, Arc::new(accepted))
    };
    submissions.into_iter().map(whole).collect()
}

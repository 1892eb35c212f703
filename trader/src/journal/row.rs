//! Rows: how they are sealed with a checksum when written, and trusted only after it when read.

use chassis::{
    grid::{Interval, Minute, Timestamp},
    name::Name,
};
use rusqlite::{
    Row, Statement,
    types::{ToSqlOutput, ValueRef},
};

use super::{error::Fault, schema::Table};

/// The checksum of a row: of its table's name and every value in order, each with its type, and
/// its length where types have different ones.
pub(super) fn checksum<'v>(
    table: Table,
    values: impl Iterator<Item = ValueRef<'v>>,
    scratch: &mut Vec<u8>,
) -> i64 {
    scratch.clear();
    scratch.extend_from_slice(table.name().as_bytes());
    for value in values {
        let (kind, bits, bytes): (u8, u64, &[u8]) = match value {
            ValueRef::Null => (0, 0, &[]),
            ValueRef::Integer(integer) => (1, integer.cast_unsigned(), &[]),
            ValueRef::Real(real) => (2, real.to_bits(), &[]),
            ValueRef::Text(text) => (3, text.len() as u64, text),
            ValueRef::Blob(blob) => (4, blob.len() as u64, blob),
        };
        scratch.push(kind);
        scratch.extend_from_slice(&bits.to_le_bytes());
        scratch.extend_from_slice(bytes);
    }
    crc32fast::hash(scratch).into()
}

/// Writes a row: its values, and their checksum in the last column.
pub(super) fn write(
    statement: &mut Statement<'_>,
    table: Table,
    values: &[ValueRef<'_>],
    scratch: &mut Vec<u8>,
) -> rusqlite::Result<()> {
    assert_eq!(values.len(), table.columns(), "a value for every column of {}", table.name());
    for (index, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, ToSqlOutput::Borrowed(*value))?;
    }
    let checksum = checksum(table, values.iter().copied(), scratch);
    statement.raw_bind_parameter(values.len() + 1, checksum)?;
    statement.raw_execute()?;
    Ok(())
}

/// An instant as a column has it.
pub(super) fn instant(at: Timestamp) -> ValueRef<'static> {
    ValueRef::Integer(at.as_micros())
}

/// A minute as a column has it.
pub(super) fn minute(minute: Minute) -> ValueRef<'static> {
    instant(minute.start())
}

/// A count or a number as a column has it.
pub(super) fn number(number: impl TryInto<i64>) -> ValueRef<'static> {
    ValueRef::Integer(number.try_into().ok().expect("counts and epochs stay below 2^63"))
}

/// A text as a column has it.
pub(super) fn text(text: &str) -> ValueRef<'_> {
    ValueRef::Text(text.as_bytes())
}

/// A value that may be absent.
pub(super) fn or_null<'v, T>(value: Option<T>, put: impl Fn(T) -> ValueRef<'v>) -> ValueRef<'v> {
    value.map_or(ValueRef::Null, put)
}

/// The columns of a row whose checksum holds, one after the other.
#[derive(Debug)]
pub(super) struct Fields<'r> {
    row: &'r Row<'r>,
    table: Table,
    interval: Interval,
    next: usize,
}

impl<'r> Fields<'r> {
    /// Of a whole row of `table`, as `SELECT *` gives it.
    pub(super) fn of(row: &'r Row<'r>, table: Table, interval: Interval) -> Result<Self, Fault> {
        let fields = Self { row, table, interval, next: 0 };
        let columns = table.columns();
        let mut values = Vec::with_capacity(columns);
        for index in 0..columns {
            values.push(row.get_ref(index)?);
        }
        let expected = checksum(table, values.into_iter(), &mut Vec::with_capacity(256));
        if row.get_ref(columns)? == ValueRef::Integer(expected) {
            Ok(fields)
        } else {
            Err(fields.damaged("its checksum does not fit"))
        }
    }

    /// What is wrong with the row.
    pub(super) fn damaged(&self, what: &str) -> Fault {
        let value = |index| self.row.get_ref(index).unwrap_or(ValueRef::Null);
        let key: Vec<String> = (0..self.table.key()).map(|index| show(value(index))).collect();
        let name = self.table.name();
        Fault::Damaged(format!("row {} of table {name}: {what}", key.join(", ")))
    }

    fn value(&mut self) -> Result<ValueRef<'r>, Fault> {
        self.next += 1;
        Ok(self.row.get_ref(self.next - 1)?)
    }

    fn wrong(&self, expected: &str) -> Fault {
        self.damaged(&format!("column {} is not {expected}", self.next))
    }

    fn maybe<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        match self.row.get_ref(self.next)? {
            ValueRef::Null => {
                self.next += 1;
                Ok(None)
            }
            ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => {
                read(self).map(Some)
            }
        }
    }

    pub(super) fn number<T: TryFrom<i64>>(&mut self) -> Result<T, Fault> {
        let number = self.value()?.as_i64().ok().and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| self.wrong("a number within bounds"))
    }

    pub(super) fn maybe_number<T: TryFrom<i64>>(&mut self) -> Result<Option<T>, Fault> {
        self.maybe(Self::number)
    }

    pub(super) fn float(&mut self) -> Result<f64, Fault> {
        self.value()?.as_f64().map_err(|_| self.wrong("a float"))
    }

    pub(super) fn maybe_float(&mut self) -> Result<Option<f64>, Fault> {
        self.maybe(Self::float)
    }

    pub(super) fn text(&mut self) -> Result<&'r str, Fault> {
        self.value()?.as_str().map_err(|_| self.wrong("a text"))
    }

    pub(super) fn maybe_text(&mut self) -> Result<Option<&'r str>, Fault> {
        self.maybe(Self::text)
    }

    pub(super) fn name(&mut self) -> Result<Name, Fault> {
        self.text()?.parse().map_err(|_| self.wrong("a name"))
    }

    pub(super) fn instant(&mut self) -> Result<Timestamp, Fault> {
        self.number().map(Timestamp::from_micros)
    }

    pub(super) fn maybe_instant(&mut self) -> Result<Option<Timestamp>, Fault> {
        self.maybe(Self::instant)
    }

    pub(super) fn minute(&mut self) -> Result<Minute, Fault> {
        let at = self.instant()?;
        Minute::starting(at, self.interval).map_err(|off_grid| self.damaged(&off_grid.to_string()))
    }

    /// One of the words that a column has.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        all: &[T],
        word: impl Fn(T) -> &'static str,
    ) -> Result<T, Fault> {
        let text = self.text()?;
        let found = all.iter().copied().find(|one| word(*one) == text);
        found.ok_or_else(|| self.wrong("a word of this schema"))
    }
}

fn show(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(integer) => integer.to_string(),
        ValueRef::Real(real) => real.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            chassis::name::untrusted(&String::from_utf8_lossy(bytes))
        }
    }
}

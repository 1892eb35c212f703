//! The shape of the file: its tables, and the numbers by which it is known.

use rusqlite::Connection;

use super::error::Fault;

/// Creates everything; the comments in it describe every table and column.
pub(super) const SQL: &str = include_str!("schema.sql");

/// Says in the file's header whose file it is: `MHJ1`.
pub(super) const APPLICATION_ID: u32 = u32::from_be_bytes(*b"MHJ1");

/// The schema that this version writes and reads. A later version migrates from it.
pub(super) const VERSION: u32 = 1;

/// A table of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Meta,
    Registrations,
    Deregistrations,
    Halts,
    Verdicts,
    Causes,
    Submissions,
    Signals,
    StateChanges,
}

impl Table {
    pub(super) const ALL: [Self; 9] = [
        Self::Meta,
        Self::Registrations,
        Self::Deregistrations,
        Self::Halts,
        Self::Verdicts,
        Self::Causes,
        Self::Submissions,
        Self::Signals,
        Self::StateChanges,
    ];

    pub(super) const fn name(self) -> &'static str {
        self.shape().0
    }

    /// How many columns there are before the checksum.
    pub(super) const fn columns(self) -> usize {
        self.shape().1
    }

    /// How many of the first columns name a row.
    pub(super) const fn key(self) -> usize {
        self.shape().2
    }

    const fn shape(self) -> (&'static str, usize, usize) {
        match self {
            Self::Meta => ("meta", 4, 1),
            Self::Registrations => ("registrations", 8, 1),
            Self::Deregistrations => ("deregistrations", 5, 1),
            Self::Halts => ("halts", 5, 1),
            Self::Verdicts => ("verdicts", 12, 1),
            Self::Causes => ("causes", 7, 3),
            Self::Submissions => ("submissions", 8, 2),
            Self::Signals => ("signals", 7, 3),
            Self::StateChanges => ("state_changes", 6, 1),
        }
    }

    /// A hold on a name is written anew when it begins later than thought, and when it ends;
    /// nothing else is ever written twice.
    pub(super) fn insert(self) -> String {
        let verb = if self == Self::Registrations { "REPLACE" } else { "INSERT" };
        format!("{verb} INTO {} VALUES (?1{})", self.name(), ", ?".repeat(self.columns()))
    }
}

/// Whether the tables, indexes and views of a database are those that this version makes, word for
/// word but for comments. SQLite believes a schema whatever a flipped bit has made of it.
pub(super) fn check(connection: &Connection) -> Result<(), Fault> {
    let made = Connection::open_in_memory()?;
    made.execute_batch(SQL)?;
    let found = definitions(connection)?;
    let missing = definitions(&made)?.into_iter().find(|definition| !found.contains(definition));
    missing.map_or(Ok(()), |(kind, name, _)| {
        Err(Fault::Damaged(format!("its {kind} {name} is not there, or not as it was made")))
    })
}

/// Kind, name and definition of everything in a schema.
fn definitions(connection: &Connection) -> rusqlite::Result<Vec<(String, String, String)>> {
    let sql = "SELECT type, name, coalesce(sql, '') FROM sqlite_schema";
    let mut statement = connection.prepare(sql)?;
    let definition = |row: &rusqlite::Row<'_>| {
        let sql: String = row.get(2)?;
        let words = sql.lines().flat_map(|line| {
            line.split_once("--").map_or(line, |(code, _)| code).split_whitespace()
        });
        Ok((row.get(0)?, row.get(1)?, words.collect::<Vec<_>>().join(" ")))
    };
    statement.query_map((), definition)?.collect()
}

//! The shape of the file: its tables, and the numbers by which it is known.

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

//! What `up` itself says, in the merged log and in its form.

use chassis::clock::Clock;

use super::printer::Printer;

/// The label of `up` itself.
pub(super) const LABEL: &str = "up";

/// Speaks into the merged log.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    printer: Printer,
    clock: Clock,
}

/// How grave it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Level {
    /// Good to know.
    Info,
    /// Something goes wrong and is being mended.
    Warn,
    /// Something is wrong and stays so.
    Error,
}

impl Voice {
    /// Speaks through `printer`, by `clock`.
    pub(super) fn new(printer: Printer, clock: Clock) -> Self {
        Self { printer, clock }
    }

    /// Says a line.
    pub(super) fn say(&self, level: Level, text: impl AsRef<str>) {
        let level = match level {
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        };
        self.printer.line(LABEL, format!("{} {level} {}", self.clock.wall(), text.as_ref()));
    }

    /// For the lines of others.
    pub(super) fn printer(&self) -> &Printer {
        &self.printer
    }

    /// The clock that its lines are stamped by.
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }
}

//! Where `status --watch` shows: a terminal is redrawn in place, a pipe gets each change once.

use std::io::{self, IsTerminal as _};

use chassis::{channel::Address, exit::Failure};

use super::text;
use crate::{
    output,
    report::{Moment, Status},
};

/// What was shown last, and how.
#[derive(Debug)]
pub(super) struct Screen {
    kind: Kind,
    shown: Option<Shown>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Terminal,
    Pipe,
    Json,
}

/// What makes one status worth a new page on a pipe.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    Status { state: &'static str, since: Moment, last_minute: Option<Moment> },
    Failure(String),
}

impl Screen {
    /// Nothing is shown yet.
    pub(super) fn new(json: bool) -> Self {
        let kind = match (json, io::stdout().is_terminal()) {
            (true, _) => Kind::Json,
            (false, true) => Kind::Terminal,
            (false, false) => Kind::Pipe,
        };
        Self { kind, shown: None }
    }

    /// Shows a status.
    pub(super) fn show(&mut self, status: &Status, trader: &Address) -> Result<(), Failure> {
        if self.kind == Kind::Terminal {
            return output::print(&redrawn(&text::page(status, trader)));
        }
        if !self.is_news(Shown::of(status)) {
            return Ok(());
        }
        match self.kind {
            Kind::Json => output::print_json(status),
            Kind::Terminal | Kind::Pipe => output::print(&(text::page(status, trader) + "\n")),
        }
    }

    /// Says that there is no status, and why.
    pub(super) fn fail(&mut self, failure: &Failure) -> Result<(), Failure> {
        if self.kind == Kind::Terminal {
            return output::print(&redrawn(&format!("{failure}\n")));
        }
        if self.is_news(Shown::Failure(failure.message.clone())) {
            output::note(&failure.message);
        }
        Ok(())
    }

    fn is_news(&mut self, shown: Shown) -> bool {
        let shown = Some(shown);
        let news = self.shown != shown;
        self.shown = shown;
        news
    }
}

impl Shown {
    fn of(status: &Status) -> Self {
        Self::Status {
            state: status.state,
            since: status.state_since,
            last_minute: status.last_verdict.as_ref().map(|verdict| verdict.last_minute),
        }
    }
}

/// A page drawn over the one before it: each line is overwritten and its rest cleared, and what is
/// left below, so that nothing flickers.
fn redrawn(page: &str) -> String {
    const HOME: &str = "\x1b[H";
    const CLEAR_BELOW: &str = "\x1b[J";
    format!("{HOME}{}{CLEAR_BELOW}", page.replace('\n', "\x1b[K\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn c5_a_pipe_gets_each_verdict_and_each_change_once() {
        let mut screen = Screen { kind: Kind::Pipe, shown: None };
        let mut news = |status: &Status| screen.is_news(Shown::of(status));
        let ok = Status::from(samples::status_ok());
        assert!(news(&ok));
        let later = Status { trader_time: Moment::default(), ..ok.clone() };
        assert!(!news(&later), "only the clock went on");
        assert!(news(&Status::from(samples::status_error())));
        assert!(news(&ok));
    }

    #[test]
    fn c5_a_terminal_is_overwritten_line_by_line() {
        assert_eq!(redrawn("a\nb\n"), "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J");
    }
}

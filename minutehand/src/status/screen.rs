//! Where `status --watch` shows: a terminal is redrawn in place, a pipe gets each change once.

use std::io::{self, IsTerminal as _};

use chassis::{channel::Address, exit::Failure};
use serde::Serialize;

use super::text;
use crate::{
    output,
    report::{Moment, Status},
    traders::Called,
};

/// What was shown last, and how.
#[derive(Debug)]
pub(super) struct Screen {
    kind: Kind,
    traders: Vec<Seen>,
}

/// What was shown last of one trader.
#[derive(Debug)]
struct Seen {
    called: Called,
    address: Address,
    shown: Option<Shown>,
    /// On a terminal all pages are drawn again when one is another.
    page: String,
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
    /// Nothing is shown yet of these traders.
    pub(super) fn new(json: bool, traders: impl Iterator<Item = (Called, Address)>) -> Self {
        let kind = match (json, io::stdout().is_terminal()) {
            (true, _) => Kind::Json,
            (false, true) => Kind::Terminal,
            (false, false) => Kind::Pipe,
        };
        let nothing =
            |(called, address)| Seen { called, address, shown: None, page: String::new() };
        Self { kind, traders: traders.map(nothing).collect() }
    }

    /// Shows a status of the trader in that place, or that there is none, and why.
    pub(super) fn show(
        &mut self,
        place: usize,
        found: &Result<Status, Failure>,
    ) -> Result<(), Failure> {
        let seen = &mut self.traders[place];
        if self.kind == Kind::Terminal {
            seen.page = seen.draw(found);
            return output::print(&redrawn(&self.pages()));
        }
        if !seen.is_news(found) {
            return Ok(());
        }
        match (found, self.kind) {
            (Ok(status), Kind::Json) => output::print_json_of(seen.called.field(), status),
            (Ok(_), Kind::Terminal | Kind::Pipe) => output::print(&(seen.draw(found) + "\n")),
            (Err(failure), kind) => fail(failure, &seen.called, kind == Kind::Json),
        }
    }

    /// Those of all traders that were looked at, an empty line between two.
    fn pages(&self) -> String {
        let pages = self.traders.iter().map(|seen| seen.page.as_str());
        pages.filter(|page| !page.is_empty()).collect::<Vec<_>>().join("\n")
    }
}

impl Seen {
    fn draw(&self, found: &Result<Status, Failure>) -> String {
        self.called.before(&match found {
            Ok(status) => text::page(status, &self.address),
            Err(failure) => format!("{failure}\n"),
        })
    }

    fn is_news(&mut self, found: &Result<Status, Failure>) -> bool {
        let shown = Some(
            found
                .as_ref()
                .map_or_else(|failure| Shown::Failure(failure.message.clone()), Shown::of),
        );
        let news = self.shown != shown;
        self.shown = shown;
        news
    }
}

/// Says that there is no status of a trader, and why. Of a plan's trader that is a result as well.
pub(super) fn fail(failure: &Failure, called: &Called, json: bool) -> Result<(), Failure> {
    let why = failure.message.as_str();
    match called.field() {
        Some(name) if json => output::print_json_of(Some(name), &NoStatus { failure: why }),
        Some(_) => output::print(&(called.before(why) + "\n")),
        None => {
            output::note(why);
            Ok(())
        }
    }
}

/// In the place of a status.
#[derive(Debug, Serialize)]
struct NoStatus<'a> {
    failure: &'a str,
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
    use chassis::exit::Exit;

    use super::*;
    use crate::samples;

    fn screen(kind: Kind, traders: usize) -> Screen {
        let nothing = |port| (Called::default(), Address::local(port));
        Screen { kind, ..Screen::new(false, [1, 2].into_iter().take(traders).map(nothing)) }
    }

    #[test]
    fn c5_a_pipe_gets_each_verdict_and_each_change_once() {
        let mut screen = screen(Kind::Pipe, 2);
        let mut news = |place: usize, status: &Status| {
            let found = Ok(status.clone());
            screen.traders[place].is_news(&found)
        };
        let ok = Status::from(samples::status_ok());
        assert!(news(0, &ok));
        let later = Status { trader_time: Moment::default(), ..ok.clone() };
        assert!(!news(0, &later), "only the clock went on");
        assert!(news(1, &ok), "of the other one");
        assert!(news(0, &Status::from(samples::status_error())));
        assert!(!news(1, &later));
        assert!(news(0, &ok));
    }

    #[test]
    fn c5_a_terminal_shows_all_that_were_looked_at() {
        let mut screen = screen(Kind::Terminal, 2);
        let gone = Err(Exit::Failed.because("gone"));
        screen.traders[1].page = screen.traders[1].draw(&gone);
        assert_eq!(screen.pages(), "gone\n");
        let ok = Ok(Status::from(samples::status_ok()));
        screen.traders[0].page = screen.traders[0].draw(&ok);
        let pages = screen.pages();
        assert!(pages.starts_with("OK since ") && pages.ends_with("\n\ngone\n"), "{pages}");
    }

    #[test]
    fn c5_a_terminal_is_overwritten_line_by_line() {
        assert_eq!(redrawn("a\nb\n"), "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J");
    }
}

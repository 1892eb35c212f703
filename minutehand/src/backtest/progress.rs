//! How far a long run has come, on a terminal. A short one shows nothing.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

/// A run that is over sooner needs no bar.
const SHOWN_AFTER: Duration = Duration::from_millis(500);

/// Counted, and shown when it takes long. Threads may share it.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
    /// Whether standard error is a terminal.
    terminal: bool,
}

impl Progress {
    /// Of so many `things`, none of which is done.
    pub(crate) fn of(count: u64, things: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::hidden());
        let form =
            format!("{{percent:>3}} % [{{bar:40}}] {{pos}} of {{len}} {things}, {{eta}} left");
        bar.set_style(ProgressStyle::with_template(&form).expect("the template is good"));
        Self { bar, started: Instant::now(), terminal: io::stderr().is_terminal() }
    }

    /// So many more are done.
    pub(crate) fn more(&self, count: u64) {
        self.bar.inc(count);
        if self.terminal && self.bar.is_hidden() && is_long(self.started.elapsed()) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// All are done: nothing of it stays on the terminal.
    pub(crate) fn end(self) {
        self.bar.finish_and_clear();
    }
}

fn is_long(elapsed: Duration) -> bool {
    elapsed >= SHOWN_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_soon_shows_nothing() {
        assert!(!is_long(Duration::from_millis(499)));
        assert!(is_long(Duration::from_millis(500)));
    }

    #[test]
    fn all_that_is_done_is_counted_and_no_bar_is_left() {
        let progress = Progress::of(10, "minutes");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| progress.more(2));
            }
        });
        assert_eq!(progress.bar.position(), 8);
        let bar = progress.bar.clone();
        progress.end();
        assert!(bar.is_finished());
    }
}

//! Where `watch` writes. Whoever gives alarms does not wait for a reader: a terminal that is held, or a pipe that
//! nobody reads, costs lines, which are counted, and no alarm.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use chassis::exit::Failure;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::output;

/// Lines that wait to be read.
const LINES_MAX: usize = 4_096;

/// A reader that does not read is not waited for longer than this at the end.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// A way to write; clones are the same.
#[derive(Clone, Debug)]
pub(super) enum Paper {
    /// Waits until it is written.
    Direct,
    /// A thread waits instead.
    Queued {
        lines: mpsc::Sender<Line>,
        /// How many there was no place for.
        dropped: Arc<AtomicU64>,
    },
}

/// What is written.
#[derive(Debug)]
pub(super) enum Line {
    /// To standard output.
    Result(String),
    /// To standard error.
    Note(String),
}

/// Ends when everything is written.
#[derive(Debug)]
pub(super) struct Written(oneshot::Receiver<()>);

impl Paper {
    /// Writes in a thread of its own.
    pub(super) fn queued() -> (Self, Written) {
        let ((lines, queue), (done, written)) = (mpsc::channel(LINES_MAX), oneshot::channel());
        let dropped = Arc::new(AtomicU64::new(0));
        let lost = Arc::clone(&dropped);
        // Ends with the process, should it hang.
        let _detached = thread::spawn(move || {
            write(queue, &lost);
            drop(done);
        });
        (Self::Queued { lines, dropped }, Written(written))
    }

    /// A result, with its line end. A reader that has gone ends the command, unless alarms go on.
    pub(super) fn print(&self, text: String) -> Result<(), Failure> {
        match self {
            Self::Direct => output::print(&text),
            Self::Queued { .. } => {
                self.put(Line::Result(text));
                Ok(())
            }
        }
    }

    /// Something about the command itself.
    pub(super) fn note(&self, text: String) {
        match self {
            Self::Direct => output::note(&text),
            Self::Queued { .. } => self.put(Line::Note(text)),
        }
    }

    fn put(&self, line: Line) {
        if let Self::Queued { lines, dropped } = self
            && lines.try_send(line).is_err()
        {
            dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Written {
    /// Waits until all is written, once nobody writes any more.
    pub(super) async fn end(self) {
        let _written_or_not = timeout(END_TIMEOUT, self.0).await;
    }
}

fn write(mut queue: mpsc::Receiver<Line>, dropped: &AtomicU64) {
    let mut is_read = true;
    while let Some(line) = queue.blocking_recv() {
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            output::note(&format!("lines were not read in time and are left out here: {lost}"));
        }
        match line {
            Line::Note(text) => output::note(&text),
            Line::Result(text) if is_read => {
                if let Err(failure) = output::print(&text) {
                    is_read = false;
                    output::note(&format!("nothing more is printed, alarms go on: {failure}"));
                }
            }
            Line::Result(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_place_is_counted_and_not_waited_for() {
        let (lines, mut queue) = mpsc::channel(2);
        let paper = Paper::Queued { lines, dropped: Arc::default() };
        for n in 0..5 {
            paper.print(n.to_string()).unwrap();
        }
        let Paper::Queued { dropped, .. } = &paper else { unreachable!("it is queued") };
        assert_eq!(dropped.load(Ordering::Relaxed), 3);
        assert!(matches!(queue.try_recv(), Ok(Line::Result(text)) if text == "0"));
    }
}

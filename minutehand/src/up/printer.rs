//! The merged log: one thread writes the lines of all parts to standard error, each behind its
//! part's label. A terminal that does not read must not hold up a trader: the queue to this thread
//! is bounded, and lines that find it full are counted instead of waited for.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use indicatif::{ProgressBar, ProgressStyle};

use super::waiting::Waiting;

/// Lines that wait to be written: a second of a busy system.
const QUEUE_MAX: usize = 4_096;

/// Whoever has this can print.
#[derive(Clone, Debug)]
pub(super) struct Printer {
    queue: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
}

/// Ends when every printer is gone; waits until all is written.
#[derive(Debug)]
pub(super) struct Writer(thread::JoinHandle<()>);

/// What goes to the writing thread.
#[derive(Debug)]
pub(super) enum Message {
    /// A line of a part.
    Line { label: String, text: String },
    /// What is waited for.
    Waiting(Option<Waiting>),
}

#[cfg(test)]
impl Message {
    /// Label and text.
    pub(super) fn into_line(self) -> Option<(String, String)> {
        match self {
            Self::Line { label, text } => Some((label, text)),
            Self::Waiting(_) => None,
        }
    }
}

/// Prints into a queue that a test reads.
#[cfg(test)]
pub(super) fn captured() -> (Printer, Receiver<Message>) {
    let (queue, messages) = sync_channel(QUEUE_MAX);
    (Printer { queue, dropped: Arc::default() }, messages)
}

/// Starts to write; labels get `width` columns.
pub(super) fn start(width: usize) -> (Printer, Writer) {
    let (queue, messages) = sync_channel(QUEUE_MAX);
    let printer = Printer { queue, dropped: Arc::default() };
    let dropped = Arc::clone(&printer.dropped);
    let writer = thread::spawn(move || write(&messages, &dropped, Layout::for_stderr(width)));
    (printer, Writer(writer))
}

impl Printer {
    /// Prints a line of the part that is called `label`.
    pub(super) fn line(&self, label: &str, text: impl Into<String>) {
        let line = Message::Line { label: label.to_owned(), text: text.into() };
        if self.queue.try_send(line).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Shows on a terminal what is waited for, until the next call; none: nothing any more.
    pub(super) fn waiting(&self, waiting: Option<Waiting>) {
        // One that finds the queue full is followed by another within the second.
        let _shown = self.queue.try_send(Message::Waiting(waiting));
    }
}

impl Writer {
    /// Waits until all is written.
    pub(super) fn finish(self) {
        self.0.join().expect("the writer does not panic");
    }
}

/// How lines look.
#[derive(Clone, Copy, Debug)]
struct Layout {
    width: usize,
    colours: bool,
}

impl Layout {
    fn for_stderr(width: usize) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { width, colours: !plain && io::stderr().is_terminal() }
    }

    /// `trader         | 2026-…`
    fn line(self, label: &str, text: &str) -> String {
        let width = self.width;
        if self.colours {
            format!("\x1b[{}m{label:<width$} |\x1b[0m {text}", colour(label))
        } else {
            format!("{label:<width$} | {text}")
        }
    }
}

/// A colour that a label keeps: cyan, yellow, green, magenta or blue.
fn colour(label: &str) -> u8 {
    const COLOURS: [u8; 5] = [36, 33, 32, 35, 34];
    let sum: usize = label.bytes().map(usize::from).sum();
    COLOURS[sum % COLOURS.len()]
}

fn write(messages: &Receiver<Message>, dropped: &AtomicU64, layout: Layout) {
    // It draws on standard error, and nothing at all where that is no terminal.
    let bar = ProgressBar::no_length().with_style(style());
    for message in messages {
        match message {
            Message::Waiting(None) => bar.finish_and_clear(),
            Message::Waiting(Some(waiting)) => show(&bar, &waiting),
            Message::Line { label, text } => bar.suspend(|| {
                emit(&layout.line(&label, &text));
                let lost = dropped.swap(0, Ordering::Relaxed);
                if lost > 0 {
                    emit(&layout.line(
                        "up",
                        &format!("{lost} lines left out: this log was not read in time"),
                    ));
                }
            }),
        }
    }
    bar.finish_and_clear();
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:20} {wide_msg}").expect("the template is well formed")
}

fn show(bar: &ProgressBar, waiting: &Waiting) {
    let millis = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    bar.set_length(millis(waiting.whole));
    bar.set_position(millis(waiting.gone));
    bar.set_message(waiting.text.clone());
}

/// A log that nobody can read any more is no reason to stop trading.
fn emit(line: &str) {
    let _unread = writeln!(io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c4_lines_carry_their_parts_label() {
        let layout = Layout { width: 11, colours: false };
        assert_eq!(layout.line("trader", "median: 0.5"), "trader      | median: 0.5");
        assert_eq!(layout.line("generator a", "x"), "generator a | x");
        let coloured = Layout { colours: true, ..layout }.line("trader", "x");
        assert!(coloured.starts_with("\x1b[3") && coloured.ends_with("trader      |\x1b[0m x"));
    }

    #[test]
    fn c4_a_log_that_is_not_read_holds_nobody_up() {
        let (queue, messages) = sync_channel(2);
        let printer = Printer { queue, dropped: Arc::default() };
        for nth in 0..5 {
            printer.line("trader", nth.to_string());
        }
        assert_eq!(printer.dropped.load(Ordering::Relaxed), 3);
        drop(printer);
        assert_eq!(messages.iter().count(), 2);
    }
}

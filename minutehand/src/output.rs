//! Standard output, for results only. A reader that has gone away (`minutehand watch | head`) ends
//! the command in silence.

use std::io::{self, ErrorKind, Write as _};

use chassis::exit::{Exit, Failure};
use serde::Serialize;

/// Prints `text`, which brings its own line ends.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| gone(&error))
}

/// Prints one JSON object and a line end.
pub fn print_json(object: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(object).expect("reports have string keys only");
    print(&(text + "\n"))
}

/// Says something about the command itself, on standard error. When that cannot be written there is
/// nobody left to tell.
pub fn note(text: &str) {
    let _unheard = writeln!(io::stderr().lock(), "{text}");
}

fn gone(error: &io::Error) -> Failure {
    if error.kind() == ErrorKind::BrokenPipe {
        return Exit::Failed.because("");
    }
    Exit::Failed.because(format!("cannot write to standard output: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_a_reader_that_has_gone_is_no_message() {
        assert_eq!(gone(&io::Error::from(ErrorKind::BrokenPipe)).message, "");
        let full = gone(&io::Error::from(ErrorKind::StorageFull));
        assert!(full.message.starts_with("cannot write to standard output: "), "{full}");
    }
}

//! Standard output, for results only. A reader that has gone away (`minutehand watch | head`) ends
//! the command in silence.

use std::io::{self, ErrorKind, Write as _};

use chassis::exit::{Exit, Failure};
use serde::Serialize;

/// Takes what is printed.
pub(crate) type Print<'a> = &'a dyn Fn(&str) -> Result<(), Failure>;

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

/// The same of one trader, whose name comes first, if there is one.
pub fn print_json_of(trader: Option<&str>, object: &impl Serialize) -> Result<(), Failure> {
    print(&json_of(trader, object))
}

/// What that prints.
pub fn json_of(trader: Option<&str>, object: &impl Serialize) -> String {
    let object = &OfTrader { trader, object };
    serde_json::to_string(object).expect("reports have string keys only") + "\n"
}

#[derive(Serialize)]
struct OfTrader<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    trader: Option<&'a str>,
    #[serde(flatten)]
    object: &'a T,
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
    fn the_name_of_a_trader_comes_first_if_there_is_one() {
        #[derive(Serialize)]
        #[serde(tag = "event", rename_all = "lowercase")]
        enum Event {
            Said { value: f64 },
        }
        let object = &Event::Said { value: 0.1 };
        let json = |trader| serde_json::to_string(&OfTrader { trader, object }).unwrap();
        assert_eq!(json(Some("btc")), r#"{"trader":"btc","event":"said","value":0.1}"#);
        assert_eq!(json(None), r#"{"event":"said","value":0.1}"#);
    }

    #[test]
    fn c3_a_reader_that_has_gone_is_no_message() {
        assert_eq!(gone(&io::Error::from(ErrorKind::BrokenPipe)).message, "");
        let full = gone(&io::Error::from(ErrorKind::StorageFull));
        assert!(full.message.starts_with("cannot write to standard output: "), "{full}");
    }
}

//! What happened to a feed, as lines of a file: when, what, and a checksum that holds each line to all before
//! it.
//!
//! ```text
//! 8d2f1c3a 1795176000123456 begun 1 binance:BTCUSDT 1m wss://stream.binance.com:9443/ws
//! 0b7e55d1 1795176000205311 connected
//! f3a09c77 1795176000391877 said {"e":"trade","E":1795176000390,…}
//! 5c1db002 1795176060000912 asked 2026-11-20T12:01:00Z
//! 91e6aa40 1795176061200345 lost it was mute for 5 s
//! ```
//!
//! The checksum is CRC-32 over the eight digits of the line before it and everything behind its own. The
//! time is in microseconds since the Unix epoch, by the clock of the machine that recorded it.

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
    path::Path,
    str::FromStr,
};

use chassis::grid::{Interval, Minute, Timestamp};

use crate::{event::Event, feed::read, source::Source};

/// Version of the format.
const VERSION: u32 = 1;

/// Longest line that is read: what an exchange may send at once (see `link`), and more than what stands
/// before it.
const LINE_BYTES_MAX: u64 = 2 << 20;

/// Digits of a checksum.
const DIGITS: usize = 8;

/// What the first line is held to.
pub(crate) const FIRST: &str = "00000000";

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    File(#[from] io::Error),
    /// It is no recording, or one of another version.
    #[error(
        "it is no recording of a feed that this version reads: its first line does not begin one; name another file, or move this one away"
    )]
    Foreign,
    /// A line is not what was written.
    #[error(
        "line {line} is damaged, or is not where it was: {why}; what is before it can be copied to another file"
    )]
    Damaged {
        /// Which, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
}

/// What a recording is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What was listened to.
    pub source: Source,
    /// How long a bar is.
    pub interval: Interval,
    /// Where the exchange was reached.
    pub endpoint: Box<str>,
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, interval, endpoint } = self;
        write!(f, "bars of {interval} of {source} at {endpoint}")
    }
}

/// A recording that is read from its beginning.
#[derive(Debug)]
pub struct Recording<R> {
    heard: Heard,
    lines: Lines<R>,
    first: Option<(Timestamp, Event)>,
}

#[derive(Debug)]
struct Lines<R> {
    from: R,
    /// How many have been read.
    read: u64,
    /// Where the last of them ends.
    end: u64,
    /// Checksum of the last of them.
    checksum: String,
    /// Bytes at the end that are no whole line: what was being written when a process or a machine died.
    torn: u64,
}

/// Whether bytes begin as a recording does.
pub fn is_recording(bytes: &[u8]) -> bool {
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    first.split(|byte| *byte == b' ').nth(2) == Some(b"begun")
}

impl Recording<BufReader<File>> {
    /// Opens a recording, and reads its first line.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        Self::of(BufReader::new(File::open(path)?))
    }
}

impl<R: BufRead> Recording<R> {
    /// Reads the first line of a recording.
    pub fn of(from: R) -> Result<Self, RecordingError> {
        let mut lines = Lines { from, read: 0, end: 0, checksum: FIRST.to_owned(), torn: 0 };
        let Some((at, words)) = lines.next()? else { return Err(RecordingError::Foreign) };
        let heard = begun(&words).ok_or(RecordingError::Foreign)?;
        Ok(Self { heard, lines, first: Some((at, Event::Begun)) })
    }

    /// What it is of.
    pub fn heard(&self) -> &Heard {
        &self.heard
    }

    /// Bytes behind the last whole line, once all lines are read.
    pub fn torn(&self) -> u64 {
        self.lines.torn
    }

    /// Where its last whole line ends, and the checksum of that.
    pub(crate) fn end(&self) -> (u64, String) {
        (self.lines.end, self.lines.checksum.clone())
    }

    /// What happened next, and when.
    #[expect(
        clippy::should_implement_trait,
        reason = "it may fail, and an iterator goes on after that"
    )]
    pub fn next(&mut self) -> Result<Option<(Timestamp, Event)>, RecordingError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let Some((at, words)) = self.lines.next()? else { return Ok(None) };
        let line = self.lines.read;
        let event = self.event(&words).map_err(|why| RecordingError::Damaged { line, why })?;
        Ok(Some((at, event)))
    }

    fn event(&self, words: &str) -> Result<Event, String> {
        let (word, rest) = words.split_once(' ').unwrap_or((words, ""));
        match word {
            "begun" if begun(words).as_ref() == Some(&self.heard) => Ok(Event::Begun),
            "connected" => Ok(Event::Connected),
            "lost" => Ok(Event::Lost(rest.into())),
            "asked" => {
                let at = Timestamp::parse(rest).ok_or("it names no minute")?;
                let minute =
                    Minute::starting(at, self.heard.interval).map_err(|error| error.to_string())?;
                Ok(Event::Asked(minute))
            }
            "said" => {
                let message = read(rest, &self.heard.source, self.heard.interval);
                message.map(Event::Said).map_err(|error| error.to_string())
            }
            _ => Err(format!("`{}` is nothing that happens to this feed", word.escape_debug())),
        }
    }
}

impl<R: BufRead> Lines<R> {
    /// The time and the words of the next line; none if there is no further whole line.
    fn next(&mut self) -> Result<Option<(Timestamp, String)>, RecordingError> {
        let mut line = Vec::new();
        let read = self.from.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') && (read as u64) < LINE_BYTES_MAX {
            self.torn = read as u64;
            return Ok(None);
        }
        self.read += 1;
        let text = String::from_utf8(line).map_err(|_| self.damaged("it is no text"))?;
        let text = text.strip_suffix('\n').ok_or_else(|| self.damaged("it is too long"))?;
        let parts = text.split_at_checked(DIGITS);
        let (checksum, rest) = parts.ok_or_else(|| self.damaged("it is too short"))?;
        if checksum != checksum_of(&self.checksum, rest) {
            return Err(self.damaged("its checksum is another"));
        }
        let (at, words) = rest
            .strip_prefix(' ')
            .and_then(|rest| rest.split_once(' '))
            .ok_or_else(|| self.damaged("it has no words"))?;
        let at = i64::from_str(at).map_err(|_| self.damaged("it has no time"))?;
        checksum.clone_into(&mut self.checksum);
        self.end += read as u64;
        Ok(Some((Timestamp::from_micros(at), words.to_owned())))
    }

    fn damaged(&self, why: &str) -> RecordingError {
        RecordingError::Damaged { line: self.read, why: why.to_owned() }
    }
}

fn begun(words: &str) -> Option<Heard> {
    let mut words = words.split(' ');
    if words.next() != Some("begun") || words.next()?.parse() != Ok(VERSION) {
        return None;
    }
    let (source, interval) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(Heard { source, interval, endpoint: words.next()?.into() })
}

fn checksum_of(before: &str, rest: &str) -> String {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(before.as_bytes());
    hasher.update(rest.as_bytes());
    format!("{:08x}", hasher.finalize())
}

/// What is to be written of an event.
#[derive(Clone, Copy, Debug)]
pub enum Written<'a> {
    /// A process begins to listen.
    Begun(&'a Heard),
    /// The exchange is connected.
    Connected,
    /// What the exchange said, in one line.
    Said(&'a str),
    /// The connection has come to an end, or was not made.
    Lost(&'a str),
    /// The signal of a minute is asked for.
    Asked(Minute),
}

/// The line of an event at `at` behind the one with checksum `before`, which becomes its own.
pub(crate) fn line(at: Timestamp, written: Written<'_>, before: &mut String) -> String {
    let at = at.as_micros();
    let rest = match written {
        Written::Begun(Heard { source, interval, endpoint }) => {
            format!(" {at} begun {VERSION} {source} {interval} {endpoint}")
        }
        Written::Connected => format!(" {at} connected"),
        Written::Said(text) => format!(" {at} said {text}"),
        Written::Lost(why) => format!(" {at} lost {}", one_line(why)),
        Written::Asked(minute) => format!(" {at} asked {minute}"),
    };
    *before = checksum_of(before, &rest);
    format!("{before}{rest}\n")
}

/// A text without line breaks, which JSON allows between its words only.
pub fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

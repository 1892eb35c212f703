//! Requests from the wire, checked: what is well-formed becomes the core's own words.

use std::time::Duration;

use chassis::{
    grid::{ClockOffset, Interval, Minute, OffGrid, Timestamp},
    name::{Name, NameError},
    wire::{NoMinute, OutOfRange, read_difference, read_duration, read_minute, read_timestamp},
};
use proto::v1;

use crate::engine::{
    requests::Application,
    submission::{Content, Signal, Submission},
};

/// Signals behind one submission.
const SIGNALS_MAX: usize = 64;

/// Longest abstention or reason, in bytes.
const REASON_BYTES_MAX: usize = 1_024;

/// What causes call the trader itself, so that no strategy can be called so.
const RESERVED: &str = "trader";

/// A message that is not well-formed.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// A name is none.
    #[error("malformed: field `{field}`: {source}")]
    Name {
        /// Where.
        field: &'static str,
        /// Why.
        source: NameError,
    },
    /// A name that would be mistaken for the trader.
    #[error("malformed: `{RESERVED}` is how causes call the trader itself; choose another name")]
    Reserved,
    /// The interval is another.
    #[error(
        "interval: the strategy's is {theirs}, the trader's is {ours}; start both with the same --interval"
    )]
    Interval {
        /// Of the caller.
        theirs: String,
        /// Of the trader.
        ours: Interval,
    },
    /// A field is absent.
    #[error("malformed: field `{0}` is missing")]
    Missing(&'static str),
    /// An instant or a duration is out of range.
    #[error("malformed: field `{field}`: {source}")]
    Range {
        /// Where.
        field: &'static str,
        /// Why.
        source: OutOfRange,
    },
    /// A minute is not on the grid.
    #[error("malformed: {0}")]
    OffGrid(#[from] OffGrid),
    /// A number is not finite.
    #[error("malformed: {what} is {value}; decisions and signals are finite numbers")]
    NotFinite {
        /// Which number.
        what: String,
        /// Its value.
        value: f64,
    },
    /// A decision without signals, or too many of them.
    #[error("malformed: {0} signals; a decision has 1 to 64, one a generator")]
    SignalCount(usize),
    /// Two signals of one generator.
    #[error("malformed: generator `{0}` is named twice; a submission has one signal a generator")]
    Twice(Name),
    /// A text is absent or too long.
    #[error("malformed: field `{field}` has {length} bytes; 1 to {max} are taken")]
    Length {
        /// Where.
        field: &'static str,
        /// Of the text.
        length: usize,
        /// Longest taken.
        max: usize,
    },
}

/// A name in a field.
pub fn name(field: &'static str, text: &str) -> Result<Name, WireError> {
    text.parse().map_err(|source| WireError::Name { field, source })
}

fn timestamp(
    field: &'static str,
    at: Option<prost_types::Timestamp>,
) -> Result<Timestamp, WireError> {
    let at = at.ok_or(WireError::Missing(field))?;
    read_timestamp(at).map_err(|source| WireError::Range { field, source })
}

/// A minute in a field.
pub fn minute(
    field: &'static str,
    at: Option<prost_types::Timestamp>,
    interval: Interval,
) -> Result<Minute, WireError> {
    let at = at.ok_or(WireError::Missing(field))?;
    read_minute(at, interval).map_err(|error| match error {
        NoMinute::OutOfRange(source) => WireError::Range { field, source },
        NoMinute::OffGrid(off) => off.into(),
    })
}

/// A text for people, of a given length, without control characters.
pub fn clean(field: &'static str, text: &str, max: usize) -> Result<String, WireError> {
    let length = text.len();
    if length == 0 || length > max {
        return Err(WireError::Length { field, length, max });
    }
    Ok(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
}

/// A request to register.
pub fn application(request: v1::RegisterRequest, ours: Interval) -> Result<Application, WireError> {
    let name = name("name", &request.name)?;
    if name.as_str() == RESERVED {
        return Err(WireError::Reserved);
    }
    let instance = self::name("instance", &request.instance)?;
    let length = request.interval.ok_or(WireError::Missing("interval"))?;
    let theirs =
        read_duration(length).map_err(|source| WireError::Range { field: "interval", source })?;
    if theirs != ours.duration() {
        let theirs = Interval::try_from(theirs)
            .map_or_else(|_| format!("{theirs:?}"), |theirs| theirs.to_string());
        return Err(WireError::Interval { theirs, ours });
    }
    Ok(Application { name, instance, journal: request.journal.into(), epoch: request.epoch })
}

/// A signal behind a submission.
fn signal(signal: &v1::Signal, interval: Interval) -> Result<Signal, WireError> {
    let generator = name("signals.generator", &signal.generator)?;
    if !signal.value.is_finite() {
        let what = format!("the signal of generator `{generator}`");
        return Err(WireError::NotFinite { what, value: signal.value });
    }
    Ok(Signal {
        generator,
        run_id: name("signals.run_id", &signal.run_id)?,
        minute: minute("signals.minute", signal.minute, interval)?,
        value: signal.value,
        produced_at: timestamp("signals.produced_at", signal.produced_at)?,
    })
}

/// A clock offset.
fn clock_offset(offset: v1::ClockOffset) -> Result<ClockOffset, WireError> {
    let field = "clock_offset";
    let range = |source| WireError::Range { field, source };
    let micros = read_difference(offset.offset.ok_or(WireError::Missing(field))?).map_err(range)?;
    let uncertainty = offset.uncertainty.map_or(Ok(Duration::ZERO), read_duration);
    Ok(ClockOffset { micros, uncertainty: uncertainty.map_err(range)? })
}

/// A submission.
pub fn submission(request: v1::SubmitRequest, interval: Interval) -> Result<Submission, WireError> {
    let name = name("name", &request.name)?;
    let minute = minute("minute", request.minute, interval)?;
    let content = match request.content.ok_or(WireError::Missing("content"))? {
        v1::submit_request::Content::Decision(value) if !value.is_finite() => {
            return Err(WireError::NotFinite { what: "the decision".to_owned(), value });
        }
        v1::submit_request::Content::Decision(value) => Content::Decision(value),
        v1::submit_request::Content::Abstention(why) => {
            Content::Abstention(clean("abstention", &why, REASON_BYTES_MAX)?.into())
        }
    };
    let count = request.signals.len();
    let deciding = matches!(content, Content::Decision(_));
    if count > SIGNALS_MAX || (deciding && count == 0) {
        return Err(WireError::SignalCount(count));
    }
    let mut signals: Vec<Signal> = Vec::with_capacity(count);
    for signal in &request.signals {
        let signal = self::signal(signal, interval)?;
        if signals.iter().any(|before| before.generator == signal.generator) {
            return Err(WireError::Twice(signal.generator));
        }
        signals.push(signal);
    }
    Ok(Submission {
        name,
        instance: self::name("instance", &request.instance)?,
        journal: request.journal.into(),
        epoch: request.epoch,
        minute,
        decided_at: timestamp("decided_at", request.decided_at)?,
        content,
        signals: signals.into(),
        clock_offset: request.clock_offset.map(clock_offset).transpose()?,
    })
}

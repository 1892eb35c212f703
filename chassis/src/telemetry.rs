//! Logging: one line an event, UTC, to standard error.

use std::{fmt, io};

use clap::ValueEnum;
use tracing::{Level, level_filters::LevelFilter};
use tracing_subscriber::{
    filter::Targets,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer, time::FormatTime},
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

#[cfg(feature = "otlp")]
use crate::{chance, trace::Exporter};
use crate::{
    clock::Clock,
    flag::Otlp,
    name::untrusted,
    trace::{self, Service},
};
#[cfg(feature = "otlp")]
use tracing_subscriber::Layer as _;

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// `2026-11-20T12:01:00.003Z INFO registered X`
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

/// Starts logging to standard error, at the level of `RUST_LOG` (`info`, or
/// `info,trader=debug`), INFO where it is not set. Call it once, first in `main`.
pub fn start(format: LogFormat, clock: Clock) {
    let (filter, wrong) = asked();
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Text => registry.with(layer.event_format(Line(Utc(clock)))).init(),
        LogFormat::Json => registry.with(layer.json().with_timer(Utc(clock))).init(),
    }
    complain(wrong);
}

/// What a part keeps until it ends: traces are exported meanwhile, if they are.
#[derive(Debug)]
#[must_use = "dropped at once, it exports nothing"]
pub struct Exporting {
    #[cfg(feature = "otlp")]
    _exporter: Option<Exporter>,
}

/// Starts logging as [`start`] does, and exporting the traces of `service` if that is asked for.
#[cfg(not(feature = "otlp"))]
pub fn start_traced(format: LogFormat, clock: Clock, _: &Otlp, _: &Service) -> Exporting {
    start(format, clock);
    Exporting {}
}

/// Starts logging as [`start`] does, and exporting the traces of `service` if that is asked for.
#[cfg(feature = "otlp")]
pub fn start_traced(format: LogFormat, clock: Clock, otlp: &Otlp, service: &Service) -> Exporting {
    let Some(endpoint) = &otlp.endpoint else {
        start(format, clock);
        return Exporting { _exporter: None };
    };
    let started = Exporter::start(endpoint, service, clock, chance::start(None));
    let (layer, exporter) = match started {
        Ok(started) => started,
        Err(error) => {
            start(format, clock);
            tracing::warn!("traces are not exported, their thread cannot be started: {error}");
            return Exporting { _exporter: None };
        }
    };
    let (filter, wrong) = asked();
    let spans = Targets::new().with_target(trace::TARGET, Level::INFO);
    let registry = tracing_subscriber::registry().with(layer.with_filter(spans));
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    match format {
        LogFormat::Text => {
            registry.with(layer.event_format(Line(Utc(clock))).with_filter(filter)).init();
        }
        LogFormat::Json => {
            registry.with(layer.json().with_timer(Utc(clock)).with_filter(filter)).init();
        }
    }
    complain(wrong);
    tracing::info!("traces go to the collector at {endpoint}");
    Exporting { _exporter: Some(exporter) }
}

/// What `RUST_LOG` asks for, and what it says if that makes no sense.
fn asked() -> (Targets, Option<String>) {
    let asked = std::env::var("RUST_LOG").unwrap_or_default();
    let (filter, wrong) = filter(&asked);
    // Spans are for traces.
    (filter.with_target(trace::TARGET, LevelFilter::OFF), wrong.then_some(asked))
}

fn complain(wrong: Option<String>) {
    if let Some(asked) = wrong {
        tracing::warn!(
            "RUST_LOG={} is not understood, logging at INFO; write it like `info` or `warn,trader=debug`",
            untrusted(&asked)
        );
    }
}

/// What is logged, by the words of `RUST_LOG`, and whether these make no sense.
fn filter(asked: &str) -> (Targets, bool) {
    let default = Targets::new().with_default(LevelFilter::INFO);
    let (targets, wrong) = match asked.parse::<Targets>() {
        Ok(targets) if !asked.is_empty() => (targets, false),
        Ok(_) => (default, false),
        Err(_) => (default, true),
    };
    // What HTTP/2's library warns of, whoever connects can make it say as often as they like; the
    // listener says the same once in a while. Whoever looks closer gets it all.
    let closely = targets.would_enable("h2", &Level::DEBUG) || asked.contains("h2");
    let warned = targets.would_enable("h2", &Level::WARN) && !closely;
    (if warned { targets.with_target("h2", LevelFilter::ERROR) } else { targets }, wrong)
}

struct Utc(Clock);

impl FormatTime for Utc {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        let wall = self.0.wall();
        let millis = wall.as_micros().rem_euclid(1_000_000) / 1_000;
        let seconds = wall.to_string();
        let seconds = seconds.get(..19).unwrap_or(&seconds);
        write!(w, "{seconds}.{millis:03}Z")
    }
}

/// `TIME LEVEL message field=value`
struct Line(Utc);

impl<S, N> FormatEvent<S, N> for Line
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> fmt::Result {
        self.0.format_time(&mut writer)?;
        let level = match *event.metadata().level() {
            Level::ERROR => "ERROR",
            Level::WARN => "WARN",
            Level::INFO => "INFO",
            Level::DEBUG => "DEBUG",
            Level::TRACE => "TRACE",
        };
        write!(writer, " {level} ")?;
        ctx.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_52_what_the_library_says_of_attacks_is_left_out_unless_asked_for() {
        for (asked, warnings) in [
            ("", false),
            ("info", false),
            ("nonsense=very", false),
            ("off", false),
            ("debug", true),
            ("info,h2=warn", true),
        ] {
            let (targets, wrong) = filter(asked);
            assert_eq!(targets.would_enable("h2", &Level::WARN), warnings, "{asked}");
            assert_eq!(targets.would_enable("trader", &Level::WARN), asked != "off", "{asked}");
            assert_eq!(wrong, asked == "nonsense=very");
        }
        assert!(!filter("off").0.would_enable("h2", &Level::ERROR));
    }
}

//! The status as a page of text. Pure.

use std::fmt::Write as _;

use chassis::channel::Address;

use crate::report::{Status, Strategy, length, printable, table};

/// The whole page: what holds, why, since when; then every strategy.
pub(super) fn page(status: &Status, trader: &Address) -> String {
    let mut out = String::new();
    write_page(&mut out, status, trader).expect("a string takes everything");
    out
}

fn write_page(out: &mut String, status: &Status, trader: &Address) -> std::fmt::Result {
    let now = status.trader_time;
    let since = status.state_since;
    writeln!(out, "{} since {since} ({})", status.state, length(now.since(since)))?;
    if let Some(halt) = &status.halt {
        let lasting = if halt.durable { "" } else { " (NOT on disk: a restart ends it)" };
        let (by, why) = (printable(&halt.operator), printable(&halt.reason));
        writeln!(out, "  halted at {} by {by}: {why}{lasting}", halt.halted_at)?;
    }
    for cause in &status.causes {
        writeln!(out, "  {cause}")?;
    }
    let more = (status.causes_total as usize).saturating_sub(status.causes.len());
    if more > 0 {
        writeln!(out, "  and {more} more, each with its strategy below")?;
    }
    write_verdict(out, status)?;
    writeln!(
        out,
        "minute of {} s, grace {} s, skew {} s; at hand: {}",
        status.interval_seconds, status.grace_seconds, status.skew_seconds, status.current_minute
    )?;
    writeln!(
        out,
        "trader {trader}, version {}, started {}, journal {}",
        printable(&status.version),
        status.started_at,
        printable(&status.journal)
    )?;
    if status.strategies.is_empty() {
        return writeln!(out, "no strategy is registered");
    }
    let header = ["STRATEGY", "SESSION", "MINUTE", "SAID", "LATE", "CLOCK", "CAUSE"];
    let rows: Vec<_> = status.strategies.iter().map(|strategy| row(strategy, status)).collect();
    write!(out, "\n{}", table(header, &rows))
}

/// The last verdict; an old median is never shown as if it were the current one.
fn write_verdict(out: &mut String, status: &Status) -> std::fmt::Result {
    let Some(verdict) = &status.last_verdict else {
        return writeln!(out, "no verdict yet");
    };
    let left = verdict.valid_until.since(status.trader_time);
    if status.state == "OK" && verdict.median.is_some() && !left.is_zero() {
        writeln!(out, "{verdict}; valid for {}", length(left))
    } else {
        writeln!(out, "last verdict, no current median: {verdict}")
    }
}

fn row(strategy: &Strategy, status: &Status) -> [String; 7] {
    let session = match (strategy.registered, strategy.connected) {
        (false, _) => "missing".to_owned(),
        (true, true) => "alive".to_owned(),
        (true, false) => match strategy.last_seen {
            Some(seen) => format!("lost, seen {} ago", length(status.trader_time.since(seen))),
            None => "lost".to_owned(),
        },
    };
    let said = match strategy.last_decision {
        Some(decision) => decision.to_string(),
        None if strategy.last_abstention.is_empty() => "-".to_owned(),
        None => format!("abstained: {}", printable(&strategy.last_abstention)),
    };
    let dash = || "-".to_owned();
    [
        printable(&strategy.name),
        session,
        strategy.last_minute.map_or_else(dash, |minute| minute.to_string()),
        said,
        strategy.lateness_seconds.map_or_else(dash, |late| format!("{late:+.3} s")),
        strategy.clock_offset.map_or_else(dash, |clock| {
            format!("{:+.3} s ± {:.3} s", clock.seconds, clock.uncertainty_seconds)
        }),
        strategy
            .cause
            .as_ref()
            .map_or_else(dash, |cause| format!("{} since {}", cause.code, cause.since)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn shown(status: proto::v1::GetStatusResponse) -> String {
        page(&Status::from(status), &Address::local(1010))
    }

    #[test]
    fn c5_the_page_has_state_verdict_and_every_strategy() {
        assert_eq!(
            shown(samples::status_ok()),
            "\
OK since 2026-11-20T12:01:00.250Z (19s 750ms)
2026-11-20T12:01:00Z median 0.5 of 2, from 0.25 to 0.75; valid for 50s
minute of 60 s, grace 10 s, skew 1 s; at hand: 2026-11-20T12:02:00Z
trader 127.0.0.1:1010, version 0.1.0, started 2026-11-20T12:00:00Z, journal j1

STRATEGY  SESSION  MINUTE                SAID  LATE      CLOCK               CAUSE
X         alive    2026-11-20T12:01:00Z  0.25  +0.125 s  +0.002 s ± 0.001 s  -
Y         alive    2026-11-20T12:01:00Z  0.75  +0.250 s  -                   -
"
        );
    }

    #[test]
    fn c5_an_error_names_who_and_why_and_no_median() {
        let text = shown(samples::status_error());
        assert!(text.starts_with("ERROR since 2026-11-20T12:02:08Z (12s)\n"), "{text}");
        assert!(text.contains("\n  X abstained since 2026-11-20T12:01:00Z, last seen"), "{text}");
        assert!(text.contains("\n  and 2 more, each with its strategy below\n"), "{text}");
        assert!(text.contains("\nlast verdict, no current median: 2026-11-20T12:01:00Z median"));
        assert!(text.contains("X         lost, seen 12s ago  "), "{text}");
        assert!(text.contains("abstained: generator 127.0.0.1:1000: connection refused"), "{text}");
        assert!(text.contains("Z         missing "), "{text}");
    }

    #[test]
    fn c5_a_median_past_its_validity_is_not_shown_as_current() {
        let mut status = samples::status_ok();
        status.trader_time = samples::stamp("12:02:10");
        assert!(shown(status).contains("last verdict, no current median: "));
    }

    #[test]
    fn e4_a_halt_that_is_not_on_disk_says_so() {
        let text = shown(samples::status_halted());
        assert!(text.contains("by ann@desk: odd\\u{7} (NOT on disk: a restart ends it)"), "{text}");
    }
}

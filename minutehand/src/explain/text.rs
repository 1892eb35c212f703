//! A minute as a page of text. Pure.

use std::fmt::Write as _;

use crate::report::{Explained, Halt, Moment, Said, Verdict, printable, table};

/// The whole page: how it ended and why; who said what; from which signals.
pub(super) fn page(explained: &Explained) -> String {
    let mut out = String::new();
    write_page(&mut out, explained).expect("a string takes everything");
    out
}

fn write_page(out: &mut String, explained: &Explained) -> std::fmt::Result {
    let minute = explained.verdict.minute;
    // All causes follow, a line each, in place of the verdict's first sixteen.
    let ending = Verdict { causes: Vec::new(), causes_total: 0, ..explained.verdict.clone() };
    let closed = ending.closed_at;
    writeln!(out, "{ending}")?;
    writeln!(
        out,
        "closed {closed} ({}), valid until {}",
        after(closed, minute),
        ending.valid_until
    )?;
    if let Some(Halt { reason, operator, halted_at, .. }) = &explained.halt {
        writeln!(out, "  halted by {} at {halted_at}: {}", printable(operator), printable(reason))?;
    }
    for cause in &explained.causes {
        writeln!(out, "  {cause}")?;
    }
    if explained.submissions.is_empty() {
        return writeln!(out, "nothing was submitted");
    }
    let said: Vec<_> = explained
        .submissions
        .iter()
        .map(|submission| {
            [
                printable(&submission.strategy),
                match &submission.said {
                    Said::Decision(decision) => decision.to_string(),
                    Said::Abstention(why) => format!("abstained: {}", printable(why)),
                },
                after(submission.decided_at, minute),
                after(submission.received_at, minute),
                submission.epoch.to_string(),
                printable(&submission.instance),
            ]
        })
        .collect();
    let header = ["STRATEGY", "SAID", "DECIDED", "ARRIVED", "EPOCH", "INSTANCE"];
    write!(out, "\n{}", table(header, &said))?;
    let signals = signals(explained);
    if signals.is_empty() {
        return Ok(());
    }
    write!(out, "\n{}", table(["STRATEGY", "GENERATOR", "SIGNAL", "PRODUCED", "RUN"], &signals))
}

fn signals(explained: &Explained) -> Vec<[String; 5]> {
    let minute = explained.verdict.minute;
    let of_submission = |submission: &crate::report::Submission| {
        let strategy = printable(&submission.strategy);
        let row = move |signal: &crate::report::SignalUsed| {
            [
                strategy.clone(),
                printable(&signal.generator),
                signal.value.to_string(),
                after(signal.produced_at, minute),
                printable(&signal.run_id),
            ]
        };
        submission.signals.iter().map(row).collect::<Vec<_>>()
    };
    explained.submissions.iter().flat_map(of_submission).collect()
}

/// How long after the minute's boundary: `+0.125 s`.
fn after(moment: Moment, minute: Moment) -> String {
    let late = moment.since(minute).as_secs_f64();
    let early = minute.since(moment).as_secs_f64();
    format!("{:+.3} s", late - early)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn j5_the_page_says_who_said_what_from_which_signals_and_when() {
        assert_eq!(
            page(&samples::explained()),
            "\
2026-11-20T12:01:00Z failed
closed 2026-11-20T12:01:10Z (+10.000 s), valid until 2026-11-20T12:02:10Z
  X abstained since 2026-11-20T12:01:00Z, last seen 2026-11-20T12:01:08Z: generator 127.0.0.1:1000: connection refused

STRATEGY  SAID                                                     DECIDED   ARRIVED   EPOCH  INSTANCE
X         abstained: generator 127.0.0.1:1000: connection refused  +8.000 s  +8.001 s  3      i1
Y         0.75                                                     -0.125 s  +0.250 s  2      i2

STRATEGY  GENERATOR  SIGNAL  PRODUCED  RUN
Y         b          0.5     +0.001 s  r1
Y         c          0.25    +0.002 s  r2
"
        );
    }
}

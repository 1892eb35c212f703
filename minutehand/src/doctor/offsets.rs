//! How a server's clock differs from others: near the largest skew strategies will soon abstain, beyond it
//! they do. Pure.

use std::time::Duration;

use chassis::{grid::ClockOffset, wire};
use proto::v1;

use super::finding::{Finding, Level};
use crate::report::{length, printable};

const CHECK: &str = "clock";

const REMEDY: &str = "synchronise both machines, by chrony for example";

/// Those that are near the limit or beyond it, each; the others together.
pub(super) fn of_strategies(
    trader: &str,
    all: &[v1::StrategyStatus],
    skew: Duration,
) -> Vec<Finding> {
    let (mut findings, mut near) = (Vec::new(), 0);
    for strategy in all {
        let Some(offset) = strategy.clock_offset.and_then(measured) else { continue };
        let finding =
            judge(trader, &format!("strategy {}", printable(&strategy.name)), offset, skew);
        if finding.level() == Level::Ok {
            near += 1;
        } else {
            findings.push(finding);
        }
    }
    if near > 0 {
        let found = format!("near that of each of {near} strategies, as they measured it");
        findings.insert(0, Finding::ok(CHECK, trader, found));
    }
    findings
}

fn measured(wire: v1::ClockOffset) -> Option<ClockOffset> {
    let micros = wire::read_difference(wire.offset?).ok()?;
    let uncertainty = wire::read_duration(wire.uncertainty?).ok()?;
    Some(ClockOffset { micros, uncertainty })
}

/// A clock, less another one. Beyond the skew strategies abstain; near it they soon will.
pub(super) fn judge(whose: &str, other: &str, offset: ClockOffset, skew: Duration) -> Finding {
    let found = format!("{offset} from that of {other}, and {} allowed", length(skew));
    if offset.exceeds(skew) {
        Finding::bad(CHECK, whose, found).so(REMEDY)
    } else if offset.exceeds(skew / 2) {
        Finding::warn(CHECK, whose, found).so(REMEDY)
    } else {
        Finding::ok(CHECK, whose, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn strategy(name: &str, millis: i64) -> v1::StrategyStatus {
        let offset = samples::millis(millis);
        let clock_offset = Some(v1::ClockOffset { offset, uncertainty: samples::millis(1) });
        v1::StrategyStatus { name: name.to_owned(), clock_offset, ..v1::StrategyStatus::default() }
    }

    #[test]
    fn t3_clocks_beyond_the_skew_are_bad_and_near_it_warned_of() {
        let all = [strategy("W", 2), strategy("X", -1_500), strategy("Y", 600), strategy("Z", -3)];
        let lines: Vec<_> = of_strategies("trader", &all, Duration::from_secs(1))
            .iter()
            .map(Finding::line)
            .collect();
        let so = REMEDY;
        assert_eq!(
            lines,
            [
                "ok    clock of trader: near that of each of 2 strategies, as they measured it"
                    .to_owned(),
                format!(
                    "bad   clock of trader: -1.500 s ± 0.001 s from that of strategy X, and 1s allowed; {so}"
                ),
                format!(
                    "warn  clock of trader: +0.600 s ± 0.001 s from that of strategy Y, and 1s allowed; {so}"
                ),
            ]
        );
        assert!(of_strategies("trader", &[], Duration::from_secs(1)).is_empty());
    }
}

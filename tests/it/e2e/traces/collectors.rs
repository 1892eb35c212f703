//! Collectors that do not do as they should: minutes go on, and traces come again.

use chassis::trace::testing::{Collector, Manner};
use tokio::time::Instant;

use super::{PATIENCE, Traced, lateness};
use crate::{e2e::system::median_of, harness::Part};

/// What a median on a busy machine may take; a call to a collector that hangs is given up later than that.
const LATE_S: f64 = 0.9;

/// It has said so, or does now.
async fn has_said(part: &mut Part, text: &str) {
    part.look();
    if part.said(text) == 0 {
        part.line(text).await;
    }
}

/// So many medians of both, one a minute, none of them late.
async fn on_time(system: &mut Traced, medians: usize) {
    for _ in 0..medians {
        let median = median_of(&mut system.trader, 2).await;
        let late = lateness(&system.trader, &median);
        assert!(late < LATE_S, "{} was {late} s late", median.minute);
    }
}

#[tokio::test]
async fn a_collector_that_hangs_or_is_down_costs_no_minute_and_is_exported_to_again() {
    let mut system = Traced::start().await;
    let address = system.collector().address();
    system.collector().behave(Manner::Hangs);
    on_time(&mut system, 3).await;
    for part in system.parts() {
        has_said(part, " takes no traces: no answer in 3 s; ").await;
    }
    system.collector = None;
    on_time(&mut system, 2).await;
    system.collector = Some(Collector::start_at(address));
    for part in system.parts() {
        has_said(part, " takes traces again").await;
    }
    let median = median_of(&mut system.trader, 2).await;
    system.trace_of(&median.minute, 19).await;
    for part in system.parts() {
        part.look();
        for once in [" takes no traces", " takes traces again"] {
            assert_eq!(part.said(once), 1, "{}", part.name);
        }
        assert_eq!(part.said(" ERROR "), 0, "{}", part.name);
    }
}

#[tokio::test]
async fn s5_a_collector_that_hangs_holds_up_no_stop() {
    let mut system = Traced::start().await;
    system.collector().behave(Manner::Hangs);
    median_of(&mut system.trader, 2).await;
    let begun = Instant::now();
    system.x.stop().await;
    system.y.stop().await;
    system.a.stop().await;
    system.b.stop().await;
    system.trader.stop().await;
    assert!(begun.elapsed() < PATIENCE / 2, "{:?}", begun.elapsed());
}

//! The strategy that ships is held to the rules that any client, in any language, is held to.

use conformance::{checks, client::Template, suite, timing};

use crate::harness::INTERVAL;

/// Nearly all of a check is waiting.
const JOBS: usize = 16;

#[tokio::test]
async fn s4_the_strategy_that_ships_conforms() {
    let template = Template::new(&[env!("CARGO_BIN_EXE_strategy").to_owned()]);
    let timing = timing(INTERVAL.parse().unwrap());
    let mut told = Vec::new();
    let failed = suite::run(&checks::all(), &template, timing, JOBS, &mut told).await.unwrap();
    assert!(failed.is_empty(), "{}", String::from_utf8(told).unwrap());
}

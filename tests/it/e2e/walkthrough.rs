//! The notes' own walk-through, command by command: three generators, a trader, strategies X and Y.

use std::collections::BTreeMap;

use proto::v1::{ExplainRequest, RecordedSubmission, recorded_submission::Content};

use super::system::{Median, client, median_of};
use crate::harness::{Part, run, word};

/// What a strategy says that it has submitted, by minute.
fn submitted(strategy: &Part) -> BTreeMap<&str, f64> {
    let lines = strategy.seen.iter().filter(|line| line.contains("INFO submitted "));
    lines.map(|line| (word(line, " for "), word(line, "submitted ").parse().unwrap())).collect()
}

/// The strategy's lines have come as far as its submission for this median's minute.
async fn read_up_to(strategy: &mut Part, median: &Median) {
    strategy.line(&format!(" for {}", median.minute)).await;
}

#[tokio::test]
async fn m1_the_median_is_that_of_what_the_strategies_say_they_submitted() {
    let one = Part::generator("1000", &[]).await;
    let two = Part::generator("1001", &[]).await;
    let three = Part::generator("1002", &[]).await;
    let mut trader = Part::trader(&["--ephemeral"]).await;
    let mut x = Part::strategy("X", &trader, &[&one], &[]);
    trader.line("INFO registered X").await;
    let mut y = Part::strategy("Y", &trader, &[&two, &three], &[]);
    trader.line("INFO registered Y").await;

    let mut medians = Vec::new();
    while medians.len() < 3 {
        medians.push(median_of(&mut trader, 2).await);
    }
    let last = medians.last().unwrap();
    read_up_to(&mut x, last).await;
    read_up_to(&mut y, last).await;
    for Median { minute, value } in &medians {
        let (of_x, of_y) = (submitted(&x)[&**minute], submitted(&y)[&**minute]);
        assert_eq!(value.to_bits(), f64::midpoint(of_x, of_y).to_bits(), "{minute}");
        for line in [format!("INFO X submitted {of_x} "), format!("INFO Y submitted {of_y} ")] {
            assert_eq!(trader.said(&line), 1, "{line}");
        }
    }
    assert!(medians.is_sorted_by(|earlier, later| earlier.minute < later.minute));

    // X goes, and is taken off the list: from then on Y alone is the median.
    x.kill().await;
    trader.line("X disconnected since ").await;
    let port = trader.port.to_string();
    let done = run("deregister", &["-n", "X", "--trader-port", &port]).await;
    assert_eq!((done.code, &*done.out), (0, "deregistered X\n"), "{}", done.err);
    trader.line("INFO deregistered X").await;
    let alone = median_of(&mut trader, 1).await;
    read_up_to(&mut y, &alone).await;
    assert_eq!(alone.value.to_bits(), submitted(&y)[&*alone.minute].to_bits());
}

#[tokio::test]
async fn s2_a_decision_is_the_sum_of_one_signal_from_every_generator() {
    let trader = &mut Part::trader(&["--ephemeral"]).await;
    let b = Part::generator("b", &[]).await;
    let c = Part::generator("c", &[]).await;
    let _y = Part::strategy("Y", trader, &[&b, &c], &[]);
    let minute = median_of(trader, 1).await.minute.parse().unwrap();
    let request = ExplainRequest { minute: Some(minute), ..ExplainRequest::default() };
    let explained = client(trader).explain(request).await.unwrap().into_inner();
    let [RecordedSubmission { signals, content, .. }] = &explained.submissions[..] else {
        panic!("not one submission: {explained:?}");
    };
    let [of_b, of_c] = &signals[..] else { panic!("not two signals: {explained:?}") };
    assert_eq!((&*of_b.generator, &*of_c.generator), ("b", "c"));
    assert_eq!(*content, Some(Content::Decision(of_b.value + of_c.value)));
}

#[tokio::test]
async fn c2_while_a_decision_is_missing_the_trader_says_that_it_retries() {
    let mut trader = Part::trader(&["--ephemeral", "--grace", "1500ms"]).await;
    let a = Part::generator("a", &[]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    let mut y = Part::strategy("Y", &trader, &[&a], &[]);
    median_of(&mut trader, 2).await;
    y.kill().await;
    let line = trader.line("INFO median: retrying to compute, missing: ").await;
    assert!(line.ends_with('Y'), "{line}");
    y.start_again().await;
    median_of(&mut trader, 2).await;
}

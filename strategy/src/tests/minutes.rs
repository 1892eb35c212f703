//! From signals to submissions: rules S1 to S3, G5, T2.

use std::time::Duration;

use proto::v1::{SubmitRequest, submit_request::Content};
use tokio::sync::mpsc;
use tonic::Code;

use super::{
    World,
    fake::{Call, FakeGenerator, FakeTrader, Reply, Serve},
};

/// A reply that is no use, and what is said of it.
type Failing = (fn() -> Reply, &'static str);

/// The next submission, passing over registrations.
pub(super) async fn submission(calls: &mut mpsc::Receiver<Call>) -> SubmitRequest {
    loop {
        match calls.recv().await.expect("the trader is there") {
            Call::Submit(submission) => return submission,
            Call::Register(_) => {}
            Call::Deregister(deregister) => panic!("{deregister:?}"),
        }
    }
}

/// A decision, or why there is none.
pub(super) fn word(submission: &SubmitRequest) -> Result<f64, String> {
    match submission.content.clone().expect("a word") {
        Content::Decision(value) => Ok(value),
        Content::Abstention(cause) => Err(cause),
    }
}

/// The first minute's word when generator 1000 replies like this before its usual 1, beside
/// generator 2000 with its usual 2; when it came, in seconds after the boundary; and how often
/// generator 1000 was asked.
async fn first_word(replies: Vec<Reply>) -> (Result<f64, String>, f64, usize) {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let (first, _first) = FakeGenerator::serve(&world, 1_000);
    let (_second, _second_served) = FakeGenerator::serve(&world, 2_000);
    for reply in replies {
        first.replies.then(reply);
    }
    let script = async {
        let submission = submission(&mut calls).await;
        (word(&submission), world.seconds() - 2.0)
    };
    let (result, (word, seconds)) = world.run(&[1_000, 2_000], |_| (), script).await;
    assert!(result.is_ok(), "{result:?}");
    let asked = first.asked();
    assert!(asked.iter().all(|asked| asked.has_deadline), "a call has a deadline");
    (word, seconds, asked.len())
}

fn many(reply: impl Fn() -> Reply) -> Vec<Reply> {
    (0..1_000).map(|_| reply()).collect()
}

#[tokio::test(start_paused = true)]
async fn s2_a_decision_is_the_sum_of_this_minutes_signals() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let (_first, _first_served) = FakeGenerator::serve(&world, 1_000);
    let (_second, _second_served) = FakeGenerator::serve(&world, 2_000);
    let script = async { (submission(&mut calls).await, submission(&mut calls).await) };
    let (result, (first, second)) = world.run(&[1_000, 2_000], |_| (), script).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(word(&first), Ok(3.0));
    assert_eq!((first.journal.as_str(), first.epoch), ("j", 7));
    let generators: Vec<_> = first.signals.iter().map(|signal| &*signal.generator).collect();
    assert_eq!(generators, ["g1000", "g2000"]);
    assert!(first.signals.iter().all(|signal| signal.minute == first.minute));
    assert!(first.clock_offset.is_some());
    assert_eq!(second.minute.unwrap().seconds - first.minute.unwrap().seconds, 60);
}

#[tokio::test(start_paused = true)]
async fn s1_one_slow_generator_does_not_delay_the_others() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let slow = Duration::from_millis(4_900);
    let ports = [1_000, 2_000, 3_000];
    let generators: Vec<_> = ports.map(|port| FakeGenerator::serve(&world, port)).into();
    for (generator, _) in &generators {
        generator.replies.then(Reply::After(slow));
    }
    let script = async { (word(&submission(&mut calls).await), world.seconds()) };
    let (result, (word, seconds)) = world.run(&ports, |_| (), script).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(word, Ok(6.0));
    assert!((6.9..7.2).contains(&seconds), "asked one after another: {seconds}");
}

#[tokio::test(start_paused = true)]
async fn s3_a_failure_within_patience_is_mended() {
    let unfit: [fn() -> Reply; 7] = [
        || Reply::Refuse(Code::Unavailable, "no-signal"),
        || Reply::Refuse(Code::OutOfRange, "future"),
        || Reply::Before,
        || Reply::Next,
        || Reply::Early(Duration::from_millis(1)),
        || Reply::Ahead(Duration::from_millis(1_100)),
        || Reply::Value(f64::NAN),
    ];
    for reply in unfit {
        let (word, seconds, tries) = first_word(vec![reply(), reply()]).await;
        assert_eq!((word, tries), (Ok(3.0), 3), "{:?}", reply());
        assert!(seconds < 2.0, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn t2_a_stamp_ahead_by_less_than_the_skew_is_taken() {
    let (word, _, tries) = first_word(vec![Reply::Ahead(Duration::from_millis(900))]).await;
    assert_eq!((word, tries), (Ok(3.0), 1));
}

#[tokio::test(start_paused = true)]
async fn s3_after_patience_it_abstains_with_the_root_cause() {
    let causes: [Failing; 6] = [
        (|| Reply::Refuse(Code::Unavailable, "no-signal"), "no-signal, "),
        (|| Reply::Refuse(Code::OutOfRange, "future"), "future, "),
        (|| Reply::Before, "wrong minute: the answer is for 2026-11-20T12:00:00Z, asked "),
        (
            || Reply::Early(Duration::from_millis(1)),
            "stale: produced at 2026-11-20T12:00:59.999Z, ",
        ),
        (|| Reply::Ahead(Duration::from_millis(1_100)), "future: produced at "),
        (|| Reply::Value(f64::INFINITY), "not finite: the signal is inf, "),
    ];
    for (reply, cause) in causes {
        let (word, seconds, tries) = first_word(many(reply)).await;
        let said = word.unwrap_err();
        assert!(said.starts_with(&format!("generator 127.0.0.1:1000: {cause}")), "{said}");
        assert!(said.ends_with(&format!("{tries} tries in 8.0 s")), "{said} {tries}");
        assert!((10..60).contains(&tries), "{tries}");
        assert!((8.0..8.1).contains(&seconds), "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn s3_a_generator_that_hangs_costs_no_more_than_patience() {
    let (word, seconds, tries) = first_word(vec![Reply::Hang]).await;
    let said = word.unwrap_err();
    assert!(said.starts_with("generator 127.0.0.1:1000: "), "{said}");
    assert!(said.ends_with(", 1 try in 8.0 s"), "{said}");
    assert_eq!(tries, 1);
    assert!((8.0..8.1).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn s3_a_minute_that_is_gone_is_not_asked_for_again() {
    let (word, _, tries) = first_word(vec![Reply::Refuse(Code::OutOfRange, "gone")]).await;
    assert_eq!(word, Err("generator 127.0.0.1:1000: gone".to_owned()));
    assert_eq!(tries, 1);
}

#[tokio::test(start_paused = true)]
async fn s3_every_generator_that_fails_is_named() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let (_good, _good_served) = FakeGenerator::serve(&world, 1_000);
    world.closed(1_001);
    world.closed(1_002);
    let script = async { submission(&mut calls).await };
    let (_, submission) = world.run(&[1_001, 1_000, 1_002], |_| (), script).await;
    let said = word(&submission).unwrap_err();
    let parts: Vec<_> = said.split("; ").collect();
    assert_eq!(parts.len(), 2, "{said}");
    assert!(parts[0].starts_with("generator 127.0.0.1:1001: connection refused, "), "{said}");
    assert!(parts[1].starts_with("generator 127.0.0.1:1002: connection refused, "), "{said}");
    assert!(said.ends_with(" tries in 8.0 s"), "{said}");
    assert_eq!(submission.signals.len(), 1, "the good reading goes with the abstention");
}

#[tokio::test(start_paused = true)]
async fn s3_a_generator_that_comes_back_is_used_in_the_next_minute() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    world.closed(1_000);
    let script = async {
        let down = word(&submission(&mut calls).await);
        let _back = FakeGenerator::serve(&world, 1_000);
        (down, word(&submission(&mut calls).await))
    };
    let (_, (down, back)) = world.run(&[1_000], |_| (), script).await;
    assert!(down.is_err());
    assert_eq!(back, Ok(1.0));
}

#[tokio::test(start_paused = true)]
async fn t6_patience_may_be_given() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    world.closed(1_000);
    let patience = Some(Duration::from_secs(3));
    let script = async { (word(&submission(&mut calls).await), world.seconds()) };
    let (_, (said, seconds)) =
        world.run(&[1_000], |config| config.patience = patience, script).await;
    assert!(said.unwrap_err().ends_with(" in 3.0 s"));
    assert!((5.0..5.1).contains(&seconds), "{seconds}");
}

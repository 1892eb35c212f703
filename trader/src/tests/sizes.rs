//! The longest answers there are stay within what clients take: rule E2 and the limits of servers.

use std::sync::Arc;

use chassis::{
    grid::{Interval, Minute, Timestamp},
    limits::Limits,
    server::ANSWER_BYTES_MAX,
    wire::timestamp,
};
use prost::Message as _;
use proto::v1::{ClockOffset, ExplainRequest, GetStatusRequest, Signal, SubmitRequest};
use tonic::{Status, body::Body};
use tonic_types::StatusExt as _;

use super::{World, callers::Strategy, callers::application, callers::signal, name, start, time};
use crate::{
    engine::{
        NoMedian,
        error::Refusal,
        verdict::{Cause, CauseCode, State, Subject},
    },
    handle::{HandleError, ReadError},
    wire,
};

/// What a stock client takes in one list of headers (RFC 9113, section 6.5.2, counts so).
const HEADERS_BYTES_MAX: usize = 8 * 1024;

/// Of the headers that HTTP adds: `:status` and `date`.
const OTHER_HEADERS_BYTES: usize = 128;

fn header_bytes(status: Status) -> usize {
    let response = status.into_http::<Body>();
    let headers = response.headers().iter();
    let bytes = headers.map(|(name, value)| name.as_str().len() + value.len() + 32);
    bytes.sum::<usize>() + OTHER_HEADERS_BYTES
}

fn now() -> Timestamp {
    time("12:01:00.123")
}

fn longest_name(index: usize) -> String {
    format!("{index:x<64}")
}

fn longest_cause(index: usize) -> Cause {
    Cause {
        subject: Subject::Strategy(name(&longest_name(index))),
        code: CauseCode::Disconnected,
        since: Minute::containing(now(), Interval::default()),
        last_seen: Some(now()),
        detail: "€".repeat(5_000),
    }
}

#[test]
fn e2_sixteen_causes_fit_into_the_headers_that_a_stock_client_takes() {
    let causes: Arc<[Cause]> = (10_000..10_100).map(longest_cause).collect();
    let halt_reason = Some("€".repeat(341));
    let status = wire::no_median(&NoMedian { state: State::Halted, causes, halt_reason }, now());
    let violations = status.get_details_precondition_failure().unwrap().violations;
    assert_eq!(violations.len(), 16);
    for violation in violations {
        let bytes = violation.r#type.len() + violation.subject.len() + violation.description.len();
        assert!((253..=256).contains(&bytes), "{bytes}");
        assert!(violation.description.contains(": €€"), "the detail is cut last");
    }
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.metadata["causes_total"], "100");
    let bytes = header_bytes(status);
    assert!((6_000..HEADERS_BYTES_MAX).contains(&bytes), "{bytes}");
}

#[test]
fn every_other_refusal_fits_too() {
    let longest = name(&longest_name(1));
    let held = u64::MAX;
    let endless = "\u{10ffff}".repeat(3_000);
    let no_name = wire::name("signals.generator", &endless).unwrap_err();
    let quoted = wire::name("signals.generator", &"é".repeat(3_000)).unwrap_err();
    for status in [
        wire::refused(&Refusal::Journal(endless.clone()), now()),
        wire::refused(&Refusal::Fenced { name: longest.clone(), held, current: held }, now()),
        wire::refused(&Refusal::Taken { name: longest }, now()),
        wire::malformed(&no_name, now()),
        wire::wire_error(&quoted, now()),
        wire::too_slow(Some(Minute::containing(now(), Interval::default())), now()),
        wire::unanswered(HandleError::Overload, now()),
        wire::unreadable(&ReadError::Busy, now()),
    ] {
        let shown = format!("{status:?}");
        let bytes = header_bytes(status);
        assert!(bytes < HEADERS_BYTES_MAX, "{bytes} {shown}");
    }
}

fn longest_signals(value: f64) -> Vec<Signal> {
    let produced_at = Some(timestamp(time("12:01:00.000001")));
    let run_id = "r".repeat(64);
    let one = |index| Signal {
        generator: longest_name(index),
        run_id: run_id.clone(),
        produced_at,
        ..signal("12:01:00", value)
    };
    (1_000..1_064).map(one).collect()
}

fn longest_offset() -> ClockOffset {
    let offset = Some(prost_types::Duration { seconds: -9_000_000_000_000, nanos: -999_999_999 });
    let uncertainty = Some(prost_types::Duration { seconds: i64::MAX, nanos: 999_999_999 });
    ClockOffset { offset, uncertainty }
}

fn longest_abstention(strategy: &Strategy) -> SubmitRequest {
    SubmitRequest {
        signals: longest_signals(0.5),
        clock_offset: Some(longest_offset()),
        decided_at: Some(timestamp(time("12:01:00.000001"))),
        ..strategy.abstention("12:01:00", &"€".repeat(341))
    }
}

/// Fifty with the longest abstentions there are, and two who say other things of all generators; a
/// minute that failed for it; and a halt on top.
async fn worst() -> (World, Vec<Strategy>) {
    let world = start("12:00:30");
    let mut all = Vec::new();
    for index in 1_000..1_052 {
        let longest = longest_name(index);
        all.push(world.apply(application(&longest, &longest)).await.unwrap());
    }
    world.reach("12:01:00").await;
    for strategy in &all[..50] {
        let submission = longest_abstention(strategy);
        let taken = Limits::default().request_bytes_max;
        assert!(submission.encoded_len() < taken, "{}", submission.encoded_len());
        assert_eq!(strategy.submit(submission).await, "accepted");
    }
    for (strategy, value) in all[50..].iter().zip([0.25, 0.75]) {
        let signals = longest_signals(value);
        let decision = SubmitRequest { signals, ..strategy.decision("12:01:00", value) };
        assert_eq!(strategy.submit(decision).await, "accepted");
    }
    assert_eq!(world.halt(&"€".repeat(341)).await, "durable");
    (world, all)
}

#[tokio::test(start_paused = true)]
async fn the_longest_page_of_the_status_fits_into_an_answer() {
    let (world, _all) = worst().await;
    let request = GetStatusRequest { page_size: 50, page_token: String::new() };
    let page = world.client.clone().get_status(request).await.unwrap().into_inner();
    assert_eq!((page.strategies.len(), page.causes.len(), page.causes_total), (50, 16, 50));
    assert!(page.strategies.iter().all(|strategy| strategy.cause.is_some()));
    let last = page.last_verdict.as_ref().unwrap();
    assert_eq!((last.causes.len(), last.disagreeing_generators.len()), (16, 16));
    // Numbers may be longer in other years: ten bytes each, of which a strategy has ten.
    let bytes = page.encoded_len() + 50 * 100;
    assert!((40_000..ANSWER_BYTES_MAX).contains(&bytes), "{bytes}");
}

#[tokio::test(start_paused = true)]
async fn the_longest_page_of_an_explanation_fits_into_an_answer() {
    let (world, all) = worst().await;
    let mut request =
        ExplainRequest { minute: Some(timestamp(time("12:01:00"))), ..Default::default() };
    let mut names = 0;
    loop {
        let page = world.client.clone().explain(request.clone()).await.unwrap().into_inner();
        let bytes = page.encoded_len();
        assert!(bytes < ANSWER_BYTES_MAX * 3 / 4, "{bytes}");
        assert!(!page.submissions.is_empty());
        names += page.submissions.len();
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(names, all.len());
}

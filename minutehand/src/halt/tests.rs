//! What an operator is told about a halt, and with which exit code.

use proto::v1;
use tonic::{Code, Status};

use super::*;
use crate::scripted::{self, Script, parse, try_parse};

const LINE: [&str; 5] = ["--reason", "odd prices", "--timeout", "300ms", "--trader"];

fn line(trader: &str) -> Vec<&str> {
    LINE.into_iter().chain([trader]).collect()
}

async fn halted(answer: Result<v1::HaltResponse, Status>) -> Result<(), Failure> {
    let answer = Box::new(move |request: HaltRequest| {
        assert_eq!(request.reason, "odd prices");
        assert!(request.operator.contains('@'), "{}", request.operator);
        answer.clone()
    });
    let (trader, _tasks) = scripted::start(Script { halt: Some(answer), ..Script::default() });
    halt(&parse(&line(&trader.to_string()))).await
}

async fn resumed(answer: impl Fn() -> Status + Send + Sync + 'static) -> Result<(), Failure> {
    let answer = Box::new(move |_| Err(answer()));
    let (trader, _tasks) = scripted::start(Script { resume: Some(answer), ..Script::default() });
    resume(&parse(&line(&trader.to_string()))).await
}

fn not_halted_refusal() -> Status {
    let code = Code::FailedPrecondition;
    chassis::status::refusal(code, "not-halted", "not halted", [])
}

#[tokio::test]
async fn e4_a_durable_halt_is_success() {
    halted(Ok(v1::HaltResponse { durable: true, trader_time: None })).await.unwrap();
}

#[tokio::test]
async fn e4_whose_reason_is_on_record_is_said() {
    let record = |reason: &str| v1::HaltRecord {
        reason: reason.to_owned(),
        operator: operator(),
        ..v1::HaltRecord::default()
    };
    for (reason, expected) in [
        ("odd prices", String::new()),
        (
            "odd fills",
            format!(
                "it was halted before, by {}: odd fills; that is on record, and yours is not\n",
                operator()
            ),
        ),
    ] {
        let halt = Some(record(reason));
        let status = Box::new(move |_| {
            Ok(v1::GetStatusResponse { halt: halt.clone(), ..Default::default() })
        });
        let (trader, _tasks) =
            scripted::start(Script { status: Some(status), ..Script::default() });
        let trader = parse::<HaltArgs>(&line(&trader.to_string())).call.trader().unwrap();
        let request = HaltRequest { reason: "odd prices".to_owned(), operator: operator() };
        assert_eq!(said_before(&trader, &request).await.unwrap_or_default(), expected);
    }
}

#[tokio::test]
async fn e4_a_halt_in_memory_only_is_1_and_says_so() {
    let answer = v1::HaltResponse { durable: false, trader_time: None };
    let failure = halted(Ok(answer)).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert!(failure.message.contains("halted IN MEMORY ONLY"), "{failure}");
}

#[tokio::test]
async fn e4_a_halt_with_a_median_of_before_on_its_way_is_to_be_asked_again() {
    let unavailable = Code::Unavailable;
    let refusal = chassis::status::refusal(unavailable, "journal", "journal: it holds", []);
    let failure = halted(Err(refusal)).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert!(failure.message.contains("journal: it holds"), "{failure}");
    assert!(failure.message.contains("; halt it again: until that has succeeded"), "{failure}");
}

#[tokio::test]
async fn e4_a_halt_that_did_not_get_through_says_that_it_may_not_hold() {
    let failure = halted(Err(Status::permission_denied("operators only"))).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert!(failure.message.contains("refused: operators only; NOT known to be halted"));
}

#[tokio::test]
async fn e4_resuming_what_is_not_halted_is_refused_unless_a_try_before_may_have_done_it() {
    let failure = resumed(not_halted_refusal).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert!(failure.message.ends_with("refused: not halted"), "{failure}");

    let tries = std::sync::atomic::AtomicU32::new(0);
    resumed(move || match tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0 => Status::unavailable("lost"),
        _ => not_halted_refusal(),
    })
    .await
    .unwrap();
}

#[test]
fn e4_a_halt_needs_a_reason() {
    let long = "x".repeat(REASON_BYTES_MAX + 1);
    for bad in [&[][..], &["--reason", ""], &["--reason", "  "], &["--reason", &long]] {
        assert!(try_parse::<HaltArgs>(bad).is_err(), "{bad:?}");
        assert!(try_parse::<ResumeArgs>(bad).is_err(), "{bad:?}");
    }
}

//! Pages that become one minute, and minutes that are not there.

use proto::v1;
use tonic::Status;

use super::*;
use crate::{
    samples,
    scripted::{self, Script, parse, try_parse},
};

/// Explains 12:01 of that day, one submission a page, and nothing else.
fn script() -> Script {
    let explain = Box::new(|request: ExplainRequest| {
        if request.minute != samples::stamp("12:01:00") {
            return Err(Status::not_found("no verdict"));
        }
        let second = request.page_token == "2";
        let mut submissions = samples::submissions();
        Ok(ExplainResponse {
            verdict: Some(samples::failed("12:01:00")),
            submissions: vec![submissions.swap_remove(usize::from(second))],
            causes: if second { vec![] } else { vec![samples::abstained()] },
            next_page_token: if second { String::new() } else { "2".to_owned() },
            halt: None,
        })
    });
    let status = Box::new(|_| {
        let last_verdict = Some(samples::failed("12:01:00"));
        Ok(v1::GetStatusResponse { last_verdict, ..samples::status_error() })
    });
    Script { explain: Some(explain), status: Some(status), ..Script::default() }
}

#[tokio::test]
async fn j5_pages_become_one_minute() {
    let (trader, _tasks) = scripted::start(script());
    let args: Args = parse(&["last", "--trader", &trader.to_string()]);
    let source = Source::Trader(args.call.trader().unwrap());
    let minute = source.last_minute().await.unwrap().unwrap();
    assert_eq!(fetch(&source, minute).await.unwrap(), samples::explained());
    explain(&args).await.unwrap();
}

#[tokio::test]
async fn c3_a_minute_without_a_verdict_is_3() {
    let (trader, _tasks) = scripted::start(script());
    let line = ["2026-11-20T12:00:00Z", "--json", "--trader", &trader.to_string()];
    let failure = explain(&parse(&line)).await.unwrap_err();
    assert_eq!(failure.exit, Exit::NotFound);

    let status = Box::new(|_| Ok(v1::GetStatusResponse::default()));
    let (trader, _tasks) = scripted::start(Script { status: Some(status), ..Script::default() });
    let failure = explain(&parse(&["last", "--trader", &trader.to_string()])).await.unwrap_err();
    assert_eq!(failure.exit, Exit::NotFound);
}

#[test]
fn j5_a_minute_is_an_instant_in_utc_or_the_last_one() {
    for good in ["last", "2026-11-20T12:01:00Z"] {
        assert!(try_parse::<Args>(&[good]).is_ok(), "{good}");
    }
    for bad in [&[][..], &["12:01"], &["first"], &["last", "--journal", "f", "--trader-port", "1"]]
    {
        assert!(try_parse::<Args>(bad).is_err(), "{bad:?}");
    }
}

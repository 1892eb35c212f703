//! Exit codes, and pages that become one status.

use tokio::net::TcpListener;

use super::*;
use crate::{
    samples,
    scripted::{self, Script, parse},
};

async fn exit_code(answer: GetStatusResponse) -> Option<Exit> {
    let status = Box::new(move |_| Ok(answer.clone()));
    let script = Script { status: Some(status), ..Script::default() };
    let (trader, _tasks) = scripted::start(script);
    let args = parse(&["--json", "--trader", &trader.to_string()]);
    once(&args).await.err().map(|failure| {
        assert_eq!(failure.message, "", "the page says it all");
        failure.exit
    })
}

#[tokio::test]
async fn c5_success_is_the_state_ok_alone() {
    assert_eq!(exit_code(samples::status_ok()).await, None);
    assert_eq!(exit_code(samples::status_error()).await, Some(Exit::NotOk));
    assert_eq!(exit_code(samples::status_halted()).await, Some(Exit::NotOk));
    assert_eq!(exit_code(GetStatusResponse::default()).await, Some(Exit::NotOk));
}

#[tokio::test]
async fn c5_a_trader_out_of_reach_is_1() {
    // The port was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    drop(listener);
    let failure = once(&parse(&["--trader-port", &port])).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    let expected = format!("trader 127.0.0.1:{port} is out of reach: connection refused; start it");
    assert!(failure.message.starts_with(&expected), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn c5_a_trader_that_says_nothing_is_5() {
    for timeout in ["1s", "5s", "30s"] {
        // It accepts, in the kernel, and never answers.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let args = parse(&["--trader-port", &port, "--timeout", timeout]);
        let failure = once(&args).await.unwrap_err();
        assert_eq!(failure.exit, Exit::TimedOut, "{timeout}: {failure}");
        assert!(failure.message.starts_with(&format!("no answer from trader 127.0.0.1:{port}")));
    }
}

#[tokio::test]
async fn c5_a_refusal_says_what_the_trader_said() {
    let status = Box::new(|_| Err(tonic::Status::permission_denied("strategies\u{1b} only")));
    let script = Script { status: Some(status), ..Script::default() };
    let (trader, _tasks) = scripted::start(script);
    let failure = once(&parse(&["--trader", &trader.to_string()])).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert_eq!(failure.message, format!("trader {trader} refused: strategies\\u{{1b}} only"));
}

#[tokio::test]
async fn c5_all_pages_become_one_status() {
    let status = Box::new(|request: GetStatusRequest| {
        let mut page = samples::status_error();
        let nth: usize = request.page_token.parse().unwrap_or(0);
        page.strategies = vec![page.strategies.swap_remove(nth)];
        page.next_page_token = if nth == 2 { String::new() } else { (nth + 1).to_string() };
        Ok(page)
    });
    let (address, _tasks) = scripted::start(Script { status: Some(status), ..Script::default() });
    let args: Args = parse(&["--trader", &address.to_string()]);
    let status = fetch(&args.call.trader().unwrap()).await.unwrap();
    let names: Vec<_> = status.strategies.iter().map(|strategy| strategy.name.as_str()).collect();
    assert_eq!(names, ["X", "Y", "Z"]);
}

#[tokio::test]
async fn c5_pages_without_end_are_refused() {
    let status = Box::new(|_| {
        let next_page_token = "again".to_owned();
        Ok(GetStatusResponse { next_page_token, ..GetStatusResponse::default() })
    });
    let (address, _tasks) = scripted::start(Script { status: Some(status), ..Script::default() });
    let args: Args = parse(&["--timeout", "1m", "--trader", &address.to_string()]);
    let failure = fetch(&args.call.trader().unwrap()).await.unwrap_err();
    assert!(failure.message.contains("more than 2000 pages"), "{failure}");
}

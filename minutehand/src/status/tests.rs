//! Exit codes, pages that become one status, and plans with several traders.

use std::{fs, path::PathBuf};

use chassis::channel::Address;
use tempfile::TempDir;
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

/// A plan with a trader at each address, called `a`, `b` and so on.
fn plan(traders: &[&Address]) -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("p.toml");
    let tables = traders.iter().zip('a'..).map(|(address, name)| {
        let address = address.to_string();
        let port = address.split_once(':').unwrap().1;
        format!("[[trader]]\nname = '{name}'\nport = {port}\n")
    });
    fs::write(&file, tables.collect::<String>()).unwrap();
    (home, file)
}

fn answering(answer: GetStatusResponse) -> (Address, JoinSet<()>) {
    let status = Box::new(move |_| Ok(answer.clone()));
    scripted::start(Script { status: Some(status), ..Script::default() })
}

/// What the command ends with, of a plan of these traders.
async fn of_plan(traders: &[&Address]) -> Option<Exit> {
    let (_home, file) = plan(traders);
    let failure = once(&parse(&["--timeout", "30s", file.to_str().unwrap()])).await.err()?;
    assert_eq!(failure.message, "", "all was shown");
    Some(failure.exit)
}

#[tokio::test]
async fn c5_of_several_traders_the_worst_counts() {
    let (ok, _ok) = answering(samples::status_ok());
    let (ok_too, _ok_too) = answering(samples::status_ok());
    let (error, _error) = answering(samples::status_error());
    let (refusing, _refusing) = scripted::start(Script::default());
    for (traders, exit) in [
        (&[&ok, &ok_too][..], None),
        (&[&ok, &error], Some(Exit::NotOk)),
        (&[&error, &ok], Some(Exit::NotOk)),
        (&[&ok, &refusing, &error], Some(Exit::Failed)),
    ] {
        assert_eq!(of_plan(traders).await, exit, "{traders:?}");
    }
    let from_bad_to_worse = [None, Some(Exit::NotOk), Some(Exit::TimedOut), Some(Exit::Failed)];
    for pair in from_bad_to_worse.windows(2) {
        let [bad, worst] = [pair[0], pair[1]];
        assert_eq!((worse(bad, worst), worse(worst, bad)), (worst, worst));
    }
}

#[tokio::test(start_paused = true)]
async fn c5_traders_that_hang_take_their_time_together() {
    // They accept, in the kernel, and never answer.
    let hanging = [(); 3].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let all = hanging.each_ref().map(|of| Address::local(of.local_addr().unwrap().port()));
    let started = tokio::time::Instant::now();
    assert_eq!(of_plan(&all.each_ref()).await, Some(Exit::TimedOut));
    assert!(started.elapsed() < Duration::from_secs(31), "{:?}", started.elapsed());
}

#[tokio::test]
async fn c5_a_trader_that_hangs_does_not_keep_the_others_from_being_looked_at() {
    let hanging = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = Address::local(hanging.local_addr().unwrap().port());
    let (ok, _ok) = answering(samples::status_ok());
    let (_home, file) = plan(&[&silent, &ok]);
    let args: Args = parse(&["--timeout", "1h", file.to_str().unwrap()]);
    let (sender, mut looked) = mpsc::channel(LOOKS_MAX);
    let mut lookers = JoinSet::new();
    for (place, (_, call)) in args.traders().unwrap().into_iter().enumerate() {
        lookers.spawn(look(place, call, sender.clone()));
    }
    for _ in 0..2 {
        let (place, found) = looked.recv().await.unwrap();
        assert_eq!((place, found.unwrap().state), (1, "OK"));
    }
}

#[tokio::test]
async fn c5_a_plan_whose_trader_is_down_says_how_to_start_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let down = Address::local(listener.local_addr().unwrap().port());
    drop(listener);
    let (_home, file) = plan(&[&down]);
    let args: Args = parse(&[file.to_str().unwrap()]);
    let (called, call) = args.traders().unwrap().remove(0);
    let failure = fetch(&call.trader().unwrap()).await.unwrap_err();
    let said = called.before(&failure.message);
    let expected = format!(
        "a: trader {down} is out of reach: connection refused; start it, alone or with `minutehand up {}`",
        file.display()
    );
    assert!(said.starts_with(&expected), "{said}");
}

//! What a watcher asks for and tells, against a trader that loses its link.

use std::sync::{Arc, Mutex};

use chassis::channel::Dialer;
use proto::v1;
use rand::SeedableRng as _;

use super::*;
use crate::{
    samples,
    scripted::{self, Script, parse},
};

fn verdict(minute: &str) -> v1::WatchResponse {
    let event = v1::watch_response::Event::Verdict(samples::median(minute));
    v1::WatchResponse {
        event: Some(event),
        trader_time: samples::stamp("12:03:10"),
        kept_from: None,
    }
}

/// A trader whose every stream ends after two of three verdicts; the minutes it was asked after.
fn losing() -> (Script, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let watch = Box::new(move |request: v1::WatchRequest| {
        let after = Moment::read(request.after);
        seen.lock().unwrap().push(after.to_string());
        let later = ["12:01:00", "12:02:00", "12:03:00"]
            .into_iter()
            .filter(|minute| Moment::read(samples::stamp(minute)) > after);
        Ok(later.take(2).map(|minute| Ok(verdict(minute))).collect())
    });
    let status = Box::new(|_| {
        let last_verdict = Some(samples::median("12:00:00"));
        Ok(v1::GetStatusResponse { last_verdict, ..samples::status_ok() })
    });
    (Script { watch: Some(watch), status: Some(status), ..Script::default() }, asked)
}

async fn told(after: Option<&str>, verdicts: usize) -> (Vec<String>, Vec<String>) {
    let (script, asked) = losing();
    let (trader, _tasks) = scripted::start(script);
    let after = after.map(|minute| Moment::read(samples::stamp(minute)));
    let rng = StdRng::seed_from_u64(1);
    let mut feed = Feed::new(link::client(&trader, &Dialer::tcp()), after, rng);
    let mut told = Vec::new();
    while told.len() < verdicts {
        if let Told::Verdict { verdict, .. } = feed.next().await {
            told.push(verdict.minute.to_string());
        }
    }
    let asked = asked.lock().unwrap().clone();
    (told, asked)
}

#[tokio::test]
async fn m6_a_lost_link_leaves_no_gap_and_no_repeat() {
    let (told, asked) = told(Some("12:00:00"), 3).await;
    let minutes = ["2026-11-20T12:01:00Z", "2026-11-20T12:02:00Z", "2026-11-20T12:03:00Z"];
    assert_eq!(told, minutes);
    assert_eq!(asked, ["2026-11-20T12:00:00Z", "2026-11-20T12:02:00Z"]);
}

#[tokio::test]
async fn m6_without_a_minute_it_begins_after_the_last_verdict_there_is() {
    let (told, asked) = told(None, 1).await;
    assert_eq!((told.len(), asked.as_slice()), (1, &["2026-11-20T12:00:00Z".to_owned()][..]));
}

#[tokio::test]
async fn c3_watch_stops_after_its_count_and_at_a_refusal() {
    let (script, _) = losing();
    let (trader, _tasks) = scripted::start(script);
    let line = ["--json", "--count", "3", "--trader", &trader.to_string()];
    watch(&parse(&line)).await.unwrap();

    let (trader, _tasks) = scripted::start(Script::default());
    let failure = watch(&parse(&["--trader", &trader.to_string()])).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert!(failure.message.ends_with("refused: not in the script"), "{failure}");
}

#[tokio::test]
async fn m6_minutes_that_are_not_kept_any_more_are_no_silent_gap() {
    let watch = Box::new(|_| {
        let kept_from = samples::stamp("12:03:00");
        Ok(vec![Ok(v1::WatchResponse { kept_from, ..verdict("12:03:00") })])
    });
    let status = Box::new(|_| Ok(samples::status_ok()));
    let script = Script { watch: Some(watch), status: Some(status), ..Script::default() };
    let (trader, _tasks) = scripted::start(script);
    let rng = StdRng::seed_from_u64(1);
    let mut feed = Feed::new(link::client(&trader, &Dialer::tcp()), Some(Moment::default()), rng);
    let kept_from = loop {
        if let Told::Verdict { kept_from, .. } = feed.next().await {
            break kept_from.expect("it is told");
        }
    };
    let json = serde_json::to_string(&Event::Gone { kept_from }).unwrap();
    assert_eq!(json, r#"{"event":"gone","kept_from":"2026-11-20T12:03:00Z"}"#);
}

#[test]
fn m5_events_are_one_object_a_line() {
    let minute = Moment::read(samples::stamp("12:01:00"));
    let valid_until = Moment::read(samples::stamp("12:02:10"));
    let lapsed = Event::Lapsed { minute, valid_until, treat_as: "ERROR" };
    assert_eq!(
        serde_json::to_string(&lapsed).unwrap(),
        r#"{"event":"lapsed","minute":"2026-11-20T12:01:00Z","valid_until":"2026-11-20T12:02:10Z","treat_as":"ERROR"}"#
    );
    let verdict = samples::median("12:01:00").into();
    let json = serde_json::to_string(&Event::Verdict(&verdict)).unwrap();
    assert!(json.starts_with(r#"{"event":"verdict","minute":"2026-11-20T12:01:00Z""#), "{json}");
}

#[tokio::test]
async fn m6_of_a_plan_all_traders_are_followed_and_one_that_is_down_holds_up_none() {
    let home = tempfile::tempdir().unwrap();
    let plan = home.path().join("p.toml");
    let (script, _) = losing();
    let (trader, _tasks) = scripted::start(script);
    let up = trader.to_string().split_once(':').unwrap().1.to_owned();
    // It accepts, in the kernel, and never answers.
    let hanging = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let down = hanging.local_addr().unwrap().port();
    let text =
        format!("[[trader]]\nname = 'down'\nport = {down}\n[[trader]]\nname = 'up'\nport = {up}\n");
    std::fs::write(&plan, text).unwrap();
    let file = plan.to_str().unwrap();
    let args = parse(&[file, "--count", "3", "--after", "2026-11-20T12:00:00Z"]);
    // Sooner than a link to the one that is down is given up.
    let watching = tokio::time::timeout(std::time::Duration::from_secs(3), watch(&args));
    watching.await.expect("nobody waits for the one that is down").unwrap();

    let refusing = scripted::start(Script::default());
    let port = refusing.0.to_string().split_once(':').unwrap().1.to_owned();
    std::fs::write(&plan, format!("[[trader]]\nname = 'x'\nport = {port}")).unwrap();
    let failure = watch(&parse(&[file])).await.unwrap_err();
    assert!(
        failure.message.starts_with(&format!("x: trader {} refused: ", refusing.0)),
        "{failure}"
    );
}

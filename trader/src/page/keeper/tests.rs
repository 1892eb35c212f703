//! A page of a driver that answers as the test says.

use chassis::grid::{Interval, Now, Timing};
use tokio::task::JoinSet;

use super::*;
use crate::{
    engine::{
        Engine, Recovered, Settings,
        verdict::{Cause, CauseCode, Subject},
    },
    figures::Figures,
    handle::About,
};

fn timing() -> Timing {
    Timing::new(Interval::default(), None, None).unwrap()
}

fn first() -> Minute {
    Minute::containing(Timestamp::default(), Interval::default())
}

fn handle() -> (Handle, mpsc::Receiver<Request>) {
    let start = Timestamp::default();
    let (journal, called) = ("j".into(), "t".into());
    Handle::new(About { started_at: start, journal, begun: first(), timing: timing(), called })
}

#[tokio::test(start_paused = true)]
async fn e2_a_trader_that_stands_still_is_not_shown_as_it_was() {
    let (handle, _nobody_answers) = handle();
    let rendered = Rendered {
        version: "v".to_owned(),
        title: "OK".to_owned(),
        for_readers: Bytes::new(),
        for_operators: Bytes::new(),
        valid_until: None,
    };
    let (sender, latest) = watch::channel(Some(Arc::new(rendered)));
    let mut tasks = JoinSet::new();
    tasks.spawn(keep(handle, sender));
    sleep(STANDS_STILL_AFTER / 2).await;
    assert!(latest.borrow().is_some());
    sleep(STANDS_STILL_AFTER).await;
    assert!(latest.borrow().is_none());
}

/// A minute that X has failed.
fn failed() -> Verdict {
    let subject = Subject::Strategy("X".parse().unwrap());
    let code = CauseCode::Silent;
    let cause =
        Cause { subject, code, since: first(), last_seen: None, detail: "not a word".to_owned() };
    Verdict {
        minute: first(),
        last: first(),
        outcome: Outcome::Failed(vec![cause]),
        count: 0,
        state: State::Error,
        closed_at: Timestamp::default(),
        valid_until: Timestamp::default(),
        disagreeing: Vec::new(),
    }
}

/// Tells of one verdict, and is halted when the journal is read, which never answers.
async fn driver_over_a_journal_that_hangs(mut requests: mpsc::Receiver<Request>) {
    let now = Now { wall: Timestamp::default(), mono: Duration::ZERO };
    let settings = Settings {
        timing: timing(),
        journal: "j".into(),
        expect: [].into(),
        at_least: 1,
        strategies_max: 1_000,
        accept_clock: false,
        here: "".into(),
    };
    let mut engine = Engine::new(settings, Recovered::nothing(first()), now).unwrap();
    let mut figures = Figures::new(&engine, now);
    let (tell, happenings) = mpsc::channel(1);
    let (mut happenings, mut waiting) = (Some(happenings), Vec::new());
    while let Some(request) = requests.recv().await {
        match request {
            Request::Look(reply) => drop(reply.send(figures.snapshot(&mut engine, now))),
            Request::Watch(_, reply) => {
                let happenings = happenings.take().expect("once");
                assert!(reply.send(Subscription::Live(happenings)).is_ok());
                tell.send(Happening::Verdict(Arc::new(failed()))).await.unwrap();
            }
            Request::Explain(_, _, _, reply) => {
                waiting.push(reply);
                engine.halt(now, "odd fills".to_owned(), "op".to_owned(), 1);
            }
            Request::Submit(..)
            | Request::Register(..)
            | Request::Deregister(..)
            | Request::Median(_)
            | Request::Status(..)
            | Request::Verdicts(..)
            | Request::Halt(..)
            | Request::Resume(..) => panic!("not a page's question"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn e2_a_journal_that_hangs_keeps_no_state_from_the_page() {
    let (handle, requests) = handle();
    let (sender, mut latest) = watch::channel(None);
    let mut tasks = JoinSet::new();
    tasks.spawn(driver_over_a_journal_that_hangs(requests));
    tasks.spawn(keep(handle, sender));
    let shows = |latest: &Latest, text: &str| {
        let page = latest.as_ref().map(|latest| latest.for_readers.clone()).unwrap_or_default();
        String::from_utf8_lossy(&page).contains(text)
    };
    timeout(Duration::from_secs(1), latest.wait_for(Option::is_some)).await.unwrap().unwrap();
    let is_halted = |latest: &Latest| latest.as_ref().is_some_and(|it| it.title == "HALTED · t");
    let halted = timeout(Duration::from_secs(1), latest.wait_for(is_halted)).await;
    drop(halted.expect("at once").unwrap());
    assert!(shows(&latest.borrow(), "not a word"), "its verdict is known");
    sleep(STANDS_STILL_AFTER * 3).await;
    assert!(latest.borrow().is_some(), "it is no driver that stands still");
}

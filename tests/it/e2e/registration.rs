//! Who is expected, and which process may speak for whom.

use chassis::status::reason;
use proto::v1::{GetStatusRequest, SubmitRequest};
use rustix::process::Signal;
use tonic::Code;

use super::system::{System, client, median_of, minutehand};
use crate::harness::{Part, run};

#[tokio::test]
async fn r2_a_double_registration_is_rejected_and_the_first_goes_on() {
    let mut system = System::start().await;
    let mut second = system.another_y();
    let rejected = "double registration: rejected";
    let line = system.trader.line(rejected).await;
    assert!(line.contains(" WARN ") && line.contains("strategy=Y "), "{line}");
    median_of(&mut system.trader, 2).await;

    // It tries for as long as a dead session could go unnoticed, and gives up.
    second.exits_with(1).await;
    let last = second.seen.last().unwrap();
    assert!(last.contains("ERROR the name Y is taken: "), "{last}");
    median_of(&mut system.trader, 2).await;
    assert_eq!(system.trader.said(rejected), 1);
    system.all_is_well().await;
}

#[tokio::test]
async fn r3_who_was_given_up_for_dead_is_fenced_off_by_its_successor() {
    let mut system = System::start().await;
    for zombie in [&system.x, &system.y] {
        zombie.signal(Signal::STOP);
    }
    for _ in 0..2 {
        system.trader.line("INFO lost the connection to ").await;
    }
    let _new_x = Part::strategy("X", &system.trader, &[&system.a], &[]);
    let line = system.trader.line("INFO registered X").await;
    assert!(line.contains(" epoch=3 ") && line.ends_with("taken_over=true"), "{line}");
    let _new_y = system.another_y();
    system.trader.line("INFO registered Y").await;

    // One comes to itself, one only to be told to leave: neither harms its successor.
    system.x.signal(Signal::CONT);
    system.x.exits_with(6).await;
    let last = system.x.seen.last().unwrap();
    assert!(last.contains("ERROR fenced: another instance of X has taken the name over"), "{last}");
    system.y.signal(Signal::TERM);
    system.y.signal(Signal::CONT);
    let code = system.y.ended().await;
    // It may hear that it is fenced before it hears that it is to leave.
    assert!(code == Some(0) || code == Some(6), "{code:?}");
    assert_eq!(system.y.said("deregistered Y"), 0);
    median_of(&mut system.trader, 2).await;

    // Nor does one that goes on talking.
    let mut client = client(&system.trader);
    let status = client.get_status(GetStatusRequest::default()).await.unwrap().into_inner();
    let stale = SubmitRequest {
        name: "X".to_owned(),
        instance: "zombie".to_owned(),
        journal: status.journal,
        epoch: 1,
        minute: status.current_minute,
        decided_at: status.current_minute,
        ..SubmitRequest::default()
    };
    let stale = SubmitRequest { content: Some(abstention()), ..stale };
    let refused = client.submit(stale).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_deref()), (Code::Aborted, Some("fenced")));
    system.all_is_well().await;
}

fn abstention() -> proto::v1::submit_request::Content {
    proto::v1::submit_request::Content::Abstention("I was asleep".to_owned())
}

#[tokio::test]
async fn r5_an_operator_takes_the_dead_and_the_living_off_the_list() {
    let mut system = System::start().await;
    let port = system.trader.port.to_string();
    system.y.kill().await;
    system.trader.line("Y disconnected since ").await;

    let done = run("deregister", &["-n", "Y", "--trader-port", &port]).await;
    assert_eq!((done.code, &*done.out), (0, "deregistered Y\n"), "{}", done.err);
    system.trader.line("INFO deregistered Y").await;
    median_of(&mut system.trader, 1).await;
    // Another one of that name is nobody's successor.
    system.y.start_again().await;
    let line = system.trader.line("INFO registered Y").await;
    assert!(line.contains(" epoch=3 ") && line.ends_with("taken_over=false"), "{line}");
    median_of(&mut system.trader, 2).await;

    for (name, strategy) in [("X", &mut system.x), ("Y", &mut system.y)] {
        let done = run("deregister", &["-n", name, "--trader-port", &port]).await;
        assert_eq!(done.code, 0, "{}", done.err);
        strategy.exits_with(6).await;
        let last = strategy.seen.last().unwrap();
        assert!(last.contains(&format!("ERROR {name} was deregistered at trader ")), "{last}");
    }
    system.trader.line("INFO state IDLE ").await;
    let again = run("deregister", &["-n", "X", "--trader-port", &port]).await;
    assert_eq!((again.code, &*again.out), (3, ""));
    assert!(again.err.contains("no strategy X is registered"), "{}", again.err);
    system.all_is_well().await;
}

#[tokio::test]
async fn r7_a_strategy_that_should_be_there_and_never_comes_is_named() {
    let mut trader = Part::trader(&["--ephemeral", "--expect", "X,Y"]).await;
    let a = Part::generator("a", &[]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    trader.line("INFO registered X").await;
    let state = trader.line("trader too-few since ").await;
    assert!(state.contains("ERROR state ERROR"), "{state}");
    let status = minutehand(&trader, &["status"]).await;
    assert_eq!(status.code, 4, "{}", status.err);
    let of_y = status.out.lines().find(|line| line.starts_with("Y ")).unwrap();
    assert!(of_y.contains(" missing "), "{of_y}");

    let _y = Part::strategy("Y", &trader, &[&a], &[]);
    median_of(&mut trader, 2).await;
    assert_eq!(trader.said("INFO median: 0."), 1, "there was none of X alone");
}

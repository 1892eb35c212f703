//! What ends a strategy or makes it abstain: rules S4 and T3.

use std::{sync::atomic::Ordering, time::Duration};

use chassis::exit::{Exit, Failure};
use proto::v1::SessionNotice;
use tokio::time::timeout;
use tonic::Code;

use super::{
    World,
    fake::{Call, FakeGenerator, FakeTrader, Reply, Serve, Turn},
    minutes::{submission, word},
    sessions::registration,
};

fn ended(result: Result<(), Failure>) -> (Exit, String) {
    let failure = result.expect_err("it ends by itself");
    (failure.exit, failure.message)
}

#[tokio::test(start_paused = true)]
async fn s4_refused_for_good_it_ends_with_6_and_does_not_register_again() {
    for (at_submit, code, reason) in [
        (true, Code::Aborted, "fenced"),
        (true, Code::Aborted, "deregistered"),
        (false, Code::Aborted, "fenced"),
        (false, Code::Aborted, "deregistered"),
        (false, Code::FailedPrecondition, "interval"),
    ] {
        let world = World::new();
        let (trader, mut calls) = FakeTrader::of(&world);
        let _trader = trader.serve(&world);
        let (_generator, _generator_served) = FakeGenerator::serve(&world, 1_000);
        let script = if at_submit { &trader.submits } else { &trader.registers };
        script.then(Turn::Refuse(code, reason));
        let (result, ()) = world.run(&[1_000], |_| (), world.wait(120)).await;
        let (exit, message) = ended(result);
        assert_eq!(exit, Exit::Refused, "{message}");
        assert!(message.contains(reason), "{message}");
        let mut registrations = 0;
        while let Ok(call) = calls.try_recv() {
            registrations += u32::from(matches!(call, Call::Register(_)));
        }
        assert_eq!(registrations, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn s4_a_notice_ends_it_likewise() {
    for notice in [SessionNotice::Fenced, SessionNotice::Deregistered] {
        let world = World::new();
        let (trader, mut calls) = FakeTrader::of(&world);
        let _trader = trader.serve(&world);
        world.closed(1_000);
        let script = async {
            registration(&mut calls).await;
            world.wait(1).await;
            trader.notify(notice).await;
            world.wait(60).await;
            calls.try_recv().is_ok()
        };
        let (result, called) = world.run(&[1_000], |_| (), script).await;
        assert_eq!(ended(result).0, Exit::Refused);
        assert!(!called, "it says nothing more");
    }
}

#[tokio::test(start_paused = true)]
async fn s4_another_interval_at_a_generator_ends_it_with_6() {
    let world = World::new();
    let (trader, _calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let (generator, _generator) = FakeGenerator::serve(&world, 1_000);
    generator.replies.then(Reply::Refuse(Code::FailedPrecondition, "interval"));
    let (result, ()) = world.run(&[1_000], |_| (), world.wait(60)).await;
    let (exit, message) = ended(result);
    assert_eq!(exit, Exit::Refused);
    assert!(message.starts_with("generator 127.0.0.1:1000: interval; start "), "{message}");
}

#[tokio::test(start_paused = true)]
async fn s4_a_name_that_stays_taken_ends_it_after_ten_seconds() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    (0..100).for_each(|_| trader.registers.then(Turn::Refuse(Code::AlreadyExists, "taken")));
    let script = async {
        registration(&mut calls).await;
        let (first, mut last) = (world.seconds(), 0.0);
        while timeout(Duration::from_secs(5), registration(&mut calls)).await.is_ok() {
            last = world.seconds();
        }
        last - first
    };
    let (result, seconds) = world.run(&[1_000], |_| (), script).await;
    assert!((10.0..11.1).contains(&seconds), "{seconds}");
    let (exit, message) = ended(result);
    assert_eq!(exit, Exit::Failed);
    assert!(message.starts_with("the name X is taken: "), "{message}");
}

#[tokio::test(start_paused = true)]
async fn s4_a_name_that_is_free_soon_is_registered() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let (_generator, _generator_served) = FakeGenerator::serve(&world, 1_000);
    (0..4).for_each(|_| trader.registers.then(Turn::Refuse(Code::AlreadyExists, "taken")));
    let (_, word) =
        world.run(&[1_000], |_| (), async { word(&submission(&mut calls).await) }).await;
    assert_eq!(word, Ok(1.0));
}

#[tokio::test(start_paused = true)]
async fn t3_a_first_contact_with_clocks_apart_ends_it_with_both_times() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    trader.ahead.store(3_000_000, Ordering::Relaxed);
    let _trader = trader.serve(&world);
    let (result, ()) = world.run(&[1_000], |_| (), world.wait(10)).await;
    let (exit, message) = ended(result);
    assert_eq!(exit, Exit::Failed);
    for part in ["2026-11-20T12:01:01Z", "2026-11-20T12:00:58Z", "+3.000 s", "set the clock"] {
        assert!(message.contains(part), "{message}");
    }
    registration(&mut calls).await;
    let Ok(Call::Deregister(taken_back)) = calls.try_recv() else {
        panic!("a registration for nothing is taken back")
    };
    assert_eq!((&*taken_back.name, taken_back.epoch), ("X", 7));
    assert!(calls.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn t3_later_it_abstains_until_the_clocks_agree() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let (_generator, _generator_served) = FakeGenerator::serve(&world, 1_000);
    let script = async {
        world.wait(1).await;
        trader.ahead.store(-2_000_000, Ordering::Relaxed);
        // Only the refusal tells that the clocks have come apart.
        trader.submits.then(Turn::Refuse(Code::OutOfRange, "future"));
        let before = word(&submission(&mut calls).await);
        let apart = [word(&submission(&mut calls).await), word(&submission(&mut calls).await)];
        world.wait(1).await;
        trader.ahead.store(0, Ordering::Relaxed);
        let still = word(&submission(&mut calls).await);
        (before, apart, still, word(&submission(&mut calls).await))
    };
    let (_, (before, apart, still, after)) = world.run(&[1_000], |_| (), script).await;
    assert_eq!(before, Ok(1.0));
    for said in [&apart[0], &apart[1], &still] {
        let cause = said.as_ref().unwrap_err();
        assert!(cause.starts_with("the trader's clock less this machine's is -2.0"), "{cause}");
    }
    assert_eq!(after, Ok(1.0));
}

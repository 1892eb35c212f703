//! Sessions that are lost and found again: rules S4, S6, R1, R3.

use std::time::Duration;

use chassis::{channel::Address, grid::Interval, tls::Role, wire};
use proto::v1::{RegisterRequest, SubmitRequest};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{sync::mpsc, time::sleep};
use tonic::Code;

use super::{
    World,
    fake::{Call, FakeGenerator, FakeTrader, Serve, Turn},
    minutes::{submission, word},
};
use crate::{client::Trader, session::Answer};

pub(super) async fn registration(calls: &mut mpsc::Receiver<Call>) -> RegisterRequest {
    match calls.recv().await.expect("the trader is there") {
        Call::Register(register) => register,
        other @ (Call::Submit(_) | Call::Deregister(_)) => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn s6_a_lost_session_is_opened_again_and_the_word_repeated() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let (generator, _generator) = FakeGenerator::serve(&world, 1_000);
    let script = async {
        let before = registration(&mut calls).await;
        let said = submission(&mut calls).await;
        world.wait(1).await;
        trader.hang_up();
        let after = registration(&mut calls).await;
        (before, said, after, submission(&mut calls).await)
    };
    let (_, (before, said, after, mut again)) = world.run(&[1_000], |_| (), script).await;
    assert_eq!((before.journal.as_str(), before.epoch), ("", 0));
    assert_eq!((after.journal.as_str(), after.epoch), ("j", 7));
    assert_eq!(before.instance, after.instance);
    assert!(said.clock_offset.is_some());
    again.clock_offset.clone_from(&said.clock_offset);
    assert_eq!(said, again, "the same word, bit by bit");
    assert_eq!(generator.asked().len(), 1, "one reading for one minute");
}

#[tokio::test(start_paused = true)]
async fn s4_a_trader_that_is_down_is_waited_for() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    world.closed(super::TRADER);
    let (_generator, _served) = FakeGenerator::serve(&world, 1_000);
    let script = async {
        world.wait(600).await;
        let _trader = trader.serve(&world);
        word(&submission(&mut calls).await)
    };
    let (_, word) = world.run(&[1_000], |_| (), script).await;
    assert_eq!(word, Ok(1.0));
}

#[tokio::test(start_paused = true)]
async fn s6_a_trader_that_restarts_within_the_grace_hears_the_word_again() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let served = trader.serve(&world);
    let (_generator, _generator_served) = FakeGenerator::serve(&world, 1_000);
    let script = async {
        let said = submission(&mut calls).await;
        trader.hang_up();
        served.close();
        world.wait(3).await;
        let _again = trader.serve(&world);
        let again = submission(&mut calls).await;
        (said.minute == again.minute, word(&again), world.seconds())
    };
    let (_, (same, word, seconds)) = world.run(&[1_000], |_| (), script).await;
    assert_eq!((same, word), (true, Ok(1.0)));
    assert!((5.0..7.0).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn s6_an_answer_that_is_lost_is_asked_for_again() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let (_generator, _generator_served) = FakeGenerator::serve(&world, 1_000);
    trader.submits.then(Turn::Hang);
    trader.submits.then(Turn::Refuse(Code::ResourceExhausted, ""));
    let script = async {
        let said = [
            submission(&mut calls).await,
            submission(&mut calls).await,
            submission(&mut calls).await,
        ];
        let seconds = world.seconds();
        let next = submission(&mut calls).await;
        (said, seconds, next)
    };
    let (_, (said, seconds, next)) = world.run(&[1_000], |_| (), script).await;
    assert!(said.iter().all(|again| *again == said[0]));
    assert!((4.0..6.0).contains(&seconds), "a try lasts two seconds at most: {seconds}");
    assert_ne!(next.minute, said[0].minute);
}

#[tokio::test(start_paused = true)]
async fn s6_without_a_session_nothing_is_submitted() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let (_generator, _generator_served) = FakeGenerator::serve(&world, 1_000);
    for _ in 0..1_000 {
        trader.submits.then(Turn::Hang);
    }
    let script = async {
        submission(&mut calls).await;
        for _ in 0..1_000 {
            trader.registers.then(Turn::Refuse(Code::Unavailable, "journal"));
        }
        trader.hang_up();
        world.wait(20).await;
        let mut registrations = 0;
        while let Ok(call) = calls.try_recv() {
            assert!(matches!(call, Call::Register(_)), "{call:?}");
            registrations += 1;
        }
        registrations
    };
    let (_, registrations) = world.run(&[1_000], |config| config.stay = true, script).await;
    assert!((10..60).contains(&registrations), "{registrations} in 20 s");
}

#[tokio::test(start_paused = true)]
async fn s6_nothing_is_said_for_a_minute_that_is_over() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _served = trader.serve(&world);
    let (name, instance) = ("X".parse().unwrap(), "i".parse().unwrap());
    let channel = world.dialer().channel(&Address::local(super::TRADER), Role::Trader);
    let client = Trader::new(channel, world.clock, name, instance, Interval::default());
    let rng = || StdRng::seed_from_u64(1);
    let (over, open) = (world.clock.wall(), world.clock.wall().plus(Duration::from_secs(1)));
    // The first one makes the link, so that nothing but the clock is in the second one's way.
    let answer = client.submit(SubmitRequest::default(), open, rng()).await;
    assert!(matches!(answer, Answer::Received(_)) && calls.try_recv().is_ok(), "{answer:?}");
    let answer = client.submit(SubmitRequest::default(), over, rng()).await;
    world.wait(1).await;
    assert!(matches!(answer, Answer::Refused(_)) && calls.try_recv().is_err(), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn s4_after_an_acknowledged_word_the_next_loss_is_mended_fast() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    world.closed(super::TRADER);
    let (_generator, _generator_served) = FakeGenerator::serve(&world, 1_000);
    let script = async {
        // Long enough for the pauses to have grown to their longest.
        world.wait(63).await;
        let _trader = trader.serve(&world);
        submission(&mut calls).await;
        let mut waits = Vec::new();
        for _ in 0..5 {
            sleep(Duration::from_millis(10)).await;
            let lost = world.seconds();
            trader.hang_up();
            registration(&mut calls).await;
            waits.push(world.seconds() - lost);
            submission(&mut calls).await;
        }
        waits
    };
    let (_, waits) = world.run(&[1_000], |_| (), script).await;
    assert!(waits.iter().all(|wait| *wait < 0.06), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn r3_a_new_journal_is_registered_with_anew() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let (_generator, _generator_served) = FakeGenerator::serve(&world, 1_000);
    trader.submits.then(Turn::Refuse(Code::NotFound, "not-registered"));
    let script = async {
        registration(&mut calls).await;
        let said = submission(&mut calls).await;
        let anew = registration(&mut calls).await;
        (said, anew, submission(&mut calls).await)
    };
    let (_, (said, anew, again)) = world.run(&[1_000], |_| (), script).await;
    assert_eq!((anew.journal.as_str(), anew.epoch), ("", 0));
    assert_eq!((said.minute, said.content), (again.minute, again.content));
}

#[tokio::test(start_paused = true)]
async fn r1_a_first_minute_that_has_passed_means_at_once() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    world.closed(super::TRADER);
    let (_generator, _generator_served) = FakeGenerator::serve(&world, 1_000);
    let script = async {
        world.wait(6).await;
        let _trader = trader.serve(&world);
        let minute = submission(&mut calls).await.minute;
        (wire::read_timestamp(minute.unwrap()).unwrap().to_string(), world.seconds())
    };
    let (_, (minute, seconds)) = world.run(&[1_000], |_| (), script).await;
    assert_eq!(minute, super::FIRST);
    assert!((6.0..8.0).contains(&seconds), "{seconds}");
}

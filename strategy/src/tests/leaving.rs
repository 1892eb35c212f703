//! How a strategy stops: rule S5.

use chassis::exit::Exit;
use tokio::sync::mpsc;
use tonic::Code;

use super::{
    World,
    fake::{Call, FakeGenerator, FakeTrader, Serve, Turn},
};

/// The first deregistration among `calls`, if there is one.
fn deregistration(calls: &mut mpsc::Receiver<Call>) -> Option<proto::v1::DeregisterRequest> {
    while let Ok(call) = calls.try_recv() {
        if let Call::Deregister(deregister) = call {
            return Some(deregister);
        }
    }
    None
}

/// Stops a registered strategy; its trader answers the deregistration like this. The exit code,
/// the message, and seconds from the stop to the end.
async fn leave(turns: Vec<Turn>) -> (u8, String, f64) {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    world.closed(1_000);
    for turn in turns {
        trader.deregisters.then(turn);
    }
    let (result, stopped) = world
        .run(&[1_000], |_| (), async {
            world.wait(1).await;
            world.seconds()
        })
        .await;
    let took = world.seconds() - stopped;
    let deregister = deregistration(&mut calls).expect("it deregisters itself");
    assert_eq!((&*deregister.name, deregister.epoch), ("X", 7));
    assert!(!deregister.instance.is_empty() && deregister.operator.is_empty());
    match result {
        Ok(()) => (0, String::new(), took),
        Err(failure) => (failure.exit as u8, failure.message, took),
    }
}

#[tokio::test(start_paused = true)]
async fn s5_a_stopped_strategy_deregisters_itself() {
    let (exit, _, _) = leave(vec![]).await;
    assert_eq!(exit, 0);
}

#[tokio::test(start_paused = true)]
async fn s5_what_is_not_its_own_any_more_is_left_alone() {
    for (code, reason) in
        [(Code::Aborted, "fenced"), (Code::Aborted, "deregistered"), (Code::NotFound, "unknown")]
    {
        let (exit, message, _) = leave(vec![Turn::Refuse(code, reason)]).await;
        assert_eq!(exit, 0, "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn s5_a_deregistration_that_is_refused_leaves_it_registered() {
    let refused = Turn::Refuse(Code::PermissionDenied, "identity");
    let (exit, message, _) = leave(vec![refused]).await;
    assert_eq!(exit, Exit::Failed as u8);
    assert!(message.contains("X stays registered"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn s5_a_lost_answer_is_asked_for_again() {
    let turns = vec![Turn::Hang, Turn::Refuse(Code::NotFound, "unknown")];
    let (exit, _, took) = leave(turns).await;
    assert_eq!(exit, 0);
    assert!((2.0..3.0).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn s5_a_trader_out_of_reach_is_tried_for_five_seconds() {
    let (exit, message, took) = leave(vec![Turn::Hang, Turn::Hang, Turn::Hang]).await;
    assert_eq!(exit, Exit::Failed as u8);
    assert!(message.contains("X stays registered"), "{message}");
    assert!(message.contains("`deregister -n X`"), "{message}");
    assert!((5.0..5.1).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn s5_with_stay_the_registration_remains() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    world.closed(1_000);
    let (result, ()) = world.run(&[1_000], |config| config.stay = true, world.wait(1)).await;
    assert!(result.is_ok());
    assert_eq!(deregistration(&mut calls), None);
}

#[tokio::test(start_paused = true)]
async fn s5_a_registration_under_way_is_awaited_and_undone() {
    let world = World::new();
    let (trader, mut calls) = FakeTrader::of(&world);
    let (_generator, _served) = FakeGenerator::serve(&world, 1_000);
    let _trader = trader.serve(&world);
    world.stop.cancel();
    let (result, ()) = world.run(&[1_000], |_| (), async {}).await;
    assert!(result.is_ok());
    assert_eq!(deregistration(&mut calls).map(|call| call.epoch), Some(7));
}

#[tokio::test(start_paused = true)]
async fn s5_a_strategy_that_never_met_its_trader_just_ends() {
    let world = World::new();
    world.closed(super::TRADER);
    let (result, ()) = world.run(&[1_000], |_| (), world.wait(30)).await;
    assert!(result.is_ok(), "{result:?}");
}

//! A strategy waits for what is down: rule S4.

use std::time::Duration;

use tonic::Code;

use super::{Check, check};
use crate::{
    stage::Stage,
    trader::Turn,
    wrong::{Outcome, expect},
};

pub(super) const ALL: &[Check] = &[
    check!(s4_a_name_that_stays_taken_ends_it_with_1_after_ten_seconds, 1),
    check!(s4_a_trader_that_is_down_is_waited_for, 1),
    check!(s4_a_trader_that_is_not_ready_is_asked_again_with_backoff, 1),
    check!(s4_a_name_that_is_free_soon_is_registered, 1),
    check!(s4_a_minute_refused_is_no_reason_to_end, 1),
];

async fn s4_a_name_that_stays_taken_ends_it_with_1_after_ten_seconds(stage: &mut Stage) -> Outcome {
    stage.trader.registers.always(|| Turn::Refuse(Code::AlreadyExists, "taken"));
    stage.start()?;
    stage.registration().await?;
    let first = stage.clock.wall();
    stage.client()?.exits_with(1, Duration::from_secs(15)).await?;
    let after = stage.clock.wall().since(first);
    expect(
        after > Duration::from_millis(9_500),
        "ten seconds of trying for a name that is taken",
        after,
    )
}

async fn s4_a_trader_that_is_down_is_waited_for(stage: &mut Stage) -> Outcome {
    stage.start_with(&[])?;
    stage.wait(Duration::from_secs(5)).await;
    expect(
        stage.client()?.is_running(),
        "a client that waits for its trader",
        "that it has ended",
    )?;
    stage.raise()?;
    stage.word().await?.decision().map(|_| ())
}

async fn s4_a_trader_that_is_not_ready_is_asked_again_with_backoff(stage: &mut Stage) -> Outcome {
    stage.trader.registers.always(|| Turn::Refuse(Code::Unavailable, "journal"));
    stage.start()?;
    stage.registration().await?;
    stage.wait(Duration::from_secs(5)).await;
    let tries = stage.unheard().len();
    expect((3..=40).contains(&tries), "3 to 40 registrations in five seconds", tries)?;
    stage.trader.registers.as_usual();
    stage.word().await?.decision().map(|_| ())
}

async fn s4_a_name_that_is_free_soon_is_registered(stage: &mut Stage) -> Outcome {
    for _ in 0..4 {
        stage.trader.registers.then(Turn::Refuse(Code::AlreadyExists, "taken"));
    }
    stage.start()?;
    stage.word().await?.decision().map(|_| ())
}

async fn s4_a_minute_refused_is_no_reason_to_end(stage: &mut Stage) -> Outcome {
    stage.start()?;
    let mut word = stage.word().await?;
    for (code, reason) in [
        (Code::AlreadyExists, "conflict"),
        (Code::OutOfRange, "late"),
        (Code::FailedPrecondition, "not-expected"),
    ] {
        stage.trader.submits.then(Turn::Refuse(code, reason));
        word = stage.later_word(&word).await?;
    }
    stage.later_word(&word).await?.decision().map(|_| ())
}

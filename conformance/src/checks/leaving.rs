//! Stopping: rule S5.

use std::time::Duration;

use tonic::Code;

use super::{Check, check};
use crate::{
    stage::{NAME, Stage},
    trader::{Call, EPOCH, Turn},
    wrong::{Outcome, expect},
};

/// A client that has nothing to wait for ends within this.
const ENDS_WITHIN: Duration = Duration::from_secs(4);

pub(super) const ALL: &[Check] = &[
    check!(s5_a_trader_out_of_reach_is_tried_for_five_seconds, 1),
    check!(s5_a_lost_answer_is_asked_for_again, 1),
    check!(s5_it_deregisters_itself_and_exits_with_0, 1),
    check!(s5_with_stay_the_registration_remains, 1),
    check!(s5_what_is_not_its_own_any_more_is_left_alone, 1),
];

async fn s5_it_deregisters_itself_and_exits_with_0(stage: &mut Stage) -> Outcome {
    stage.start()?;
    let registered = stage.registration().await?;
    stage.word().await?;
    stage.client()?.terminate()?;
    let call = stage.deregistration().await?;
    expect(
        (&*call.name, &*call.instance, call.epoch, &*call.operator)
            == (NAME, &*registered.instance, EPOCH, ""),
        "a deregistration with the name, instance and epoch of the session, and no operator",
        &call,
    )?;
    stage.client()?.exits_with(0, ENDS_WITHIN).await
}

async fn s5_with_stay_the_registration_remains(stage: &mut Stage) -> Outcome {
    stage.raise()?;
    stage.start_with(&["--stay"])?;
    stage.word().await?;
    stage.client()?.terminate()?;
    stage.client()?.exits_with(0, ENDS_WITHIN).await?;
    let calls = stage.unheard();
    expect(
        !calls.iter().any(|call| matches!(call, Call::Deregister(_))),
        "no deregistration with --stay",
        calls,
    )
}

async fn s5_a_lost_answer_is_asked_for_again(stage: &mut Stage) -> Outcome {
    stage.trader.deregisters.then(Turn::Hang);
    stage.start()?;
    stage.word().await?;
    stage.client()?.terminate()?;
    let first = stage.deregistration().await?;
    let again = stage.deregistration().await?;
    expect(first == again, "the same deregistration again", &again)?;
    stage.client()?.exits_with(0, ENDS_WITHIN).await
}

async fn s5_a_trader_out_of_reach_is_tried_for_five_seconds(stage: &mut Stage) -> Outcome {
    stage.start()?;
    stage.word().await?;
    stage.fell().await;
    stage.client()?.terminate()?;
    let stopped = stage.clock.wall();
    stage.client()?.exits_with(1, Duration::from_secs(10)).await?;
    let after = stage.clock.wall().since(stopped);
    expect(
        (Duration::from_millis(4_500)..Duration::from_secs(8)).contains(&after),
        "five seconds of trying, then exit code 1",
        after,
    )
}

async fn s5_what_is_not_its_own_any_more_is_left_alone(stage: &mut Stage) -> Outcome {
    stage.trader.deregisters.always(|| Turn::Refuse(Code::Aborted, "fenced"));
    stage.start()?;
    stage.word().await?;
    stage.client()?.terminate()?;
    stage.deregistration().await?;
    stage.client()?.exits_with(0, ENDS_WITHIN).await
}

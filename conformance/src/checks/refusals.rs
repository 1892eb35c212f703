//! Refused for good: rule S4.

use std::time::Duration;

use proto::v1::SessionNotice;
use tonic::Code;

use super::{Check, check};
use crate::{
    generator::Reply,
    stage::Stage,
    trader::{Call, Turn},
    wrong::{Outcome, expect},
};

/// What is refused for good.
const REFUSED: i32 = 6;

/// A client ends within this.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

pub(super) const ALL: &[Check] = &[
    check!(s4_fenced_at_a_registration_ends_it_with_6, 1),
    check!(s4_deregistered_at_a_registration_ends_it_with_6, 1),
    check!(s4_another_interval_at_the_trader_ends_it_with_6, 1),
    check!(s4_another_interval_at_a_generator_ends_it_with_6, 1),
    check!(s4_fenced_at_a_submission_ends_it_with_6, 1),
    check!(s4_deregistered_at_a_submission_ends_it_with_6, 1),
    check!(s4_fenced_by_a_notice_ends_it_with_6, 1),
    check!(s4_deregistered_by_a_notice_ends_it_with_6, 1),
];

/// It ends with 6, and calls no more.
async fn is_gone_for_good(stage: &mut Stage) -> Outcome {
    stage.client()?.exits_with(REFUSED, ENDS_WITHIN).await?;
    let calls = stage.unheard();
    expect(
        !calls.iter().any(|call| matches!(call, Call::Register(_) | Call::Deregister(_))),
        "no call after it was refused for good",
        calls,
    )
}

async fn at_registration(stage: &mut Stage, code: Code, reason: &'static str) -> Outcome {
    stage.trader.registers.always(move || Turn::Refuse(code, reason));
    stage.start()?;
    stage.registration().await?;
    is_gone_for_good(stage).await
}

async fn at_submission(stage: &mut Stage, reason: &'static str) -> Outcome {
    stage.trader.submits.always(move || Turn::Refuse(Code::Aborted, reason));
    stage.start()?;
    stage.word().await?;
    is_gone_for_good(stage).await
}

async fn by_notice(stage: &mut Stage, notice: SessionNotice) -> Outcome {
    stage.start()?;
    stage.word().await?;
    stage.trader.notify(notice).await;
    is_gone_for_good(stage).await
}

async fn s4_fenced_at_a_registration_ends_it_with_6(stage: &mut Stage) -> Outcome {
    at_registration(stage, Code::Aborted, "fenced").await
}

async fn s4_deregistered_at_a_registration_ends_it_with_6(stage: &mut Stage) -> Outcome {
    at_registration(stage, Code::Aborted, "deregistered").await
}

async fn s4_another_interval_at_the_trader_ends_it_with_6(stage: &mut Stage) -> Outcome {
    at_registration(stage, Code::FailedPrecondition, "interval").await
}

async fn s4_another_interval_at_a_generator_ends_it_with_6(stage: &mut Stage) -> Outcome {
    let replies = &stage.generators[0].0.replies;
    replies.always(|| Reply::Refuse(Code::FailedPrecondition, "interval"));
    stage.start()?;
    stage.registration().await?;
    is_gone_for_good(stage).await
}

async fn s4_fenced_at_a_submission_ends_it_with_6(stage: &mut Stage) -> Outcome {
    at_submission(stage, "fenced").await
}

async fn s4_deregistered_at_a_submission_ends_it_with_6(stage: &mut Stage) -> Outcome {
    at_submission(stage, "deregistered").await
}

async fn s4_fenced_by_a_notice_ends_it_with_6(stage: &mut Stage) -> Outcome {
    by_notice(stage, SessionNotice::Fenced).await
}

async fn s4_deregistered_by_a_notice_ends_it_with_6(stage: &mut Stage) -> Outcome {
    by_notice(stage, SessionNotice::Deregistered).await
}

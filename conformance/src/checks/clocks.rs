//! Clocks that do not agree: rule T3, as far as it says when a strategy starts and when it decides.

use std::{sync::atomic::Ordering, time::Duration};

use super::{Check, check};
use crate::{
    stage::{NAME, Stage},
    trader::EPOCH,
    wrong::{Outcome, expect},
};

/// More than any skew of these minutes.
const APART_MICROS: i64 = 5_000_000;

/// A client ends within this.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

pub(super) const ALL: &[Check] = &[
    check!(t3_clocks_apart_at_first_contact_end_it_with_1_and_nothing_has_changed, 1),
    check!(t3_clocks_apart_later_mean_no_decision_until_they_agree, 1),
];

async fn t3_clocks_apart_at_first_contact_end_it_with_1_and_nothing_has_changed(
    stage: &mut Stage,
) -> Outcome {
    stage.trader.ahead.store(APART_MICROS, Ordering::Relaxed);
    stage.start()?;
    stage.registration().await?;
    let taken_back = stage.deregistration().await?;
    expect(
        (&*taken_back.name, taken_back.epoch) == (NAME, EPOCH),
        "the registration taken back",
        taken_back,
    )?;
    stage.client()?.exits_with(1, ENDS_WITHIN).await
}

async fn t3_clocks_apart_later_mean_no_decision_until_they_agree(stage: &mut Stage) -> Outcome {
    stage.start()?;
    let agreed = stage.word().await?;
    stage.trader.ahead.store(-APART_MICROS, Ordering::Relaxed);
    // The answer to this one tells.
    let told = stage.later_word(&agreed).await?;
    let apart = stage.later_word(&told).await?;
    apart.abstention()?;
    stage.trader.ahead.store(0, Ordering::Relaxed);
    let told = stage.later_word(&apart).await?;
    stage.later_word(&told).await?.decision().map(|_| ())
}

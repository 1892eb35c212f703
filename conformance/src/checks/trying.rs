//! Trying, and giving up: rule S3.

use std::time::Duration;

use tonic::Code;

use super::{Check, check};
use crate::{
    generator::Reply,
    stage::{ON_THE_WAY, Stage, Word},
    wrong::{Outcome, expect},
};

/// An abstention may come so much sooner than the patience is over: clocks are read at different moments.
const EARLY: Duration = Duration::from_millis(50);

pub(super) const ALL: &[Check] = &[
    check!(s3_what_passes_within_the_patience_costs_no_decision, 1),
    check!(s3_after_its_patience_it_abstains_with_the_root_cause, 1),
    check!(s3_a_generator_that_is_down_is_named, 2),
    check!(s3_a_generator_that_hangs_costs_no_more_than_the_patience, 1),
    check!(s3_what_a_further_try_cannot_mend_is_not_tried_again, 1),
];

/// An abstention that came when the patience was over, and before the grace was.
fn gave_up_in_time(stage: &Stage, word: &Word) -> Outcome {
    let (least, most) = (stage.patience().saturating_sub(EARLY), stage.timing.grace + ON_THE_WAY);
    let lateness = word.lateness();
    expect(
        (least..most).contains(&lateness),
        format!("an abstention between {least:?} and {most:?} after the boundary"),
        lateness,
    )
}

async fn s3_what_passes_within_the_patience_costs_no_decision(stage: &mut Stage) -> Outcome {
    stage.start()?;
    let mut word = stage.word().await?;
    for passing in [
        Reply::Refuse(Code::Unavailable, "no-signal"),
        Reply::Refuse(Code::OutOfRange, "future"),
        Reply::Before,
        Reply::Value(f64::NAN),
    ] {
        let replies = &stage.generators[0].0.replies;
        replies.then(passing);
        replies.then(passing);
        word = stage.later_word(&word).await?;
        word.decision()?;
        word.is_of(&stage.generators)?;
    }
    Ok(())
}

async fn s3_after_its_patience_it_abstains_with_the_root_cause(stage: &mut Stage) -> Outcome {
    let port = stage.generators[0].1.number;
    let replies = stage.generators[0].0.replies.clone();
    replies.always(|| Reply::Refuse(Code::Unavailable, "no-signal"));
    stage.start()?;
    // The first one may be of a minute that the client came to late.
    let first = stage.word().await?;
    let word = stage.later_word(&first).await?;
    gave_up_in_time(stage, &word)?;
    let cause = word.abstention()?;
    expect(
        cause.contains(&format!("127.0.0.1:{port}")) && cause.contains("no-signal"),
        "a cause with the generator's address and its words, `no-signal`",
        cause,
    )?;
    let begun = word.minute.start();
    let asked = stage.generators[0].0.asked();
    let tries = asked.iter().filter(|asked| asked.minute == Some(begun)).count();
    expect((3..=60).contains(&tries), "3 to 60 tries in one patience, with backoff", tries)?;
    replies.as_usual();
    stage.later_word(&word).await?.decision().map(|_| ())
}

async fn s3_a_generator_that_is_down_is_named(stage: &mut Stage) -> Outcome {
    stage.generators[1].1.close().await;
    let port = stage.generators[1].1.number;
    stage.start()?;
    let first = stage.word().await?;
    let word = stage.later_word(&first).await?;
    gave_up_in_time(stage, &word)?;
    let cause = word.abstention()?;
    expect(
        cause.contains(&format!("127.0.0.1:{port}")),
        "a cause with the address of the generator that is down",
        cause,
    )?;
    let routes = stage.generators[1].0.routes();
    stage.generators[1].1.serve(routes)?;
    let back = stage.later_word(&word).await?;
    back.decision()?;
    back.is_of(&stage.generators)
}

async fn s3_a_generator_that_hangs_costs_no_more_than_the_patience(stage: &mut Stage) -> Outcome {
    stage.generators[0].0.replies.always(|| Reply::Hang);
    stage.start()?;
    let first = stage.word().await?;
    let word = stage.later_word(&first).await?;
    word.abstention()?;
    gave_up_in_time(stage, &word)
}

async fn s3_what_a_further_try_cannot_mend_is_not_tried_again(stage: &mut Stage) -> Outcome {
    stage.generators[0].0.replies.always(|| Reply::Refuse(Code::OutOfRange, "gone"));
    stage.start()?;
    let word = stage.word().await?;
    word.abstention()?;
    let begun = word.minute.start();
    let asked = stage.generators[0].0.asked();
    let tries = asked.iter().filter(|asked| asked.minute == Some(begun)).count();
    expect(tries == 1, "one try for a minute that is gone", tries)
}

//! From signals to a decision: rules S1 and S2.

use std::{sync::atomic::Ordering, time::Duration};

use chassis::{grid::Minute, wire};

use super::{Check, check};
use crate::{
    generator::Reply,
    stage::{NAME, Stage},
    trader::{EPOCH, JOURNAL},
    wrong::{Outcome, expect, wrong},
};

pub(super) const ALL: &[Check] = &[
    check!(s1_all_generators_are_asked_at_the_same_time, 3),
    check!(s2_a_decision_is_made_of_one_signal_of_the_minute_from_every_generator, 2),
    check!(s2_what_is_not_of_the_minute_or_not_finite_is_never_used, 2),
    check!(s2_a_missing_signal_means_no_decision, 2),
    check!(s1_nothing_is_said_before_the_first_minute, 1),
];

async fn s1_all_generators_are_asked_at_the_same_time(stage: &mut Stage) -> Outcome {
    let slow = stage.patience() / 2;
    for (generator, _) in &stage.generators {
        generator.replies.always(move || Reply::After(slow));
    }
    stage.start()?;
    // In the first minute the client may still be dialling.
    let first = stage.word().await?;
    let word = stage.later_word(&first).await?;
    word.decision()?;
    word.is_of(&stage.generators)?;
    let begun = word.minute.start();
    let asked = stage.generators.iter().filter_map(|(generator, _)| {
        generator.asked().iter().find(|asked| asked.minute == Some(begun)).map(|asked| asked.at)
    });
    let asked: Vec<Duration> = asked.map(|at| at.since(begun)).collect();
    expect(
        asked.len() == 3 && asked.iter().all(|after| *after < slow),
        format!("three generators that take {slow:?} are asked before any has answered"),
        asked,
    )
}

async fn s2_a_decision_is_made_of_one_signal_of_the_minute_from_every_generator(
    stage: &mut Stage,
) -> Outcome {
    stage.start()?;
    let registered = stage.registration().await?;
    let first = stage.word().await?;
    let second = stage.later_word(&first).await?;
    for word in [&first, &second] {
        word.decision()?;
        word.is_of(&stage.generators)?;
        let said = &word.submission;
        expect(
            (&*said.name, &*said.instance, &*said.journal, said.epoch)
                == (NAME, &*registered.instance, JOURNAL, EPOCH),
            "name, instance, journal and epoch of the session",
            said,
        )?;
        let decided_at = said.decided_at.and_then(|at| wire::read_timestamp(at).ok());
        expect(
            decided_at.is_some_and(|at| at >= word.minute.start()),
            "a decision that is not older than its minute",
            said.decided_at,
        )?;
    }
    let unlimited = stage.generators.iter().flat_map(|(generator, _)| generator.asked());
    let unlimited: Vec<_> = unlimited.filter(|asked| !asked.has_deadline).collect();
    expect(unlimited.is_empty(), "questions that say how long they wait", unlimited)
}

/// A trader names the minute from which on it expects a strategy; what is said before is refused.
async fn s1_nothing_is_said_before_the_first_minute(stage: &mut Stage) -> Outcome {
    let interval = stage.timing.interval;
    let first = Minute::first_after(stage.clock.wall(), interval).next(interval).next(interval);
    stage.trader.first_minute.store(first.start().as_micros(), Ordering::Relaxed);
    stage.start()?;
    let word = stage.word().await?;
    expect(word.minute == first, format!("the first word for {first}"), word.minute)
}

async fn s2_what_is_not_of_the_minute_or_not_finite_is_never_used(stage: &mut Stage) -> Outcome {
    let beyond = stage.timing.skew + stage.timing.interval.duration();
    let unfit = [
        Reply::Before,
        Reply::Next,
        Reply::Early(Duration::from_millis(1)),
        Reply::Ahead(beyond),
        Reply::ClockAhead(beyond),
        Reply::Value(f64::NAN),
        Reply::Value(f64::INFINITY),
    ];
    let replies = stage.generators[0].0.replies.clone();
    replies.always(move || unfit[0]);
    stage.start()?;
    let mut word = stage.word().await?;
    for (index, reply) in unfit.iter().enumerate() {
        if word.abstention().is_err() {
            return Err(wrong(
                format!("an abstention when a generator answers {reply:?}"),
                format_args!("came {:?}", word.submission),
            ));
        }
        match unfit.get(index + 1).copied() {
            Some(next) => replies.always(move || next),
            None => replies.as_usual(),
        }
        word = stage.later_word(&word).await?;
    }
    word.decision()?;
    word.is_of(&stage.generators)
}

async fn s2_a_missing_signal_means_no_decision(stage: &mut Stage) -> Outcome {
    stage.generators[1].1.close().await;
    stage.start()?;
    stage.word().await?.abstention()?;
    Ok(())
}

//! Sessions that are lost and found again: rule S6.

use std::{sync::atomic::Ordering, time::Duration};

use proto::v1::RegisterRequest;
use tonic::Code;

use super::{Check, check};
use crate::{
    stage::{NAME, ON_THE_WAY, Stage, Word},
    trader::{EPOCH, JOURNAL, Turn},
    wrong::{Outcome, Wrong, expect},
};

/// So long after the grace its end is known to everybody, and much is left before the next minute.
const AFTER_THE_GRACE: Duration = Duration::from_millis(50);

/// Tries are seldom at the end of a grace: in several minutes there is one.
const UNANSWERED_MINUTES: u32 = 4;

pub(super) const ALL: &[Check] = &[
    check!(s6_an_acknowledged_word_is_repeated_after_a_lost_session, 1),
    check!(s6_a_trader_that_restarts_hears_the_word_again, 1),
    check!(s6_a_lost_answer_is_asked_for_again_with_the_same_word, 1),
    check!(s6_another_journal_is_registered_with_anew, 1),
    check!(s6_nothing_is_said_of_a_minute_that_is_over, 1),
    check!(s6_another_process_is_another_instance, 1),
];

/// A first contact shows nothing but itself.
fn is_first_contact(call: &RegisterRequest, stage: &Stage) -> Outcome {
    let interval = call.interval.map(|interval| (interval.seconds, interval.nanos));
    let whole = stage.timing.interval.duration();
    let ours = (i64::try_from(whole.as_secs()).unwrap_or(i64::MAX), whole.subsec_nanos());
    expect(
        (&*call.name, &*call.journal, call.epoch) == (NAME, "", 0)
            && !call.instance.is_empty()
            && interval.map(|(seconds, nanos)| (seconds, u32::try_from(nanos).unwrap_or_default()))
                == Some(ours),
        "a first contact with name, instance and interval, no journal and no epoch",
        call,
    )
}

/// The session is found again by whoever it was.
fn is_same_session(call: &RegisterRequest, before: &RegisterRequest) -> Outcome {
    expect(
        (&*call.instance, &*call.journal, call.epoch) == (&*before.instance, JOURNAL, EPOCH),
        "the same instance, with the journal and the epoch that it was given",
        call,
    )
}

/// The word of a minute of which enough is left to lose the session in it, and find it again.
async fn early_word(stage: &mut Stage) -> Result<Word, Wrong> {
    let first = stage.word().await?;
    stage.later_word(&first).await
}

async fn s6_an_acknowledged_word_is_repeated_after_a_lost_session(stage: &mut Stage) -> Outcome {
    stage.start()?;
    let before = stage.registration().await?;
    is_first_contact(&before, stage)?;
    let word = early_word(stage).await?;
    word.decision()?;
    let asked = stage.generators[0].0.asked().len();
    stage.trader.hang_up();
    is_same_session(&stage.registration().await?, &before)?;
    stage.word().await?.repeats(&word)?;
    expect(
        stage.generators[0].0.asked().len() == asked,
        "one reading of a generator for one minute",
        stage.generators[0].0.asked().len(),
    )
}

async fn s6_a_trader_that_restarts_hears_the_word_again(stage: &mut Stage) -> Outcome {
    stage.start()?;
    let before = stage.registration().await?;
    let word = early_word(stage).await?;
    stage.fell().await;
    stage.raise()?;
    is_same_session(&stage.registration().await?, &before)?;
    stage.word().await?.repeats(&word)
}

async fn s6_a_lost_answer_is_asked_for_again_with_the_same_word(stage: &mut Stage) -> Outcome {
    stage.start()?;
    let first = stage.word().await?;
    stage.trader.submits.then(Turn::Refuse(Code::Unavailable, ""));
    stage.trader.submits.then(Turn::Refuse(Code::ResourceExhausted, ""));
    let word = stage.later_word(&first).await?;
    for _ in 0..2 {
        stage.word().await?.repeats(&word)?;
    }
    let next = stage.word().await?;
    expect(next.minute > word.minute, "nothing more once it is answered", &next.submission)
}

async fn s6_another_journal_is_registered_with_anew(stage: &mut Stage) -> Outcome {
    stage.start()?;
    let before = stage.registration().await?;
    let first = stage.word().await?;
    stage.trader.submits.then(Turn::Refuse(Code::NotFound, "not-registered"));
    stage.trader.epoch.store(EPOCH + 1, Ordering::Relaxed);
    let word = stage.later_word(&first).await?;
    let anew = stage.registration().await?;
    is_first_contact(&anew, stage)?;
    expect(anew.instance == before.instance, "the same instance", &anew)?;
    let again = stage.word().await?;
    expect(again.submission.epoch == EPOCH + 1, "the new epoch", &again.submission)?;
    expect(
        (again.minute, &again.submission.content) == (word.minute, &word.submission.content),
        "the same word of the same minute",
        &again.submission,
    )
}

async fn s6_nothing_is_said_of_a_minute_that_is_over(stage: &mut Stage) -> Outcome {
    stage.start()?;
    let word = early_word(stage).await?;
    // A session that is found again when the grace is over finds nothing to repeat.
    let over = stage.timing.deadline(word.minute).plus(AFTER_THE_GRACE);
    stage.wait(over.since(stage.clock.wall())).await;
    stage.trader.hang_up();
    stage.registration().await?;
    let next = stage.word().await?;
    expect(next.minute > word.minute, "the word of a later minute", &next.submission)?;
    // What is not answered is tried until then only.
    stage.trader.submits.always(|| Turn::Refuse(Code::Unavailable, ""));
    let mut last = next;
    let end = stage.clock.wall().plus(UNANSWERED_MINUTES * stage.timing.interval.duration());
    while last.minute.start() < end {
        last = stage.word().await?;
        expect(
            last.lateness() < stage.timing.grace + ON_THE_WAY,
            "no word of a minute whose grace is over",
            last.lateness(),
        )?;
    }
    Ok(())
}

async fn s6_another_process_is_another_instance(stage: &mut Stage) -> Outcome {
    stage.start()?;
    let before = stage.registration().await?;
    stage.word().await?;
    stage.client()?.kill().await?;
    stage.end_client().await;
    stage.unheard();
    stage.start_with(&[])?;
    let after = stage.registration().await?;
    is_first_contact(&after, stage)?;
    expect(after.instance != before.instance, "another instance id", &after.instance)
}

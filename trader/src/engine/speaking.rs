//! Submissions: which count, and which are refused.

use std::{cmp::Ordering, sync::Arc};

use chassis::grid::Now;

use super::{
    Engine,
    error::Refusal,
    event::Event,
    registry::{Registration, Strategy},
    submission::{Accepted, Submission},
    verdict::CauseCode,
};

impl Engine {
    /// A strategy speaks. Whether it had said the same before.
    pub fn submit(&mut self, now: Now, submission: Submission) -> Result<bool, Refusal> {
        self.tick(now);
        let name = submission.name.clone();
        let result = self.accept(now, submission);
        if let Err(refusal) = &result
            && let Some(code) = self.tells_of_the_open_minute(refusal, now)
            && let Some(strategy) = self.registry.strategies.get_mut(&name)
        {
            strategy.misstamped = Some((self.round.minute, code, refusal.to_string()));
        }
        self.advance(now);
        self.settle(now);
        result
    }

    /// The cause that a refusal gives for the minute that is judged next. A late submission tells of
    /// that minute only when it is open.
    fn tells_of_the_open_minute(&self, refusal: &Refusal, now: Now) -> Option<CauseCode> {
        let open = now.wall >= self.settings.timing.opens(self.round.minute);
        refusal.cause().filter(|_| open || !matches!(refusal, Refusal::Late { .. }))
    }

    fn accept(&mut self, now: Now, submission: Submission) -> Result<bool, Refusal> {
        let minute = submission.minute;
        let strategy = self.speaker(&submission)?;
        strategy.last_seen = Some(now.wall);
        strategy.clock_offset = submission.clock_offset.or(strategy.clock_offset);
        let first = strategy.registration.first_minute;
        let same = strategy.said(minute).map(|said| said.says_the_same(&submission));
        if same == Some(true) {
            return Ok(true);
        }
        self.in_time(now, &submission)?;
        if same == Some(false) {
            return Err(Refusal::Conflict { name: submission.name, minute });
        }
        if minute < first {
            return Err(Refusal::NotExpected { name: submission.name, minute, first });
        }
        self.stamps_fit(now, &submission)?;

        let name = submission.name.clone();
        let accepted = Accepted::new(submission, now.wall);
        self.round.hear(name.clone(), Arc::clone(&accepted));
        let decision = accepted.decision();
        self.events.push(Event::Accepted { name: name.clone(), minute, decision });
        let strategy = self.registry.strategies.get_mut(&name).expect("it speaks");
        strategy.last = Some(accepted);
        let abstained = strategy
            .cause(minute, &self.settings.here)
            .filter(|_| self.round.begun && !self.round.halted);
        if let Some(cause) = abstained {
            self.blame(cause);
        }
        Ok(false)
    }

    /// The strategy that a submission is of, if the submission's epoch is the name's current one.
    fn speaker(&mut self, submission: &Submission) -> Result<&mut Strategy, Refusal> {
        let Submission { name, instance, epoch: held, .. } = submission;
        let (name, held) = (name.clone(), *held);
        if submission.journal != self.settings.journal {
            return Err(Refusal::NotRegistered { name, held });
        }
        let Some(strategy) = self.registry.strategies.get_mut(&name) else {
            return Err(Refusal::Deregistered { name, held });
        };
        let Registration { epoch: current, instance: holder, .. } = &strategy.registration;
        if held != *current || instance != holder {
            return Err(Refusal::Fenced { name, held, current: *current });
        }
        Ok(strategy)
    }

    fn in_time(&self, now: Now, submission: &Submission) -> Result<(), Refusal> {
        let (minute, open) = (submission.minute, self.round.minute);
        let opens_in = self.settings.timing.opens(minute).since(now.wall);
        if minute < open {
            Err(Refusal::Late { minute, open, now: now.wall })
        } else if minute > open || !opens_in.is_zero() {
            Err(Refusal::Future { minute, opens_in, now: now.wall })
        } else {
            Ok(())
        }
    }

    /// Nothing behind it is of another minute, produced before the minute began, or ahead of the
    /// trader's clock by more than the skew.
    fn stamps_fit(&self, now: Now, submission: &Submission) -> Result<(), Refusal> {
        let minute = submission.minute;
        let latest = now.wall.plus(self.settings.timing.skew);
        let fits = |what: &dyn Fn() -> String, stamp| {
            let (code, limit) = if stamp < minute.start() {
                (CauseCode::Stale, minute.start())
            } else if stamp > latest {
                (CauseCode::Future, latest)
            } else {
                return Ok(());
            };
            let difference = limit.distance(stamp);
            Err(Refusal::Stamp { code, what: what(), stamp, limit, difference })
        };
        fits(&|| "the submission".to_owned(), submission.decided_at)?;
        for signal in &submission.signals {
            let generator = &signal.generator;
            let code = match signal.minute.cmp(&minute) {
                Ordering::Equal => {
                    fits(&|| format!("the signal of generator `{generator}`"), signal.produced_at)?;
                    continue;
                }
                Ordering::Less => CauseCode::Stale,
                Ordering::Greater => CauseCode::Future,
            };
            let (generator, signal) = (generator.clone(), signal.minute);
            return Err(Refusal::SignalMinute { code, generator, signal, minute });
        }
        Ok(())
    }
}

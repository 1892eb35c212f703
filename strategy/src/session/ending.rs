//! Why a strategy ends by itself, in words that say what to do.

use std::time::Duration;

use chassis::{
    exit::Exit,
    grid::{Minute, Timestamp, Timing},
};

use super::{Action, Registered, Session};

impl Session {
    /// The terms that the trader states, if this strategy can keep them (rule T6).
    pub(super) fn agree(&self, told: &Registered) -> Result<(Timing, Duration, Minute), Action> {
        let interval = self.identity.interval;
        if told.interval != interval.duration() {
            let theirs = humantime::format_duration(told.interval);
            return Err(self.other_interval(&format!(
                "the trader's interval is {theirs}, this strategy's is {interval}"
            )));
        }
        let unfit = |why: String| {
            Action::End(
                Exit::Failed,
                format!(
                    "the settings of trader {} do not fit this strategy's: {why}{}",
                    self.identity.trader,
                    self.stays()
                ),
            )
        };
        let timing = Timing::new(interval, Some(told.grace), Some(told.skew))
            .map_err(|error| unfit(error.to_string()))?;
        let patience = timing
            .patience(self.identity.patience)
            .map_err(|error| unfit(format!("{error} (--patience)")))?;
        let first_minute = Minute::starting(told.first_minute, interval)
            .map_err(|error| unfit(format!("its first minute: {error}")))?;
        Ok((timing, patience, first_minute))
    }

    pub(super) fn refuse_to_start(&self, now: Timestamp, told: &Registered) -> Action {
        Action::End(
            Exit::Failed,
            format!(
                "the clocks differ too much: it was {} at trader {} and {now} here; the trader's clock less this one is {}, with {:.3} s tolerated; set the clock that is wrong and start again{}",
                told.trader_time,
                self.identity.trader,
                told.offset,
                told.skew.as_secs_f64(),
                self.stays(),
            ),
        )
    }

    pub(super) fn fenced(&self) -> Action {
        Action::End(
            Exit::Refused,
            format!(
                "fenced: another instance of {} has taken the name over at trader {}; this one does not register again; if that was not intended, look for a second process of this name",
                self.identity.name, self.identity.trader
            ),
        )
    }

    pub(super) fn deregistered(&self) -> Action {
        Action::End(
            Exit::Refused,
            format!(
                "{} was deregistered at trader {}; this instance does not register again; start it anew to take part",
                self.identity.name, self.identity.trader
            ),
        )
    }

    pub(super) fn other_interval(&self, message: &str) -> Action {
        Action::End(
            Exit::Refused,
            format!(
                "{message}; start strategy {} with the same --interval as trader {} and the generators",
                self.identity.name, self.identity.trader
            ),
        )
    }

    pub(super) fn still_taken(&self) -> Action {
        Action::End(
            Exit::Failed,
            format!(
                "the name {} is taken: a strategy of that name is connected to trader {}; stop that one, or choose another --name",
                self.identity.name, self.identity.trader
            ),
        )
    }

    pub(super) fn never_accepted(&self, message: &str) -> Action {
        Action::End(
            Exit::Failed,
            format!("trader {} refuses {}: {message}", self.identity.trader, self.identity.name),
        )
    }

    /// What an operator must know of a strategy that ends without deregistering itself.
    fn stays(&self) -> String {
        format!(
            "; {0} stays registered: `deregister -n {0}` takes it off the trader's list",
            self.identity.name
        )
    }
}

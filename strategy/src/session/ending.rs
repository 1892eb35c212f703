//! Why a strategy ends by itself, in words that say what to do.

use std::time::Duration;

use chassis::{
    exit::Exit,
    grid::{Minute, Timestamp, Timing},
};

use super::{Action, Identity, Registered, Session};
use crate::submission::Hold;

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
            let trader = &self.identity.trader;
            let message =
                format!("the settings of trader {trader} do not fit this strategy's: {why}");
            Action::End(Exit::Failed, message)
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

    pub(super) fn clocks_differ(&self, now: Timestamp, told: &Registered) -> String {
        format!(
            "the clocks differ too much: it was {} at trader {} and {now} here; the trader's clock less this one is {}, with {:.3} s tolerated; set the clock that is wrong and start again",
            told.trader_time,
            self.identity.trader,
            told.offset,
            told.skew.as_secs_f64(),
        )
    }

    /// What was registered for a strategy that does not start: to be taken back.
    pub fn unwanted(&self) -> Option<&Hold> {
        self.unwanted.as_ref()
    }

    /// Ends because the trader's terms cannot be kept. A registration that was made for it a moment
    /// ago is unwanted; a name that was expected before stays so.
    pub(super) fn give_up(&mut self, first_contact: bool, told: &Registered, why: &str) -> Action {
        if first_contact && !told.taken_over {
            self.unwanted = Some(told.hold.clone());
            return Action::End(Exit::Failed, why.to_owned());
        }
        Action::End(Exit::Failed, format!("{why}; {}", self.stays()))
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
    pub(crate) fn stays(&self) -> String {
        let Identity { name, .. } = &self.identity;
        let way_out = self.identity.way_out();
        format!("{name} stays registered: `{way_out}` takes it off the trader's list")
    }
}

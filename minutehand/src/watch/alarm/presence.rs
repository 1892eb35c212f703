//! Whether a trader is heard in time (rule M5): from each verdict a countdown runs to the end of its
//! validity, on the watcher's monotonic clock. Pure.

use std::time::Duration;

/// A trader that was never heard is given so long: several tries to reach it.
const FIRST_CONTACT_MAX: Duration = Duration::from_secs(10);

/// A verdict is a little longer on its way than the trader's grace says: the disk, the network.
const SLACK: Duration = Duration::from_secs(1);

/// A trader's presence. Instants are those of the watcher's monotonic clock.
#[derive(Debug)]
pub(super) struct Presence {
    /// When it counts as lost.
    deadline: Option<Duration>,
    heard: bool,
    lost: bool,
    /// Verdicts in time since it was lost …
    in_a_row: usize,
    /// … and how many of them make it heard again.
    needed: usize,
}

impl Presence {
    /// Watched from `now` on; once lost, it is back after so many verdicts in time.
    pub(super) fn new(now: Duration, needed: usize) -> Self {
        let deadline = Some(now + FIRST_CONTACT_MAX);
        Self { deadline, heard: false, lost: false, in_a_row: 0, needed }
    }

    /// It has said, at first contact, that its next verdict comes within `due`.
    pub(super) fn introduced(&mut self, due: Duration, now: Duration) {
        if !self.heard && !self.lost {
            self.deadline = Some(now + due + SLACK);
        }
    }

    /// A verdict came with `left` of its time left; one whose time is over, as in a replay, says
    /// nothing of the present. Whether it is heard again by that.
    pub(super) fn verdict(&mut self, left: Duration, now: Duration) -> bool {
        if left.is_zero() {
            return false;
        }
        self.heard = true;
        self.deadline = Some(now + left + SLACK);
        self.in_a_row += 1;
        let back = self.lost && self.in_a_row >= self.needed;
        self.lost &= !back;
        back
    }

    /// When to look again, if nothing comes.
    pub(super) fn ends(&self) -> Option<Duration> {
        self.deadline
    }

    /// Whether it is lost as of `now`: true once.
    pub(super) fn is_over(&mut self, now: Duration) -> bool {
        if self.deadline.take_if(|deadline| *deadline <= now).is_none() {
            return false;
        }
        self.in_a_row = 0;
        !std::mem::replace(&mut self.lost, true)
    }

    /// Whether it counts as lost.
    pub(super) fn is_lost(&self) -> bool {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn m5_silence_beyond_the_last_validity_is_a_loss_once() {
        let mut presence = Presence::new(at(0), 1);
        assert!(!presence.verdict(MINUTE, at(5)));
        assert!(!presence.verdict(Duration::ZERO, at(20)), "a replay says nothing of the present");
        assert_eq!(presence.ends(), Some(at(66)));
        assert!(!presence.is_over(at(65)));
        assert!(presence.is_over(at(66)));
        assert!(presence.is_lost() && !presence.is_over(at(600)));
        assert!(presence.verdict(MINUTE, at(700)) && !presence.is_lost());
    }

    #[test]
    fn m5_a_trader_that_was_never_heard_is_lost_too() {
        let mut presence = Presence::new(at(0), 1);
        assert!(!presence.is_over(at(9)) && presence.is_over(at(10)));
        presence.introduced(at(30), at(11));
        assert_eq!(presence.ends(), None, "to be connected is not to be heard");
        assert!(presence.verdict(MINUTE, at(40)));

        let mut presence = Presence::new(at(0), 1);
        presence.introduced(at(30), at(1));
        assert!(!presence.is_over(at(31)) && presence.is_over(at(32)), "it says nothing");
    }

    #[test]
    fn m5_a_trader_that_comes_and_goes_is_back_after_so_many_verdicts_in_a_row() {
        let mut presence = Presence::new(at(0), 3);
        assert!(presence.is_over(at(10)));
        assert!(!presence.verdict(MINUTE, at(60)) && !presence.verdict(MINUTE, at(120)));
        assert!(!presence.is_over(at(181)), "it is lost still, which was said");
        assert!(!presence.verdict(MINUTE, at(240)) && !presence.verdict(MINUTE, at(300)));
        assert!(presence.verdict(MINUTE, at(360)));
        assert!(presence.is_over(at(421)));
    }
}

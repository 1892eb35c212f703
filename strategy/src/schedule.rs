//! Which minute a strategy takes part in next. Pure: the next minute is kept, not found from the
//! clock, so that none is skipped or taken twice when something straddles a boundary.

use chassis::grid::{Interval, Minute, Timestamp};

/// The minutes of one strategy.
#[derive(Clone, Debug)]
pub struct Schedule {
    interval: Interval,
    /// First minute that the trader expects the strategy in, and the next one to take part in.
    ahead: Option<(Minute, Minute)>,
}

/// A minute that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The minute: the current one.
    pub minute: Minute,
    /// How many minutes before it went by unattended: the process was stopped, or its clock
    /// stepped forward.
    pub skipped: u64,
}

impl Schedule {
    /// Nothing is due before a registration.
    pub fn new(interval: Interval) -> Self {
        Self { interval, ahead: None }
    }

    /// The trader expects the strategy from `first` on. If that has passed, the minute at hand is
    /// due at once.
    pub fn expected_from(&mut self, first: Minute, now: Timestamp) {
        let next = match self.ahead {
            Some((_, next)) => next.max(first),
            None => Minute::containing(now, self.interval).max(first),
        };
        self.ahead = Some((first, next));
    }

    /// Whether the trader expects the strategy in `minute`.
    pub fn expects(&self, minute: Minute) -> bool {
        self.ahead.is_some_and(|(first, _)| first <= minute)
    }

    /// When the next minute starts.
    pub fn next(&self) -> Option<Timestamp> {
        self.ahead.map(|(_, next)| next.start())
    }

    /// The minute that is due at `now`, once.
    pub fn due(&mut self, now: Timestamp) -> Option<Due> {
        let (first, mut next) = self.ahead?;
        if self.stepped_back(next, now) {
            next = Minute::first_after(now, self.interval).max(first);
            self.ahead = Some((first, next));
        }
        if now < next.start() {
            return None;
        }
        let minute = Minute::containing(now, self.interval);
        assert!(minute >= next, "{now} is past the start of {next}");
        self.ahead = Some((first, minute.next(self.interval)));
        Some(Due { minute, skipped: minute.count_from(next, self.interval) - 1 })
    }

    /// The next minute starts within an interval of `now`, unless the clock was set back. Steps
    /// within the largest skew there can be, a tenth of the interval, are waited out.
    fn stepped_back(&self, next: Minute, now: Timestamp) -> bool {
        let length = self.interval.duration();
        next.start().since(now) > length + length / 10
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds after the epoch, in minutes of ten seconds.
    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn registered(first: i64, now: i64) -> Schedule {
        let interval = "10s".parse().unwrap();
        let mut schedule = Schedule::new(interval);
        assert_eq!((schedule.next(), schedule.due(at(now))), (None, None));
        schedule.expected_from(Minute::containing(at(first), interval), at(now));
        schedule
    }

    /// Looks at the clock at each time; expected is what is due: (start of the minute, skipped).
    fn check(mut schedule: Schedule, looks: &[(i64, Option<(i64, u64)>)]) {
        for (now, expected) in looks {
            let due = schedule.due(at(*now));
            let due = due.map(|due| (due.minute.start().as_micros() / 1_000_000, due.skipped));
            assert_eq!(due, *expected, "at {now}");
        }
    }

    #[test]
    fn r1_the_first_minute_is_the_one_that_the_trader_names() {
        check(registered(110, 103), &[(103, None), (109, None), (110, Some((110, 0)))]);
    }

    #[test]
    fn r1_a_first_minute_that_has_passed_means_at_once() {
        check(registered(70, 103), &[(103, Some((100, 0))), (104, None), (111, Some((110, 0)))]);
        check(registered(100, 103), &[(103, Some((100, 0)))]);
    }

    #[test]
    fn t1_each_minute_is_due_once() {
        check(
            registered(110, 103),
            &[(110, Some((110, 0))), (110, None), (119, None), (120, Some((120, 0))), (121, None)],
        );
    }

    #[test]
    fn s2_after_a_sleep_only_the_current_minute_is_due() {
        check(registered(110, 103), &[(110, Some((110, 0))), (155, Some((150, 3)))]);
    }

    #[test]
    fn s4_a_clock_set_back_is_followed() {
        let looks = [
            (205, Some((200, 0))),
            (210, Some((210, 0))),
            (209, None),
            (150, None),
            (159, None),
            (160, Some((160, 0))),
            (170, Some((170, 0))),
        ];
        check(registered(100, 205), &looks[..]);
    }

    #[test]
    fn s4_a_step_within_the_largest_skew_is_waited_out() {
        let once = [(205, Some((200, 0))), (199, None), (200, None), (210, Some((210, 0)))];
        check(registered(100, 205), &once[..]);
        let again = [(205, Some((200, 0))), (198, None), (200, Some((200, 0)))];
        check(registered(100, 205), &again[..]);
    }

    #[test]
    fn s4_a_clock_set_back_before_the_first_minute_waits_for_it() {
        check(registered(110, 105), &[(20, None), (109, None), (110, Some((110, 0)))]);
    }

    #[test]
    fn r1_registering_again_does_not_repeat_a_minute() {
        let mut schedule = registered(100, 105);
        assert!(schedule.due(at(105)).is_some());
        let interval = "10s".parse().unwrap();
        schedule.expected_from(Minute::containing(at(100), interval), at(106));
        assert_eq!((schedule.due(at(106)), schedule.next()), (None, Some(at(110))));
        schedule.expected_from(Minute::containing(at(130), interval), at(107));
        assert!(!schedule.expects(Minute::containing(at(120), interval)));
        assert!(schedule.expects(Minute::containing(at(130), interval)));
        assert_eq!(schedule.next(), Some(at(130)));
    }
}

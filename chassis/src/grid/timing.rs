//! The settings that belong to a grid, checked together.

use std::time::Duration;

use super::{Interval, Minute, Timestamp};

/// Interval, grace and skew that fit each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Length of a minute.
    pub interval: Interval,
    /// How long after the boundary the last submission is waited for.
    pub grace: Duration,
    /// Largest tolerated difference between two clocks.
    pub skew: Duration,
}

/// Settings that do not fit each other.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TimingError {
    /// `skew ≤ interval/10` does not hold.
    #[error("skew {} is more than a tenth of the interval {}: set it to {} or less",
        show(*skew), show(interval.duration()), show(interval.duration() / 10))]
    Skew {
        /// As given.
        skew: Duration,
        /// As given.
        interval: Interval,
    },
    /// `grace + skew < interval` does not hold.
    #[error("grace {} and skew {} together are not less than the interval {}: set a shorter grace",
        show(*grace), show(*skew), show(interval.duration()))]
    Grace {
        /// As given.
        grace: Duration,
        /// As given.
        skew: Duration,
        /// As given.
        interval: Interval,
    },
    /// `patience + skew < grace` does not hold.
    #[error("patience {} and skew {} together are not less than the grace {}: set a shorter patience",
        show(*patience), show(*skew), show(*grace))]
    Patience {
        /// As given.
        patience: Duration,
        /// As given.
        skew: Duration,
        /// As stated by the trader.
        grace: Duration,
    },
}

impl Timing {
    /// Checks settings together; those not given have the contract's defaults: grace a sixth of the
    /// interval, at least min(1 s, interval/2), at most 10 s; skew min(1 s, interval/60).
    pub fn new(
        interval: Interval,
        grace: Option<Duration>,
        skew: Option<Duration>,
    ) -> Result<Self, TimingError> {
        let length = interval.duration();
        let shortest = Duration::from_secs(1).min(length / 2);
        let grace = grace.unwrap_or_else(|| (length / 6).clamp(shortest, Duration::from_secs(10)));
        let skew = skew.unwrap_or_else(|| Duration::from_secs(1).min(length / 60));
        if skew > length / 10 {
            return Err(TimingError::Skew { skew, interval });
        }
        if grace + skew >= length {
            return Err(TimingError::Grace { grace, skew, interval });
        }
        Ok(Self { interval, grace, skew })
    }

    /// How long a strategy tries before it abstains: as given, or 0.8 × the grace.
    pub fn patience(&self, given: Option<Duration>) -> Result<Duration, TimingError> {
        let patience = given.unwrap_or(self.grace * 4 / 5);
        if patience + self.skew < self.grace {
            Ok(patience)
        } else {
            Err(TimingError::Patience { patience, skew: self.skew, grace: self.grace })
        }
    }

    /// The minute's boundary + grace: the last submission is in, or the minute fails.
    pub fn deadline(&self, minute: Minute) -> Timestamp {
        minute.start().plus(self.grace)
    }

    /// Half a grace after the deadline: whoever comes to close the minute later than that slept.
    pub fn asleep_after(&self, minute: Minute) -> Timestamp {
        self.deadline(minute).plus(self.grace / 2)
    }

    /// The boundary less the skew: submissions for the minute are taken from here on.
    pub fn opens(&self, minute: Minute) -> Timestamp {
        minute.start().minus(self.skew)
    }

    /// Next boundary + grace: what this minute ended with says nothing about the present from here on.
    pub fn valid_until(&self, minute: Minute) -> Timestamp {
        self.deadline(minute.next(self.interval))
    }
}

fn show(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn t6_defaults_fit_each_other_at_every_interval() {
        for (interval, grace, skew) in [
            ("60s", millis(10_000), millis(1_000)),
            ("24h", millis(10_000), millis(1_000)),
            ("12s", millis(2_000), millis(200)),
            ("2s", millis(1_000), Duration::from_nanos(33_333_333)),
            ("500ms", millis(250), Duration::from_nanos(8_333_333)),
        ] {
            let timing = Timing::new(interval.parse().unwrap(), None, None).unwrap();
            assert_eq!((timing.grace, timing.skew), (grace, skew), "{interval}");
            assert_eq!(timing.patience(None), Ok(grace * 4 / 5), "{interval}");
        }
    }

    #[test]
    fn t6_settings_that_do_not_fit_are_refused_with_their_values() {
        let minute = Interval::default();
        for (result, message) in [
            (
                Timing::new(minute, None, Some(millis(6_001))).map(|_| ()),
                "skew 6s 1ms is more than a tenth of the interval 1m: set it to 6s or less",
            ),
            (
                Timing::new(minute, Some(millis(59_000)), None).map(|_| ()),
                "grace 59s and skew 1s together are not less than the interval 1m: set a shorter grace",
            ),
            (
                Timing::new(minute, None, None).unwrap().patience(Some(millis(9_000))).map(|_| ()),
                "patience 9s and skew 1s together are not less than the grace 10s: set a shorter patience",
            ),
        ] {
            assert_eq!(result.unwrap_err().to_string(), message);
        }
    }
}

//! When a trader's minutes are bad enough to be told, and when they are good again. Pure.

use std::{collections::VecDeque, fmt, str::FromStr};

/// Most minutes that are looked back on: an hour of the usual ones.
const MINUTES_MAX: usize = 60;

/// `K/N`: bad as soon as K of the last N minutes had no median, good again after N medians in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Debounce {
    missed: usize,
    minutes: usize,
}

/// A text that is no such rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "expected K/N, like 2/3: K of the last N minutes without a median, 1 <= K <= N <= {MINUTES_MAX}"
)]
pub(super) struct DebounceError;

impl FromStr for Debounce {
    type Err = DebounceError;

    fn from_str(text: &str) -> Result<Self, DebounceError> {
        let (missed, minutes) = text.split_once('/').ok_or(DebounceError)?;
        let number = |text: &str| text.parse().map_err(|_| DebounceError);
        let (missed, minutes) = (number(missed)?, number(minutes)?);
        if 1 <= missed && missed <= minutes && minutes <= MINUTES_MAX {
            Ok(Self { missed, minutes })
        } else {
            Err(DebounceError)
        }
    }
}

impl fmt::Display for Debounce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.missed, self.minutes)
    }
}

impl Debounce {
    /// How many minutes it looks back on.
    pub(super) fn minutes(self) -> usize {
        self.minutes
    }
}

/// The last minutes, and what they come to.
#[derive(Debug)]
pub(super) struct Window {
    debounce: Debounce,
    /// Of each whether it had no median; the oldest first.
    missed: VecDeque<bool>,
    bad: bool,
}

impl Window {
    /// No minute has ended yet, which is good.
    pub(super) fn new(debounce: Debounce) -> Self {
        Self { debounce, missed: VecDeque::new(), bad: false }
    }

    /// So many minutes in a row have ended, all of them with or all of them without a median.
    pub(super) fn ended(&mut self, minutes: usize, missed: bool) {
        let Debounce { missed: limit, minutes: size } = self.debounce;
        for _ in 0..minutes.min(size) {
            self.missed.push_back(missed);
        }
        self.missed.drain(..self.missed.len().saturating_sub(size));
        let count = self.missed.iter().filter(|missed| **missed).count();
        if count >= limit {
            self.bad = true;
        } else if count == 0 && self.missed.len() == size {
            self.bad = false;
        }
        assert!(self.missed.len() <= size, "the window has {size} minutes");
        assert!(self.bad || count < limit, "{count} missed minutes of {limit} are bad");
    }

    /// Whether they are bad.
    pub(super) fn is_bad(&self) -> bool {
        self.bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

    /// `.` a median, `x` none; of each minute whether it is `G`ood or `B`ad after it.
    fn judged(debounce: &str, minutes: &str) -> String {
        let mut window = Window::new(debounce.parse().unwrap());
        let after = |minute| {
            window.ended(1, minute == 'x');
            if window.is_bad() { 'B' } else { 'G' }
        };
        minutes.chars().map(after).collect()
    }

    #[test]
    fn bad_after_k_of_n_and_good_after_n_in_a_row() {
        for (debounce, minutes, expected) in [
            ("1/1", ".x.xx..", "GBGBBGG"),
            ("2/3", ".x..x..", "GGGGGGG"),
            ("2/3", "x.x....", "GGBBBGG"),
            ("2/3", "x.x..x...", "GGBBBBBBG"),
            ("2/3", "x.x.x.x.x.", "GGBBBBBBBB"),
            ("3/3", "xx.xxx...", "GGGGGBBBG"),
            ("1/3", "x......", "BBBGGGG"),
            ("2/2", "xx.x..", "GBBBBG"),
        ] {
            assert_eq!(judged(debounce, minutes), expected, "{debounce} {minutes}");
        }
    }

    #[test]
    fn a_run_of_minutes_counts_as_many() {
        let mut window = Window::new("3/5".parse().unwrap());
        window.ended(2, true);
        assert!(!window.is_bad());
        window.ended(usize::MAX, true);
        assert!(window.is_bad());
        window.ended(4, false);
        assert!(window.is_bad());
        window.ended(1, false);
        assert!(!window.is_bad());
    }

    #[test]
    fn whatever_flaps_is_bad_at_most_once_in_k_and_n_minutes() {
        let mut rng = StdRng::seed_from_u64(6);
        for _ in 0..500 {
            let minutes: usize = rng.random_range(1..=10);
            let missed: usize = rng.random_range(1..=minutes);
            let often: f64 = rng.random();
            let mut window = Window::new(Debounce { missed, minutes });
            let (mut times, all) = (0, 2_000);
            for _ in 0..all {
                let before = window.is_bad();
                window.ended(1, rng.random_bool(often));
                times += usize::from(window.is_bad() && !before);
            }
            // Between two beginnings there are N medians in a row, and K minutes without one.
            let most = 1 + all / (missed + minutes);
            assert!(times <= most, "{missed}/{minutes} at {often}: {times} of {most}");
        }
    }

    #[test]
    fn c3_a_rule_is_two_numbers_that_fit() {
        for good in ["1/1", "2/3", "60/60"] {
            assert_eq!(good.parse::<Debounce>().unwrap().to_string(), good);
        }
        for bad in ["", "2", "0/1", "3/2", "1/61", "a/b", "1/1/1", "-1/3"] {
            assert_eq!(bad.parse::<Debounce>(), Err(DebounceError), "{bad}");
        }
    }
}

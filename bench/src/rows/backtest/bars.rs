//! Bars of a random walk, the same in every run: real ones are not in the repository.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::Result;

/// As many minutes as a month has, and some more.
const BARS: u64 = 45_031;

const SEED: u64 = 2026;

/// Start of the first bar, in milliseconds since the Unix epoch: 2026-01-01.
const FIRST_MS: u64 = 1_767_225_600_000;

/// Prices are whole dollars below 59,029: Nautilus Trader keeps a price as a whole number of 1e-16, and from
/// there on gives some back as floats that are not whole. A price that is its average has to be so for both.
const FIRST: i64 = 45_000;

/// How far a price moves at most within a minute.
const REACH: i64 = 20;

/// Writes them into a directory.
pub(super) fn walk(directory: &Path) -> Result<PathBuf> {
    let mut text = "timestamp,open,high,low,close,volume\n".to_owned();
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut close = FIRST;
    for bar in 0..BARS {
        let open = close;
        // The difference of two, so that small steps are the frequent ones.
        close = open + rng.random_range(0..=REACH) - rng.random_range(0..=REACH);
        let (high, low) = (open.max(close) + 1, open.min(close) - 1);
        let time = FIRST_MS + bar * 60_000;
        writeln!(text, "{time},{open},{high},{low},{close},{}", bar % 7 + 1)?;
    }
    let file = directory.join("walk.csv");
    fs::write(&file, text)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_is_the_same_again_and_stays_a_price() {
        let read = || {
            let directory = tempfile::TempDir::new().unwrap();
            fs::read_to_string(walk(directory.path()).unwrap()).unwrap()
        };
        let text = read();
        assert_eq!(text, read());
        assert_eq!(text.lines().count(), 45_032);
        let closes = text.lines().skip(1).map(|line| line.split(',').nth(4).unwrap());
        let closes: Vec<i64> = closes.map(|close| close.parse().unwrap()).collect();
        assert!(closes.iter().all(|close| (10_000..59_029).contains(close)));
        assert!(closes.iter().any(|close| *close < FIRST - 500 || *close > FIRST + 500));
    }
}

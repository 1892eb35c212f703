//! What it is worth telling apart in how long minutes take until they are closed.

use std::time::Duration;

/// Upper bounds in seconds, as far as they are below half of the grace: a few milliseconds where all is well.
const SECONDS: [f64; 16] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0,
    600.0,
];

/// The others, in hundredths of the grace. A minute that the grace has closed is on disk a moment later,
/// and must not look like one that took much longer.
const PERCENT: [u32; 6] = [50, 75, 100, 105, 150, 300];

/// The upper bounds of a trader with this grace, in seconds.
pub(super) fn of(grace: Duration) -> Vec<f64> {
    let of_grace = PERCENT.map(|percent| (grace * percent / 100).as_secs_f64());
    let below = SECONDS.into_iter().filter(|bound| *bound < of_grace[0]);
    below.chain(of_grace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_fit_the_grace() {
        let bounds = |grace| of(Duration::from_millis(grace));
        assert_eq!(bounds(10_000)[10..], [2.5, 5.0, 7.5, 10.0, 10.5, 15.0, 30.0]);
        let short = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.04, 0.06, 0.08, 0.084, 0.12, 0.24];
        assert_eq!(bounds(80), short);
        assert_eq!(bounds(3_600_000).last(), Some(&10_800.0));
    }
}

//! What is computed: one number for each minute. Put another computation in the place of
//! [`uniform`] to serve signals of your own.

use std::error::Error;

use chassis::grid::Minute;
use futures_util::future::{self, BoxFuture, FutureExt as _};

/// A computation's result: the signal, or why there is none.
pub type Computed = Result<f64, Box<dyn Error + Send + Sync>>;

/// Computes the signal of a minute. It may fail, and take its time, but must not block its thread;
/// when it is abandoned, its future is dropped.
pub type Compute = Box<dyn FnMut(Minute) -> BoxFuture<'static, Computed> + Send>;

/// The built-in signal: uniform in [0, 1), from `seed` and the minute only.
pub fn uniform(seed: u64) -> Compute {
    Box::new(move |minute| future::ready(Ok(uniform_at(seed, minute))).boxed())
}

/// The signal of one minute: `SplitMix64` from a mixed seed, jumped to the minute's start in
/// milliseconds. Written out here, since it must not change with versions or machines.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
fn uniform_at(seed: u64, minute: Minute) -> f64 {
    let milliseconds = minute.start().as_micros().div_euclid(1_000).cast_unsigned();
    let bits = split_mix(split_mix(seed, 0), milliseconds);
    (bits >> 11) as f64 * 0.5_f64.powi(53)
}

/// The `n`-th output of `SplitMix64` from `seed` (Steele, Lea and Flood, "Fast Splittable
/// Pseudorandom Number Generators", OOPSLA 2014).
fn split_mix(seed: u64, n: u64) -> u64 {
    const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
    let z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(GOLDEN_GAMMA));
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::grid::{Interval, Timestamp};

    fn minutes() -> impl Iterator<Item = Minute> {
        let interval = Interval::default();
        let first = Minute::containing(Timestamp::parse("2026-11-20T12:01:00Z").unwrap(), interval);
        std::iter::successors(Some(first), move |minute| Some(minute.next(interval)))
    }

    #[test]
    fn split_mix_gives_the_published_numbers() {
        assert_eq!(split_mix(0, 0), 0xe220_a839_7b1d_cdaf);
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert!((0..).map(|n| split_mix(1_234_567, n)).take(5).eq(published));
    }

    #[test]
    fn g4_signals_are_the_same_on_every_machine_and_in_every_version() {
        let values = minutes().take(3).map(|minute| uniform_at(7, minute).to_bits());
        assert!(
            values.eq([0.799_389_755_962_272_2_f64, 0.525_745_944_657_956_5, 0.767_622_648_665_1]
                .map(f64::to_bits))
        );
    }

    #[test]
    fn g4_signals_are_uniform_below_one() {
        let count = 20_000_u32;
        let mut tenths = [0_u32; 10];
        for value in minutes().map(|minute| uniform_at(1, minute)).take(count as usize) {
            assert!((0.0..1.0).contains(&value), "{value}");
            let tenth = (0..10).rev().find(|tenth| value >= f64::from(*tenth) / 10.0).unwrap();
            tenths[usize::try_from(tenth).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|n| n.abs_diff(count / 10) < 200), "{tenths:?}");
    }

    #[test]
    fn g4_seeds_and_minutes_each_change_the_signal() {
        let at = minutes().next().unwrap();
        let by_seed: Vec<u64> = (0..1_000).map(|seed| uniform_at(seed, at).to_bits()).collect();
        let by_minute: Vec<u64> =
            minutes().map(|minute| uniform_at(0, minute).to_bits()).take(1_000).collect();
        for mut values in [by_seed, by_minute] {
            values.sort_unstable();
            values.dedup();
            assert_eq!(values.len(), 1_000);
        }
    }
}

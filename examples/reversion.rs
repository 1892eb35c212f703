//! Bollinger reversion: the further the price is from its mean, the more it decides for the way back, and all
//! of it from the second band on.
//!
//! ```sh
//! generator -p 1000 --source btc.csv --signal 'zscore(close, 20)'
//! cargo run --release -p strategy --example reversion -- --name R --signal-ports 1000
//! ```

use std::process::ExitCode;

use strategy::{Decide, Minute, Signal};

/// From so many deviations on, everything is on the way back.
const BAND: f64 = 2.0;

#[derive(Debug)]
struct Reversion;

impl Decide for Reversion {
    fn decide(&mut self, _: Minute, signals: &[Signal]) -> Result<f64, String> {
        match signals {
            [score] => Ok((-score.value / BAND).clamp(-1.0, 1.0)),
            _ => Err(format!("it takes one signal, a z-score, not {}", signals.len())),
        }
    }
}

fn main() -> ExitCode {
    strategy::main_of(Reversion)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_to_the_mean() {
        for (score, decision) in [(0.0, 0.0), (1.0, -0.5), (-1.0, 0.5), (2.0, -1.0), (-9.0, 1.0)] {
            let signals = [Signal::example("zscore", score)];
            assert_eq!(Reversion.decide(signals[0].minute, &signals), Ok(decision), "{score}");
        }
        let two = [Signal::example("a", 1.0), Signal::example("b", 1.0)];
        assert!(Reversion.decide(two[0].minute, &two).is_err());
    }
}

//! Momentum with hysteresis: goes with a move once it is large, and stays until it has all but gone, so that
//! small moves around one threshold do not make it change its mind each minute.
//!
//! ```sh
//! generator -p 1000 --source btc.csv --signal 'roc(close, 60)'
//! cargo run --release -p strategy --example momentum -- --name M --signal-ports 1000
//! ```

use std::process::ExitCode;

use strategy::{Decide, Minute, Signal};

/// It goes with a move of so many per cent.
const ENTER: f64 = 0.5;

/// It leaves when less than so many are left.
const LEAVE: f64 = 0.1;

/// Which way it goes: 1, -1 or 0. It begins with 0, also after a restart.
#[derive(Debug, Default)]
struct Momentum {
    way: f64,
}

impl Decide for Momentum {
    fn decide(&mut self, _: Minute, signals: &[Signal]) -> Result<f64, String> {
        let [moved] = signals else {
            return Err(format!("it takes one signal, a rate of change, not {}", signals.len()));
        };
        if moved.value.abs() >= ENTER {
            self.way = moved.value.signum();
        } else if moved.value * self.way < LEAVE {
            self.way = 0.0;
        }
        Ok(self.way)
    }
}

fn main() -> ExitCode {
    strategy::main_of(Momentum::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_between_the_thresholds() {
        let mut momentum = Momentum::default();
        for (moved, way) in [
            (0.4, 0.0),
            (0.5, 1.0),
            (0.2, 1.0),
            (0.1, 1.0),
            (0.09, 0.0),
            (-0.2, 0.0),
            (-0.6, -1.0),
            (-0.1, -1.0),
            (0.05, 0.0),
            (-0.7, -1.0),
            (0.7, 1.0),
        ] {
            let signals = [Signal::example("roc", moved)];
            assert_eq!(momentum.decide(signals[0].minute, &signals), Ok(way), "{moved}");
        }
    }
}

//! Decides for the sum of all signals, as `strategy` does without a word.
//!
//! ```sh
//! cargo run --release -p strategy --example sum -- --name X --trader-port 1010 --signal-ports 1000,1001
//! ```

use std::process::ExitCode;

use strategy::{Decide, Minute, Signal};

#[derive(Debug)]
struct Sum;

impl Decide for Sum {
    fn decide(&mut self, _: Minute, signals: &[Signal]) -> Result<f64, String> {
        Ok(signals.iter().map(|signal| signal.value).sum())
    }
}

fn main() -> ExitCode {
    strategy::main_of(Sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_all() {
        let signals = [Signal::example("a", 0.25), Signal::example("b", 0.5)];
        assert_eq!(Sum.decide(signals[0].minute, &signals), Ok(0.75));
    }
}

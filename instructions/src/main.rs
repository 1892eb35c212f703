//! Two minutes of a thousand strategies, for callgrind to count in: `.ci/deep instructions`.

use std::error::Error;

use instructions::Minutes;

const STRATEGIES: usize = 1_000;

/// In the first, everyone is new.
const MINUTES: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let mut minutes = Minutes::new(STRATEGIES)?;
    for _ in 0..MINUTES {
        minutes.begin();
        for strategy in 0..STRATEGIES - 1 {
            minutes.take(minutes.submission(strategy, decision(strategy)?));
        }
        let last = STRATEGIES - 1;
        let records = minutes.end(minutes.submission(last, decision(last)?));
        minutes.rest(records);
    }
    Ok(())
}

/// In no order.
fn decision(strategy: usize) -> Result<f64, Box<dyn Error>> {
    Ok(u32::try_from(strategy * 7_919 % STRATEGIES)?.into())
}

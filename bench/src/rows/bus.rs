//! The same job over a message bus: Minutehand beside the streams of NATS and Redis, from the
//! boundary to the median at a watcher, and in the memory of all processes.
//!
//! Each system has three generators and two strategies, one on the first generator and one on the
//! other two, and keeps what it publishes on disk.

use std::time::Duration;

use crate::{
    Result,
    figures::quantile,
    peers::bus::Over,
    report::{Row, Target},
    rows::Options,
    systems::{Shape, System, side_by_side},
};

/// The generators that each strategy follows.
const FOLLOWS: [&[usize]; 2] = [&[0], &[1, 2]];

/// How much each of them is behind Minutehand.
const BEHIND: [(Over, Duration); 2] =
    [(Over::Nats, Duration::from_millis(300)), (Over::Redis, Duration::from_millis(600))];

/// What a system came to in a round.
struct Measured {
    system: String,
    /// From the boundary to the median at the watcher, in milliseconds.
    half: f64,
    ninety_nine: f64,
    /// Resident, of all processes, in MiB.
    memory: f64,
}

impl Measured {
    fn of((system, lateness): (&System, Vec<f64>)) -> Result<Self> {
        let [half, ninety_nine] = [0.5, 0.99].map(|share| quantile(&lateness, share));
        Ok(Self { system: system.name.clone(), half, ninety_nine, memory: system.resident_mib()? })
    }
}

/// Latency and memory, against each bus.
pub(crate) async fn bus(options: &Options) -> Result<Vec<Row>> {
    let shape = Shape::of(&FOLLOWS);
    let mut rounds: Vec<Vec<Measured>> = Vec::new();
    for _ in 0..options.rounds {
        let mut systems = vec![System::minutehand(&shape).await?.there().await?];
        for (over, behind) in BEHIND {
            systems.push(System::over(over, &shape, behind).await?.there().await?);
        }
        let (lateness, ()) = side_by_side(&mut systems, options.minutes, async |_| Ok(())).await?;
        rounds.push(systems.iter().zip(lateness).map(Measured::of).collect::<Result<_>>()?);
    }
    let mut rows = Vec::new();
    for their in 1..=BEHIND.len() {
        let mut row = |what: &str, unit, figure: fn(&Measured) -> f64| {
            let pair = |round: &Vec<Measured>| [figure(&round[0]), figure(&round[their])];
            let pairs: Vec<_> = rounds.iter().map(pair).collect();
            let peer = &rounds[0][their].system;
            rows.push(Row::paired(format!("bus: {what}"), unit, peer, &pairs, Target::AtMost(1.0)));
        };
        row("boundary to published median, p50", "ms", |measured| measured.half);
        row("boundary to published median, p99", "ms", |measured| measured.ninety_nine);
        row("resident memory of all processes", "MiB", |measured| measured.memory);
    }
    Ok(rows)
}

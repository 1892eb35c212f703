//! From the boundary to the published median, as a watcher sees it: three generators and a number of
//! strategies as real processes, beside the floor of the machine, bare calls of tonic and the trio in
//! Python.

use std::time::Duration;

use tempfile::TempDir;

use crate::{
    Result,
    figures::{quantile, to_f64},
    peers::{
        floor::Floor,
        python::{Flavour, Python},
    },
    plot::{Line, Plot},
    report::{Row, Target},
    rows::{Measured, Options},
    systems::{Minutes, Shape, System, millis, side_by_side},
};

const SIZES: [usize; 3] = [2, 20, 100];

/// How much the others are behind Minutehand: each after the one before it is done.
const BARE_BEHIND: Duration = Duration::from_millis(100);
const PYTHON_BEHIND: [(Flavour, Duration); 2] =
    [(Flavour::Rpyc, Duration::from_millis(200)), (Flavour::Grpc, Duration::from_millis(350))];
const FLOOR_BEHIND: Duration = Duration::from_millis(900);

const FLOOR: &str = "floor of the machine";

/// Median, and the slowest in a hundred.
const QUANTILES: [(f64, &str); 2] = [(0.5, "p50"), (0.99, "p99")];

/// Each size by itself.
pub(crate) async fn latency(options: &Options) -> Result<Measured> {
    let python = Python::ready().await?;
    let (mut rows, mut plots) = (Vec::new(), Vec::new());
    for strategies in SIZES {
        let mut rounds = Vec::new();
        for _ in 0..options.rounds {
            rounds.push(round(&python, strategies, options.minutes).await?);
        }
        rows.extend(compared(strategies, &rounds));
        plots.push(plot(strategies, &rounds));
    }
    Ok(Measured { rows, plots, missing: None })
}

/// What a system came to in a round.
struct Came {
    system: String,
    /// Every minute, in milliseconds.
    lateness: Vec<f64>,
    /// Of all its processes; the floor has none.
    resident_mib: Option<f64>,
}

/// Ours first, then everyone else's.
async fn round(python: &Python, strategies: usize, minutes: usize) -> Result<Vec<Came>> {
    let directory = TempDir::new()?;
    let shape = Shape::full(strategies);
    let mut systems = vec![System::minutehand(&shape).await?.there().await?];
    systems.push(System::bare(&shape, BARE_BEHIND).await?.there().await?);
    for (flavour, behind) in PYTHON_BEHIND {
        systems.push(System::python(python, flavour, &shape, behind).await?.there().await?);
    }
    let mut floor = Floor::new(directory.path(), strategies, shape.signals()).await?;
    let (lateness, floors) =
        side_by_side(&mut systems, minutes, async |minutes| floors(&mut floor, minutes).await)
            .await?;
    let mut all = Vec::new();
    for (system, lateness) in systems.into_iter().zip(lateness) {
        let resident_mib = Some(system.resident_mib()?);
        all.push(Came { system: system.name, lateness, resident_mib });
    }
    all.push(Came { system: FLOOR.to_owned(), lateness: floors, resident_mib: None });
    Ok(all)
}

async fn floors(floor: &mut Floor, minutes: Minutes) -> Result<Vec<f64>> {
    let mut floors = Vec::new();
    for minute in minutes.each()? {
        floors.push(millis(floor.measure(minute, FLOOR_BEHIND).await?));
    }
    Ok(floors)
}

/// The rows of one size: each quantile of ours against the same one of each peer, and the memory.
fn compared(strategies: usize, rounds: &[Vec<Came>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (share, quantile_name) in QUANTILES {
        for peer in 1..rounds[0].len() {
            let figure = |came: &Came| quantile(&came.lateness, share);
            let pairs: Vec<_> =
                rounds.iter().map(|round| [0, peer].map(|who| figure(&round[who]))).collect();
            let name = &rounds[0][peer].system;
            let target = target(strategies, name, share);
            let what = format!("boundary to median, {strategies} strategies, {quantile_name}");
            rows.push(Row::paired(what, "ms", name, &pairs, target));
        }
    }
    for peer in 1..rounds[0].len() {
        let pair = |round: &Vec<Came>| Some([round[0].resident_mib?, round[peer].resident_mib?]);
        let Some(pairs) = rounds.iter().map(pair).collect::<Option<Vec<_>>>() else { continue };
        let what = format!("resident memory of all processes, {strategies} strategies");
        rows.push(Row::paired(what, "MiB", &rounds[0][peer].system, &pairs, Target::None));
    }
    rows
}

fn target(strategies: usize, peer: &str, share: f64) -> Target {
    let is_python = Flavour::ALL.iter().any(|flavour| flavour.name() == peer);
    match strategies {
        2 if peer == FLOOR && share < 0.9 => Target::AtMost(2.0),
        2 if peer == FLOOR => Target::AtMost(5.0),
        100 if is_python => Target::AtMost(0.2),
        _ if is_python => Target::AtMost(1.0),
        _ => Target::None,
    }
}

/// By how long they took, the share of minutes that took so long at most, in all rounds.
fn plot(strategies: usize, rounds: &[Vec<Came>]) -> Plot {
    let line = |who: usize| {
        let mut minutes: Vec<f64> =
            rounds.iter().flat_map(|round| &round[who].lateness).copied().collect();
        minutes.sort_by(f64::total_cmp);
        let all = to_f64(minutes.len());
        let share = |(place, took)| [took, to_f64(place + 1) / all * 100.0];
        let points = minutes.into_iter().enumerate().map(share).collect();
        Line { name: rounds[0][who].system.clone(), points }
    };
    Plot {
        file: format!("latency-{strategies}"),
        title: format!("Boundary to median, 3 generators and {strategies} strategies"),
        x: "milliseconds".to_owned(),
        y: "% of minutes".to_owned(),
        lines: (0..rounds[0].len()).map(line).collect(),
    }
}

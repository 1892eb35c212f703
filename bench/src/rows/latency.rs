//! From the boundary to the published median, as a watcher sees it: three generators and a number of
//! strategies as real processes, beside the floor of the machine and the trio in Python.

use std::time::Duration;

use chassis::grid::{Interval, Minute, Timestamp};
use tempfile::TempDir;
use tokio::{
    io::{BufReader, Lines},
    process::ChildStdout,
};

use crate::{
    Result,
    figures::{quantile, to_f64},
    parts,
    peers::{
        floor::Floor,
        python::{Flavour, Python},
    },
    plot::{Line, Plot},
    process::{Process, Server},
    report::{Row, Target},
    rows::{Measured, Options},
    watch::Watch,
};

const INTERVAL: &str = "1s";
const INTERVAL_SECONDS: &str = "1";
const GRACE_SECONDS: &str = "0.5";

const SIZES: [usize; 3] = [2, 20, 100];

const GENERATORS: usize = 3;

/// Minutes that are not counted: everything starts in them.
const WARM: usize = 5;

/// A start of a hundred interpreters takes a while: so many minutes are waited for.
const START_MAX: usize = 120;

/// Median, and the slowest in a hundred.
const QUANTILES: [(f64, &str); 2] = [(0.5, "p50"), (0.99, "p99")];

/// Each size: ours and the floor in the same minutes, then Python's.
pub(crate) async fn latency(options: &Options) -> Result<Measured> {
    let python = Python::ready().await?;
    let (mut rows, mut plots) = (Vec::new(), Vec::new());
    for strategies in SIZES {
        let (mut floors, mut pythons) = (Vec::new(), [Vec::new(), Vec::new()]);
        let mut all = Distributions::default();
        for _ in 0..options.rounds {
            let ours = ours(strategies, options.minutes).await?;
            let quantiles = |of: &[f64]| QUANTILES.map(|(share, _)| quantile(of, share));
            let (medians, floor) = (quantiles(&ours.medians), quantiles(&ours.floors));
            floors.push((medians, floor));
            all.add("Minutehand", &ours.medians);
            all.add("floor of the machine", &ours.floors);
            for (flavour, theirs) in Flavour::ALL.into_iter().zip(&mut pythons) {
                let lateness = theirs_of(&python, flavour, strategies, options.minutes).await?;
                theirs.push((medians, quantiles(&lateness)));
                all.add(flavour.name(), &lateness);
            }
        }
        plots.push(all.plot(strategies));
        for (index, (_, quantile)) in QUANTILES.into_iter().enumerate() {
            let pairs = |of: &[([f64; 2], [f64; 2])]| -> Vec<[f64; 2]> {
                of.iter().map(|(ours, theirs)| [ours[index], theirs[index]]).collect()
            };
            let name = format!("boundary to median, {strategies} strategies, {quantile}");
            let target = match (strategies, index) {
                (2, 0) => Target::AtMost(2.0),
                (2, _) => Target::AtMost(5.0),
                _ => Target::None,
            };
            rows.push(Row::paired(
                name.clone(),
                "ms",
                "floor of the machine",
                &pairs(&floors),
                target,
            ));
            let target = if strategies == 100 { 0.2 } else { 1.0 };
            for (flavour, theirs) in Flavour::ALL.into_iter().zip(&pythons) {
                let target = Target::AtMost(target);
                rows.push(Row::paired(name.clone(), "ms", flavour.name(), &pairs(theirs), target));
            }
        }
    }
    Ok(Measured { rows, plots })
}

/// Every minute of all rounds, in milliseconds, by whose it is.
#[derive(Debug, Default)]
struct Distributions(Vec<(&'static str, Vec<f64>)>);

impl Distributions {
    fn add(&mut self, name: &'static str, minutes: &[f64]) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, all)) => all.extend(minutes),
            None => self.0.push((name, minutes.to_vec())),
        }
    }

    /// By how long they took, the share of minutes that took so long at most.
    fn plot(self, strategies: usize) -> Plot {
        let line = |(name, mut minutes): (&str, Vec<f64>)| {
            minutes.sort_by(f64::total_cmp);
            let all = to_f64(minutes.len());
            let share = |(place, took)| [took, to_f64(place + 1) / all * 100.0];
            let points = minutes.into_iter().enumerate().map(share).collect();
            Line { name: name.to_owned(), points }
        };
        Plot {
            file: format!("latency-{strategies}"),
            title: format!("Boundary to median, 3 generators and {strategies} strategies"),
            x: "milliseconds".to_owned(),
            y: "% of minutes".to_owned(),
            lines: self.0.into_iter().map(line).collect(),
        }
    }
}

/// In milliseconds, a minute each.
struct Ours {
    medians: Vec<f64>,
    floors: Vec<f64>,
}

async fn ours(strategies: usize, minutes: usize) -> Result<Ours> {
    let directory = TempDir::new()?;
    let interval: Interval = INTERVAL.parse()?;
    let mut generators = Vec::new();
    for _ in 0..GENERATORS {
        generators.push(Server::start(parts::generator(INTERVAL)?).await?);
    }
    let journal = directory.path().join("journal.sqlite");
    let trader = Server::start(parts::trader(INTERVAL, &journal)?).await?;
    let mut watch = Watch::begin(trader.port).await?;
    let signals: Vec<&Server> = generators.iter().collect();
    let mut running = Vec::new();
    for index in 0..strategies {
        let name = format!("s{index}");
        running.push(Process::start(parts::strategy(&name, INTERVAL, &trader, &signals)?)?);
    }
    let mut floor = Floor::new(directory.path(), strategies, GENERATORS).await?;
    let (mut medians, mut floors) = (Vec::new(), Vec::new());
    let mut missed = 0;
    let half = interval.duration() / 2;
    let mut minute = all_there(&mut watch, strategies).await?;
    for round in 0..WARM + minutes {
        let minute_before = Minute::containing(minute, interval);
        let lowest = floor.measure(minute_before, half).await?;
        let heard = watch.next().await?;
        minute = heard.minute;
        if usize::try_from(heard.verdict.count)? != strategies {
            missed += 1;
        } else if round >= WARM {
            medians.push(millis(heard.at.since(minute)));
            floors.push(millis(lowest));
        }
    }
    if missed * 100 > minutes {
        return Err(format!("{missed} of {minutes} minutes ended without all decisions").into());
    }
    Ok(Ours { medians, floors })
}

/// The first minute that all decided in.
async fn all_there(watch: &mut Watch, strategies: usize) -> Result<Timestamp> {
    for _ in 0..START_MAX {
        let heard = watch.next().await?;
        if heard.verdict.median.is_some() && usize::try_from(heard.verdict.count)? == strategies {
            return Ok(heard.minute);
        }
    }
    Err(format!("{strategies} strategies were not all there after {START_MAX} minutes").into())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// How late Python's medians are, in milliseconds.
async fn theirs_of(
    python: &Python,
    flavour: Flavour,
    strategies: usize,
    minutes: usize,
) -> Result<Vec<f64>> {
    let directory = TempDir::new()?;
    let mut generators = Vec::new();
    for _ in 0..GENERATORS {
        let args = ["generator", "-p", "0", "--interval", INTERVAL_SECONDS];
        generators.push(Server::start(python.command(flavour, &args)).await?);
    }
    let args = [
        "trader",
        "-p",
        "0",
        "--interval",
        INTERVAL_SECONDS,
        "--grace",
        GRACE_SECONDS,
        "--journal",
    ];
    let mut trader = python.command(flavour, &args);
    trader.arg(directory.path().join("journal.sqlite"));
    let trader = Server::start(trader).await?;
    let port = trader.port.to_string();
    let mut medians = Medians::begin(python, flavour, &trader).await?;
    let signals = parts::ports(&generators.iter().collect::<Vec<_>>());
    let mut running = Vec::new();
    for index in 0..strategies {
        let name = format!("s{index}");
        let args = [
            "strategy",
            "--name",
            &name,
            "--trader-port",
            &port,
            "--signal-ports",
            &signals,
            "--interval",
            INTERVAL_SECONDS,
        ];
        running.push(Process::start(python.command(flavour, &args))?);
    }
    let mut started = 0;
    while medians.next().await?.1 != strategies {
        started += 1;
        if started > START_MAX {
            return Err(format!(
                "{} does not get {strategies} strategies to decide",
                flavour.name()
            )
            .into());
        }
    }
    let mut lateness = Vec::new();
    let mut failed = 0;
    for round in 0..WARM + minutes {
        let (late, count) = medians.next().await?;
        if count != strategies {
            failed += 1;
        } else if round >= WARM {
            lateness.push(millis(late));
        }
    }
    if failed * 10 > minutes {
        return Err(
            format!("{}: {failed} of {minutes} minutes without a median", flavour.name()).into()
        );
    }
    Ok(lateness)
}

/// The medians of a trader in Python, as a watcher hears of them.
enum Medians {
    Lines { _watch: Process, lines: Lines<BufReader<ChildStdout>> },
    Stream(Watch),
}

impl Medians {
    async fn begin(python: &Python, flavour: Flavour, trader: &Server) -> Result<Self> {
        match flavour {
            Flavour::Rpyc => {
                let args = ["watch", "--trader-port", &trader.port.to_string()];
                let (watch, lines) = Process::start(python.command(flavour, &args))?;
                Ok(Self::Lines { _watch: watch, lines })
            }
            Flavour::Grpc => Ok(Self::Stream(Watch::begin(trader.port).await?)),
        }
    }

    /// How long after its boundary the next verdict was heard, and of how many decisions it is.
    async fn next(&mut self) -> Result<(Duration, usize)> {
        match self {
            Self::Lines { lines, .. } => {
                let line = lines.next_line().await?.ok_or("the watch has ended")?;
                let words: Vec<&str> = line.split_whitespace().collect();
                let [kind, minute, at, count] = words[..] else {
                    return Err(format!("the watch says: {line}").into());
                };
                let [minute, at] =
                    [minute, at].map(|micros| micros.parse().map(Timestamp::from_micros));
                let count = if kind == "median" { count.parse()? } else { 0 };
                Ok((at?.since(minute?), count))
            }
            Self::Stream(watch) => {
                let heard = watch.next().await?;
                let count = heard.verdict.median.map_or(0, |_| heard.verdict.count);
                Ok((heard.at.since(heard.minute), usize::try_from(count)?))
            }
        }
    }
}

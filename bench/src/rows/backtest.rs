//! Minutes of history a second, of a plan of moving averages, medians included, beside an ensemble in
//! Nautilus Trader that does the same with the same bars. Both are asked for their medians first.

mod bars;
mod check;

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    Result,
    peers::{
        nautilus::{Nautilus, on_one_core},
        python::finished,
    },
    process::binary,
    report::{Row, Target},
    rows::{Measured, Options},
};

/// Where the plans are.
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");

/// How many strategies, and how many minutes a second at least.
const PLANS: [(usize, f64); 2] = [(5, 2_600_000.0), (21, 670_000.0)];

/// So many times as fast as Nautilus Trader.
const TIMES: f64 = 100.0;

/// Both plans. Without Nautilus Trader ours are measured alone.
pub(crate) async fn backtest(options: &Options) -> Result<Measured> {
    let directory = TempDir::new()?;
    let data = match &options.data {
        Some(file) => file.clone(),
        None => bars::walk(directory.path())?,
    };
    let (nautilus, missing) = match Nautilus::ready().await {
        Ok(nautilus) => (Some(nautilus), None),
        Err(error) => (None, Some(format!("Nautilus Trader, which is not there: {error}"))),
    };
    let mut rows = Vec::new();
    for (strategies, least) in PLANS {
        let plan = PathBuf::from(format!("{EXAMPLES}/backtest-sma{strategies}.toml"));
        let name = format!("backtest, {strategies} SMA strategies");
        if let Some(nautilus) = &nautilus {
            let [ours, theirs] = both(nautilus, &plan, &data, directory.path()).await?;
            check::same(&ours, &theirs).map_err(|error| format!("{name}: {error}"))?;
        }
        let (mut alone, mut pairs, mut version) = (Vec::new(), Vec::new(), String::new());
        for _ in 0..options.rounds {
            let ours = speed(&plan, &data).await?;
            alone.push(ours);
            if let Some(nautilus) = &nautilus {
                let theirs = nautilus.speed(&plan, &data).await?;
                version = theirs.version;
                pairs.push([ours, theirs.minutes_a_second]);
            }
        }
        rows.push(Row::limited(name.clone(), "minutes/s", &alone, least, Target::AtLeast(1.0)));
        if nautilus.is_some() {
            let peer = format!("Nautilus Trader {version}");
            rows.push(Row::paired(name, "minutes/s", peer, &pairs, Target::AtLeast(TIMES)));
        }
    }
    Ok(Measured { rows, plots: Vec::new(), missing })
}

/// What ours and theirs say the medians are, as text.
async fn both(
    nautilus: &Nautilus,
    plan: &Path,
    data: &Path,
    directory: &Path,
) -> Result<[String; 2]> {
    let (ours, theirs) = (directory.join("ours"), directory.join("theirs.csv"));
    finished(ours_of(plan, data)?.arg("--once").arg("--csv").arg(&ours)).await?;
    nautilus.medians(plan, data, &theirs).await?;
    let read = |file: PathBuf| std::fs::read_to_string(file);
    Ok([read(ours.join("minutes.csv"))?, read(theirs)?])
}

fn ours_of(plan: &Path, data: &Path) -> Result<Command> {
    let mut command = on_one_core(&binary("minutehand")?);
    command.arg("backtest").arg(plan).arg("--data").arg(data);
    Ok(command)
}

/// Our minutes a second, which end the last line of a backtest.
async fn speed(plan: &Path, data: &Path) -> Result<f64> {
    let said = finished(&mut ours_of(plan, data)?).await?;
    read(&said).ok_or_else(|| format!("a backtest says no speed: {said}").into())
}

fn read(said: &str) -> Option<f64> {
    let last = said.lines().last()?.strip_suffix(" minutes/s")?;
    last.split_whitespace().last()?.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_ends_the_last_line() {
        let said =
            "loading 43 ms, report 9 ms\n45,031 minutes, 3 times in 0.04 s: 3,002,066 minutes/s\n";
        assert_eq!(read(said), Some(3_002_066.0));
        assert_eq!(read("3 times in 0.04 s"), None);
    }
}

//! A plan of moving averages as an ensemble in Nautilus Trader: `bench/python/nautilus_ensemble.py` has it.
//! Its environment is its own, and made beside the binaries by the first run that needs it.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::python::{SCRIPTS, finished, install};
use crate::Result;

/// An interpreter that has Nautilus Trader.
#[derive(Debug)]
pub(crate) struct Nautilus {
    interpreter: PathBuf,
}

/// How fast minutes went by, and in which version.
#[derive(Debug)]
pub(crate) struct Speed {
    pub(crate) version: String,
    pub(crate) minutes_a_second: f64,
}

impl Nautilus {
    /// The one that a run before has made, or a new one; an error where there is none for this Python.
    pub(crate) async fn ready() -> Result<Self> {
        let place = std::env::current_exe()?.with_file_name("bench-nautilus");
        let nautilus = Self { interpreter: place.join("bin/python") };
        if nautilus.there().await.is_err() {
            install(&place, "requirements-nautilus.txt").await?;
            nautilus.there().await?;
        }
        Ok(nautilus)
    }

    async fn there(&self) -> Result<()> {
        let mut import = Command::new(&self.interpreter);
        finished(import.args(["-c", "import nautilus_trader.backtest.engine"])).await.map(drop)
    }

    /// Writes the median of each minute of a plan over `data` into `file`.
    pub(crate) async fn medians(&self, plan: &Path, data: &Path, file: &Path) -> Result<()> {
        finished(self.ensemble(plan, data).arg("--medians").arg(file)).await.map(drop)
    }

    /// How fast it runs a plan over `data`.
    pub(crate) async fn speed(&self, plan: &Path, data: &Path) -> Result<Speed> {
        let said = finished(&mut self.ensemble(plan, data)).await?;
        read(said.lines().last().unwrap_or_default())
    }

    fn ensemble(&self, plan: &Path, data: &Path) -> Command {
        let mut command = on_one_core(&self.interpreter);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.arg(format!("{SCRIPTS}/nautilus_ensemble.py")).arg(plan).arg("--data").arg(data);
        command
    }
}

/// A program that has the first core, and no other.
pub(crate) fn on_one_core(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0"]).arg(program);
    command
}

/// `nautilus VERSION minutes N seconds S`
fn read(line: &str) -> Result<Speed> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ["nautilus", version, "minutes", minutes, "seconds", seconds] = words[..] else {
        return Err(format!("the ensemble in Nautilus Trader says: {line}").into());
    };
    let minutes_a_second = minutes.parse::<f64>()? / seconds.parse::<f64>()?;
    Ok(Speed { version: version.to_owned(), minutes_a_second })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_says_how_fast_it_was() {
        let speed = read("nautilus 1.221.0 minutes 90062 seconds 2.0").unwrap();
        assert_eq!(speed.version, "1.221.0");
        assert!((speed.minutes_a_second - 45_031.0).abs() < 1e-9);
        let said = read("AssertionError: no medians came").unwrap_err().to_string();
        assert_eq!(said, "the ensemble in Nautilus Trader says: AssertionError: no medians came");
    }
}

//! What came of a backtest, as tables.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::Path,
};

use chassis::exit::{Exit, Failure};

use super::Backtest;

/// Writes the tables into `directory`, which is made if it is not there.
pub(super) fn write(directory: &Path, backtest: &Backtest<'_>) -> Result<(), Failure> {
    let failed = |path: &Path, error: io::Error| {
        Exit::Failed.because(format!("cannot write {}: {error}", path.display()))
    };
    fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    let (first, second) = (directory.join("minutes.csv"), directory.join("states.csv"));
    minutes(&first, backtest).map_err(|error| failed(&first, error))?;
    states(&second, backtest).map_err(|error| failed(&second, error))
}

/// A minute a row: the median, what each strategy decided, and the equity by each of them; empty where
/// there is none.
fn minutes(file: &Path, backtest: &Backtest<'_>) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    let course = &backtest.course;
    write!(out, "minute,median")?;
    for strategy in &course.strategies {
        write!(out, ",decision:{}", strategy.name)?;
    }
    write!(out, ",equity")?;
    for strategy in &course.strategies {
        write!(out, ",equity:{}", strategy.name)?;
    }
    writeln!(out)?;
    for (n, minute) in course.minutes().enumerate() {
        write!(out, "{minute}")?;
        let strategies = course.strategies.iter().map(|one| &one.decisions);
        for column in std::iter::once(&course.medians).chain(strategies) {
            match column.get(n) {
                Some(number) => write!(out, ",{number}")?,
                None => write!(out, ",")?,
            }
        }
        for (_, equity) in &backtest.equities {
            write!(out, ",{}", equity.values[n])?;
        }
        writeln!(out)?;
    }
    out.flush()
}

/// A change of the trader's state a row, with a cause each.
fn states(file: &Path, backtest: &Backtest<'_>) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    writeln!(out, "at,state,subject,cause,since,detail")?;
    for change in &backtest.course.changes {
        let (at, state) = (change.at, change.to);
        if change.causes.is_empty() {
            writeln!(out, "{at},{state},,,,")?;
        }
        for cause in &change.causes {
            let detail = cause.detail.replace('"', "\"\"");
            writeln!(
                out,
                "{at},{state},{},{},{},\"{detail}\"",
                cause.subject, cause.code, cause.since
            )?;
        }
    }
    out.flush()
}

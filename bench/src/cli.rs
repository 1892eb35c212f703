//! The command line.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Parser, Subcommand};

use crate::{
    Result,
    load::Load,
    peers::{
        call::Call,
        echo::{self, Counting},
        floor,
    },
    report::{HEAD, Report},
    rows::{Family, Options},
};

/// Measures Minutehand beside its peers and the machine's limit.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure every family of rows, ours and the peer's in turn, and print the table.
    Compare {
        /// Write the rows here, too, as JSON.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,

        /// Draw the plots of what is measured in this directory.
        #[arg(long, value_name = "DIR", default_value = "docs")]
        plots: PathBuf,

        /// Only these families [default: all].
        #[arg(long, value_name = "NAMES", value_delimiter = ',')]
        rows: Vec<String>,

        /// Rounds of each comparison.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        rounds: u32,

        /// Minutes of a round, where latencies are measured.
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        minutes: u32,

        /// How long servers are left alone to see what they take, in seconds.
        #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..=86_400))]
        idle_s: u32,

        /// Bars of a minute to run backtests over, instead of those of a random walk.
        #[arg(long, value_name = "FILE")]
        data: Option<PathBuf>,
    },

    /// Registers many strategies with a trader of this machine, lets all of them decide each minute,
    /// and prints how fast they were acknowledged.
    Load(Load),

    /// A bare server, for `compare`.
    #[command(hide = true)]
    Echo {
        /// Print when so many submissions of a minute are there.
        #[arg(long)]
        count: Option<usize>,

        /// How much the minutes are behind.
        #[arg(long, default_value_t = 0)]
        behind_ms: u64,
    },

    /// Bare calls, for `compare`.
    #[command(hide = true)]
    Call(Call),

    /// Answers every message with the same one, for `compare`.
    #[command(hide = true)]
    Pong,
}

/// Runs a command.
pub(crate) fn run(args: Args) -> Result<()> {
    match args.command {
        Command::Compare { json, plots, rows, rounds, minutes, idle_s, data } => {
            let options = Options {
                rounds: usize::try_from(rounds)?,
                minutes: usize::try_from(minutes)?,
                idle: Duration::from_secs(idle_s.into()),
                data,
            };
            block_on(compare(&options, &rows, json, &plots))
        }
        Command::Load(load) => block_on(load.run()),
        Command::Echo { count, behind_ms } => {
            let behind = Duration::from_millis(behind_ms);
            block_on(echo::serve(count.map(|strategies| Counting::of(strategies, behind))))
        }
        Command::Call(call) => block_on(call.run()),
        Command::Pong => block_on(floor::pong()),
    }
}

/// Runs a command's task, on one thread as all of Minutehand does.
pub(crate) fn block_on(task: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(task)
}

async fn compare(
    options: &Options,
    only: &[String],
    json: Option<PathBuf>,
    plots: &Path,
) -> Result<()> {
    let known: Vec<&str> = Family::ALL.iter().map(|family| family.name()).collect();
    if let Some(unknown) = only.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(
            format!("no rows are called `{unknown}`; there are {}", known.join(", ")).into()
        );
    }
    if !plots.is_dir() {
        return Err(format!("--plots: there is no directory {}", plots.display()).into());
    }
    println!("{HEAD}");
    let mut report = Report { rows: Vec::new() };
    let mut missing = Vec::new();
    for &family in Family::ALL {
        if !only.is_empty() && !only.iter().any(|only| only == family.name()) {
            continue;
        }
        let measured = family.compare(options).await?;
        for row in measured.rows {
            println!("{}", row.line());
            report.rows.push(row);
        }
        // Hours may follow: what is measured is kept, whatever becomes of the rest.
        if let Some(file) = &json {
            write(file, &report)?;
        }
        for plot in measured.plots {
            plot.draw(plots)?;
        }
        missing.extend(measured.missing);
    }
    if only.is_empty() && !cfg!(feature = "bus") {
        missing.push("the message buses; run it with `--features bus`".to_owned());
    }
    for what in missing {
        println!("\nNOT MEASURED: {what}");
    }
    Ok(())
}

fn write(file: &Path, report: &Report) -> Result<()> {
    let failed = |error| format!("cannot write {}: {error}", file.display());
    Ok(fs::write(file, serde_json::to_string_pretty(report)?).map_err(failed)?)
}

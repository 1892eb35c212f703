//! The journal that the command line names: opened, and what is to be said of it.

use std::path::PathBuf;

use chassis::{
    chance,
    clock::Clock,
    exit::{Exit, Failure},
    grid::Timing,
    name::Name,
};
use tracing::{info, warn};

use crate::{
    args::Args,
    engine::Recovered,
    journal::{self, Journal},
};

/// Opens the journal that the command line names.
pub(crate) fn open(
    args: &Args,
    timing: Timing,
    clock: Clock,
) -> Result<(Journal, Recovered), Failure> {
    let new_id = Name::random(&mut chance::start(None));
    let now = clock.wall();
    let opened = if args.ephemeral {
        Journal::ephemeral(timing.interval, now, new_id)
    } else {
        Journal::open(&journal_path(args)?, timing.interval, now, new_id)
    };
    let (journal, recovered) = opened.map_err(|error| Exit::Failed.because(error.to_string()))?;
    Ok((journal.keeping(args.kept()), recovered))
}

fn journal_path(args: &Args) -> Result<PathBuf, Failure> {
    if let Some(path) = &args.journal {
        return Ok(path.clone());
    }
    let path = journal::default_path(args.port, |name| std::env::var_os(name))
        .map_err(|error| Exit::Failed.because(error.to_string()))?;
    journal::make_directory(&path).map_err(|error| {
        let directory = path.parent().unwrap_or(&path).display().to_string();
        Exit::Failed.because(format!("cannot make {directory}, where the journal belongs: {error}"))
    })?;
    Ok(path)
}

/// What is to be said of the journal: a new one is never begun in silence.
pub(crate) fn announcement(journal: &Journal, ephemeral: bool) -> impl FnOnce() + use<> {
    let (id, file) = (journal.id().to_owned(), journal.file().display().to_string());
    let is_new = journal.is_new();
    move || {
        if ephemeral {
            info!(id, "the journal is in memory: a restart forgets everything");
        } else if is_new {
            warn!(id, "a new journal is begun, in which nobody is registered: {file}");
        } else {
            info!(id, "journal {file}");
        }
    }
}

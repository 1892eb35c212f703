//! The journal that a trader would have written, for whatever reads journals.

use std::{fs, path::Path};

use backtest::{
    course::Course,
    run::{RUN_ID, Run},
};
use chassis::exit::{Exit, Failure};
use trader::journal::Journal;

use super::{MINUTES_A_STEP, progress::Progress};
use crate::file;

/// Whether a journal can be begun there, before it takes long to make it. None is written to that is there: it
/// could be a trader's.
pub(super) fn check(path: &Path) -> Result<(), Failure> {
    file::check(path)?;
    match path.symlink_metadata() {
        Ok(_) => Err(failed(path, &"it is there already: name a file that is not")),
        Err(_) => Ok(()),
    }
}

/// Writes the journal of a run that keeps its records, and that comes to `course`. It is there all at once.
pub(super) fn write(path: &Path, mut run: Run, course: &Course) -> Result<(), Failure> {
    let failed = |error: &dyn ToString| failed(path, error);
    let scratch = tempfile::tempdir_in(file::beside(path)).map_err(|error| failed(&error))?;
    let unfinished = scratch.path().join("journal");
    let (interval, begun) = (course.interval, course.first.previous(course.interval).start());
    let id = RUN_ID.parse().expect("it has the form of a name");
    let opened = Journal::open(&unfinished, interval, begun, id);
    let (mut journal, _) = opened.map_err(|error| failed(&error))?;
    let progress = Progress::of(run.left(), "minutes into the journal");
    while run.left() > 0 {
        let step = run.left().min(MINUTES_A_STEP);
        (0..step).for_each(|_| assert!(run.minute(), "there are minutes left"));
        journal.commit(&run.take_records()).map_err(|error| failed(&error))?;
        journal.checkpoint().map_err(|error| failed(&error))?;
        progress.more(step);
    }
    progress.end();
    drop(journal);
    if scratch.path().join("journal-wal").exists() {
        return Err(failed(&"SQLite could not fold its log into it: is the disk full?"));
    }
    fs::hard_link(&unfinished, path).map_err(|error| failed(&error))
}

fn failed(path: &Path, why: &dyn ToString) -> Failure {
    Exit::Failed.because(format!(
        "cannot write the journal {}: {}",
        path.display(),
        why.to_string()
    ))
}

//! Whole journals, read record by record; nothing in them changes.

use std::path::Path;

use chassis::exit::{Exit, Failure};

use super::finding::Finding;
use crate::{
    journal::{self, Journal},
    output,
    report::printable,
};

const CHECK: &str = "journal";

/// Prints all that is wrong with one, and fails if that is something.
pub(super) fn alone(journal: &Path) -> Result<(), Failure> {
    let file = journal.display();
    let findings = journal::doctor(journal)?;
    if findings.is_empty() {
        return output::print(&format!("{file}: {}\n", well(journal)?));
    }
    for finding in &findings {
        output::print(&format!("{}\n", printable(finding)))?;
    }
    Err(Exit::Failed.because(format!("{file}: {} found; {REMEDY}", faults(findings.len()))))
}

const REMEDY: &str =
    "keep the file as it is, and start the trader from a copy of the last good one";

/// The journal that the command line names, which is there if it is the right name.
pub(super) fn named(journal: &Path) -> Finding {
    if journal.exists() {
        return examine(journal, "--journal");
    }
    let subject = format!("{} (--journal)", journal.display());
    Finding::bad(CHECK, &subject, "there is no such file".to_owned()).so(
        "name the journal that the trader has: `minutehand status` shows its id, its log the file",
    )
}

/// The journal of `whose`, as one of several findings.
pub(super) fn examine(journal: &Path, whose: &str) -> Finding {
    let subject = format!("{} ({whose})", journal.display());
    if !journal.exists() {
        return Finding::ok(
            CHECK,
            &subject,
            "not there yet: the trader begins it at its first start",
        );
    }
    let judged = journal::doctor(journal).and_then(|findings| match findings.as_slice() {
        [] => Ok(Finding::ok(CHECK, &subject, well(journal)?)),
        [first, ..] => {
            let found = format!("{} found, the first: {first}", faults(findings.len()));
            Ok(Finding::bad(CHECK, &subject, found).so(REMEDY))
        }
    });
    judged.unwrap_or_else(|failure| Finding::bad(CHECK, &subject, failure.message))
}

fn well(journal: &Path) -> Result<String, Failure> {
    let kept_from = Journal::open(journal)?.kept_from();
    let kept_from = kept_from.map(|minute| format!(", kept from {minute} on"));
    Ok(format!("all well{}", kept_from.unwrap_or_default()))
}

fn faults(count: usize) -> String {
    if count == 1 { "1 fault".to_owned() } else { format!("{count} faults") }
}

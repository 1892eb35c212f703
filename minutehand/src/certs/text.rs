//! What was made and what was kept, in words, and what to type next. Pure.

use std::path::Path;

use chassis::tls::{Identity, Role};

use super::{
    files::flags,
    fill::{Done, Entry, Filled},
};
use crate::plan::Plan;

/// All of it, a line each.
pub(super) fn page(filled: &Filled) -> String {
    let parts = filled.parts.iter().map(|(identity, entry)| (entry, identity.to_string()));
    let authority = (&filled.authority, "the development CA".to_owned());
    let all: Vec<(&Entry, String)> = std::iter::once(authority).chain(parts).collect();
    let width = all.iter().map(|(entry, _)| path(entry).len()).max().unwrap_or_default();
    let mut lines: Vec<String> = all.iter().map(|(entry, who)| line(entry, who, width)).collect();
    if let Some(due) = filled.parts.iter().map(|(_, entry)| entry.due).min() {
        lines.push(format!("Run this again from {due} on: it renews what is near its end.\n"));
    }
    if filled.authority.done == Done::Made {
        let key = filled.authority.files.key.display();
        lines.push(format!("Whoever has {key} can be anybody here: keep it to yourself.\n"));
    }
    lines.concat()
}

fn line(entry: &Entry, who: &str, width: usize) -> String {
    let (done, why) = match entry.done {
        Done::Made => ("made", String::new()),
        Done::Kept => ("kept", String::new()),
        Done::Renewed(why) => ("renewed", format!(": {why}")),
    };
    format!("{done:<7}  {:<width$}  {who}, until {}{why}\n", path(entry), entry.until)
}

fn path(entry: &Entry) -> String {
    entry.files.certificate.display().to_string()
}

/// What to type next, of a plan.
pub(super) fn next_of_plan(file: &Path, plan: &Plan, directory: &Path) -> String {
    let file = file.display();
    if plan.tls.as_deref() == Some(directory) {
        return format!("Next: minutehand up {file}\n");
    }
    // From wherever `up` is called, it is the same directory.
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    // A string of JSON is one of TOML.
    let directory = serde_json::Value::from(directory.display().to_string());
    format!(
        "Next: put these two lines at the end of {file}, then `minutehand up {file}`\n[tls]\ndir = {directory}\n"
    )
}

/// What to type next, of single identities.
pub(super) fn next_of_parts(filled: &Filled, directory: &Path) -> String {
    let mut lines = vec!["Next:\n".to_owned()];
    for (identity, _) in &filled.parts {
        let flags = flags(directory, identity).join(" ");
        lines.push(format!("  {} {flags}\n", command(identity)));
    }
    lines.concat()
}

fn command(identity: &Identity) -> String {
    match identity.role {
        Role::Generator => format!("generator --name {}", identity.name),
        Role::Trader => "trader".to_owned(),
        Role::Strategy => {
            format!("strategy --name {} --trader HOST:PORT --signals HOST:PORT", identity.name)
        }
        Role::Operator => "minutehand status --trader HOST:PORT".to_owned(),
    }
}

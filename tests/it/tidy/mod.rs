//! The repository's own rules, as tests: what reviewers would otherwise have to say twice.
//!
//! A rule is a function from the repository to what breaks it; a test of it plants a breach in a
//! repository of a file or two, and another one holds the rule against this repository. A message
//! says where (`file:line`), what is wrong, and what to do.

mod source;
mod paths;
mod repository;
mod files;
mod prose;
mod habits;
mod manifests;
mod modules;
mod engine;
mod contract;
mod ci;
mod matrix;
mod limits;
mod runbook;
mod deploy;
mod metrics;

use std::{fmt, path::Path, sync::LazyLock};

use repository::Repository;

/// This repository.
static REPOSITORY: LazyLock<Repository> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member of a workspace");
    Repository::read(root)
});

/// One place that breaks a rule.
#[derive(Debug)]
struct Breach {
    path: String,
    line: usize,
    what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, what } = self;
        write!(f, "{path}:{line}: {what}")
    }
}

/// What a rule finds in a repository.
type Rule = fn(&Repository) -> Vec<Breach>;

/// Fails with every breach of the rule in this repository.
#[track_caller]
fn holds(rule: Rule) {
    let breaches: Vec<String> = rule(&REPOSITORY).iter().map(ToString::to_string).collect();
    assert!(breaches.is_empty(), "{} to put right:\n{}\n", breaches.len(), breaches.join("\n"));
}

/// The lines, as `path:line`, in which the rule is broken by a repository of these files.
fn caught(rule: Rule, files: &[(&str, &str)]) -> Vec<String> {
    let found = rule(&Repository::of(files));
    found.iter().map(|breach| format!("{}:{}", breach.path, breach.line)).collect()
}

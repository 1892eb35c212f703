//! What checks this repository: each check is described where it is run, and the forge's workflows run
//! nothing else, with actions that cannot change behind their names.

use super::{
    Breach, caught, holds,
    repository::{Repository, Text},
};

const DEEP: &str = ".ci/deep";
const WORKFLOWS: &str = ".github/workflows/";

fn undescribed(repository: &Repository) -> Vec<Breach> {
    let Some(deep) = repository.text(DEEP) else { return Vec::new() };
    let list = deep.text.lines().position(|line| line.starts_with("CHECKS=("));
    let Some(list) = list else { return vec![deep.breach(1, "no list of CHECKS=(…)")] };
    let line = deep.text.lines().nth(list).expect("it was found there");
    let names = line.trim_start_matches("CHECKS=(").trim_end_matches(')').split(' ');
    let missing = names.filter(|name| {
        let described = deep.text.contains(&format!("\n#   {name} "));
        !described || !deep.text.contains(&format!("\n{name}() {{\n"))
    });
    let what = |name| format!("`{name}`: say at the head what it checks, and write the function");
    missing.map(|name| deep.breach(list + 1, what(name))).collect()
}

fn loose_workflows(repository: &Repository) -> Vec<Breach> {
    let is_workflow = |text: &&Text| text.path.starts_with(WORKFLOWS);
    repository.texts.iter().filter(is_workflow).flat_map(loose).collect()
}

fn loose(workflow: &Text) -> Vec<Breach> {
    let value = |line: &str, key: &str| {
        let line = line.trim_start().trim_start_matches("- ");
        line.strip_prefix(key).map(|value| value.trim().to_owned())
    };
    let mut breaches = Vec::new();
    if !workflow.text.contains("\npermissions: {}\n") {
        breaches
            .push(workflow.breach(1, "`permissions: {}` at the top: each job asks for its own"));
    }
    for (number, line) in workflow.text.lines().enumerate() {
        // With nothing behind it, it is the name of a job.
        if value(line, "run:").is_some_and(|run| !run.is_empty() && !run.starts_with(".ci/")) {
            let what = "runs what nobody runs by hand: put it into .ci/run or .ci/deep";
            breaches.push(workflow.breach(number + 1, what));
        }
        if value(line, "uses:").is_some_and(|action| !is_pinned(&action)) {
            let what = "an action by a name that can change: `OWNER/NAME@COMMIT # vX.Y.Z`";
            breaches.push(workflow.breach(number + 1, what));
        }
    }
    breaches
}

fn is_pinned(action: &str) -> bool {
    action.split_once('@').and_then(|(_, rest)| rest.split_once(" # v")).is_some_and(
        |(commit, _)| commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
    )
}

#[test]
fn every_deep_check_is_described() {
    holds(undescribed);
    let deep = "#!/bin/sh\n#   one   checks one\n#   two   checks two\nCHECKS=(one two three)\n\
        one() {\n}\nthree() {\n}\n";
    assert_eq!(caught(undescribed, &[(DEEP, deep)]), [".ci/deep:4", ".ci/deep:4"]);
}

#[test]
fn workflows_run_what_people_run_with_actions_that_stay() {
    holds(loose_workflows);
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let good =
        format!("\npermissions: {{}}\n  run:\n  - uses: a/b@{commit} # v1.2.3\n  - run: .ci/run\n");
    let bad = "permissions: write-all\n  - uses: a/b@v4\n  - run: cargo test\n";
    let files = [(".github/workflows/a.yml", &*good), (".github/workflows/b.yml", bad)];
    let places = [1, 2, 3].map(|line| format!(".github/workflows/b.yml:{line}"));
    assert_eq!(caught(loose_workflows, &files), places);
}

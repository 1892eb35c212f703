//! What is deployed fits the programs: settings are flags that ship, and the units are alike where they have to
//! be.

use std::collections::BTreeSet;

use chassis::exit::Exit;

use super::{
    Breach, REPOSITORY, caught, holds,
    repository::{Repository, Text, has_extension},
    source::is_word,
};

const DEPLOYED: &str = "deploy/";

/// What the image is built of.
const LET_IN: &str = "deploy/container/Dockerfile.dockerignore";

/// What may differ between the units: a strategy has no ports to open.
const OF_ITS_OWN: [&str; 3] = ["CapabilityBoundingSet=", "AmbientCapabilities=", "PrivateUsers="];

fn of_kind<'a>(repository: &'a Repository, kind: &'a str) -> impl Iterator<Item = &'a Text> {
    let texts = repository.texts.iter();
    texts.filter(move |text| text.path.starts_with(DEPLOYED) && has_extension(&text.path, kind))
}

/// The variables of all flags.
fn variables() -> BTreeSet<String> {
    let command = minutehand::cli::command();
    let flags = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let named = flags.filter_map(|flag| Some(flag.get_env()?.to_str()?.to_owned()));
    named.collect()
}

fn unknown_variables(repository: &Repository) -> Vec<Breach> {
    let known = variables();
    let settings = ["env", "yaml", "service"];
    let texts = settings.into_iter().flat_map(|kind| of_kind(repository, kind));
    let lines = texts.flat_map(|text| text.text.lines().enumerate().map(move |line| (text, line)));
    let mut breaches = Vec::new();
    for (text, (number, line)) in lines {
        let names = line.split(|char| !is_word(char));
        let unknown = |name: &&str| name.starts_with("MINUTEHAND_") && !known.contains(*name);
        let breach = |name| text.breach(number + 1, format!("{name} is the variable of no flag"));
        breaches.extend(names.filter(unknown).map(breach));
    }
    breaches
}

/// The image is built of what the workspace is.
fn left_out_of_the_image(repository: &Repository) -> Vec<Breach> {
    let (Some(workspace), Some(let_in)) = (repository.text("Cargo.toml"), repository.text(LET_IN))
    else {
        return Vec::new();
    };
    let members = workspace.text.lines().find_map(|line| line.strip_prefix("members = ["));
    let members = members.unwrap_or_default().split('"').skip(1).step_by(2);
    let is_let_in =
        |member: &&str| let_in.text.lines().any(|line| line.strip_prefix('!') == Some(*member));
    let breach =
        |member| let_in.breach(1, format!("`{member}` is a member of the workspace: `!{member}`"));
    members.filter(|member| !is_let_in(member)).map(breach).collect()
}

/// What a unit forbids, from the first line that does to the end of the section.
fn forbidden(unit: &Text) -> Vec<&str> {
    let lines = unit.text.lines().skip_while(|line| !line.starts_with("NoNewPrivileges="));
    let section = lines.take_while(|line| !line.is_empty());
    section.filter(|line| !OF_ITS_OWN.iter().any(|own| line.starts_with(own))).collect()
}

fn uneven_units(repository: &Repository) -> Vec<Breach> {
    let units: Vec<&Text> = of_kind(repository, "service").collect();
    let codes = [Exit::Usage, Exit::Refused].map(|exit| (exit as u8).to_string()).join(" ");
    let left_alone = format!("RestartPreventExitStatus={codes}");
    let watched = ["Type=notify", "WatchdogSec=30", &left_alone];
    let mut breaches = Vec::new();
    for unit in &units {
        let has = |setting: &&str| unit.text.lines().any(|line| line == *setting);
        for setting in watched.iter().filter(|setting| !has(setting)) {
            breaches.push(unit.breach(1, format!("no `{setting}`, which all parts are run with")));
        }
        if forbidden(unit).is_empty() || forbidden(unit) != forbidden(units[0]) {
            let what = format!("it forbids other things than {}", units[0].path);
            breaches.push(unit.breach(1, what));
        }
    }
    breaches
}

#[test]
fn c1_what_is_set_where_it_is_deployed_is_a_flag() {
    holds(unknown_variables);
    let files = [
        ("deploy/a.env", "MINUTEHAND_TRADER_PORT=1010\n#MINUTEHAND_TRADER_HARBOUR=1\n"),
        ("deploy/b/c.yaml", "MINUTEHAND_STRATEGY_NAME: X, MINUTEHAND_STRATEGY_NAMES: Y"),
        ("docs/d.env", "MINUTEHAND_NOTHING=1"),
    ];
    assert_eq!(caught(unknown_variables, &files), ["deploy/a.env:2", "deploy/b/c.yaml:1"]);
}

#[test]
fn c3_units_are_hardened_and_watched_alike_and_leave_alone_who_was_refused() {
    holds(uneven_units);
    let good = "Type=notify\nWatchdogSec=30\nRestartPreventExitStatus=2 6\n\n\
                NoNewPrivileges=yes\nPrivateUsers=yes\nUMask=0077\n\n[Install]\n";
    let own = good.replace("PrivateUsers=yes\n", "CapabilityBoundingSet=\n");
    let bad = ["UMask=0077\n", "2 ", "WatchdogSec=30\n"].map(|missing| good.replace(missing, ""));
    let files = [
        ("deploy/a.service", good),
        ("deploy/b.service", &*own),
        ("deploy/c.service", &*bad[0]),
        ("deploy/d.service", &*bad[1]),
        ("deploy/e.service", &*bad[2]),
    ];
    let places = ["c", "d", "e"].map(|unit| format!("deploy/{unit}.service:1"));
    assert_eq!(caught(uneven_units, &files), places);
}

#[test]
fn the_image_is_built_of_every_member_of_the_workspace() {
    assert!(REPOSITORY.text(LET_IN).is_some());
    holds(left_out_of_the_image);
    let members = "[workspace]\nmembers = [\"a\", \"b\"]\n";
    let files = [("Cargo.toml", members), (LET_IN, "*\n!a\n")];
    assert_eq!(caught(left_out_of_the_image, &files), [format!("{LET_IN}:1")]);
}

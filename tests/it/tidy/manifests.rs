//! Crates depend downwards only, take their versions from the workspace, and share its lints.

use toml::{Table, Value};

use super::{
    Breach, caught, holds,
    repository::{Repository, Text},
};

/// What a crate may take from ours; one that is not listed may take all.
const LAYERS: [(&str, &[&str]); 13] = [
    ("disk", &[]),
    ("proto", &[]),
    ("chassis", &[]),
    ("html", &[]),
    ("exchange", &["chassis"]),
    ("market", &["chassis"]),
    ("indicators", &["chassis", "market"]),
    ("feed", &["chassis", "exchange", "indicators", "market"]),
    ("generator", &["chassis", "feed", "indicators", "market", "proto"]),
    ("trader", &["chassis", "disk", "html", "proto"]),
    // It plays the other side in the tests of strategies, and its own tests have one of these.
    ("conformance", &["chassis", "proto", "strategy"]),
    ("strategy", &["chassis", "conformance", "proto"]),
    ("deregister", &["chassis", "proto"]),
];

/// Written by other habits: generated code, and calls from C.
const LINTED_BY_THEMSELVES: [&str; 2] = ["proto", "disk"];

/// What only tests and the simulation may take, and the feature that brings it in, if there is one.
const NOT_SHIPPED: [(&str, Option<&str>); 3] =
    [("conformance", None), ("disk", Some("simulated-disk")), ("exchange", None)];

const SIMULATION: &str = "sim";

const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// A member of the workspace.
struct Member<'a> {
    name: &'a str,
    manifest: &'a Text,
    table: Table,
}

impl Member<'_> {
    fn dependencies(&self) -> impl Iterator<Item = (&String, &Value)> {
        let tables = DEPENDENCIES.iter().filter_map(|kind| self.table.get(*kind)?.as_table());
        tables.flatten()
    }

    /// A breach in the line that begins with `key`.
    fn breach(&self, key: &str, what: impl Into<String>) -> Breach {
        let is_it = |line: &str| {
            line.strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', '.', '=']))
        };
        let line = self.manifest.text.lines().position(is_it).unwrap_or_default();
        self.manifest.breach(line + 1, what)
    }
}

fn table(manifest: &Text) -> Table {
    manifest.text.parse().unwrap_or_else(|error| panic!("{}: {error}", manifest.path))
}

fn members(repository: &Repository) -> Vec<Member<'_>> {
    let manifests = repository.texts.iter().filter_map(|manifest| {
        let name = manifest.path.strip_suffix("/Cargo.toml")?;
        Some(Member { name, manifest, table: table(manifest) })
    });
    // One that begins a workspace of its own belongs to no other.
    manifests.filter(|member| !member.table.contains_key("workspace")).collect()
}

/// The crates that `crate_name` ships with, as its code names them.
pub(super) fn shipped_with(repository: &Repository, crate_name: &str) -> Vec<String> {
    let members = members(repository);
    let member = members.iter().find(|member| member.name == crate_name);
    let dependencies = member.and_then(|member| member.table.get("dependencies")?.as_table());
    dependencies.into_iter().flat_map(Table::keys).map(|name| name.replace('-', "_")).collect()
}

fn upward_dependencies(repository: &Repository) -> Vec<Breach> {
    let members = members(repository);
    let is_ours = |name: &str| members.iter().any(|member| member.name == name);
    let mut breaches = Vec::new();
    for member in &members {
        let Some((_, below)) = LAYERS.iter().find(|(name, _)| *name == member.name) else {
            continue;
        };
        for (name, _) in member.dependencies() {
            if is_ours(name) && !below.contains(&&**name) {
                let what = format!(
                    "`{}` depends on `{name}`; of ours it may take {below:?}: move what is shared down",
                    member.name
                );
                breaches.push(member.breach(name, what));
            }
        }
    }
    breaches
}

/// Nobody who ships depends on them, but behind a feature that only the simulation turns on.
fn shipped_for_tests_only(repository: &Repository) -> Vec<Breach> {
    let members = members(repository);
    let shipping = |(name, feature)| {
        let what = format!("`{name}` is for tests: move it to [dev-dependencies]");
        let members = members.iter().filter(move |member| ships_with(member, name, feature));
        members.map(move |member| member.breach(name, what.clone()))
    };
    NOT_SHIPPED.into_iter().flat_map(shipping).collect()
}

/// Whether what a member ships has `name` in it, itself or by turning on the feature for it.
fn ships_with(member: &Member<'_>, name: &str, feature: Option<&str>) -> bool {
    let is_optional = |value: &Value| value.get("optional").and_then(Value::as_bool) == Some(true);
    let lists = |value: &Value| {
        let mut listed = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        feature.is_some_and(|feature| listed.any(|listed| listed.ends_with(feature)))
    };
    let turns_on = |value: &Value| value.get("features").is_some_and(lists);
    let dependencies = member.table.get("dependencies").and_then(Value::as_table);
    let default = member.table.get("features").and_then(|features| features.get("default"));
    let is_there = |all: &Table| all.get(name).is_some_and(|there| !is_optional(there));
    member.name != SIMULATION
        && (dependencies.is_some_and(|all| is_there(all) || all.values().any(turns_on))
            || default.is_some_and(lists))
}

fn own_versions(repository: &Repository) -> Vec<Breach> {
    let inherits = |value: &Value| value.get("workspace").and_then(Value::as_bool) == Some(true);
    let mut breaches = Vec::new();
    for member in &members(repository) {
        for (name, _) in member.dependencies().filter(|(_, value)| !inherits(value)) {
            let what = format!(
                "`{name}` is not taken from the workspace: \
                 put its version into [workspace.dependencies], and `workspace = true` here"
            );
            breaches.push(member.breach(name, what));
        }
    }
    breaches
}

fn own_lints(repository: &Repository) -> Vec<Breach> {
    let shares = |member: &Member<'_>| {
        let lints = member.table.get("lints").and_then(|lints| lints.get("workspace"));
        lints.and_then(Value::as_bool) == Some(true)
    };
    let own = members(repository)
        .into_iter()
        .filter(|member| !LINTED_BY_THEMSELVES.contains(&member.name) && !shares(member));
    own.map(|member| {
        member.breach("[lints]", "not linted like the rest: add `[lints]` with `workspace = true`")
    })
    .collect()
}

#[test]
fn crates_depend_downwards() {
    holds(upward_dependencies);
    let files = [
        ("chassis/Cargo.toml", "[dependencies]\ntokio.workspace = true\nproto.workspace = true"),
        ("proto/Cargo.toml", ""),
        (
            "trader/Cargo.toml",
            "[dependencies]\nproto.workspace = true\n[dev-dependencies]\nstrategy = { workspace = true }",
        ),
        ("strategy/Cargo.toml", ""),
        ("minutehand/Cargo.toml", "[dependencies]\ntrader.workspace = true"),
    ];
    assert_eq!(
        caught(upward_dependencies, &files),
        ["chassis/Cargo.toml:3", "trader/Cargo.toml:4"]
    );
}

#[test]
fn what_is_for_tests_does_not_ship() {
    holds(shipped_for_tests_only);
    let files = [
        ("disk/Cargo.toml", ""),
        ("sim/Cargo.toml", "[dependencies]\ndisk.workspace = true"),
        ("a/Cargo.toml", "[dev-dependencies]\ndisk.workspace = true"),
        ("b/Cargo.toml", "[dependencies]\ndisk.workspace = true"),
        ("c/Cargo.toml", "[dependencies]\ndisk = { workspace = true, optional = true }"),
        ("d/Cargo.toml", "[dependencies]\n# disk\nc = { features = [\"simulated-disk\"] }"),
        ("f/Cargo.toml", "[dependencies]\nexchange.workspace = true"),
        ("g/Cargo.toml", "[dev-dependencies]\nexchange.workspace = true"),
        (
            "e/Cargo.toml",
            "[features]\ndefault = [\"simulated-disk\"]\n[dependencies]\ndisk = { optional = true }",
        ),
    ];
    assert_eq!(
        caught(shipped_for_tests_only, &files),
        ["b/Cargo.toml:2", "d/Cargo.toml:1", "e/Cargo.toml:4", "f/Cargo.toml:2"]
    );
}

#[test]
fn versions_are_the_workspaces() {
    holds(own_versions);
    let files = [
        ("Cargo.toml", "[workspace.dependencies]\ntokio = \"1\""),
        (
            "a/Cargo.toml",
            "[dependencies]\nb.workspace = true\nc = \"1\"\n[dev-dependencies]\nd = { path = \"d\" }",
        ),
        ("e/Cargo.toml", "[workspace]\n[dependencies]\nf = \"1\""),
    ];
    assert_eq!(caught(own_versions, &files), ["a/Cargo.toml:3", "a/Cargo.toml:5"]);
}

#[test]
fn lints_are_the_workspaces() {
    holds(own_lints);
    let files = [
        ("a/Cargo.toml", "[lints]\nworkspace = true"),
        ("b/Cargo.toml", "[package]\nname = \"b\""),
        ("proto/Cargo.toml", "[lints.rust]"),
    ];
    assert_eq!(caught(own_lints, &files), ["b/Cargo.toml:1"]);
}

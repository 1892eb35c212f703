//! What nobody should read: notes to oneself, the history of the code, the author's machine.
//!
//! A word in backticks is mentioned, not used.

use super::{
    Breach, caught, holds,
    repository::{Repository, has_extension},
    source::words,
};

const NOTES_TO_ONESELF: [&str; 3] = ["TODO", "FIXME", "XXX"];

/// Code that promises other code.
const PLACEHOLDERS: [&str; 4] = ["todo!", "unimplemented!", "dbg!", "#[ignore"];

/// How a comment tells what the code was before. (`now` alone may mean the present instant.)
const HISTORY: [&str; 3] = ["no longer", "previously", "formerly"];

/// Where people and tools keep their checkouts. In halves, so that this file has none of them.
const MACHINES: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/ro", "ot/")];

/// Settings that send package managers to some other registry than the public one.
const REGISTRIES: [&str; 5] = [
    concat!("replace", "-with"),
    concat!("[regis", "tries"),
    concat!("index", "-url"),
    concat!("registry", "="),
    concat!("registry.", "npmjs"),
];

/// The one registry that `Cargo.lock` may name.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn notes_to_oneself(repository: &Repository) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in &repository.texts {
        let rust = repository.rust.iter().find(|rust| rust.path == file.path);
        for (line, prose) in lines(rust.map_or(&*file.text, |rust| &*rust.comments)) {
            for note in
                NOTES_TO_ONESELF.into_iter().filter(|note| words(&prose, note).next().is_some())
            {
                breaches.push(file.breach(line, format!("`{note}`: do it, or write an issue")));
            }
        }
    }
    breaches
}

fn placeholders(repository: &Repository) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in &repository.rust {
        for placeholder in PLACEHOLDERS {
            for (at, _) in file.code.match_indices(placeholder) {
                let what = format!("`{placeholder}`: finish it, or take it out");
                breaches.push(file.breach_at(&file.code, at, what));
            }
        }
    }
    breaches
}

fn history(repository: &Repository) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in repository.rust.iter().filter(|file| file.path.contains("/src/")) {
        for (line, comment) in lines(&file.comments.to_lowercase()) {
            for word in HISTORY.into_iter().filter(|word| words(&comment, word).next().is_some()) {
                let what =
                    format!("`{word}` in a comment: say what is, history belongs in commits");
                breaches.push(file.breach(line, what));
            }
        }
    }
    breaches
}

fn machines(repository: &Repository) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in &repository.texts {
        for (line, text) in file.text.lines().enumerate() {
            if MACHINES.iter().any(|machine| begins_a_path(text, machine)) {
                let what = "the path of somebody's machine: make it relative, or take a directory of the user's";
                breaches.push(file.breach(line + 1, what));
            }
            let elsewhere = has_extension(&file.path, "lock")
                && text.starts_with("source = ")
                && !text.contains(CRATES_IO);
            if elsewhere || REGISTRIES.iter().any(|setting| text.contains(setting)) {
                let what = "names a registry: leave that to the settings of the machine";
                breaches.push(file.breach(line + 1, what));
            }
        }
    }
    breaches
}

/// Whether a path in `line` begins with `machine`, rather than goes through a folder of that name.
fn begins_a_path(line: &str, machine: &str) -> bool {
    line.match_indices(machine).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|char| char.is_alphanumeric() || "_-.~})>".contains(char))
    })
}

/// Numbered lines, without what is in backticks.
fn lines(text: &str) -> impl Iterator<Item = (usize, String)> {
    let used = |line: &str| line.split('`').step_by(2).collect::<Vec<_>>().join("`");
    text.lines().enumerate().map(move |(line, text)| (line + 1, used(text)))
}

#[test]
fn nobody_leaves_notes_to_oneself() {
    holds(notes_to_oneself);
    let files = [
        ("a.rs", "// TODO: more\nlet a = \"TODO\"; // no `TODO`s\n/* FIXME */"),
        ("b.toml", "# fine\n# XXX\n# XXXL"),
    ];
    assert_eq!(caught(notes_to_oneself, &files), ["a.rs:1", "a.rs:3", "b.toml:2"]);
}

#[test]
fn nothing_is_left_for_later() {
    holds(placeholders);
    let code =
        "todo!()\n// todo!()\nunimplemented!()\n\"dbg!\"\ndbg!(x)\n#[ignore = \"x\"]\n#[ignore]";
    assert_eq!(
        caught(placeholders, &[("a.rs", code)]),
        ["a.rs:1", "a.rs:3", "a.rs:5", "a.rs:6", "a.rs:7"]
    );
}

#[test]
fn comments_tell_no_history() {
    holds(history);
    let text = "//! It no longer waits.\n/// Previously it did.\n// Read at `now`, from now on.\n\"no longer\"";
    let files = [("a/src/lib.rs", text), ("tests/it/a.rs", text)];
    assert_eq!(caught(history, &files), ["a/src/lib.rs:1", "a/src/lib.rs:2"]);
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    holds(machines);
    let text =
        MACHINES.map(|machine| format!("cd {machine}x\n~{machine}x\n$PWD/a{machine}x\n")).concat();
    let settings = REGISTRIES.map(|setting| format!("{setting} \"x\"\n")).concat();
    let lock = format!("source = \"{CRATES_IO}\"\nsource = \"git+https://example.org\"\n");
    let files = [("a.md", &*text), ("b.toml", &*settings), ("Cargo.lock", &*lock)];
    let expected = [
        "a.md:1",
        "a.md:4",
        "a.md:7",
        "b.toml:1",
        "b.toml:2",
        "b.toml:3",
        "b.toml:4",
        "b.toml:5",
        "Cargo.lock:2",
    ];
    assert_eq!(caught(machines, &files), expected);
}

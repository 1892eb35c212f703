//! Every file opens with its one idea and is short enough to be read in one go.

use super::{
    Breach, caught, holds,
    repository::{Repository, Rust},
};

/// More lines than this hold more than one idea.
const LINES_MAX: usize = 300;

/// Files longer than that, with the lines they have. The list shrinks, and so do its numbers.
const LONG: &[(&str, usize)] = &[];

/// A program is a shim: what it does is in a library, where tests reach it.
const SHIM_LINES_MAX: usize = 40;

fn unopened(repository: &Repository) -> Vec<Breach> {
    let unopened = repository.rust.iter().filter(|file| !file.text.starts_with("//!"));
    let breach =
        |file: &Rust| file.breach(1, "the first line is not `//!`: open with the file's one idea");
    unopened.map(breach).collect()
}

fn lengthy(repository: &Repository) -> Vec<Breach> {
    lengthy_but(repository, LONG)
}

fn lengthy_but(repository: &Repository, long: &[(&str, usize)]) -> Vec<Breach> {
    let too_long = repository.rust.iter().filter_map(|file| {
        let listed = long.iter().find(|(path, _)| *path == file.path).map(|(_, lines)| *lines);
        let lines = file.text.lines().count();
        let what = match listed {
            None if lines <= LINES_MAX => return None,
            Some(listed) if lines > LINES_MAX && lines == listed => return None,
            None => format!("{lines} lines, at most {LINES_MAX}: split it by ideas"),
            Some(listed) if lines > listed => {
                format!("{lines} lines, it had {listed}: a long file does not grow, split it")
            }
            Some(_) if lines > LINES_MAX => format!("shrunk: lower its number in LONG to {lines}"),
            Some(_) => "short enough: take it off LONG".to_owned(),
        };
        Some(file.breach(lines, what))
    });
    let gone = long.iter().filter(|(path, _)| repository.text(path).is_none());
    let gone = gone.map(|(path, _)| Breach {
        path: (*path).to_owned(),
        line: 1,
        what: "gone: take it off LONG".to_owned(),
    });
    too_long.chain(gone).collect()
}

fn fat_shims(repository: &Repository) -> Vec<Breach> {
    let is_shim =
        |file: &&Rust| file.path.ends_with("src/main.rs") || file.path.contains("src/bin/");
    let breach = |file: &Rust| {
        let lines = file.text.lines().count();
        let what = format!(
            "{lines} lines, at most {SHIM_LINES_MAX}: a program is a shim, move the rest to a library"
        );
        (lines > SHIM_LINES_MAX).then(|| file.breach(lines, what))
    };
    repository.rust.iter().filter(is_shim).filter_map(breach).collect()
}

#[test]
fn every_file_opens_with_its_one_idea() {
    holds(unopened);
    let files = [("a/src/lib.rs", "//! An idea.\n"), ("a/src/b.rs", "// No idea.\n")];
    assert_eq!(caught(unopened, &files), ["a/src/b.rs:1"]);
}

#[test]
fn no_file_is_longer_than_its_idea() {
    holds(lengthy);
    let (full, over, way_over) = ("\n".repeat(300), "\n".repeat(301), "\n".repeat(302));
    let files = [("a.rs", &*full), ("b.rs", &*over)];
    assert_eq!(caught(lengthy, &files), ["b.rs:301"]);

    let files = [("a.rs", &*full), ("b.rs", &*over), ("c.rs", &*over), ("d.rs", &*way_over)];
    let long = [("a.rs", 301), ("b.rs", 301), ("c.rs", 302), ("d.rs", 301), ("e.rs", 301)];
    let found: Vec<String> =
        lengthy_but(&Repository::of(&files), &long).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "a.rs:300: short enough: take it off LONG",
            "c.rs:301: shrunk: lower its number in LONG to 301",
            "d.rs:302: 302 lines, it had 301: a long file does not grow, split it",
            "e.rs:1: gone: take it off LONG",
        ]
    );
}

#[test]
fn programs_are_shims() {
    holds(fat_shims);
    let (thin, fat) = ("\n".repeat(40), "\n".repeat(41));
    let files = [("a/src/main.rs", &*thin), ("a/src/bin/b.rs", &*fat), ("a/src/lib.rs", &*fat)];
    assert_eq!(caught(fat_shims, &files), ["a/src/bin/b.rs:41"]);
}

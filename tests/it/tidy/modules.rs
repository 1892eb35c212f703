//! Modules are declared in the order in which they depend on each other: one imports only from those
//! declared above it. At every level of a crate; its tests may import anything.

use std::collections::BTreeMap;

use super::{
    Breach, caught, holds,
    paths::{CodePath, paths},
    repository::{Repository, Rust},
};

/// A module's names from the root of its crate.
type Module = Vec<String>;

/// The modules that a module declares, in order.
type Declared = BTreeMap<Module, Vec<String>>;

/// A crate's name and a file's place in it, if it is part of a library.
pub(super) fn module(file: &Rust) -> Option<(&str, Module)> {
    let (name, inside) = file.path.split_once("/src/")?;
    if inside == "main.rs" || inside.starts_with("bin/") {
        return None;
    }
    let mut names: Module = inside.strip_suffix(".rs")?.split('/').map(str::to_owned).collect();
    if names.last().is_some_and(|last| last == "mod" || last == "lib") {
        names.pop();
    }
    Some((name, names))
}

/// The modules that a file declares (`mod a;`), without those for tests.
pub(super) fn declared(file: &Rust) -> Vec<String> {
    let declaration = |line: &str| {
        let name = line.strip_suffix(';')?.rsplit_once("mod ")?.1;
        Some(name.trim().to_owned())
    };
    file.shipped.lines().map(str::trim).filter_map(declaration).collect()
}

/// Where a path of a file leads, from the root of its crate; nowhere if to another crate.
pub(super) fn destination(
    module: &[String],
    path: &CodePath<'_>,
    declared: &[String],
) -> Option<Module> {
    let mut names = path.names.iter().peekable();
    let mut from = module.to_vec();
    match *path.names.first()? {
        "crate" => {
            names.next();
            from.clear();
        }
        "self" => {
            names.next();
        }
        "super" => {
            while names.next_if(|name| **name == "super").is_some() {
                from.pop();
            }
        }
        first if declared.iter().any(|name| name == first) => {}
        _ => return None,
    }
    from.extend(names.map(|name| (*name).to_owned()));
    Some(from)
}

fn upward_imports(repository: &Repository) -> Vec<Breach> {
    let mut crates: BTreeMap<&str, Declared> = BTreeMap::new();
    let files = || repository.rust.iter().filter_map(|file| Some((file, module(file)?)));
    for (file, (name, module)) in files() {
        crates.entry(name).or_default().insert(module, declared(file));
    }
    let mut breaches = Vec::new();
    for (file, (name, module)) in files() {
        let order = &crates[name];
        for path in paths(&file.shipped) {
            let Some(to) = destination(&module, &path, &order[&module]) else { continue };
            if let Some((importer, imported)) = upward(order, &module, &to) {
                let what = format!(
                    "`{importer}` imports from `{imported}` (`{}`), which is declared below it: \
                     declare `{imported}` first, or move what both need above both",
                    path.names.join("::")
                );
                breaches.push(file.breach_at(&file.shipped, path.at, what));
            }
        }
    }
    breaches
}

/// The two siblings between which an import goes the wrong way.
fn upward<'a>(
    order: &Declared,
    from: &'a [String],
    to: &'a [String],
) -> Option<(&'a str, &'a str)> {
    let shared = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let (importer, imported) = (from.get(shared)?, to.get(shared)?);
    let siblings = order.get(&from[..shared])?;
    let place = |name: &String| siblings.iter().position(|sibling| sibling == name);
    (place(importer)? < place(imported)?).then_some((importer, imported))
}

#[test]
fn modules_import_only_from_those_above_them() {
    holds(upward_imports);
    let files = [
        ("a/src/lib.rs", "pub mod low;\nmod nest;\npub(crate) mod high;\n#[cfg(test)]\nmod tests;"),
        (
            "a/src/low.rs",
            "use std::fmt;\nuse crate::{\n    high::High};\n#[cfg(test)]\nmod tests { use crate::high; }",
        ),
        ("a/src/high.rs", "use crate::low::Low;\nuse super::nest::c;"),
        ("a/src/nest/mod.rs", "mod b;\nmod c;\nuse c::C;\nuse self::b::B;"),
        ("a/src/nest/b.rs", "use super::{D, c::C};\nfn f() { crate::high::f() }"),
        ("a/src/nest/c.rs", "use super::b::B;\nuse super::super::low::Low;"),
        ("a/src/tests.rs", "use crate::high::High;"),
        ("b/src/lib.rs", "mod high;\nmod low;"),
        ("b/src/high.rs", ""),
        ("b/src/low.rs", "use crate::high::High;"),
    ];
    let expected = ["a/src/low.rs:3", "a/src/nest/b.rs:1", "a/src/nest/b.rs:2"];
    assert_eq!(caught(upward_imports, &files), expected);
}

//! The trader's engine is a state machine and nothing else: time and requests in, values out.

use super::{
    Breach, caught, holds,
    manifests::shipped_with,
    modules::{declared, destination, module},
    paths::paths,
    repository::{Repository, Rust},
    source::words,
};

const ENGINE: &str = "trader/src/engine/";

/// What would let the engine wait, talk, or look at a clock.
const NOT_PURE: [&str; 8] =
    ["async", "await", "mpsc", "oneshot", "tokio", "tracing", "Instant", "SystemTime"];

/// Parts of `std` that reach out of the process.
const EFFECTS: [&str; 6] = ["env", "fs", "io", "net", "process", "thread"];

/// Ours that are as pure as the engine.
const PURE: [&str; 2] = ["grid", "name"];

fn impurities(repository: &Repository) -> Vec<Breach> {
    let dependencies = shipped_with(repository, "trader");
    let engine = repository.rust.iter().filter(|file| file.path.starts_with(ENGINE));
    engine
        .flat_map(|file| words_of(file).into_iter().chain(imports_of(file, &dependencies)))
        .collect()
}

fn words_of(file: &Rust) -> Vec<Breach> {
    let breaches = NOT_PURE.iter().flat_map(|word| {
        words(&file.shipped, word).map(move |at| {
            let what = format!("`{word}` in the engine: it is pure, leave this to the driver");
            file.breach_at(&file.shipped, at, what)
        })
    });
    breaches.collect()
}

fn imports_of(file: &Rust, dependencies: &[String]) -> Vec<Breach> {
    let (_, module) = module(file).expect("the engine is in a library");
    let declared = declared(file);
    let all = paths(&file.shipped);
    let foreign = all.iter().filter(|path| {
        let (first, second) = (path.names[0], path.names[1]);
        match (first, destination(&module, path, &declared)) {
            (_, Some(to)) => to.first().is_none_or(|name| name != "engine"),
            ("std", None) => EFFECTS.contains(&second),
            ("chassis", None) => !PURE.contains(&second),
            ("thiserror", None) => false,
            (_, None) => dependencies.iter().any(|dependency| dependency == first),
        }
    });
    let breach = |names: &[&str], at| {
        let what = format!(
            "`{}` in the engine: it takes from `std` (without {EFFECTS:?}), `thiserror`, \
             `chassis::grid`, `chassis::name` and itself; the driver does the rest",
            names.join("::")
        );
        file.breach_at(&file.shipped, at, what)
    };
    foreign.map(|path| breach(&path.names, path.at)).collect()
}

#[test]
fn the_engine_is_pure() {
    holds(impurities);
    let pure = "mod b;\nuse std::{sync::Arc, time::Duration};\nuse chassis::{grid::Minute, name::Name};\n\
                use b::B;\nuse super::engine::C;\n#[derive(thiserror::Error)]\nstruct A;\n\
                #[cfg(test)]\nmod tests { use tokio::time::Instant; }";
    let impure = "use std::{fs::File, time::SystemTime};\nuse chassis::clock::Clock;\n\
                  fn f() { crate::wire::f() }\nasync fn g() {}\nuse super::super::wire;\n\
                  let a = tonic::Status::ok;";
    let files = [
        ("trader/Cargo.toml", "[dependencies]\ntonic.workspace = true"),
        ("trader/src/engine/mod.rs", pure),
        ("trader/src/engine/b.rs", impure),
        ("trader/src/engine/tests/a.rs", impure),
        ("trader/src/driver.rs", impure),
    ];
    let mut found = caught(impurities, &files);
    found.sort();
    let expected = [1, 1, 2, 3, 4, 5, 6].map(|line| format!("trader/src/engine/b.rs:{line}"));
    assert_eq!(found, expected);
}

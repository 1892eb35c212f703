//! Habits of asynchronous code: one order of events, one owner of the state, a limit on every queue,
//! no test that waits for real time to pass.

use super::{
    Breach, caught, holds,
    repository::{Repository, Rust},
    source::words,
};

fn unbiased(repository: &Repository) -> Vec<Breach> {
    let what = "`select!` without `biased;`: in random order nothing can be replayed, write `biased;` first";
    let is_biased = |rest: &str| {
        let inside = rest.trim_start().trim_start_matches(['{', '(']).trim_start();
        inside.starts_with("biased;")
    };
    found(&repository.rust, what, |file| {
        let after = |at: usize| file.code[at..].strip_prefix("select!");
        let unbiased = |&at: &usize| after(at).is_some_and(|rest| !is_biased(rest));
        words(&file.code, "select").filter(unbiased).collect()
    })
}

fn locks(repository: &Repository) -> Vec<Breach> {
    let what = "a lock in the trader: the driver owns the state, send it a request";
    let trader = repository.rust.iter().filter(|file| file.path.starts_with("trader/src/"));
    found(trader, what, |file| {
        ["Mutex", "RwLock"].iter().flat_map(|lock| words(&file.code, lock)).collect()
    })
}

/// In tests, a number may be the case that is tested.
fn unnamed_limits(repository: &Repository) -> Vec<Breach> {
    let what = "a queue with a bare number: name it `…_MAX` and say why it is enough";
    found(&repository.rust, what, |file| {
        let numbered = |&(at, _): &(usize, &str)| {
            let argument = file.shipped[at..].split_once('(').map_or("", |(_, argument)| argument);
            argument.trim_start().starts_with(|char: char| char.is_ascii_digit())
        };
        let calls =
            ["channel(", "channel::<"].iter().flat_map(|call| file.shipped.match_indices(call));
        calls.filter(numbered).map(|(at, _)| at).collect()
    })
}

fn sleeps(repository: &Repository) -> Vec<Breach> {
    let what = "a test of real processes sleeps: wait for a line, an answer or an exit instead";
    let tests = repository.rust.iter().filter(|file| file.path.starts_with("tests/"));
    found(tests, what, |file| {
        ["sleep", "sleep_until"].iter().flat_map(|word| words(&file.code, word)).collect()
    })
}

/// The same breach in all these files, wherever it is found.
fn found<'a>(
    files: impl IntoIterator<Item = &'a Rust>,
    what: &str,
    places: impl Fn(&Rust) -> Vec<usize>,
) -> Vec<Breach> {
    let breaches = |file: &'a Rust| {
        places(file).into_iter().map(move |at| file.breach_at(&file.code, at, what))
    };
    files.into_iter().flat_map(breaches).collect()
}

#[test]
fn every_select_is_biased() {
    holds(unbiased);
    let code = "tokio::select! {\n    biased;\n}\nselect! {\n    a = b => c,\n}\nfn select() {}";
    assert_eq!(caught(unbiased, &[("a.rs", code)]), ["a.rs:4"]);
}

#[test]
fn the_trader_has_no_locks() {
    holds(locks);
    let code = "use std::sync::{Arc,\n    Mutex};\nRwLock::new()";
    let files = [("trader/src/a.rs", code), ("chassis/src/a.rs", code)];
    assert_eq!(caught(locks, &files), ["trader/src/a.rs:2", "trader/src/a.rs:3"]);
}

#[test]
fn every_queue_has_a_named_limit() {
    holds(unnamed_limits);
    let code = "mpsc::channel(8)\nmpsc::channel(LIMIT_MAX)\nsync_channel::<u8>(\n    1)\noneshot::channel()";
    let files = [("a/src/lib.rs", code), ("a/src/tests.rs", ""), ("a/tests/b.rs", code)];
    assert_eq!(caught(unnamed_limits, &files), ["a/src/lib.rs:1", "a/src/lib.rs:3"]);
}

#[test]
fn tests_of_processes_never_sleep() {
    holds(sleeps);
    let code = "sleep(x).await;\n// sleep(y)\nthread::sleep(z);";
    let files = [("tests/it/a.rs", code), ("a/src/b.rs", code)];
    assert_eq!(caught(sleeps, &files), ["tests/it/a.rs:1", "tests/it/a.rs:3"]);
}

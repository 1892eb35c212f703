//! The fuzz targets over their seeds, and over copies of them with something changed.
//!
//! `UPDATE_SEEDS=1 cargo test -p minutehand --test it fuzz` writes the seeds anew.

mod seeds;
#[path = "../../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "a library of its own, too: see fuzz/Cargo.toml")]
mod targets;

use std::{collections::BTreeSet, fs, path::PathBuf};

use rand::{Rng as _, RngExt as _, SeedableRng as _, rngs::StdRng};

/// Copies of each seed, each changed in one place more than the one before.
const COPIES: usize = 8;

/// A target: its name, and what it does with bytes.
type Target = (&'static str, fn(&[u8]));

/// Every target of `fuzz/`.
const TARGETS: [Target; 7] = [
    ("text", targets::text::run),
    ("plan", targets::plan::run),
    ("bars", targets::bars::run),
    ("answers", targets::answers::run),
    ("core", targets::core::run),
    ("requests", targets::requests::run),
    ("journal", targets::journal::run),
];

fn folder(of: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(of)
}

fn names(of: &str) -> BTreeSet<String> {
    let name = |entry: fs::DirEntry| entry.path().file_stem().unwrap().to_str().unwrap().to_owned();
    fs::read_dir(folder(of)).unwrap().map(|entry| name(entry.unwrap())).collect()
}

fn holds(target: &str) {
    let (_, run) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let mut rng = StdRng::seed_from_u64(0);
    for seed in seeds::of(target) {
        let mut copy = seed;
        for _ in 0..=COPIES {
            run(&copy);
            change(&mut copy, &mut rng);
        }
    }
}

/// Puts in, takes out or overwrites a byte.
fn change(bytes: &mut Vec<u8>, rng: &mut StdRng) {
    let place = rng.random_range(0..=bytes.len());
    let byte = rng.next_u32().to_le_bytes()[0];
    match (rng.random_range(0..3), bytes.get_mut(place)) {
        (0, _) | (_, None) => bytes.insert(place, byte),
        (1, Some(_)) => drop(bytes.remove(place)),
        (_, Some(there)) => *there = byte,
    }
}

#[test]
fn texts_are_read_or_refused() {
    holds("text");
}

#[test]
fn plans_are_read_or_refused() {
    holds("plan");
}

#[test]
fn bars_and_expressions_are_read_or_refused() {
    holds("bars");
}

#[test]
fn answers_are_read_or_refused() {
    holds("answers");
}

#[test]
fn the_core_takes_what_comes() {
    holds("core");
}

#[test]
fn invariant_7_every_request_has_an_answer() {
    holds("requests");
}

#[test]
fn j3_a_damaged_journal_is_refused_or_read_right() {
    holds("journal");
}

#[test]
fn committed_seeds_are_fresh() {
    for (target, _) in TARGETS {
        let folder = folder("seeds").join(target);
        let seeds = seeds::of(target);
        if std::env::var_os("UPDATE_SEEDS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            for (number, seed) in seeds.iter().enumerate() {
                fs::write(folder.join(format!("{number:02}")), seed).unwrap();
            }
        }
        let committed = fs::read_dir(&folder).map_or(0, Iterator::count);
        let fresh = |(number, seed): (usize, &Vec<u8>)| {
            fs::read(folder.join(format!("{number:02}"))).is_ok_and(|bytes| bytes == *seed)
        };
        assert!(
            committed == seeds.len() && seeds.iter().enumerate().all(fresh),
            "fuzz/seeds/{target} is not what seeds.rs gives: run \
             `UPDATE_SEEDS=1 cargo test -p minutehand --test it fuzz`"
        );
    }
}

#[test]
fn every_target_is_run_here_and_in_depth() {
    let here: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets"), here, "of fuzz_targets and TARGETS");
    assert_eq!(names("seeds"), here, "of seeds and TARGETS");
    let deep = fs::read_to_string(folder("../.ci/deep")).unwrap();
    let line = deep.lines().find_map(|line| line.strip_prefix("FUZZ_TARGETS=(")).unwrap();
    let deep = line.trim_end_matches(')').split(' ').map(str::to_owned).collect();
    assert_eq!(here, deep, "of FUZZ_TARGETS in .ci/deep and TARGETS");
}

//! Journals that were damaged, cut, or are something else: refused and left as they are, or opened
//! with what had been written to them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use chassis::grid::{Interval, Timestamp};
use tempfile::TempDir;
use trader::journal::{Journal, doctor, read_only};

mod samples;

/// Files of one journal, by their suffix.
type Files = BTreeMap<&'static str, Vec<u8>>;

/// A good journal as files, and what a start may find in it.
struct Sample {
    files: Files,
    /// After each commit, the last one first: SQLite takes a log up to its first damaged page.
    found: Vec<String>,
}

/// One that was closed, and one whose trader was killed.
static SAMPLES: LazyLock<[Sample; 2]> = LazyLock::new(|| [samples::closed(), samples::killed()]);

/// Bytes that are a file, or say what happens to a good one: which, and then places and what is put
/// there.
pub fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let sample = match first % 3 {
        0 => Sample { files: Files::from([("", rest.to_vec())]), found: Vec::new() },
        which => {
            let Sample { files, found } = &SAMPLES[usize::from(which) - 1];
            Sample { files: damaged(files.clone(), rest), found: found.clone() }
        }
    };
    check(&sample);
}

/// Each damage is a file (the log with the highest bit), a place, and a byte that is put there, or the
/// place where the file ends from then on.
fn damaged(mut files: Files, damages: &[u8]) -> Files {
    for damage in damages.chunks_exact(5) {
        let [which, low, middle, high, byte] = *damage else { unreachable!("chunks of five") };
        let suffix = if which & 0x80 == 0 { "" } else { "-wal" };
        let Some(file) = files.get_mut(suffix) else { continue };
        let place = u32::from_le_bytes([low, middle, high, 0]) as usize % (file.len() + 1);
        if which & 1 == 1 {
            file.truncate(place);
        } else if let Some(there) = file.get_mut(place) {
            *there = byte;
        }
    }
    files
}

fn check(sample: &Sample) {
    let directory = TempDir::new().expect("a place for the journal");
    let file = directory.path().join("j.sqlite");
    for (suffix, bytes) in &sample.files {
        fs::write(with(&file, suffix), bytes).expect("there is room");
    }
    let findings = doctor(&file);
    assert_eq!(contents(&file), sample.files, "to look changes nothing");
    let well = findings.as_ref().is_ok_and(Vec::is_empty);
    if well {
        read(&file);
        assert_eq!(contents(&file), sample.files, "to read changes nothing");
    }
    let id = "another".parse().expect("a name");
    match Journal::open(&file, Interval::default(), samples::BEGUN, id) {
        Err(refusal) => {
            assert_eq!(contents(&file), sample.files, "a refusal changes nothing: {refusal}");
            assert!(!well, "the doctor finds nothing wrong with what is refused: {refusal}");
        }
        Ok((journal, recovered)) => {
            assert!(!journal.is_new(), "begun anew over what was there");
            let found = format!("{recovered:?}");
            assert!(
                sample.found.contains(&found) || (sample.found.is_empty() && well),
                "{found}; the doctor: {findings:?}"
            );
        }
    }
}

/// Reads what there is to read.
fn read(file: &Path) {
    let reader = read_only(file).expect("the doctor could");
    let start = chassis::grid::Minute::containing(Timestamp::default(), Interval::default());
    for verdict in reader.verdicts_after(start, 64).expect("the doctor could") {
        reader.explain(verdict.minute, None, 64).expect("the doctor could").expect("it is there");
    }
}

fn with(file: &Path, suffix: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// The files that hold something: not SQLite's index of a log, which it makes again any time.
fn contents(file: &Path) -> Files {
    let read = |suffix| Some((suffix, fs::read(with(file, suffix)).ok()?));
    ["", "-wal", "-journal"].into_iter().filter_map(read).collect()
}

//! Row 36 of the fault matrix: files that lose bytes or bits while nobody looks.

use super::*;

const PAGE: usize = 4_096;

/// What a start makes of a file.
#[derive(Debug)]
enum Start {
    Refused(String),
    /// What it goes on from, and all rows, unless some cannot be read.
    Opened(String, Option<Rows>),
}

/// Starts on these files, which a refusal must leave as they are.
fn start(file: &[u8], log: Option<&[u8]>) -> Start {
    let place = place(file, log);
    match place.try_open() {
        Ok((journal, recovered)) => {
            Start::Opened(format!("{recovered:?}"), try_rows(&journal).ok())
        }
        Err(refused) => {
            let kept = |suffix| fs::read(path::beside(&place.file(), suffix)).ok();
            assert_eq!(kept("").as_deref(), Some(file), "{refused}");
            assert_eq!(kept("-wal").as_deref(), log, "{refused}");
            Start::Refused(refused.to_string())
        }
    }
}

fn place(file: &[u8], log: Option<&[u8]>) -> Place {
    let place = Place::new();
    fs::write(place.file(), file).unwrap();
    if let Some(log) = log {
        fs::write(path::beside(&place.file(), "-wal"), log).unwrap();
    }
    place
}

fn opened(file: &[u8], log: Option<&[u8]>) -> (String, Rows) {
    match start(file, log) {
        Start::Opened(recovered, rows) => (recovered, rows.unwrap()),
        Start::Refused(refused) => panic!("{refused}"),
    }
}

fn flipped(bytes: &[u8], at: usize, bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << bit;
    bytes
}

/// How many bytes are passed over from one bit to the next: fewer by the environment variable
/// `ROT_STEP`. Odd, so that every part of a page has its turn.
fn step() -> usize {
    std::env::var("ROT_STEP").map_or(61, |step| step.parse().unwrap())
}

/// A journal after an orderly end.
fn closed() -> Vec<u8> {
    let place = Place::new();
    let [x, y] = both_registered();
    place.after(&[x, y, median_of(1, 1.0, 2.0), failed(2), Record::Halted(halt()), changed(3)]);
    place.after(&[deregistered("Y", Some(2), operator())]);
    fs::read(place.file()).unwrap()
}

/// The file and the log of a journal after a crash, with what a start found after each commit, and
/// where in the log its records end.
fn crashed() -> (Vec<u8>, Vec<u8>, Vec<(usize, Rows)>) {
    let place = Place::new();
    let log = path::beside(&place.file(), "-wal");
    let (mut journal, _) = place.open();
    let mut ends = vec![(0, rows(&journal))];
    let batches: [&[Record]; 4] =
        [&both_registered(), &[median_of(1, 1.0, 2.0)], &[failed(2), changed(3)], &[resumed()]];
    for batch in batches {
        journal.commit(batch).unwrap();
        ends.push((fs::read(&log).unwrap().len(), rows(&journal)));
    }
    (fs::read(place.file()).unwrap(), fs::read(&log).unwrap(), ends)
}

#[test]
fn fault_36_a_flipped_bit_in_the_file_is_refused_or_changes_nothing_that_is_relied_on() {
    let whole = closed();
    let (recovered, all) = opened(&whole, None);
    // Where SQLite says what is on a page, every bit; elsewhere some, and nothing is where zeros are.
    let heads = (0..whole.len()).filter(|at| at % PAGE < 8);
    let heads = heads.flat_map(|at| (0..8).map(move |bit| (at, bit)));
    let elsewhere = (0..whole.len()).filter(|at| whole[*at] != 0).step_by(step());
    let mut refused = 0;
    for (at, bit) in heads.chain(elsewhere.map(|at| (at, at / 8 % 8))) {
        let damaged = flipped(&whole, at, bit);
        match start(&damaged, None) {
            Start::Refused(_) => refused += 1,
            Start::Opened(found, rows) => {
                assert_eq!(found, recovered, "bit {bit} of byte {at}");
                let seen = || doctor(&place(&damaged, None).file()).unwrap();
                assert!(rows.as_ref() == Some(&all) || !seen().is_empty(), "bit {bit} of {at}");
            }
        }
    }
    assert!(refused > 300, "{refused}");
}

#[test]
fn fault_36_a_file_of_any_other_length_is_refused() {
    let whole = closed();
    let pages = (0..whole.len()).step_by(PAGE).flat_map(|page| [page, page + 1, page + PAGE - 1]);
    for length in pages.chain((0..whole.len()).step_by(1_009)) {
        let Start::Refused(refused) = start(&whole[..length], None) else {
            panic!("{length} bytes are enough");
        };
        assert!(refused.contains("is truncated") || refused.contains("is empty"), "{refused}");
    }
}

#[test]
fn fault_36_a_flipped_bit_in_the_log_is_refused_unless_it_is_in_the_last_commit() {
    let (file, log, ends) = crashed();
    let [.., (last_begins, before), (_, all)] = &ends[..] else { panic!("commits") };
    for at in (0..56).chain((0..log.len()).step_by(step())) {
        let damaged = flipped(&log, at, at / 8 % 8);
        match start(&file, Some(&damaged)) {
            Start::Refused(refused) => {
                assert!(at < *last_begins && refused.contains("of its log"), "{at}: {refused}");
                let seen = doctor(&place(&file, Some(&damaged)).file()).unwrap();
                assert!(seen.iter().any(|finding| finding.what.contains("of its log")), "{at}");
            }
            Start::Opened(_, rows) if at >= *last_begins => {
                assert!(rows.as_ref() == Some(before), "byte {at}: the last commit, no other");
            }
            Start::Opened(_, rows) => assert!(rows.as_ref() == Some(all), "byte {at} is lost"),
        }
    }
}

#[test]
fn fault_36_a_log_cut_short_is_one_that_was_written_so_far() {
    let (file, log, ends) = crashed();
    for length in (0..log.len()).step_by(509) {
        let (_, found) = opened(&file, Some(&log[..length]));
        let whole = ends.iter().rfind(|(end, _)| *end <= length).unwrap();
        assert!(found == whole.1, "{length} bytes of the log");
    }
}

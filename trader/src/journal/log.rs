//! A look at the raw bytes of SQLite's log, which a crash leaves, before SQLite reads it.
//!
//! SQLite takes the first record that does not fit for the end of the log. After a power cut that is
//! right: what comes there was never acknowledged. If the record was damaged later it is wrong, and
//! all commits from there on would be forgotten without a word. What tells one from the other: a
//! commit is synced before anything is written behind it. So where a record follows on a commit,
//! everything up to that commit was on disk. (Damage to the last commit of the log cannot be told
//! from a power cut while it was written.)
//!
//! The layout is SQLite's (sqlite.org/fileformat.html, section 4).

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use super::{
    durable::{rewrite, sync},
    error::OpenError,
    path::{beside, size},
};

const HEADER: usize = 32;
const RECORD_HEADER: usize = 24;

/// The last bit tells in which order the bytes of a number are summed up.
const MAGIC: u32 = 0x377f_0682;

/// Two sums over everything from the log's beginning.
type Sums = (u32, u32);

/// Whether the log beside a journal, if there is one, has all that was ever acknowledged.
pub(super) fn inspect(journal: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Io { file: journal.to_owned(), doing: "read its log", source };
    match damage(journal).map_err(failed)? {
        None => Ok(()),
        Some(what) => Err(OpenError::Damaged { file: journal.to_owned(), what }),
    }
}

/// Makes durable what is in the log beside a journal, if there is one. A process that was killed, or
/// whose sync failed, leaves commits in it that a power cut may still take, and with them all that
/// would be written behind them.
pub(super) fn settle(journal: &Path) -> Result<(), OpenError> {
    let log = beside(journal, "-wal");
    if size(&log) == 0 {
        return Ok(());
    }
    let directory = journal.parent().expect("the path is absolute");
    let settled = rewrite(&log).and_then(|()| sync(directory));
    settled.map_err(|source| OpenError::Io {
        file: journal.to_owned(),
        doing: "sync its log",
        source,
    })
}

/// What is wrong with the log beside a journal, which nobody must be writing meanwhile.
pub(super) fn damage(journal: &Path) -> io::Result<Option<String>> {
    let log = beside(journal, "-wal");
    if size(&log) <= HEADER as u64 {
        return Ok(None);
    }
    let damaged = first_damaged(BufReader::new(File::open(&log)?))?;
    Ok(damaged.map(|record| match record {
        0 => format!("the header of its log {} does not fit its checksum", log.display()),
        record => format!(
            "record {record} of its log {} does not fit, but later commits are there",
            log.display()
        ),
    }))
}

/// The number of the first record that does not fit, though what follows shows that it was on disk; 0
/// is the header.
fn first_damaged(mut log: impl Read) -> io::Result<Option<u64>> {
    let mut header = [0; HEADER];
    log.read_exact(&mut header)?;
    let sums = Summing::of(&header).sum((0, 0), &header[..24]);
    if word(&header, 0) & !1 != MAGIC || sums != (word(&header, 24), word(&header, 28)) {
        return Ok(Some(0));
    }
    let (summing, salt) = (Summing::of(&header), &header[16..24]);
    let mut record = vec![0; RECORD_HEADER + word(&header, 8) as usize];
    // The sums up to the record before, as it has them and as they are computed: the damage may be in
    // either. Whether it ends a commit is part of both.
    let (mut before, mut after_commit) = ([sums; 2], false);
    let mut misfit = None;
    for number in 1.. {
        if let Err(end) = log.read_exact(&mut record) {
            return if end.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(end) };
        }
        let sums = before
            .map(|before| summing.sum(summing.sum(before, &record[..8]), &record[RECORD_HEADER..]));
        let written = (word(&record, 16), word(&record, 20));
        let follows = sums.contains(&written) && record[8..16] == *salt;
        if follows && after_commit && misfit.is_some() {
            return Ok(misfit);
        }
        if !follows && misfit.is_none() {
            misfit = Some(number);
        }
        (before, after_commit) = ([written, sums[0]], word(&record, 4) != 0);
    }
    Ok(None)
}

/// In which order bytes are summed up.
#[derive(Clone, Copy)]
struct Summing {
    big_endian: bool,
}

impl Summing {
    fn of(header: &[u8; HEADER]) -> Self {
        Self { big_endian: word(header, 0) & 1 == 1 }
    }

    fn sum(self, before: Sums, bytes: &[u8]) -> Sums {
        let number = if self.big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        let number = |bytes: &[u8]| number(bytes.try_into().expect("four bytes"));
        bytes.chunks_exact(8).fold(before, |(first, second), bytes| {
            let first = first.wrapping_add(number(&bytes[..4])).wrapping_add(second);
            let second = second.wrapping_add(number(&bytes[4..])).wrapping_add(first);
            (first, second)
        })
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of a log as a machine writes it that has the highest byte of a number first.
    #[test]
    fn j3_a_log_of_a_big_endian_machine_is_summed_up_in_its_order() {
        let numbers = [MAGIC | 1, 3_007_000, 4_096, 0, 0x5eed_5a17, 0x0dd_ba11];
        let sums = numbers.chunks(2).fold((0_u32, 0_u32), |(first, second), pair| {
            let first = first.wrapping_add(pair[0]).wrapping_add(second);
            (first, second.wrapping_add(pair[1]).wrapping_add(first))
        });
        let words = numbers.into_iter().chain([sums.0, sums.1]);
        let mut header: Vec<u8> = words.flat_map(u32::to_be_bytes).collect();
        assert_eq!(first_damaged(&header[..]).unwrap(), None);
        header[12] ^= 1;
        assert_eq!(first_damaged(&header[..]).unwrap(), Some(0));
    }
}

//! What a file holds: what of it is durable, and what was done since. Pure.

use std::mem;

use crate::loss::Keeps;

/// What a disk writes at a time: all of it or nothing.
pub(crate) const SECTOR: usize = 512;

/// One step from what is durable to what is seen.
#[derive(Clone, Debug)]
enum Change {
    /// The file became this long; what is new in it is zeros.
    Grow(usize),
    Cut(usize),
    Bytes(usize, Vec<u8>),
}

/// A file: what of it is durable, and what was done since.
#[derive(Clone, Debug, Default)]
pub(crate) struct File {
    durable: Vec<u8>,
    since: Vec<Change>,
    /// How long it is seen to be.
    length: usize,
}

impl File {
    pub(crate) fn durable(data: &[u8]) -> Self {
        Self { durable: data.to_vec(), since: Vec::new(), length: data.len() }
    }

    pub(crate) fn write(&mut self, at: usize, data: &[u8]) {
        let end = at + data.len();
        if end > self.length {
            self.length = end;
            self.since.push(Change::Grow(end));
        }
        self.since.push(Change::Bytes(at, data.to_vec()));
    }

    pub(crate) fn cut(&mut self, length: usize) {
        self.length = length;
        self.since.push(Change::Cut(length));
    }

    pub(crate) fn sync(&mut self) {
        for change in mem::take(&mut self.since) {
            change.reach(&mut self.durable);
        }
    }

    /// Gives up to make durable what is not.
    pub(crate) fn forget(&mut self) {
        self.since.clear();
    }

    /// What is left of it after a power cut.
    pub(crate) fn cut_off(&self, keeps: &mut Keeps<'_, '_>) -> Vec<u8> {
        let mut data = self.durable.clone();
        for change in &self.since {
            match change {
                Change::Bytes(at, bytes) if keeps.torn => {
                    let kept = sectors(*at, bytes).filter(|_| keeps.one());
                    kept.for_each(|(at, sector)| put(&mut data, at, sector));
                }
                whole if keeps.one() => whole.reach(&mut data),
                Change::Grow(_) | Change::Cut(_) | Change::Bytes(..) => {}
            }
        }
        data
    }
}

impl Change {
    fn reach(&self, data: &mut Vec<u8>) {
        match self {
            Self::Grow(length) => data.resize(data.len().max(*length), 0),
            Self::Cut(length) => data.truncate(*length),
            Self::Bytes(at, bytes) => put(data, *at, bytes),
        }
    }
}

fn put(data: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    data.resize(data.len().max(end), 0);
    data[at..end].copy_from_slice(bytes);
}

/// The parts of a write that lie in one sector each.
fn sectors(at: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let first = (SECTOR - at % SECTOR).min(bytes.len());
    let (head, rest) = bytes.split_at(first);
    let rest = rest.chunks(SECTOR).enumerate();
    let rest = rest.map(move |(index, part)| (at + first + index * SECTOR, part));
    std::iter::once((at, head)).chain(rest)
}

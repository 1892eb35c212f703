//! What a directory holds: what of it is durable, and what was done since. Pure.
//!
//! A file's data and the directory's names become durable apart from each other, as POSIX has it: a
//! file that was synced may still be without its name after a power cut.

use std::{collections::BTreeMap, fmt};

use crate::{
    contents::File,
    loss::{Keeps, Loss},
};

/// A file, whatever names it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(u64);

/// Names and contents of files.
pub type Image = BTreeMap<String, Vec<u8>>;

/// Something that was done to files of a directory.
#[derive(Clone, PartialEq, Eq)]
pub enum Operation {
    /// A new file came to be, without bytes; files are numbered in the order in which they come.
    Create(String),
    /// A file is there that nobody made through the disk: it is whole, and durable.
    Found(String, Vec<u8>),
    /// A name was taken away, but not through the disk: that is durable.
    Gone(String),
    /// Bytes were written at an offset.
    Write(FileId, usize, Vec<u8>),
    /// A file was cut to a length.
    Truncate(FileId, usize),
    /// What was written to a file is durable.
    Sync(FileId),
    /// A sync that failed: what it did not get to the disk is forgotten, and a later one will not
    /// write it either. That is what Linux does.
    SyncFailed(FileId),
    /// The names are durable.
    SyncDirectory,
    /// A name was taken away.
    Delete(String),
    /// A file's name was given to another one, in one step.
    Rename(String, String),
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(name) => write!(f, "create {name}"),
            Self::Found(name, data) => write!(f, "found {name}, {} bytes", data.len()),
            Self::Gone(name) => write!(f, "gone {name}"),
            Self::Write(FileId(file), at, data) => {
                write!(f, "write {} bytes of file {file} at {at}", data.len())
            }
            Self::Truncate(FileId(file), length) => write!(f, "cut file {file} to {length}"),
            Self::Sync(FileId(file)) => write!(f, "sync file {file}"),
            Self::SyncFailed(FileId(file)) => write!(f, "sync file {file}: failed"),
            Self::SyncDirectory => write!(f, "sync the directory"),
            Self::Delete(name) => write!(f, "delete {name}"),
            Self::Rename(from, to) => write!(f, "rename {from} to {to}"),
        }
    }
}

type Names = BTreeMap<String, FileId>;

/// Names that change together; none: taken away.
type Renaming = Vec<(String, Option<FileId>)>;

/// The files of one directory.
#[derive(Clone, Debug, Default)]
pub struct State {
    files: BTreeMap<FileId, File>,
    created: u64,
    durable: Names,
    since: Vec<Renaming>,
    /// The names as they are seen.
    seen: Names,
}

impl State {
    /// A directory with these files, all of them durable.
    pub fn new(image: Image) -> Self {
        let mut state = Self::default();
        for (name, data) in image {
            state.apply(&Operation::Found(name, data));
        }
        state
    }

    /// The file of this name, if there is one.
    pub fn file(&self, name: &str) -> Option<FileId> {
        self.seen.get(name).copied()
    }

    /// The names that are there.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.seen.keys()
    }

    /// Goes on to what is after an operation.
    pub fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::Create(name) => {
                let file = self.add(File::default());
                self.rename(vec![(name.clone(), Some(file))]);
            }
            Operation::Found(name, data) => {
                let file = self.add(File::durable(data));
                self.settle(name, Some(file));
            }
            Operation::Gone(name) => self.settle(name, None),
            Operation::Write(file, at, data) => self.known(*file).write(*at, data),
            Operation::Truncate(file, length) => self.known(*file).cut(*length),
            Operation::Sync(file) => self.known(*file).sync(),
            Operation::SyncFailed(file) => self.known(*file).forget(),
            Operation::SyncDirectory => {
                self.since.clear();
                self.durable = self.seen.clone();
                let named = |id: &FileId| self.durable.values().any(|named| named == id);
                self.files.retain(|id, _| named(id));
            }
            Operation::Delete(name) => self.rename(vec![(name.clone(), None)]),
            Operation::Rename(from, to) => {
                let file = self.seen.get(from).copied();
                self.rename(vec![(from.clone(), None), (to.clone(), file)]);
            }
        }
    }

    /// The files after a power cut here.
    pub fn cut(&self, mut loss: Loss<'_>) -> Image {
        let mut keeps = Keeps::new(&mut loss);
        let mut names = self.durable.clone();
        for renaming in &self.since {
            if keeps.one() {
                give(&mut names, renaming);
            }
        }
        let image = names.into_iter().map(|(name, id)| (name, self.files[&id].cut_off(&mut keeps)));
        image.collect()
    }

    fn add(&mut self, file: File) -> FileId {
        let id = FileId(self.created);
        self.created += 1;
        self.files.insert(id, file);
        id
    }

    /// A file that was deleted may still be written by who has it open: that reaches nobody.
    fn known(&mut self, id: FileId) -> &mut File {
        self.files.entry(id).or_default()
    }

    fn rename(&mut self, renaming: Renaming) {
        give(&mut self.seen, &renaming);
        self.since.push(renaming);
    }

    /// A name that has changed for good.
    fn settle(&mut self, name: &str, file: Option<FileId>) {
        for renaming in &mut self.since {
            renaming.retain(|(renamed, _)| renamed != name);
        }
        let settled = vec![(name.to_owned(), file)];
        give(&mut self.durable, &settled);
        give(&mut self.seen, &settled);
    }
}

fn give(names: &mut Names, renaming: &Renaming) {
    for (name, file) in renaming {
        match file {
            Some(file) => names.insert(name.clone(), *file),
            None => names.remove(name),
        };
    }
}

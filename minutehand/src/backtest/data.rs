//! The files that the generators of a plan read: each once, checked, and fingerprinted.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use chassis::{
    exit::{Exit, Failure},
    grid::Timestamp,
};
use feed::{
    recording::{Recording, is_recording},
    replay::{self, ReplayError},
};
use market::{
    convention::Declared,
    history::History,
    reading::{ReadError, read},
};

use super::fingerprint::Digest;
use crate::plan::{Bars, Computes, Generator, Live, Plan};

/// The files that generators read.
#[derive(Debug)]
pub(crate) struct Data {
    /// In the order in which generators name them.
    pub(crate) files: Vec<(PathBuf, Arc<History>)>,
    /// The bytes of those that are recordings: what is fingerprinted is what is run, also while a generator
    /// goes on recording.
    recordings: BTreeMap<PathBuf, Vec<u8>>,
    /// All generators read the one file.
    for_all: bool,
    /// Of their bytes.
    pub(crate) digest: Digest,
}

impl Data {
    /// Reads the data of `plan`, or `instead` in their place, as they are known at `now`.
    pub(crate) fn read(
        plan: &Plan,
        instead: Option<&Path>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let mut data = Self {
            files: Vec::new(),
            recordings: BTreeMap::new(),
            for_all: instead.is_some(),
            digest: Digest::new(),
        };
        for generator in &plan.generators {
            let (file, declared) = match instead {
                Some(file) => (file, Declared::default()),
                None => source(generator)?,
            };
            if data.place(file).is_none() {
                data.add(file, declared, now)?;
            }
        }
        Ok(data)
    }

    /// By which conventions each file was read and what is wrong with it, in lines.
    pub(crate) fn told(&self) -> Vec<String> {
        let of = |(file, history): &(PathBuf, Arc<History>)| {
            let file = file.display();
            [
                format!("data {file}: {}", history.conventions),
                format!("data {file}: {}", history.quality),
            ]
        };
        self.files.iter().flat_map(of).collect()
    }

    fn add(&mut self, file: &Path, declared: Declared, now: Timestamp) -> Result<(), Failure> {
        let bytes = fs::read(file).map_err(|error| unread(file, &ReadError::File(error)))?;
        self.digest.bytes(&bytes);
        let history = if is_recording(&bytes) {
            let history = Recording::of(&bytes[..])
                .map_err(ReplayError::from)
                .and_then(|recording| replay::history(recording, now))
                .map_err(|error| unread(file, &error))?;
            self.recordings.insert(file.to_owned(), bytes);
            history
        } else {
            read(bytes, declared, now).map_err(|error| unread(file, &error))?
        };
        self.files.push((file.to_owned(), Arc::new(history)));
        Ok(())
    }

    /// What a generator recorded; none where all of them read another file.
    pub(super) fn recording(&self, of: &Generator) -> Result<Option<(&Path, &[u8])>, Failure> {
        if self.for_all {
            return Ok(None);
        }
        let (file, _) = source(of)?;
        let found = self.recordings.get_key_value(file);
        let (file, bytes) = found
            .ok_or_else(|| lacking(of, &format!("{} is no recording of a feed", file.display())))?;
        Ok(Some((file, bytes)))
    }

    /// Which of the files a generator reads.
    pub(super) fn place_of(&self, generator: &Generator) -> Result<usize, Failure> {
        if self.for_all {
            return Ok(0);
        }
        let (source, _) = source(generator)?;
        self.place(source).ok_or_else(|| {
            let file = source.display();
            Exit::Usage.because(format!("{}: {file} is not among the data", generator.label()))
        })
    }

    fn place(&self, source: &Path) -> Option<usize> {
        self.files.iter().position(|(file, _)| file == source)
    }
}

/// The file that a generator reads, or recorded what it heard into; and how it is to be read.
fn source(generator: &Generator) -> Result<(&Path, Declared), Failure> {
    match &generator.computes {
        Computes::Bars(Bars { source, declared, .. }) => Ok((source, *declared)),
        Computes::Live(Live { record: Some(file), .. }) => Ok((file, Declared::default())),
        Computes::Live(Live { source, record: None, .. }) => Err(lacking(
            generator,
            &format!(
                "what {source} says is not recorded: give it `record`, or name bars with --data"
            ),
        )),
        Computes::Random(_) => Err(random(generator)),
    }
}

/// Random numbers are none that can be had again.
pub(super) fn random(generator: &Generator) -> Failure {
    lacking(generator, "random numbers have no history: give it `source` and `signal`")
}

fn lacking(generator: &Generator, what: &str) -> Failure {
    Exit::Usage.because(format!("{}: {what}", generator.label()))
}

/// A file that cannot be read, and why.
pub(super) fn unread(file: &Path, error: &impl std::error::Error) -> Failure {
    Exit::Failed.because(format!("data {}: {error}", file.display()))
}

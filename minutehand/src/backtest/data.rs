//! The files that the generators of a plan read: each once, checked, and fingerprinted.

use std::{
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
    replay,
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
        let mut data =
            Self { files: Vec::new(), for_all: instead.is_some(), digest: Digest::new() };
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

    /// Whether all generators read one file, whatever the plan says of theirs.
    pub(crate) fn is_for_all(&self) -> bool {
        self.for_all
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
            let history = Recording::of(&bytes[..]).map_err(|error| unread(file, &error))?;
            replay::history(history, now).map_err(|error| unread(file, &error))?
        } else {
            read(bytes, declared, now).map_err(|error| unread(file, &error))?
        };
        self.files.push((file.to_owned(), Arc::new(history)));
        Ok(())
    }

    /// Which of the files a generator with this source reads.
    pub(crate) fn place(&self, source: &Path) -> Option<usize> {
        let known = self.files.iter().position(|(file, _)| file == source);
        if self.for_all { (!self.files.is_empty()).then_some(0) } else { known }
    }
}

/// The file that a generator reads, or recorded what it heard into; and how it is to be read.
pub(crate) fn source(generator: &Generator) -> Result<(&Path, Declared), Failure> {
    let lacks = |what: String| Err(Exit::Usage.because(format!("{}: {what}", generator.label())));
    match &generator.computes {
        Computes::Bars(Bars { source, declared, .. }) => Ok((source, *declared)),
        Computes::Live(Live { record: Some(file), .. }) => Ok((file, Declared::default())),
        Computes::Live(Live { source, record: None, .. }) => lacks(format!(
            "what {source} says is not recorded: give it `record`, or name bars with --data"
        )),
        Computes::Random(_) => {
            lacks("random numbers have no history: give it `source` and `signal`".to_owned())
        }
    }
}

/// A file that cannot be read, and why.
pub(crate) fn unread(file: &Path, error: &impl std::error::Error) -> Failure {
    Exit::Failed.because(format!("data {}: {error}", file.display()))
}

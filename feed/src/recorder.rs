//! Writes a recording: behind what is there, and nothing over it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, BufReader, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use chassis::grid::{Interval, Timestamp};

use crate::{
    event::Event,
    recording::{Recording, RecordingError, Written, line},
    source::Source,
};

/// Why a file cannot be recorded into. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// It cannot be opened or read.
    #[error("it cannot be opened for writing: {0}")]
    File(#[from] io::Error),
    /// Another process records into it.
    #[error("another process records into it: give each generator a file of its own")]
    InUse,
    /// What is in it is no recording, or is damaged.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// It is of other data.
    #[error(
        "it is of {there} with bars of {bars}, not of {here} with bars of {given}: name another file"
    )]
    Other {
        /// What it is of.
        there: Source,
        /// How long a bar of it is.
        bars: Interval,
        /// What is to be recorded.
        here: Source,
        /// How long a bar of that is.
        given: Interval,
    },
}

/// An open recording.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: File,
    checksum: String,
}

impl Recorder {
    /// Opens the recording at `path`, or begins one, and gives what is in it to `heard`. What was half
    /// written when a process died is cut off; how many bytes that were comes back, too.
    pub fn open(
        path: &Path,
        (source, interval): (&Source, Interval),
        mut heard: impl FnMut(Timestamp, &Event),
    ) -> Result<(Self, u64), RecorderError> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(RecorderError::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let path = path.to_owned();
        if file.metadata()?.len() == 0 {
            return Ok((Self { path, file, checksum: "00000000".to_owned() }, 0));
        }
        let mut recording = Recording::of(BufReader::new(file.try_clone()?))?;
        if recording.source() != source || recording.interval() != interval {
            return Err(RecorderError::Other {
                there: recording.source().clone(),
                bars: recording.interval(),
                here: source.clone(),
                given: interval,
            });
        }
        while let Some((at, event)) = recording.next()? {
            heard(at, &event);
        }
        let ((end, checksum), torn) = (recording.end(), recording.torn());
        file.set_len(end)?;
        file.seek(SeekFrom::End(0))?;
        Ok((Self { path, file, checksum }, torn))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what happened at `at`. It outlives this process; a power cut it outlives once it is synced.
    pub fn write(&mut self, at: Timestamp, written: Written<'_>) -> io::Result<()> {
        let line = line(at, written, &mut self.checksum);
        self.file.write_all(line.as_bytes())
    }

    /// The file, to be synced elsewhere.
    pub fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }
}

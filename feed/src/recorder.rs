//! Writes a recording: behind what is there, and nothing over it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, BufReader, Seek as _, SeekFrom, Write as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use chassis::grid::Timestamp;

use crate::{
    event::Event,
    recording::{FIRST, Heard, Recording, RecordingError, Written, line},
};

/// Longer than a first line.
const FIRST_BYTES_MAX: usize = 1_024;

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
    #[error("it is of {there}, not of {here}: name another file")]
    Other {
        /// What it is of.
        there: Heard,
        /// What is to be recorded.
        here: Heard,
    },
}

impl RecorderError {
    /// Whether it will be so however often it is tried.
    pub fn is_final(&self) -> bool {
        match self {
            Self::File(_) | Self::InUse | Self::Recording(RecordingError::File(_)) => false,
            Self::Recording(RecordingError::Foreign | RecordingError::Damaged { .. })
            | Self::Other { .. } => true,
        }
    }
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
        here: &Heard,
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
        let torn = unbegun(&file)?;
        if let Some(torn) = torn {
            file.set_len(0)?;
            File::open(path.parent().filter(|at| *at != Path::new("")).unwrap_or(Path::new(".")))?
                .sync_all()?;
            return Ok((Self { path, file, checksum: FIRST.to_owned() }, torn));
        }
        let mut recording = Recording::of(BufReader::new(file.try_clone()?))?;
        if recording.heard() != here {
            return Err(RecorderError::Other {
                there: recording.heard().clone(),
                here: here.clone(),
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

/// How many bytes a file has that holds no more than what a dying process or machine left of a first line;
/// none if there is more in it.
fn unbegun(file: &File) -> io::Result<Option<u64>> {
    let mut begins = [0; FIRST_BYTES_MAX];
    let length = file.metadata()?.len();
    let begins = match usize::try_from(length) {
        Ok(length) if length < FIRST_BYTES_MAX => &mut begins[..length],
        Ok(_) | Err(_) => return Ok(None),
    };
    file.read_exact_at(begins, 0)?;
    let is_zeros = begins.iter().all(|byte| *byte == 0);
    Ok((is_zeros || is_half_a_line(begins)).then_some(length))
}

/// Whether this is a checksum and a time, with nothing behind that ends a line: what others wrote into a file
/// is not to be lost.
fn is_half_a_line(begins: &[u8]) -> bool {
    let Some((checksum, rest)) = begins.split_at_checked(FIRST.len()) else { return false };
    let time = rest.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    checksum.iter().all(u8::is_ascii_hexdigit)
        && rest.first() == Some(&b' ')
        && !time.is_empty()
        && time.iter().all(u8::is_ascii_digit)
        && !rest.contains(&b'\n')
}

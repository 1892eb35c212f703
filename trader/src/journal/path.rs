//! Where journals are, and which files belong to one.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

/// There is no place for a journal by default.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "nowhere to keep the journal: none of $STATE_DIRECTORY, $XDG_STATE_HOME and $HOME is set to an \
     absolute path; say where by --journal FILE, or keep it in memory by --ephemeral"
)]
pub struct NoStateDirectory;

/// Where the journal of the trader on `port`, the port asked for, is by default; `env` reads a
/// variable of the environment. The directory may have to be made: [`make_directory`].
pub fn default_path(
    port: u16,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, NoStateDirectory> {
    let variable = |name| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    // systemd separates several directories by colons; the first one is ours.
    let of_systemd = env("STATE_DIRECTORY").and_then(|all| std::env::split_paths(&all).next());
    let directory = of_systemd
        .filter(|path| path.is_absolute())
        .or_else(|| variable("XDG_STATE_HOME").map(|state| state.join("minutehand")))
        .or_else(|| variable("HOME").map(|home| home.join(".local/state/minutehand")))
        .ok_or(NoStateDirectory)?;
    Ok(directory.join(format!("trader-{port}.sqlite")))
}

/// Makes the directory that a default path is in, for the user alone, as the XDG specification asks.
pub fn make_directory(journal: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    let directory = journal.parent().unwrap_or(Path::new("/"));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// The one name of a file, whatever links lead to it, so that its lock and SQLite's files beside it
/// are the same for everyone; absolute, so that SQLite takes it for a path and nothing else.
pub(super) fn resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or(error)?;
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            Ok(fs::canonicalize(parent.unwrap_or(Path::new(".")))?.join(name))
        }
        resolved => resolved,
    }
}

/// The file beside `path` whose name goes on with `suffix`.
pub(super) fn beside(path: &Path, suffix: impl AsRef<OsStr>) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// How long a file is; 0 if there is none.
pub(super) fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

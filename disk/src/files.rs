//! The real files of a directory, and what becomes of them when a process or a machine ends.

use std::{fs, io, path::Path};

use crate::state::Image;

/// What SQLite puts beside a database to share among processes: memory by another name, which no
/// one syncs, and which the first to open the database makes anew.
const SHARED_MEMORY: &str = "-shm";

/// Writes files, all of them new.
pub(crate) fn write(image: &Image, directory: &Path) -> io::Result<()> {
    for (name, data) in image {
        fs::write(directory.join(name), data)?;
    }
    Ok(())
}

/// Puts a copy in the place of a file: who has it open goes on with what is in nobody's way.
pub(crate) fn renew(path: &Path) -> io::Result<()> {
    let copy = path.with_extension("renewed");
    fs::copy(path, &copy)?;
    fs::rename(copy, path)
}

/// Removes what a process shared with others in memory.
pub(crate) fn forget_memory(directory: &Path) -> io::Result<()> {
    let mut memory = names(directory)?.filter(|name| is_memory(name));
    memory.try_for_each(|name| fs::remove_file(directory.join(name)))
}

/// Whether SQLite has a file of this name for memory.
pub(crate) fn is_memory(name: &str) -> bool {
    name.ends_with(SHARED_MEMORY)
}

/// The names of the files in a directory, in order.
pub(crate) fn names(directory: &Path) -> io::Result<impl Iterator<Item = String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.push(entry.file_name().into_string().map_err(|_| io::ErrorKind::InvalidData)?);
        }
    }
    names.sort();
    Ok(names.into_iter())
}

//! A look at the raw bytes of a file before SQLite touches it: whether it is a journal at all, of
//! this version, and whole. The layout is SQLite's (sqlite.org/fileformat.html, section 1.3).

use std::{
    cmp::Ordering,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use super::{
    error::OpenError,
    path::{beside, size},
    schema::{APPLICATION_ID, VERSION},
};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const LENGTH: usize = 100;

/// Whether there is a file; if there is, it is a journal of this version, as far as its header and
/// length tell.
///
/// Never to be called while this process has the journal open: closing any descriptor of a file
/// gives back all of a process's POSIX locks on it, SQLite's included.
pub(super) fn inspect(path: &Path) -> Result<bool, OpenError> {
    let file = path.to_owned();
    let failed = |source| OpenError::Io { file: path.to_owned(), doing: "read it", source };
    let mut open = match File::open(path) {
        Ok(open) => open,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return absent(path),
        Err(error) => return Err(failed(error)),
    };
    let length = open.metadata().map_err(failed)?.len();
    let mut header = Vec::with_capacity(LENGTH);
    open.by_ref().take(LENGTH as u64).read_to_end(&mut header).map_err(failed)?;
    if length == 0 {
        return Err(OpenError::Empty { file });
    }
    if !header.starts_with(&MAGIC[..header.len().min(MAGIC.len())]) {
        let found = "a file of another kind, not of SQLite".to_owned();
        return Err(OpenError::Foreign { file, found });
    }
    if header.len() < LENGTH {
        return Err(OpenError::Truncated { file, size: length, expected: LENGTH as u64 });
    }
    known(path, word(&header, 68), word(&header, 60))?;
    writable(path, [header[18], header[19]])?;
    whole(path, &header, length)?;
    Ok(true)
}

/// There is no file. If SQLite's log of one is there, a new file beside it would get its records.
fn absent(path: &Path) -> Result<bool, OpenError> {
    let sides = ["-wal", "-journal"].map(|suffix| beside(path, suffix));
    match sides.into_iter().find(|side| size(side) > 0) {
        Some(side) => Err(OpenError::Orphaned { file: path.to_owned(), side }),
        None => Ok(false),
    }
}

/// Whether a database says that it is a journal, of a schema that this version knows. The place
/// where a later version, which knows several, sees what is to be migrated.
pub(super) fn known(path: &Path, application: u32, schema: u32) -> Result<(), OpenError> {
    let file = path.to_owned();
    if application != APPLICATION_ID {
        let found = format!("a database of another program (application id {application:#010x})");
        return Err(OpenError::Foreign { file, found });
    }
    match schema.cmp(&VERSION) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(OpenError::Newer { file, found: schema, known: VERSION }),
        Ordering::Less => Err(OpenError::UnknownSchema { file, found: schema, known: VERSION }),
    }
}

/// Whether the file is in a format that SQLite writes: one with a rollback journal, or one with a log.
/// A later one SQLite would open for reading only, as if the system did not permit more.
fn writable(path: &Path, formats: [u8; 2]) -> Result<(), OpenError> {
    if matches!(formats, [1, 1] | [2, 2]) {
        return Ok(());
    }
    let what = format!("its header says that it is in SQLite's formats {formats:?}");
    Err(OpenError::Damaged { file: path.to_owned(), what })
}

/// Whether the file is as long as it says. While SQLite's log beside it has records, it need not
/// be: after a crash some pages may be in the log only.
fn whole(path: &Path, header: &[u8], length: u64) -> Result<(), OpenError> {
    let file = path.to_owned();
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        page => u64::from(page),
    };
    if !page.is_power_of_two() || page < 512 {
        let what = format!("its header says that a page has {page} bytes");
        return Err(OpenError::Damaged { file, what });
    }
    let pages = u64::from(word(header, 28));
    let pages_are_told = word(header, 24) == word(header, 92);
    let expected = if pages_are_told { pages * page } else { length.next_multiple_of(page) };
    if length < expected && size(&beside(path, "-wal")) == 0 {
        return Err(OpenError::Truncated { file, size: length, expected });
    }
    Ok(())
}

fn word(header: &[u8], at: usize) -> u32 {
    let bytes = header[at..at + 4].try_into().expect("four bytes");
    u32::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of a file of so many pages of this size.
    fn header(page: u16, pages: u32) -> Vec<u8> {
        let mut header = vec![0; LENGTH];
        header[16..18].copy_from_slice(&page.to_be_bytes());
        header[28..32].copy_from_slice(&pages.to_be_bytes());
        header
    }

    #[test]
    fn j3_a_page_has_a_size_that_sqlite_knows() {
        let alone = Path::new("/nowhere/journal");
        for (page, length) in [(512, 1_024), (4_096, 8_192), (32_768, 65_536), (1, 131_072)] {
            whole(alone, &header(page, 2), length).unwrap();
            let refused = whole(alone, &header(page, 2), length - 1).unwrap_err().to_string();
            assert!(refused.contains(&format!("should have {length};")), "{refused}");
        }
        for page in [0, 2, 256, 768, 4_097] {
            let refused = whole(alone, &header(page, 2), 131_072).unwrap_err().to_string();
            assert!(refused.contains(&format!("a page has {page} bytes")), "{refused}");
        }
    }

    #[test]
    fn j3_what_cannot_be_looked_at_is_not_taken_for_absent() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = inspect(&file.path().join("journal")).unwrap_err();
        assert!(matches!(refused, OpenError::Io { .. }), "{refused}");
    }
}

//! What makes durable that which SQLite does not write itself. A simulated disk hears of it.

use std::{fs::File, io, os::unix::fs::FileExt as _, path::Path};

#[cfg(any(test, feature = "simulated-disk"))]
pub(super) use disk::{rename, sync};
#[cfg(not(any(test, feature = "simulated-disk")))]
pub(super) use std::fs::rename;

/// What is read and written at a time.
const BLOCK_BYTES: usize = 64 << 10;

/// Syncs a file or a directory.
#[cfg(not(any(test, feature = "simulated-disk")))]
pub(super) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Writes a file's own bytes over it, and syncs it. After a sync that failed no other sync helps:
/// Linux takes for written what it holds in memory, until it is written again.
pub(super) fn rewrite(path: &Path) -> io::Result<()> {
    let file = File::options().read(true).write(true).open(path)?;
    let (mut block, mut at) = (vec![0; BLOCK_BYTES], 0);
    loop {
        let read = file.read_at(&mut block, at)?;
        if read == 0 {
            break;
        }
        file.write_all_at(&block[..read], at)?;
        at += u64::try_from(read).expect("a block's length");
    }
    file.sync_all()?;
    #[cfg(any(test, feature = "simulated-disk"))]
    disk::rewritten(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, time::SystemTime};

    #[test]
    fn j1_a_file_is_written_again_and_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        for bytes in [0, 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES] {
            let data: Vec<u8> = (0..bytes).map(|byte| u8::try_from(byte % 251).unwrap()).collect();
            fs::write(&path, &data).unwrap();
            let long_ago = SystemTime::UNIX_EPOCH;
            File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
            rewrite(&path).unwrap();
            let written = fs::metadata(&path).unwrap().modified().unwrap() != long_ago;
            assert_eq!(written, bytes > 0, "{bytes} bytes");
            assert!(fs::read(&path).unwrap() == data, "{bytes} bytes");
        }
    }
}

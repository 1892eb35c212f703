//! What makes durable that which SQLite does not write itself.

#[cfg(any(test, feature = "simulated-disk"))]
pub(super) use disk::{rename, rewrite, sync};
#[cfg(not(any(test, feature = "simulated-disk")))]
pub(super) use real::{rename, rewrite, sync};

/// The machine's own disk. (A simulated one does the same, and hears of it.)
#[cfg(not(any(test, feature = "simulated-disk")))]
mod real {
    pub(in crate::journal) use std::fs::rename;
    use std::{fs::File, io, os::unix::fs::FileExt as _, path::Path};

    /// What is read and written at a time.
    const BLOCK_BYTES: usize = 64 << 10;

    /// Syncs a file or a directory.
    pub(in crate::journal) fn sync(path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    /// Writes a file's own bytes over it, and syncs it. After a sync that failed no other sync helps:
    /// Linux takes for written what it holds in memory, until it is written again.
    pub(in crate::journal) fn rewrite(path: &Path) -> io::Result<()> {
        let file = File::options().read(true).write(true).open(path)?;
        let (mut block, mut at) = (vec![0; BLOCK_BYTES], 0);
        loop {
            let read = file.read_at(&mut block, at)?;
            if read == 0 {
                return file.sync_all();
            }
            file.write_all_at(&block[..read], at)?;
            at += u64::try_from(read).expect("a block's length");
        }
    }
}

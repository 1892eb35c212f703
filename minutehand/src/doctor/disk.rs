//! Whether a directory has room, can be written, and how long it takes until what is written is there.

use std::{
    io::{self, ErrorKind, Write as _},
    path::Path,
    time::Duration,
};

use tokio::time::Instant;

use super::finding::Finding;
use crate::report::length;

const CHECK: &str = "disk";

/// Less room than this is soon none: a journal of ten strategies takes some 2 MiB a day.
const FREE_BAD: u64 = 64 << 20;

/// Less than this is a reason to look.
const FREE_LOW: u64 = 1 << 30;

/// What a trader writes in a minute, about.
const BYTES: [u8; 4_096] = [0; 4_096];

/// How often it is written, to see the worst.
const TIMES: usize = 5;

/// A median is as late as the disk is slow: beyond this somebody should know.
const SLOW: Duration = Duration::from_millis(100);

/// What a disk was found to be.
#[derive(Clone, Copy, Debug)]
struct Measured {
    free: u64,
    worst: Duration,
}

/// The directory in which `whose` writes; `grace` is what a minute has.
pub(super) fn examine(directory: &Path, whose: &str, grace: Duration) -> Finding {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    if directory.is_dir() {
        return found(directory, directory, whose, grace);
    }
    let subject = format!("{} ({whose})", directory.display());
    Finding::bad(CHECK, &subject, "there is no such directory").so("make it, or name another one")
}

/// The same of a directory that `whose` makes where it is missing.
pub(super) fn examine_made(directory: &Path, whose: &str, grace: Duration) -> Finding {
    found(directory, nearest(directory), whose, grace)
}

fn found(directory: &Path, there: &Path, whose: &str, grace: Duration) -> Finding {
    let subject = format!("{} ({whose})", directory.display());
    match measure(there) {
        Ok(measured) => judge(&subject, measured, grace),
        Err(error) => {
            let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded].contains(&error.kind());
            let remedy = if full {
                "make room"
            } else {
                "look at its owner, its rights, and whether it is mounted read-only"
            };
            Finding::bad(CHECK, &subject, format!("{} cannot be written: {error}", there.display()))
                .so(remedy)
        }
    }
}

/// Itself, or what it will be made in.
fn nearest(directory: &Path) -> &Path {
    directory.ancestors().find(|above| above.is_dir()).unwrap_or(Path::new("."))
}

fn measure(directory: &Path) -> io::Result<Measured> {
    let mut worst = Duration::ZERO;
    let mut file = tempfile::tempfile_in(directory)?;
    for _ in 0..TIMES {
        let begun = Instant::now();
        file.write_all(&BYTES)?;
        file.sync_all()?;
        worst = worst.max(begun.elapsed());
    }
    let found = rustix::fs::statvfs(directory)?;
    Ok(Measured { free: found.f_bavail.saturating_mul(found.f_frsize), worst })
}

fn judge(subject: &str, measured: Measured, grace: Duration) -> Finding {
    let Measured { free, worst } = measured;
    let found = format!(
        "{} MiB free, a write is there after {} at worst",
        free >> 20,
        length(worst.max(Duration::from_millis(1)))
    );
    let (room, faster) =
        ("make room, or let old minutes go with `trader --keep`", "put it on a faster disk");
    if free < FREE_BAD {
        Finding::bad(CHECK, subject, found).so(room)
    } else if worst > grace / 2 {
        Finding::bad(CHECK, subject, format!("{found}, with a grace of {}", length(grace)))
            .so(faster)
    } else if free < FREE_LOW {
        Finding::warn(CHECK, subject, found).so(room)
    } else if worst > SLOW {
        Finding::warn(CHECK, subject, found).so(faster)
    } else {
        Finding::ok(CHECK, subject, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j6_a_disk_without_room_or_too_slow_for_the_grace_is_bad() {
        for (free, millis, grace, expected) in [
            (
                10 << 30,
                3,
                10,
                "ok    disk of d: 10240 MiB free, a write is there after 3ms at worst",
            ),
            (
                500 << 20,
                3,
                10,
                "warn  disk of d: 500 MiB free, a write is there after 3ms at worst; make room",
            ),
            (
                10 << 30,
                150,
                10,
                "warn  disk of d: 10240 MiB free, a write is there after 150ms at worst; put it on a faster",
            ),
            (10 << 20, 3, 10, "bad   disk of d: 10 MiB free"),
            (
                10 << 30,
                600,
                1,
                "bad   disk of d: 10240 MiB free, a write is there after 600ms at worst, with a grace of 1s",
            ),
        ] {
            let measured = Measured { free, worst: Duration::from_millis(millis) };
            let line = judge("d", measured, Duration::from_secs(grace)).line();
            assert!(line.starts_with(expected), "{line}");
        }
    }

    #[test]
    fn j6_a_directory_is_written_and_left_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let grace = Duration::from_secs(10);
        let missing = home.path().join("not/made/yet");
        let line = examine(&missing, "trader", grace).line();
        assert!(
            line.ends_with("there is no such directory; make it, or name another one"),
            "{line}"
        );
        let line = examine_made(&missing, "trader", grace).line();
        assert!(line.contains(" MiB free, a write is there after "), "{line}");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
        let line = examine(Path::new("/proc/self"), "trader", grace).line();
        assert!(
            line.starts_with("bad   disk of /proc/self (trader): /proc/self cannot be written: "),
            "{line}"
        );
        let line = examine(Path::new(""), "trader", grace).line();
        assert!(line.contains("  disk of . (trader): "), "{line}");
    }
}

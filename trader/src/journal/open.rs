//! How a journal is opened without a change to it, and how a new one comes to be all at once.

use std::{
    fs, io,
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::Path,
    time::Duration,
};

use chassis::{
    grid::{Interval, Minute, Timestamp},
    name::Name,
};
use rusqlite::{
    Connection, OpenFlags, ToSql,
    config::DbConfig,
    types::{FromSql, ValueRef},
};

use super::{
    durable::{rename, sync},
    error::{Fault, OpenError, refusal},
    header::inspect,
    log,
    path::{beside, resolve},
    read::Reader,
    row::{self, instant, minute, text},
    schema::{self, APPLICATION_ID, SQL, Table, VERSION},
};
use crate::engine::Recovered;

/// How long SQLite waits for another program that has locked the file.
const BUSY_MAX: Duration = Duration::from_secs(1);

/// What SQLite's log is cut back to when it starts over.
const LOG_BYTES_KEPT: i64 = 64 << 20;

/// What SQLite keeps of the file in memory: the few pages that each commit touches, and no more and
/// more of those that it has written as the journal grows.
pub(super) const CACHE_KIB: i64 = 512;

/// What it keeps of a transaction that grows with each word of a minute, SQLite's own default: enough
/// that the words of a hundred thousand strategies go in as fast as they come, and little enough that
/// nearly all of them are in the log when the last one comes.
pub(super) const DRAFT_CACHE_KIB: i64 = 2_000;

/// What a new journal begins with.
#[derive(Clone, Debug)]
pub(super) struct Beginning {
    pub(super) id: Name,
    pub(super) interval: Interval,
    pub(super) at: Timestamp,
}

/// Opens the journal at `path` for reading, whether its trader is up or down: nothing in it changes,
/// and no commit waits for it. Not for the process that has it open as a [`super::Journal`]: this
/// would give back the locks by which SQLite holds it there.
pub fn read_only(path: &Path) -> Result<Reader, OpenError> {
    let file = resolve(path).map_err(failed(path, "find its directory"))?;
    if !inspect(&file)? {
        return Err(OpenError::Missing { file });
    }
    connect(&file).or_else(|error| if has_log(&file) { Err(error) } else { settled(&file, error) })
}

/// Whether SQLite's log is beside it: its trader is up, or did not come to its end in order.
fn has_log(file: &Path) -> bool {
    beside(file, "-wal").exists()
}

/// Opens a journal that nobody writes where nothing can be made beside it, as on a disk that is
/// mounted for reading only. If that does not succeed either, it is because of `error`.
pub(super) fn settled(file: &Path, error: OpenError) -> Result<Reader, OpenError> {
    let encoded = |byte: &u8| format!("%{byte:02X}");
    let path: String = file.as_os_str().as_bytes().iter().map(encoded).collect();
    let flags = OpenFlags::from_iter([
        OpenFlags::SQLITE_OPEN_READ_ONLY,
        OpenFlags::SQLITE_OPEN_NO_MUTEX,
        OpenFlags::SQLITE_OPEN_URI,
    ]);
    let opened = Connection::open_with_flags(format!("file:{path}?immutable=1"), flags);
    opened
        .map_err(|_| ())
        .and_then(|connection| Reader::new(connection, file.to_owned()).map_err(|_| ()))
        .map_err(|()| error)
}

/// Which file `path` names on its disk: device and inode.
pub(super) fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}

/// Opens a journal for reading. What was in it and beside it stays as it is, also when it is closed:
/// files that SQLite makes beside it for the while go, those that were there remain.
fn connect(file: &Path) -> Result<Reader, OpenError> {
    let failed = |error: rusqlite::Error| refusal(file, error.into());
    let log_was_there = has_log(file);
    let flags =
        OpenFlags::from_iter([OpenFlags::SQLITE_OPEN_READ_WRITE, OpenFlags::SQLITE_OPEN_NO_MUTEX]);
    let connection = Connection::open_with_flags(file, flags).map_err(failed)?;
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, log_was_there)
        .map_err(failed)?;
    connection.busy_timeout(BUSY_MAX).map_err(failed)?;
    connection.pragma_update(None, "query_only", true).map_err(failed)?;
    Reader::new(connection, file.to_owned())
}

/// Opens a journal and reads what the core goes on from; unless all of it is in order, nothing has
/// changed.
pub(super) fn check(file: &Path, interval: Interval) -> Result<(Reader, Recovered), OpenError> {
    log::inspect(file)?;
    let index = beside(file, "-shm");
    let index_left = has_log(file) && !index.exists();
    let checked = recover(file, interval);
    if checked.is_err() && index_left {
        // SQLite keeps its index of the log together with the log; it can be made again any time.
        let removed = fs::remove_file(&index);
        removed.or_else(absent_is_fine).map_err(failed(file, "remove its -shm file"))?;
    }
    checked
}

fn recover(file: &Path, interval: Interval) -> Result<(Reader, Recovered), OpenError> {
    let reader = connect(file)?;
    if reader.interval != interval {
        let (file, recorded) = (file.to_owned(), reader.interval);
        return Err(OpenError::Interval { file, recorded, given: interval });
    }
    let recovered = schema::check(&reader.connection)
        .and_then(|()| reader.recover())
        .map_err(|fault| refusal(file, fault))?;
    if reader.connection.is_readonly("main").map_err(|error| refusal(file, error.into()))? {
        return Err(failed(file, "write it")(io::ErrorKind::PermissionDenied.into()));
    }
    Ok((reader, recovered))
}

/// From here on the journal may be written: a commit is on disk when it returns, at the cost of one
/// `fsync`; to fold the log into the file is left to [`super::Journal::checkpoint`].
pub(super) fn begin_writing(connection: &Connection) -> Result<(), Fault> {
    connection.pragma_update(None, "query_only", false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    let mode: String = set(connection, "journal_mode", "wal")?;
    if mode != "wal" && mode != "memory" {
        return Err(Fault::Damaged(format!("no write-ahead log is possible there, only `{mode}`")));
    }
    // After an integrity check in the mode before, SQLite believes itself reading until it reads again.
    connection.query_row("SELECT count(*) FROM meta", (), |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    let _pages: i64 = set(connection, "wal_autocheckpoint", 0)?;
    let _bytes: i64 = set(connection, "journal_size_limit", LOG_BYTES_KEPT)?;
    Ok(())
}

/// Sets a pragma that answers with its value.
fn set<T: FromSql>(
    connection: &Connection,
    pragma: &str,
    value: impl ToSql,
) -> rusqlite::Result<T> {
    connection.pragma_update_and_check(None, pragma, value, |row| row.get(0))
}

/// Creates a journal under another name, and gives it its own when it is whole and on disk: no crash
/// leaves half a journal.
pub(super) fn create(file: &Path, beginning: &Beginning) -> Result<(), OpenError> {
    let new = beside(file, ".new");
    let scraps = ["", "-journal", "-wal", "-shm"].map(|suffix| beside(&new, suffix));
    for scrap in &scraps {
        let removed = fs::remove_file(scrap).or_else(absent_is_fine);
        removed.map_err(failed(file, "remove the .new file that a crash left"))?;
    }
    let built = build(&new, beginning).map_err(|fault| OpenError::Sqlite {
        file: file.to_owned(),
        doing: "create it",
        reason: fault.to_string(),
    });
    let put = built.and_then(|()| put_in_place(&new, file).map_err(failed(file, "create it")));
    if put.is_err() {
        for scrap in &scraps {
            fs::remove_file(scrap).or_else(absent_is_fine).map_err(failed(file, "clean up"))?;
        }
    }
    put
}

/// What nobody finds by its name until it is whole is synced once, at the end, and until then needs no
/// journal of SQLite's: its own syncs would be eight.
fn build(new: &Path, beginning: &Beginning) -> Result<(), Fault> {
    let connection = Connection::open(new)?;
    connection.pragma_update(None, "synchronous", "off")?;
    let _mode: String = set(&connection, "journal_mode", "memory")?;
    lay_out(&connection, beginning)?;
    let _mode: String = set(&connection, "journal_mode", "wal")?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// What is in the file is synced before it has its name, and its name before SQLite makes others beside
/// it, which after a power cut must not be there without it.
fn put_in_place(new: &Path, file: &Path) -> io::Result<()> {
    sync(new)?;
    rename(new, file)?;
    sync(file.parent().expect("the path is absolute"))
}

/// Gives an empty database the shape of a journal that begins.
pub(super) fn lay_out(connection: &Connection, beginning: &Beginning) -> Result<(), Fault> {
    let Beginning { id, interval, at } = beginning;
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(SQL)?;
    let micros = i64::try_from(interval.duration().as_micros()).expect("at most 24 h");
    let first_minute = minute(Minute::first_after(*at, *interval));
    let values = [text(id.as_str()), ValueRef::Integer(micros), instant(*at), first_minute];
    let mut insert = transaction.prepare(&Table::Meta.insert())?;
    row::write(&mut insert, Table::Meta, &values, &mut Vec::new())?;
    drop(insert);
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

pub(super) fn failed(file: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> OpenError {
    move |source| OpenError::Io { file: file.to_owned(), doing, source }
}

fn absent_is_fine(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

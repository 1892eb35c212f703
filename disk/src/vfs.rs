//! SQLite's own file system with a disk before it, as a VFS of SQLite (sqlite.org/vfs.html). The one
//! file with unsafe code: SQLite calls a VFS through C pointers.
//!
//! A file that is on no disk is opened by SQLite's own VFS, which it then belongs to. For one that is
//! on a disk, [`OnDisk`] comes first in the memory that SQLite sets aside for a file, and the file of
//! SQLite's own VFS right after it: what is not of interest is passed on to that.

use std::{
    ffi::{CStr, OsStr, c_char, c_int, c_void},
    os::unix::ffi::OsStrExt as _,
    path::Path,
    ptr, slice,
    sync::OnceLock,
};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};

use crate::volume::{Handle, find};

/// Files that SQLite's own VFS syncs together with their directory the first time.
const LOGS: c_int =
    ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;

/// SQLite's own VFS, which lives as long as the process.
struct Own(*mut sqlite3_vfs);

// SAFETY: SQLite's own VFS is made to be called from any thread, and nobody changes it.
unsafe impl Send for Own {}
// SAFETY: as above.
unsafe impl Sync for Own {}

static OWN: OnceLock<Own> = OnceLock::new();

fn own() -> *mut sqlite3_vfs {
    OWN.get().expect("set before the VFS that asks for it is registered").0
}

/// A file on a disk, as SQLite has it in its memory.
#[repr(C)]
struct OnDisk {
    /// What SQLite knows of it: which methods it has. Must be first.
    known: sqlite3_file,
    handle: *mut Handle,
}

/// Makes this VFS the one that SQLite takes when it is not told which; once a process.
pub(crate) fn install() {
    OWN.get_or_init(|| {
        // SAFETY: null asks for the default VFS; SQLite initializes itself when asked.
        let own = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        assert!(!own.is_null(), "SQLite has a VFS of its own");
        // SAFETY: SQLite's VFS lives as long as the process, and its fields are plain data.
        let mut vfs = unsafe { ptr::read(own) };
        vfs.zName = c"disk".as_ptr();
        vfs.szOsFile += c_int::try_from(size_of::<OnDisk>()).expect("a few words");
        vfs.xOpen = Some(open);
        vfs.xDelete = Some(delete);
        // The others ask their VFS for nothing but what was copied.
        let vfs = Box::leak(Box::new(vfs));
        // SAFETY: it is whole, and lives as long as the process.
        let code = unsafe { ffi::sqlite3_vfs_register(vfs, 1) };
        assert_eq!(code, ffi::SQLITE_OK, "SQLite takes another VFS");
        Own(own)
    });
}

/// Calls a method of SQLite's own VFS, or of a file of it.
macro_rules! call {
    ($object:expr, $method:ident $(, $argument:expr)*) => {
        ((*$object).$method.expect("SQLite's own VFS has every method"))($object $(, $argument)*)
    };
}

/// The same method of the file of SQLite's own VFS.
macro_rules! pass_on {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        let inner = inner($file);
        ((*(*inner).pMethods).$method.expect("SQLite's own files have every method"))(
            inner $(, $argument)*
        )
    }};
}

/// # Safety
/// `file` must have been opened by [`open`] on a disk.
unsafe fn inner(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: SQLite's memory for a file has room for both, see `szOsFile` above.
    unsafe { file.cast::<OnDisk>().add(1).cast() }
}

/// # Safety
/// `file` must have been opened by [`open`] on a disk, and no other call on it may be under way,
/// which SQLite sees to.
unsafe fn handle<'f>(file: *mut sqlite3_file) -> &'f mut Handle {
    // SAFETY: `open` put a handle there, and `close` is the last call.
    unsafe { &mut *(*file.cast::<OnDisk>()).handle }
}

/// # Safety
/// `name` must be null or a C string.
unsafe fn path<'n>(name: *const c_char) -> Option<&'n Path> {
    // SAFETY: as the caller promises.
    let name = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) })?;
    Some(Path::new(OsStr::from_bytes(name.to_bytes())))
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a C string, or null for a file without a name.
    let found = unsafe { path(name) }.and_then(find);
    let Some((volume, short)) = found else {
        // SAFETY: SQLite's own VFS is called as this one was, and the file is its own from here on.
        return unsafe { call!(own(), xOpen, name, file, flags, flags_out) };
    };
    // SAFETY: SQLite gives memory for a file; without methods it will not be closed.
    unsafe { (*file).pMethods = ptr::null() };
    let creates = flags & ffi::SQLITE_OPEN_CREATE != 0;
    let handle = match volume.open(&short, creates, flags & LOGS != 0) {
        Ok(handle) => Box::into_raw(Box::new(handle)),
        Err(refusal) => return refusal.code,
    };
    // SAFETY: the file's memory has room for both parts, and `known` is the first field of the
    // first one; SQLite's own VFS is called as this one was.
    unsafe {
        (*file.cast::<OnDisk>()).handle = handle;
        let code = call!(own(), xOpen, name, inner(file), flags, flags_out);
        if code == ffi::SQLITE_OK {
            (*file).pMethods = &raw const METHODS;
        } else {
            drop(Box::from_raw(handle));
        }
        code
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, syncs: c_int) -> c_int {
    // SAFETY: SQLite gives a C string.
    let found = unsafe { path(name) }.and_then(find);
    if let Some((volume, short)) = found {
        match volume.delete(&short, syncs != 0) {
            Ok(()) => {}
            Err(refusal) => return refusal.code,
        }
    }
    // SAFETY: SQLite's own VFS is called as this one was.
    unsafe { call!(own(), xDelete, name, syncs) }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: the last call on a file that `open` opened: the handle is given back once.
    unsafe {
        let code = pass_on!(file, xClose);
        drop(Box::from_raw((*file.cast::<OnDisk>()).handle));
        code
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    data: *const c_void,
    length: c_int,
    at: i64,
) -> c_int {
    let (Ok(size), Ok(offset)) = (usize::try_from(length), usize::try_from(at)) else {
        return ffi::SQLITE_MISUSE;
    };
    // SAFETY: `open` opened the file, and SQLite gives so many bytes at `data`.
    unsafe {
        let bytes = slice::from_raw_parts(data.cast::<u8>(), size);
        match handle(file).write(offset, bytes) {
            Ok(()) => pass_on!(file, xWrite, data, length, at),
            Err(refusal) => {
                let written = c_int::try_from(refusal.written).expect("a part of a C integer");
                if written > 0 {
                    pass_on!(file, xWrite, data, written, at);
                }
                refusal.code
            }
        }
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, length: i64) -> c_int {
    let Ok(size) = usize::try_from(length) else { return ffi::SQLITE_MISUSE };
    // SAFETY: `open` opened the file.
    unsafe {
        match handle(file).truncate(size) {
            Ok(()) => pass_on!(file, xTruncate, length),
            Err(refusal) => refusal.code,
        }
    }
}

/// Not passed on: what is durable is decided here, and a real sync would only take time.
unsafe extern "C" fn sync(file: *mut sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: `open` opened the file.
    match unsafe { handle(file) }.sync() {
        Ok(()) => ffi::SQLITE_OK,
        Err(refusal) => refusal.code,
    }
}

/// Defines methods that are passed on while the file is alive; if it is dead they fail with a code.
macro_rules! pass_on_alive {
    ($($name:ident = $method:ident($($argument:ident: $kind:ty),*), else $code:ident;)*) => { $(
        unsafe extern "C" fn $name(file: *mut sqlite3_file, $($argument: $kind),*) -> c_int {
            // SAFETY: `open` opened the file, and the arguments are those that SQLite gives.
            unsafe {
                if !handle(file).is_alive() {
                    return ffi::$code;
                }
                pass_on!(file, $method $(, $argument)*)
            }
        }
    )* };
}

pass_on_alive! {
    read = xRead(data: *mut c_void, length: c_int, at: i64), else SQLITE_IOERR_READ;
    file_size = xFileSize(size: *mut i64), else SQLITE_IOERR_FSTAT;
    lock = xLock(level: c_int), else SQLITE_IOERR_LOCK;
    check_reserved_lock = xCheckReservedLock(out: *mut c_int), else SQLITE_IOERR_CHECKRESERVEDLOCK;
    file_control = xFileControl(what: c_int, argument: *mut c_void), else SQLITE_IOERR;
    map_memory = xShmMap(page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void),
        else SQLITE_IOERR_SHMMAP;
}

/// Defines methods that a dead file has, too: what it gives back, and what it is.
macro_rules! pass_on_always {
    ($($name:ident = $method:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => { $(
        unsafe extern "C" fn $name(file: *mut sqlite3_file, $($argument: $kind),*) -> $result {
            // SAFETY: `open` opened the file, and the arguments are those that SQLite gives.
            unsafe { pass_on!(file, $method $(, $argument)*) }
        }
    )* };
}

pass_on_always! {
    unlock = xUnlock(level: c_int) -> c_int;
    sector_size = xSectorSize() -> c_int;
    device_characteristics = xDeviceCharacteristics() -> c_int;
    lock_memory = xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int;
    order_memory = xShmBarrier() -> ();
    unmap_memory = xShmUnmap(delete: c_int) -> c_int;
}

/// Version 2: without memory-mapped files, whose writes nobody would see.
static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(map_memory),
    xShmLock: Some(lock_memory),
    xShmBarrier: Some(order_memory),
    xShmUnmap: Some(unmap_memory),
    xFetch: None,
    xUnfetch: None,
};

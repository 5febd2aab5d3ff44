//! Files: opened for their owner only, written durably.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use fs4::TryLockError;

use crate::records::{StoreError, folder};

/// The bytes of a line in the file, with its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) start: u64,
    pub(super) bytes: usize,
}

impl Place {
    /// Appends a line that has no end yet.
    pub(super) fn push(to: &mut Vec<u8>, line: &[u8]) -> Self {
        let start = to.len();
        to.extend_from_slice(line);
        to.push(b'\n');
        Self {
            start: start as u64,
            bytes: line.len() + 1,
        }
    }
}

/// Returns the path of a file beside this one.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut beside = OsString::from(path);
    beside.push(ending);
    beside.into()
}

/// The lock of a spool, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing it is not enough while a process that this one is starting has it open too.
        fs4::FileExt::unlock(&self.0).ok();
    }
}

/// Makes this process the only one with the spool.
pub(super) fn lock(path: &Path) -> Result<Lock, StoreError> {
    let lock = options()
        .open(beside(path, ".lock"))
        .map_err(|error| failed(path, "open", &error))?;
    // Not the method of the standard library, which Rust has since 1.89.
    match fs4::FileExt::try_lock(&lock) {
        Ok(()) => Ok(Lock(lock)),
        Err(TryLockError::WouldBlock) => Err(StoreError::temporary(format!(
            "the spool {} is in use by another process: give each process a spool of its own",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(failed(path, "lock", &error)),
    }
}

/// Opens the file, or creates it, so that it is still there after a crash.
pub(super) fn open(path: &Path) -> Result<File, StoreError> {
    let file = options()
        .open(path)
        .map_err(|error| failed(path, "open", &error))?;
    sync_folder(path).map_err(|error| failed(path, "create", &error))?;
    Ok(file)
}

/// Cuts off what is after `end`, durably.
pub(super) fn cut(path: &Path, file: &File, end: u64) -> Result<(), StoreError> {
    let cut = || {
        if file.metadata()?.len() > end {
            file.set_len(end)?;
            sync(file)?;
        }
        Ok(())
    };
    cut().map_err(|error| failed(path, "write", &error))
}

/// Waits until the disk has the file.
pub(super) fn sync(file: &File) -> io::Result<()> {
    #[cfg(test)]
    super::tests::check("sync")?;
    file.sync_all()
}

/// Reads a line, without its end.
pub(super) fn read(path: &Path, mut file: &File, place: Place) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![0; place.bytes];
    file.seek(SeekFrom::Start(place.start))
        .and_then(|_| file.read_exact(&mut bytes))
        .map_err(|error| failed(path, "read", &error))?;
    bytes.pop();
    Ok(bytes)
}

/// Writes at this place, without waiting for the disk.
pub(super) fn write(mut file: &File, start: u64, bytes: &[u8]) -> io::Result<()> {
    #[cfg(test)]
    super::tests::check("write")?;
    file.seek(SeekFrom::Start(start))?;
    file.write_all(bytes)
}

/// Appends these lines to a file, durably.
pub(super) fn append(path: &Path, lines: &[Vec<u8>]) -> Result<(), StoreError> {
    let append = || {
        let mut file = options().open(path)?;
        file.seek(SeekFrom::End(0))?;
        let mut bytes = lines.join(&b'\n');
        bytes.push(b'\n');
        file.write_all(&bytes)?;
        file.sync_all()?;
        sync_folder(path)
    };
    append().map_err(|error| failed(path, "write", &error))
}

/// Replaces the file by one with these bytes: after a crash it is one or the other, until [`keep_name`] is done.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<File, StoreError> {
    let new = beside(path, ".new");
    let replace = || {
        let mut file = options().truncate(true).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        Ok(file)
    };
    replace().map_err(|error| failed(path, "write", &error))
}

/// Makes the name of a file that was replaced durable.
pub(super) fn keep_name(path: &Path) -> Result<(), StoreError> {
    sync_folder(path).map_err(|error| failed(path, "write", &error))
}

/// The error of a file, with the fix where there is one.
pub(super) fn failed(path: &Path, action: &str, error: &io::Error) -> StoreError {
    let (fix, is_temporary) = match error.kind() {
        ErrorKind::NotFound => (": create its folder, or name another file", false),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => (
            ": let this process write to the file and its folder, or name another file",
            false,
        ),
        ErrorKind::IsADirectory => (": name a file, not a folder", false),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            (": make room on its disk", true)
        }
        _ => ("", true),
    };
    let path = path.display();
    let message = format!("cannot {action} the spool {path}: {error}{fix}");
    if is_temporary {
        StoreError::temporary(message)
    } else {
        StoreError::permanent(message)
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(test)]
    super::tests::check("folder")?;
    folder::sync(path)
}

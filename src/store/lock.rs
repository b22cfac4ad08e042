//! The writer's lock: a store has one writer at a time, whose lock ends with its process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::{Error, Result};

/// The file that is locked; who holds it stands in it.
pub(crate) const LOCK: &str = "lock";

/// Held by the one who may write.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the store at `path`.
    ///
    /// # Errors
    /// [`Error::Locked`] if another writer has it, which is named as it gave its name; [`Error::Io`].
    pub(crate) fn take(path: &Path) -> Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let named = file.take(256).read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
                let holder = if named { holder.trim().to_owned() } else { "another writer".into() };
                return Err(Error::Locked { path: path.to_owned(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        // Whom to name to others; that the name is there is no part of the lock.
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let on = if host.trim().is_empty() { String::new() } else { format!(" on {}", host.trim()) };
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        write!(file, "process {}{on}", std::process::id())?;
        Ok(Self { _file: file })
    }
}

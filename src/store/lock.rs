//! The writer's lock: a memory has one writer at a time, whose lock ends with its process.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// The file that is locked; who holds it stands in it.
pub(crate) const LOCK: &str = "lock";

/// The right to write to a memory, a store or one file, or to put another in its place: nobody else has it meanwhile. A
/// [`Store`](super::Store) has its own.
#[derive(Debug)]
pub struct WriterLock {
    file: File,
    /// Where that file stands.
    path: PathBuf,
}

impl WriterLock {
    /// Takes the lock of the memory at `path`: of a store a file in its folder, else of the file itself.
    ///
    /// # Errors
    /// [`Error::Locked`] if another writer has it, which is named as it gave its name; [`Error::Io`].
    pub fn take(path: impl AsRef<Path>) -> Result<Self> {
        let memory = path.as_ref();
        let of_store = memory.is_dir();
        let path = if of_store { memory.join(LOCK) } else { memory.to_owned() };
        loop {
            let file = match of_store {
                true => OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?,
                false => File::open(&path)?,
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    // What stands in a memory that is one file is no name.
                    let named = of_store && file.take(256).read_to_string(&mut holder).is_ok();
                    let holder = if named && !holder.trim().is_empty() { holder.trim() } else { "another writer" };
                    return Err(Error::Locked { path: memory.to_owned(), holder: holder.to_owned() });
                }
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            let this = Self { file, path: path.clone() };
            // Another memory may have taken this one's place before the lock was had.
            if this.holds()? {
                if of_store {
                    this.sign()?;
                }
                return Ok(this);
            }
        }
    }

    /// Says whom to name to others.
    fn sign(&self) -> Result<()> {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let on = if host.trim().is_empty() { String::new() } else { format!(" on {}", host.trim()) };
        let mut file = &self.file;
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        write!(file, "process {}{on}", std::process::id())?;
        Ok(())
    }

    /// Whether the file that is locked still stands where it did, as far as the system tells.
    pub(crate) fn holds(&self) -> Result<bool> {
        match self.path.metadata() {
            Ok(there) => Ok(is_same(&self.file.metadata()?, &there)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether both are of one file.
fn is_same(here: &Metadata, there: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (here.dev(), here.ino()) == (there.dev(), there.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = (here, there);
        true
    }
}

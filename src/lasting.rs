//! What lasts: names in folders, which files have beside what they hold.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use crate::{Error, Result};

/// Makes names that were put into `folder` outlast a crash, where the system can.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        // Some file systems sync no folders.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

/// What `write` comes to, which writes the file that is to stand at `path`: it is there whole, to last, or what was there
/// before. `temporary` says what it is called until then.
///
/// # Errors
/// Those of `write`; [`Error::Parameter`] if something else than a file stands there; [`Error::Io`].
pub(crate) fn put_whole<T>(
    path: &Path,
    mut temporary: Builder<'_, '_>,
    write: impl FnOnce(&mut NamedTempFile) -> Result<T>,
) -> Result<T> {
    // A device or a pipe would be replaced by the file, a folder cannot be.
    if let Ok(there) = path.metadata()
        && !there.is_file()
    {
        let found = if there.is_dir() { "a folder" } else { "a pipe or device" };
        let expected = "a new name, or a regular file to replace".into();
        return Err(Error::Parameter { what: "where to save", expected, found: found.into() });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any new file: readable by those whom the umask lets read.
    #[cfg(unix)]
    temporary.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = temporary.tempfile_in(folder)?;
    let done = write(&mut file)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The name too.
    sync_folder(folder)?;
    Ok(done)
}

/// Passes bytes on and hashes them on their way.
pub(crate) struct Hashing<T> {
    pub(crate) inner: T,
    pub(crate) hasher: blake3::Hasher,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

//! Receipts in a file, which is there whole or not at all.

use std::io::{BufWriter, Write};
use std::path::Path;

use crate::lasting::sync_folder;
use crate::{Error, Result};

/// What `work` comes to, which writes receipts to what it is given: they stand at `path` once it is done, in place of a file
/// that stood there; if it fails nothing has changed.
///
/// # Errors
/// Those of `work`; [`Error::Io`] if the file cannot be written.
///
/// # Example
/// ```
/// use popfield::{Memory, Patterns, receipts};
/// let memory = Memory::auto_associative(Patterns::random(100, 64, 5, "keys")?)?;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("receipts.jsonl");
/// let queries = memory.keys().range(0..3)?.into();
/// let found = receipts::to_file(&path, |file| memory.view().search_top_with_receipts(&queries, 1, file))?;
/// assert_eq!((found[2][0].id, path.is_file()), (2, true));
/// # Ok::<(), popfield::Error>(())
/// ```
pub fn to_file<T>(path: impl AsRef<Path>, work: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<T> {
    let path = path.as_ref();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // As any new file: readable by those whom the umask lets read.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut writer = BufWriter::new(builder.tempfile_in(folder)?);
    let done = work(&mut writer)?;
    let file = writer.into_inner().map_err(|error| Error::Io(error.into_error()))?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)?;
    Ok(done)
}

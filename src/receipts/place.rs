//! Receipts in a file, which is there whole or not at all.

use std::io::{BufWriter, Write};
use std::path::Path;

use crate::Result;
use crate::lasting::put_whole;

/// What `work` comes to, which writes receipts to what it is given: they stand at `path` once it is done, in place of a file
/// that stood there; if it fails nothing has changed.
///
/// # Errors
/// Those of `work`; [`Error::Parameter`](crate::Error::Parameter) if a folder, a pipe or a device stands there;
/// [`Error::Io`](crate::Error::Io) if the file cannot be written.
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
    put_whole(path.as_ref(), tempfile::Builder::new(), |file| {
        let mut writer = BufWriter::new(file);
        let done = work(&mut writer)?;
        writer.flush()?;
        Ok(done)
    })
}

//! Indexes beside memories on the disk.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use popfield_map::{Access, Held};

use crate::index::{Index, MOST_BEYOND};
use crate::lasting::sync_folder;
use crate::store::WriterLock;
use crate::{Error, Memory, Result};

impl Memory {
    /// Where the index of the memory at `path` lies: in the folder of a store, or beside a file, whose name it has with
    /// `.index` after it.
    pub fn index_path(path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        if path.is_dir() {
            return path.join(crate::store::INDEX);
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".index");
        name.into()
    }

    /// Writes the index to where [`open`](Self::open) finds it: beside the memory at `path`, which this one must have been
    /// opened from and not be changed since. It is there whole, or what was there before.
    ///
    /// # Errors
    /// [`Error::Empty`] without an index; [`Error::Mismatch`] for a memory that was changed or not opened;
    /// [`Error::Locked`] while someone writes to a store; [`Error::Io`].
    pub fn write_index(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let Some(index) = &self.index else { return Err(Error::Empty { what: "an index" }) };
        let Some(origin) = self.origin.as_ref().filter(|_| index.tables().covered() == self.key_side().len()) else {
            return Err(Error::Mismatch { what: "the memory that is indexed and the one on the disk" });
        };
        // A writer would take away what it does not know yet.
        let _lock = if path.is_dir() { Some(WriterLock::take(path)?) } else { None };
        let to = Self::index_path(path);
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = to.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let prefix = format!("{name}.");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".new");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        index.write(origin, self.dim(), &mut file)?;
        file.as_file().sync_all()?;
        file.persist(&to).map_err(|error| error.error)?;
        sync_folder(folder)?;
        Ok(())
    }

    /// Takes the index beside the memory at `path` away, should there be one; returns whether there was.
    ///
    /// # Errors
    /// [`Error::Locked`] while someone writes to a store; [`Error::Io`].
    pub fn remove_index(path: impl AsRef<Path>) -> Result<bool> {
        let path = path.as_ref();
        let _lock = if path.is_dir() { Some(WriterLock::take(path)?) } else { None };
        match fs::remove_file(Self::index_path(path)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            done => Ok(done.map(|()| true)?),
        }
    }

    /// This memory, of a later commit of the same store, with the index of the one before, where all that is in it is still
    /// at the same places. What is learned from now on is of this one.
    pub(super) fn inheriting(self, before: &Self) -> Self {
        let (Some(index), Some(then), Some(now)) = (&before.index, &before.origin, &self.origin) else { return self };
        let holds = then.shared(now) >= index.tables().covered() as u64;
        let index = holds.then(|| index.narrowed());
        Self { index, ..self }
    }

    /// This memory with the index beside it, should there be one that is whole and of its keys.
    pub(super) fn with_index_at(self, path: &Path) -> Result<Self> {
        let Some(origin) = &self.origin else { return Ok(self) };
        let path = Self::index_path(path);
        match fs::metadata(&path) {
            Ok(there) if there.is_file() => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(self),
            Err(error) => return Ok(Self { refused: Some(Arc::new(error.into())), ..self }),
            Ok(_) => {
                let found = "a folder, a pipe or a device".into();
                let error = Error::Index { place: "kind of file", expected: "a regular file".into(), found };
                return Ok(Self { refused: Some(Arc::new(error)), ..self });
            }
        }
        // An index spares time, and what it says must be sure: what is wrong with it is told, and the scan answers.
        let held = File::open(&path).and_then(|file| Held::map(&file, Access::Random)).map_err(Error::from);
        Ok(match held.and_then(|held| Index::read(held, origin, self.dim())) {
            Ok(index) if index.serves(self.key_side().len()) => Self { index: Some(index), ..self },
            Ok(index) => {
                let more = self.key_side().len() - index.tables().covered();
                let expected = format!("at most {MOST_BEYOND} stored since it was made");
                let error = Error::Index { place: "keys", expected, found: more.to_string() };
                Self { refused: Some(Arc::new(error)), ..self }
            }
            Err(error) => Self { refused: Some(Arc::new(error)), ..self },
        })
    }
}

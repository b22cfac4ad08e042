//! Indexes beside memories on the disk.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use popfield_map::{Access, Held};

use crate::index::{Index, IndexInfo};
use crate::lasting::put_whole;
use crate::memory::index_slot::Slot;
use crate::store::WriterLock;
use crate::{Error, Memory, Progress, Result};

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
    /// opened from and not be changed since, or else be what was saved there. It is there whole, or what was there before.
    ///
    /// Cost: what is written; where this memory was not opened or was changed also that of opening the other, and where
    /// places differ, as after forgetting, of tables made anew.
    ///
    /// # Errors
    /// [`Error::Empty`] without an index; [`Error::Mismatch`] for a memory that was changed or not opened, and for an index
    /// that is not [up to date](Self::update_index);
    /// [`Error::Locked`] while someone writes to a store; [`Error::Io`].
    pub fn write_index(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let Some(index) = self.index.index() else { return Err(Error::Empty { what: "an index" }) };
        if self.origin.is_none() {
            return self.saved_at(path)?.write_index(path);
        }
        let Some(origin) = self.origin.as_ref().filter(|_| index.is_of(self.key_side().len())) else {
            return Err(Error::Mismatch { what: "the memory that is indexed and the one on the disk" });
        };
        // A writer would take away what it does not know yet.
        let _lock = if path.is_dir() { Some(WriterLock::take(path)?) } else { None };
        let to = Self::index_path(path);
        let name = to.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let prefix = format!("{name}.");
        let mut temporary = tempfile::Builder::new();
        temporary.prefix(&prefix).suffix(".new");
        put_whole(&to, temporary, |file| index.write(origin, self.dim(), file))
    }

    /// The memory at `path`, which holds what this one does, with the index of this one.
    fn saved_at(&self, path: &Path) -> Result<Self> {
        let mut saved = Self::open(path)?;
        if !self.holds_what(&saved) {
            return Err(Error::Mismatch { what: "the memory that is indexed and the one on the disk" });
        }
        saved.inherit_index(self)?;
        saved.update_index(Progress::NONE)?;
        Ok(saved)
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

    /// What the file of the index beside the memory at `path` says of itself, should there be one that is of this version:
    /// its first bytes are read and nothing is held to its hash, so that it may be damaged, or of other keys.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn index_header(path: impl AsRef<Path>) -> Result<Option<IndexInfo>> {
        let mut start = Vec::new();
        let there = Self::index_path(path);
        match fs::metadata(&there) {
            Ok(kind) if kind.is_file() => {}
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => return Ok(None),
        }
        File::open(there)?.take(Index::HEADER as u64).read_to_end(&mut start)?;
        Ok(Index::claims(&start))
    }

    /// This memory with the index beside it, should there be one: it is read and held to its hash when it is first asked.
    pub(super) fn with_index_at(self, path: &Path) -> Result<Self> {
        let Some(origin) = &self.origin else { return Ok(self) };
        let path = Self::index_path(path);
        let refused = match fs::metadata(&path) {
            Ok(there) if there.is_file() => match File::open(&path).and_then(|file| Held::map(&file, Access::Random)) {
                Ok(held) => {
                    let index = Slot::in_file(Arc::new(held), origin, &self.keys);
                    return Ok(Self { index, ..self });
                }
                Err(error) => error.into(),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(self),
            Err(error) => error.into(),
            Ok(_) => {
                let found = "a folder, a pipe or a device".into();
                Error::Index { place: "kind of file", expected: "a regular file".into(), found }
            }
        };
        Ok(Self { index: Slot::Refused(None, Arc::new(refused)), ..self })
    }
}

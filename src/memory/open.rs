//! Opening: a memory that is one file, or a store in a folder.

use std::path::Path;

#[cfg(feature = "store")]
use crate::store::{Backend, Snapshot};
use crate::{Error, Memory, Progress, Result};

impl Memory {
    /// Opens a memory: a file that was [saved](Self::save), checking all of it, or with the feature `store` a folder as of
    /// its last commit, mapped.
    ///
    /// With the feature `store` an index beside it ([`write_index`](Self::write_index)) is mapped, and read once when it is
    /// first asked: if it is whole and of these keys it answers from then on, else
    /// [`index_refused`](Self::index_refused) says why it does not.
    ///
    /// Cost: a file is read; of a folder some system calls a file, whatever its size, and a bit for each association
    /// where some were forgotten. What a folder's files hold is not read: `store::Snapshot::verify` checks it, and
    /// `store::Backend` has another way to read it.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::Version`] for the format of another version of this program;
    /// [`Error::Format`] or [`Error::Store`] if it is not a memory, is cut short, too long or damaged; [`Error::Empty`]
    /// for a folder without associations. Nothing is allocated that the file's length does not vouch for.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_watched(path, Progress::NONE)
    }

    /// Opens a memory: see [`open`](Self::open). `progress` is told of bytes of patterns that were read of a file.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`Error::Interrupted`].
    pub fn open_watched(path: impl AsRef<Path>, progress: Progress<'_>) -> Result<Self> {
        let path = path.as_ref();
        // To open a pipe would be to wait for whoever writes it.
        let there = path.metadata()?;
        #[cfg(feature = "store")]
        if there.is_dir() {
            return Self::of_snapshot(&Snapshot::open(path, Backend::Mmap)?)?.with_index_at(path);
        }
        if !there.is_file() {
            let found =
                if there.is_dir() { "a folder, for which the feature `store` is needed" } else { "a pipe or device" };
            let (expected, found) = ("a regular file".into(), found.into());
            return Err(Error::Format { place: "kind of file", expected, found });
        }
        let memory = Self::open_file(path, progress)?;
        #[cfg(feature = "store")]
        let memory = memory.with_index_at(path)?;
        Ok(memory)
    }

    /// The memory that a store holds as of a commit; it shares the snapshot's pages, and stays as it is.
    ///
    /// # Errors
    /// [`Error::Empty`] for a store without associations; [`Error::OutOfMemory`];
    /// [`Error::Kernel`] if `POPFIELD_TIER` names no tier of this CPU.
    #[cfg(feature = "store")]
    pub fn of_snapshot(snapshot: &Snapshot) -> Result<Self> {
        let memory = Self::of_contents(snapshot.contents()?)?;
        Ok(Self { origin: Some(snapshot.origin()), generation: snapshot.generation(), ..memory })
    }
}

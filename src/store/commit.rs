//! Commits: how a change to a store comes to last, whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::lasting::sync_folder;
use crate::patterns::Notes;
use crate::patterns::pattern::words_of;
use crate::store::disk::{Backend, Disk, Folder};
use crate::store::lock::WriterLock;
use crate::store::manifest::{INDEX, MAX_NOTES, Manifest, UNDER_WAY, is_ours, manifest_file};
use crate::store::segment::about;
use crate::store::snapshot::Snapshot;
use crate::{Error, Result};

/// A store that is open for writing: no other process can write to it meanwhile, and any may read it.
///
/// # Example
/// ```
/// use popfield::Batch;
/// use popfield::store::Store;
/// use popfield::{Memory, Missing, Patterns, Recall, Separation};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("digits");
/// let mut store = Store::create(&path, 256, None, Default::default())?;
/// store.append(Batch::new(&Patterns::random(1000, 256, 7, "keys")?))?;       // ids 0 to 999
/// store.forget(&[17, 4], Missing::Refuse)?;
///
/// let memory = Memory::open(&path)?;                                          // mapped, and open at once
/// assert_eq!(memory.len(), 998);
/// # Ok::<(), popfield::Error>(())
/// ```
#[derive(Debug)]
pub struct Store {
    pub(super) snapshot: Snapshot,
    /// A commit is under way or has failed: it is unknown what lasts of it.
    poisoned: bool,
    /// None where a test has a disk of its own.
    lock: Option<WriterLock>,
    path: PathBuf,
}

impl Store {
    /// Makes an empty store of keys of dimension `dim`, and of values where `value_dim` says theirs, in a new folder.
    ///
    /// # Errors
    /// [`Error::Io`] if there is something at `path`, or it cannot be written; [`Error::Parameter`] for a dimension out of
    /// range or too many notes.
    pub fn create(path: impl AsRef<Path>, dim: usize, value_dim: Option<usize>, notes: Notes) -> Result<Self> {
        let path = path.as_ref();
        let manifest = Self::first(dim, value_dim, notes)?;
        fs::create_dir(path)?;
        let made = (|| {
            let lock = WriterLock::take(path)?;
            let store = Self::start(Arc::new(Folder::new(path)), manifest, Some(lock), path)?;
            // The folder's own name.
            sync_folder(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
            Ok(store)
        })();
        if made.is_err() {
            // It is ours alone, and nothing was promised of it.
            let _ = fs::remove_dir_all(path);
        }
        made
    }

    /// The manifest of an empty store.
    pub(super) fn first(dim: usize, value_dim: Option<usize>, notes: Notes) -> Result<Manifest> {
        [Some(dim), value_dim].into_iter().flatten().try_for_each(|dim| words_of(dim).map(|_| ()))?;
        let bytes: usize = notes.iter().map(|(name, text)| name.len() + text.len()).sum();
        if bytes > MAX_NOTES {
            let (expected, found) = (format!("at most {MAX_NOTES} bytes together"), bytes.to_string());
            return Err(Error::Parameter { what: "notes of a store", expected, found });
        }
        Ok(Manifest { generation: 0, dim, value_dim, next_id: 0, next_segment: 0, notes, segments: Vec::new() })
    }

    pub(super) fn start(
        disk: Arc<dyn Disk>,
        manifest: Manifest,
        lock: Option<WriterLock>,
        path: &Path,
    ) -> Result<Self> {
        let snapshot = Snapshot { disk, manifest: manifest.clone(), segments: Vec::new() };
        let mut store = Self { snapshot, poisoned: false, lock, path: path.to_owned() };
        store.write_manifest(&manifest)?;
        Ok(store)
    }

    /// Opens the store at `path` for writing, and takes away what a writer that was killed has left behind.
    ///
    /// # Errors
    /// [`Error::Locked`] if another writer has it; else as [`Snapshot::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if !Snapshot::is_store(path)? {
            // Before a lock is left in a folder that is none.
            Snapshot::open(path, Backend::Mmap)?;
        }
        let lock = WriterLock::take(path)?;
        Self::on(Arc::new(Folder::new(path)), Some(lock), path)
    }

    pub(super) fn on(disk: Arc<dyn Disk>, lock: Option<WriterLock>, path: &Path) -> Result<Self> {
        let snapshot = Snapshot::of_disk(disk, Backend::Mmap)?;
        let store = Self { snapshot, poisoned: false, lock, path: path.to_owned() };
        // A writer that was killed may have left names that do not last yet, among them this manifest's: what they stand
        // for must not go before they do.
        store.snapshot.disk.sync()?;
        store.sweep()?;
        Ok(store)
    }

    /// The store as of the last commit.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a small file whole and syncs it, under its temporary name.
    pub(super) fn write_file(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let name = name.to_owned() + UNDER_WAY;
        let mut file = self.snapshot.disk.create(&name).map_err(|error| about(&name, error))?;
        file.write_all(bytes).map_err(|error| about(&name, error))?;
        self.syncing(|_| file.sync().map_err(|error| about(&name, error)))
    }

    /// The manifest of the next generation, as this one so far.
    pub(super) fn next(&self) -> Manifest {
        Manifest { generation: self.snapshot.manifest.generation + 1, ..self.snapshot.manifest.clone() }
    }

    /// Makes `manifest` the store's; `files` are new, and wait synced under their temporary names.
    ///
    /// On an error the store is as it was, or [poisoned](Error::Poisoned).
    pub(super) fn commit(&mut self, manifest: Manifest, files: &[String]) -> Result<()> {
        if !self.lock.as_ref().map_or(Ok(true), WriterLock::holds)? {
            let holder = "whoever has moved it away, or put another store in its place,".into();
            return self.or_sweep(Err(Error::Locked { path: self.path.clone(), holder }));
        }
        let placed = self.syncing(|this| {
            if files.is_empty() {
                return Ok(());
            }
            let disk = &this.snapshot.disk;
            for name in files {
                disk.rename(&(name.clone() + UNDER_WAY), name).map_err(|error| about(name, error))?;
            }
            disk.sync().map_err(|error| about("the folder", error))
        });
        self.or_sweep(placed)?;
        let written = self.write_manifest(&manifest);
        self.or_sweep(written)?;
        self.snapshot.manifest = manifest;
        // What is done is done: what stays behind is swept by the next writer.
        let _ = self.sweep();
        Ok(())
    }

    fn write_manifest(&mut self, manifest: &Manifest) -> Result<()> {
        let name = manifest_file(manifest.generation);
        self.write_file(&name, &manifest.to_bytes()?)?;
        self.syncing(|this| {
            let disk = &this.snapshot.disk;
            disk.rename(&(name.clone() + UNDER_WAY), &name).map_err(|error| about(&name, error))?;
            disk.sync().map_err(|error| about("the folder", error))
        })
    }

    /// Does what, if it fails, leaves unknown what lasts.
    pub(super) fn syncing<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.poisoned = true;
        let done = step(self)?;
        self.poisoned = false;
        Ok(done)
    }

    /// What `step` came to; if it failed, what it left is taken away, unless the store is poisoned and it may be needed.
    pub(super) fn or_sweep<T>(&self, step: Result<T>) -> Result<T> {
        if step.is_err() {
            let _ = self.sweep();
        }
        step
    }

    /// Takes away files that are ours and that no manifest names. Where it is unknown which manifest lasts, only those
    /// under temporary names.
    pub(super) fn sweep(&self) -> io::Result<()> {
        let named = self.snapshot.manifest.files();
        let disk = &self.snapshot.disk;
        for name in disk.names()?.iter().filter(|name| is_ours(name) && !named.contains(*name) && *name != INDEX) {
            if !self.poisoned || name.ends_with(UNDER_WAY) {
                disk.remove(name)?;
            }
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.poisoned { Err(Error::Poisoned) } else { Ok(()) }
    }
}

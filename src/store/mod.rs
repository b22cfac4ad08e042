//! Stores: memories in folders, which are appended to, forgotten from and mapped.
//!
//! A store is a set of immutable segments and one manifest that says which they are. A commit writes new files under
//! temporary names, syncs them, gives them their names, syncs the folder, and then does the same with the manifest of
//! the next generation: only then is it acknowledged. So what was acknowledged is there after a crash, whole, and what
//! was not is there whole or not at all. Files that no manifest names are swept by the next writer.
//!
//! - [`Store`]: the one writer. It appends, forgets and compacts.
//! - [`Snapshot`]: the store as of one commit, of which [`Memory::open`](crate::Memory::open) makes a memory.

mod append;
mod disk;
mod lock;
mod manifest;
mod merge;
mod npy;
mod rows;
mod segment;
mod snapshot;
#[cfg(test)]
mod tests;
mod unique;
mod write;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use roaring::RoaringBitmap;

pub use append::Appending;
pub use disk::Backend;
pub use rows::Batch;
pub use snapshot::Snapshot;

use crate::patterns::Notes;
use crate::patterns::pattern::words_of;
use crate::scan::scope::Missing;
use crate::{Error, Result};
use disk::{Disk, Folder, sync_folder};
use lock::Lock;
use manifest::{Bitmap, Digest, Hash, MAX_NOTES, Manifest, bitmap_file, generation_of, manifest_file};
use segment::about;
use write::UNDER_WAY;

/// Rows that a manifest lists as forgotten, of all segments together, before they are folded into bitmaps.
const LISTED: usize = 64;

/// A store that is open for writing: no other process can write to it meanwhile, and any may read it.
///
/// # Example
/// ```
/// use popfield::store::{Batch, Store};
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
    snapshot: Snapshot,
    /// A commit is under way or has failed: it is unknown what lasts of it.
    poisoned: bool,
    /// None where a test has a disk of its own.
    _lock: Option<Lock>,
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
            let lock = Lock::take(path)?;
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
    fn first(dim: usize, value_dim: Option<usize>, notes: Notes) -> Result<Manifest> {
        [Some(dim), value_dim].into_iter().flatten().try_for_each(|dim| words_of(dim).map(|_| ()))?;
        let bytes: usize = notes.iter().map(|(name, text)| name.len() + text.len()).sum();
        if bytes > MAX_NOTES {
            let (expected, found) = (format!("at most {MAX_NOTES} bytes together"), bytes.to_string());
            return Err(Error::Parameter { what: "notes of a store", expected, found });
        }
        Ok(Manifest { generation: 0, dim, value_dim, next_id: 0, next_segment: 0, notes, segments: Vec::new() })
    }

    fn start(disk: Arc<dyn Disk>, manifest: Manifest, lock: Option<Lock>, path: &Path) -> Result<Self> {
        let snapshot = Snapshot { disk, manifest: manifest.clone(), segments: Vec::new() };
        let mut store = Self { snapshot, poisoned: false, _lock: lock, path: path.to_owned() };
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
        let lock = Lock::take(path)?;
        Self::on(Arc::new(Folder::new(path)), Some(lock), path)
    }

    fn on(disk: Arc<dyn Disk>, lock: Option<Lock>, path: &Path) -> Result<Self> {
        let snapshot = Snapshot::of_disk(disk, Backend::Mmap)?;
        let store = Self { snapshot, poisoned: false, _lock: lock, path: path.to_owned() };
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

    /// Begins to append associations that come some at a time, in constant memory.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn begin(&mut self) -> Result<Appending<'_>> {
        self.check()?;
        Ok(Appending::new(self))
    }

    /// Appends associations. Once this returns, they last. What comes back are the ids that were counted, none where
    /// associations bring their own.
    ///
    /// Cost: what is written, and the segments before that are at most twice as large, which are merged with it.
    ///
    /// # Errors
    /// [`Error::Dimension`] or [`Error::Count`] for what does not fit; [`Error::Id`] for an id that is present, or given
    /// twice, or 2⁶⁴ − 1; [`Error::Parameter`] where counted ids have run out; [`Error::Io`], [`Error::OutOfMemory`],
    /// and nothing has changed; [`Error::Poisoned`].
    pub fn append(&mut self, batch: Batch<'_>) -> Result<std::ops::Range<u64>> {
        let mut appending = self.begin()?;
        appending.push(batch)?;
        appending.commit()
    }

    /// Forgets the associations `ids`; once this returns, that lasts. How many they were. Their space is given back by
    /// [`compact`](Self::compact), and where small segments are merged.
    ///
    /// Cost: a manifest, and from time to time bitmaps of some segments.
    ///
    /// # Errors
    /// [`Error::Id`] for an id that comes again, and for one that no association has unless `missing` allows it;
    /// [`Error::Io`], and nothing has changed; [`Error::Poisoned`].
    pub fn forget(&mut self, ids: &[u64], missing: Missing) -> Result<u64> {
        self.check()?;
        let mut sorted: Vec<(u64, usize)> = crate::error::room_for(ids.len(), "ids to forget")?;
        sorted.extend(ids.iter().zip(0..).map(|(&id, place)| (id, place)));
        sorted.sort_unstable();
        let refuse = |place: usize, expected: String| {
            Err(Error::Id { what: "ids to forget", place, expected, found: ids[place] })
        };
        if let Some(pair) = sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0).min_by_key(|pair| pair[1].1) {
            return refuse(pair[1].1, format!("an id not given before, as at place {}", pair[0].1));
        }
        let mut rows: Vec<RoaringBitmap> = vec![RoaringBitmap::new(); self.snapshot.segments.len()];
        let mut absent = None;
        for &(id, place) in &sorted {
            let at = self.snapshot.segments.iter().enumerate().find_map(|(s, segment)| Some((s, segment.row_of(id)?)));
            match at {
                Some((s, row)) => {
                    rows[s].insert(row as u32);
                }
                None => absent = Some(absent.map_or(place, |before: usize| before.min(place))),
            }
        }
        if let (Some(place), Missing::Refuse) = (absent, missing) {
            return refuse(place, "the id of an association".into());
        }
        let count = rows.iter().map(RoaringBitmap::len).sum();
        if count > 0 {
            self.note_forgotten(rows)?;
        }
        Ok(count)
    }

    /// Commits that `rows`, of each segment, are forgotten too.
    fn note_forgotten(&mut self, rows: Vec<RoaringBitmap>) -> Result<()> {
        let mut manifest = self.next();
        let listed: u64 = manifest.segments.iter().map(|entry| entry.forgotten.len() as u64).sum();
        let folds = listed + rows.iter().map(RoaringBitmap::len).sum::<u64>() > LISTED as u64;
        let mut segments = self.snapshot.segments.clone();
        let mut names = Vec::new();
        for (segment, more) in segments.iter_mut().zip(&rows).filter(|(_, more)| !more.is_empty()) {
            *Arc::make_mut(&mut segment.forgotten) |= more;
            segment.entry.forgotten.extend(more);
            segment.entry.forgotten.sort_unstable();
        }
        segments.retain(|segment| segment.forgotten.len() < segment.entry.rows);
        for segment in segments.iter_mut().filter(|segment| folds && !segment.entry.forgotten.is_empty()) {
            let name = bitmap_file(segment.entry.number, manifest.generation);
            let written = self.write_bitmap(&name, &segment.forgotten, manifest.generation);
            segment.entry.bitmap = Some(self.or_sweep(written)?);
            segment.entry.forgotten.clear();
            names.push(name);
        }
        manifest.segments = segments.iter().map(|segment| segment.entry.clone()).collect();
        self.commit(manifest, &names)?;
        self.snapshot.segments = segments;
        Ok(())
    }

    fn write_bitmap(&mut self, name: &str, rows: &RoaringBitmap, generation: u64) -> Result<Bitmap> {
        let mut bytes = Vec::with_capacity(rows.serialized_size());
        rows.serialize_into(&mut bytes)?;
        self.write_file(name, &bytes)?;
        let digest = Digest { bytes: bytes.len() as u64, blake3: Hash(blake3::hash(&bytes)) };
        Ok(Bitmap { generation, rows: rows.len(), digest })
    }

    /// Writes a small file whole and syncs it, under its temporary name.
    fn write_file(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let name = name.to_owned() + UNDER_WAY;
        let mut file = self.snapshot.disk.create(&name).map_err(|error| about(&name, error))?;
        file.write_all(bytes).map_err(|error| about(&name, error))?;
        self.syncing(|_| file.sync().map_err(|error| about(&name, error)))
    }

    /// The manifest of the next generation, as this one so far.
    fn next(&self) -> Manifest {
        Manifest { generation: self.snapshot.manifest.generation + 1, ..self.snapshot.manifest.clone() }
    }

    /// Makes `manifest` the store's; `files` are new, and wait synced under their temporary names.
    ///
    /// On an error the store is as it was, or [poisoned](Error::Poisoned).
    fn commit(&mut self, manifest: Manifest, files: &[String]) -> Result<()> {
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
    fn syncing<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.poisoned = true;
        let done = step(self)?;
        self.poisoned = false;
        Ok(done)
    }

    /// What `step` came to; if it failed, what it left is taken away, unless the store is poisoned and it may be needed.
    fn or_sweep<T>(&self, step: Result<T>) -> Result<T> {
        if step.is_err() {
            let _ = self.sweep();
        }
        step
    }

    /// Takes away files that are ours and that no manifest names. Where it is unknown which manifest lasts, only those
    /// under temporary names.
    fn sweep(&self) -> io::Result<()> {
        let named = self.snapshot.manifest.files();
        let disk = &self.snapshot.disk;
        for name in disk.names()?.iter().filter(|name| is_ours(name) && !named.contains(*name)) {
            if !self.poisoned || name.ends_with(UNDER_WAY) {
                disk.remove(name)?;
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        if self.poisoned { Err(Error::Poisoned) } else { Ok(()) }
    }
}

/// Whether a store gives its files such names.
fn is_ours(name: &str) -> bool {
    let name = name.strip_suffix(UNDER_WAY).unwrap_or(name);
    generation_of(name).is_some()
        || name
            .strip_prefix("segment-")
            .and_then(|rest| rest.split_once('-'))
            .is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

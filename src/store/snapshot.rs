//! A store as of one commit: what readers see, and what a writer goes on from.

use std::path::Path;
use std::sync::Arc;

use popfield_map::Access;

use crate::index::Origin;
use crate::patterns::Notes;
use crate::patterns::bits::Bits;
use crate::patterns::contents::Contents;
use crate::patterns::ids::Ids;
use crate::patterns::labels::Labels;
use crate::patterns::segments::Side;
use crate::store::disk::{Backend, Disk, Folder};
use crate::store::lock::LOCK;
use crate::store::manifest::{Column, Entry, MAGIC, MAX_BYTES, Manifest, generation_of, is_ours, manifest_file};
use crate::store::npy;
use crate::store::segment::{Opened, about, verify};
use crate::{Error, Progress, Result};

/// How often a store is looked at anew where a writer takes files away meanwhile.
const TRIES: usize = 1024;

/// A store as of one commit. Its files are immutable, so it stays as it is whatever is written meanwhile; several
/// processes that map a store share its pages.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) manifest: Manifest,
    pub(crate) segments: Vec<Opened>,
}

impl Snapshot {
    /// The store in the folder `path` as of its last commit. Nothing is written, so that a folder which cannot be written
    /// to can be opened.
    ///
    /// What is checked is the manifest, and lengths and headers of all files; [`verify`](Self::verify) checks what they
    /// hold.
    ///
    /// Cost: some system calls a file.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Version`] for another format; [`Error::Store`] for what is not a store, or a damaged one.
    pub fn open(path: impl AsRef<Path>, backend: Backend) -> Result<Self> {
        Self::of_disk(Arc::new(Folder::new(path.as_ref())), backend)
    }

    /// Whether there is a folder at `path` in which a file has the name of a store's manifest and begins as one, whole or
    /// not.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn is_store(path: impl AsRef<Path>) -> Result<bool> {
        let path = path.as_ref();
        if !path.is_dir() {
            return Ok(false);
        }
        let folder = Folder::new(path);
        for _ in 0..TRIES {
            let mut gone = false;
            for name in folder.names()?.iter().filter(|name| generation_of(name).is_some()) {
                match folder.hold(name, Backend::Mmap, Access::Random) {
                    Ok(held) if held.bytes().starts_with(MAGIC.as_bytes()) => return Ok(true),
                    // A commit has taken it away, and there is a newer one.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => gone = true,
                    // Which says nothing of what it is.
                    Err(error) if error.kind() == std::io::ErrorKind::OutOfMemory => return Err(error.into()),
                    _ => {}
                }
            }
            if !gone {
                break;
            }
        }
        Ok(false)
    }

    /// What stands in the folder of a store at `path` and is no file of a store, if anything is.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn foreign(path: impl AsRef<Path>) -> Result<Option<String>> {
        let mut foreign = None;
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let ours = entry.file_name().to_str().is_some_and(|name| name == LOCK || is_ours(name));
            if !ours || !entry.file_type()?.is_file() {
                foreign = Some(entry.file_name().to_string_lossy().into_owned());
            }
        }
        Ok(foreign)
    }

    pub(crate) fn of_disk(disk: Arc<dyn Disk>, backend: Backend) -> Result<Self> {
        let mut tries = 0..TRIES;
        loop {
            tries.next();
            let newest = disk.names()?.iter().filter_map(|name| generation_of(name)).max();
            let opened = match newest {
                Some(generation) => Self::of_generation(Arc::clone(&disk), generation, backend),
                None => Err(Error::Store {
                    file: "manifest".into(),
                    expected: "a file manifest-N in the folder of a store".into(),
                    found: "none".into(),
                }),
            };
            // What is not there any more was taken away by a commit, of which there is a newer manifest.
            let gone = match &opened {
                Err(Error::Io(error)) => error.kind() == std::io::ErrorKind::NotFound,
                Err(Error::Store { .. }) => newest.is_none(),
                _ => false,
            };
            if !gone || tries.is_empty() {
                return opened;
            }
            // A folder without any commit stays so.
            if newest.is_none() && tries.len() < TRIES - 3 {
                return opened;
            }
            std::thread::yield_now();
        }
    }

    fn of_generation(disk: Arc<dyn Disk>, generation: u64, backend: Backend) -> Result<Self> {
        let file = manifest_file(generation);
        let held = disk.hold(&file, Backend::Mmap, Access::Sequential).map_err(|error| about(&file, error))?;
        if held.bytes().len() > MAX_BYTES {
            let (expected, found) = (format!("at most {MAX_BYTES} bytes"), held.bytes().len().to_string());
            return Err(Error::Store { file, expected, found });
        }
        let manifest = Manifest::of_bytes(held.bytes(), generation)?;
        let open = |entry: &Entry| Opened::new(&*disk, &manifest, entry, backend, "");
        // The last ones first: small, they are those that commits replace.
        let opened = manifest.segments.iter().rev().map(open).collect::<Result<Vec<_>>>()?;
        let segments = opened.into_iter().rev().collect();
        Ok(Self { disk, manifest, segments })
    }

    /// Counts commits.
    pub fn generation(&self) -> u64 {
        self.manifest.generation
    }

    /// Dimension d of the keys.
    pub fn dim(&self) -> usize {
        self.manifest.dim
    }

    /// Dimension of the values, where they are not the keys.
    pub fn value_dim(&self) -> Option<usize> {
        self.manifest.value_dim
    }

    /// Associations n.
    pub fn len(&self) -> u64 {
        self.manifest.live()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Associations that were forgotten and whose space was not given back yet.
    pub fn forgotten(&self) -> u64 {
        self.manifest.segments.iter().map(Entry::forgotten_rows).sum()
    }

    /// Segments in which they lie.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// The id that counting gives next.
    pub fn next_id(&self) -> u64 {
        self.manifest.next_id
    }

    /// Whether any association may have a label.
    pub fn has_labels(&self) -> bool {
        !self.segments.iter().all(|segment| segment.labels.is_bare())
    }

    /// What was noted of the store when it was made.
    pub fn notes(&self) -> &Notes {
        &self.manifest.notes
    }

    /// Bytes of keys and values, those of forgotten associations included: what a scan may read.
    pub fn pattern_bytes(&self) -> u64 {
        let columns = self.manifest.segments.iter().flat_map(|entry| &entry.columns);
        let patterns = columns.filter(|(column, _)| matches!(column, Column::Keys | Column::Values));
        patterns.map(|(_, digest)| digest.bytes.saturating_sub(npy::HEADER as u64)).sum()
    }

    /// Bytes of all files but the manifest.
    pub fn bytes(&self) -> u64 {
        let of = |entry: &Entry| {
            let columns: u64 = entry.columns.values().map(|digest| digest.bytes).sum();
            columns + entry.bitmap.as_ref().map_or(0, |bitmap| bitmap.digest.bytes)
        };
        self.manifest.segments.iter().map(of).sum()
    }

    /// Reads all files and holds them to their hashes. What is damaged is returned, an error for each file. Where a commit
    /// has taken files away since, the store is checked as it is now.
    ///
    /// `progress` is told of bytes.
    ///
    /// # Errors
    /// [`Error::Io`] where a file cannot be read; [`Error::Interrupted`].
    pub fn verify(&self, progress: Progress<'_>) -> Result<Vec<Error>> {
        let steps = progress.begin(self.bytes());
        let mut found = Vec::new();
        for entry in &self.manifest.segments {
            found.extend(verify(&*self.disk, &self.manifest, entry, &|bytes| steps.advance(bytes))?);
        }
        let newest = self.disk.names()?.iter().filter_map(|name| generation_of(name)).max();
        if !found.is_empty() && newest > Some(self.generation()) {
            return Self::of_disk(Arc::clone(&self.disk), Backend::Mmap)?.verify(progress);
        }
        Ok(found)
    }

    /// What its keys are, by segment.
    pub(crate) fn origin(&self) -> Origin {
        let part = |entry: &Entry| Some((entry.rows, *entry.columns.get(&Column::Keys)?.blake3.0.as_bytes()));
        Origin::new(self.manifest.segments.iter().filter_map(part))
    }

    /// What a memory of it is made of.
    pub(crate) fn contents(&self) -> Result<Contents> {
        let manifest = &self.manifest;
        let keys = Side::new(manifest.dim, self.segments.iter().map(|segment| Arc::clone(&segment.keys)))?;
        let values = match manifest.value_dim {
            Some(dim) => Some(Side::new(dim, self.segments.iter().filter_map(|segment| segment.values.clone()))?),
            None => None,
        };
        let ids = Ids::new(self.segments.iter().map(|segment| segment.ids.clone()).collect(), manifest.next_id);
        let live = match self.forgotten() {
            0 => None,
            _ => {
                let mut live = Bits::filled(keys.len(), true, "what is forgotten")?;
                let mut first = 0;
                for segment in &self.segments {
                    segment.forgotten.iter().for_each(|row| live.set(first + row as usize, false));
                    first += segment.entry.rows as usize;
                }
                Some(live)
            }
        };
        let labels = Labels::new(self.segments.iter().map(|segment| segment.labels.clone()).collect());
        Ok(Contents { keys, values, ids, live, labels, notes: manifest.notes.clone() })
    }
}

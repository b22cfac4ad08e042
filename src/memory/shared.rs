//! A memory that calls share while it changes, in RAM or in a store: what bindings to other languages hold.
//!
//! A call sees one [`State`], which stays as it is; changes go one after the other, and put another state in its place.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::patterns::Notes;
use crate::store::{Backend, Snapshot, Store};
use crate::{Batch, Error, Memory, Missing, Progress, Result};

/// What a shared memory is at one time.
#[derive(Clone, Debug)]
pub struct State {
    /// `None` where a store is empty.
    memory: Option<Memory>,
    dim: usize,
    value_dim: Option<usize>,
    generation: u64,
}

impl State {
    fn of_memory(memory: Memory) -> Self {
        let value_dim = (!memory.is_auto_associative()).then(|| memory.value_dim());
        Self { dim: memory.dim(), value_dim, memory: Some(memory), generation: 0 }
    }

    fn of_snapshot(snapshot: &Snapshot) -> Result<Self> {
        let memory = if snapshot.is_empty() { None } else { Some(Memory::of_snapshot(snapshot)?) };
        let (dim, value_dim) = (snapshot.dim(), snapshot.value_dim());
        Ok(Self { memory, dim, value_dim, generation: snapshot.generation() })
    }

    /// This state with the index beside the store at `path`, as [`Memory::open`] has it.
    fn with_index_at(self, path: &Path) -> Result<Self> {
        Ok(Self { memory: self.memory.map(|memory| memory.with_index_at(path)).transpose()?, ..self })
    }

    /// This state, with the index of the one before as far as it still holds.
    fn inheriting(self, before: &Self) -> Self {
        let memory = match (self.memory, &before.memory) {
            (Some(memory), Some(before)) => Some(memory.inheriting(before)),
            (memory, _) => memory,
        };
        Self { memory, ..self }
    }

    fn has_no_index(&self) -> bool {
        self.memory.as_ref().is_none_or(Memory::is_unindexed)
    }

    /// The memory.
    ///
    /// # Errors
    /// [`Error::Empty`] for a store without associations.
    pub fn memory(&self) -> Result<&Memory> {
        self.memory.as_ref().ok_or(Error::Empty { what: "memory" })
    }

    /// Associations n; a store may have none.
    pub fn len(&self) -> usize {
        self.memory.as_ref().map_or(0, Memory::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Dimension d of the keys.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Dimension of the values; `None` where keys are their own.
    pub fn value_dim(&self) -> Option<usize> {
        self.value_dim
    }

    /// Which commit of a store it is; 0 in RAM.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

/// Where a memory lives.
#[derive(Debug)]
enum Home {
    Ram,
    Store { path: PathBuf, backend: Backend },
}

/// What the system said of a file, with its name.
fn named<T>(path: &Path, result: Result<T>) -> Result<T> {
    result.map_err(|error| match error {
        Error::Io(error) => Error::Io(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
        other => other,
    })
}

/// A memory that calls share while it changes.
///
/// ```
/// use popfield::shared::Shared;
/// use popfield::{Batch, Memory, Patterns};
/// let shared = Shared::in_ram(Memory::auto_associative(Patterns::random(3, 64, 5, "keys")?)?);
/// let before = shared.state();
/// shared.change().append(Batch::new(&Patterns::random(2, 64, 6, "keys")?))?;
/// assert_eq!((before.len(), shared.state().len()), (3, 5));
/// # Ok::<(), popfield::Error>(())
/// ```
#[derive(Debug)]
pub struct Shared {
    state: RwLock<Arc<State>>,
    /// Held by who changes it.
    turn: Mutex<()>,
    home: Home,
}

impl Shared {
    fn new(state: State, home: Home) -> Self {
        Self { state: RwLock::new(Arc::new(state)), turn: Mutex::default(), home }
    }

    /// A memory in RAM, of which nothing is written.
    pub fn in_ram(memory: Memory) -> Self {
        Self::new(State::of_memory(memory), Home::Ram)
    }

    /// Makes a store at `path`, where nothing may stand yet, for keys of dimension `dim` and values of `value_dim` (`None`
    /// where keys are their own), with what `batch` holds in it.
    ///
    /// # Errors
    /// As [`Store::create`] and [`Store::append`]; nothing is left behind.
    pub fn create(
        path: impl AsRef<Path>,
        dim: usize,
        value_dim: Option<usize>,
        batch: Option<Batch<'_>>,
    ) -> Result<Self> {
        let path = path.as_ref();
        let create = || {
            let mut store = Store::create(path, dim, value_dim, Notes::new())?;
            let appended = batch.map_or(Ok(0..0), |batch| store.append(batch));
            drop(store);
            // It holds nothing yet but what was made here.
            appended.inspect_err(|_| drop(std::fs::remove_dir_all(path)))
        };
        named(path, create())?;
        Self::open(path, Backend::Mmap, false, Progress::NONE)
    }

    /// Opens a memory that is one file, which is then in RAM, or a store. With `verify` every byte of a store is checked
    /// first; a file always is. `progress` is told of bytes that were read or checked.
    ///
    /// # Errors
    /// As [`Memory::open_watched`] and [`Snapshot::open`]; what [`Snapshot::verify`] finds first.
    pub fn open(path: impl AsRef<Path>, backend: Backend, verify: bool, progress: Progress<'_>) -> Result<Self> {
        let path = path.as_ref();
        if !path.is_dir() {
            return named(path, Memory::open_watched(path, progress)).map(Self::in_ram);
        }
        let open = || {
            let snapshot = Snapshot::open(path, backend)?;
            if verify && let Some(damage) = snapshot.verify(progress)?.into_iter().next() {
                return Err(damage);
            }
            State::of_snapshot(&snapshot)?.with_index_at(path)
        };
        let state = named(path, open())?;
        Ok(Self::new(state, Home::Store { path: path.to_owned(), backend }))
    }

    /// Writes what it is now to one file: see [`Memory::save`].
    ///
    /// # Errors
    /// As [`Memory::save`].
    pub fn save(&self, path: impl AsRef<Path>, progress: Progress<'_>) -> Result<()> {
        let path = path.as_ref();
        named(path, self.state().memory()?.watched(progress).save(path))
    }

    /// What it is now, for one call.
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The folder of the store and how it is read; `None` in RAM.
    pub fn store(&self) -> Option<(&Path, Backend)> {
        match &self.home {
            Home::Ram => None,
            Home::Store { path, backend } => Some((path, *backend)),
        }
    }

    /// Waits until nobody else changes it, and holds others up until what comes back is dropped. To be called outside
    /// any pool of threads, which would otherwise wait for itself; what is done with it may run in one.
    pub fn change(&self) -> Changing<'_> {
        Changing { shared: self, _turn: self.turn.lock().unwrap_or_else(PoisonError::into_inner) }
    }
}

/// A shared memory in the hands of who changes it. Calls under way go on with the state that they began with.
#[derive(Debug)]
pub struct Changing<'a> {
    shared: &'a Shared,
    _turn: MutexGuard<'a, ()>,
}

impl Changing<'_> {
    fn put(&self, state: State) {
        *self.shared.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
    }

    fn with<T>(
        &self,
        ram: impl FnOnce(&mut Memory) -> Result<T>,
        store: impl FnOnce(&mut Store) -> Result<T>,
    ) -> Result<T> {
        let Home::Store { path, backend } = &self.shared.home else {
            let mut state = State::clone(&self.shared.state());
            let changed = ram(state.memory.as_mut().ok_or(Error::Empty { what: "memory" })?)?;
            self.put(state);
            return Ok(changed);
        };
        let change = || {
            let mut writer = Store::open(path)?;
            let changed = store(&mut writer)?;
            drop(writer);
            // What was changed lasts already; another process may have gone on since.
            self.put(State::of_snapshot(&Snapshot::open(path, *backend)?)?.inheriting(&self.shared.state()));
            Ok(changed)
        };
        named(path, change())
    }

    /// Appends associations, in a store durably once this returns: see [`Memory::append`] and [`Store::append`].
    ///
    /// # Errors
    /// Theirs; nothing has changed then.
    pub fn append(&self, batch: Batch<'_>) -> Result<Range<u64>> {
        self.with(|memory| memory.append(batch), |store| store.append(batch))
    }

    /// Forgets associations, in a store durably once this returns: see [`Memory::forget_some`] and [`Store::forget`].
    ///
    /// # Errors
    /// Theirs; nothing has changed then.
    pub fn forget(&self, ids: &[u64], missing: Missing) -> Result<u64> {
        self.with(|memory| memory.forget_some(ids, missing), |store| store.forget(ids, missing))
    }

    /// Gives the memory the index of `indexed`, or none where that has none: a clone of what it was, whose index was made,
    /// [brought up to date](Memory::update_index) or dropped while calls went on. Where the memory has changed since, the
    /// index is [inherited](Memory::inherit_index). Nothing is written.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Empty`] for a store without associations; and nothing has changed.
    pub fn set_index(&self, indexed: &Memory) -> Result<()> {
        let mut state = State::clone(&self.shared.state());
        state.memory.as_mut().ok_or(Error::Empty { what: "memory" })?.inherit_index_or_none(indexed)?;
        self.put(state);
        Ok(())
    }

    /// Writes the index beside the memory at `path`, or without one beside the store: see [`Memory::write_index`].
    ///
    /// # Errors
    /// As [`Memory::write_index`]; [`Error::Parameter`] without a path where there is no store.
    pub fn write_index(&self, path: Option<&Path>) -> Result<()> {
        let store = self.shared.store().map(|store| store.0);
        let Some(path) = path.or(store) else {
            let (expected, found) = ("that of a memory in a file, as this one is in RAM".into(), "none".into());
            return Err(Error::Parameter { what: "path of an index", expected, found });
        };
        named(path, self.shared.state().memory()?.write_index(path))
    }

    /// Sees what others have committed to the store since, and tells whether that was anything.
    ///
    /// # Errors
    /// As [`Snapshot::open`].
    pub fn refresh(&self) -> Result<bool> {
        let Home::Store { path, backend } = &self.shared.home else { return Ok(false) };
        let new = named(path, Snapshot::open(path, *backend).and_then(|snapshot| State::of_snapshot(&snapshot)))?;
        let before = self.shared.state();
        let changed = new.generation != before.generation;
        if changed {
            let new = new.with_index_at(path)?;
            self.put(if new.has_no_index() { new.inheriting(&before) } else { new });
        }
        Ok(changed)
    }
}

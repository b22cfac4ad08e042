//! A model of a disk: it stops after any operation, and of what was not synced it keeps whatever it likes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard};

use popfield_map::{Access, Held};

use crate::store::disk::{Backend, Disk, NewFile};

/// A file: what was written, and what of it surely lasts.
#[derive(Clone, Debug, Default)]
struct File {
    bytes: Vec<u8>,
    synced: Option<Vec<u8>>,
}

/// A change of the folder's names that may not last yet.
#[derive(Clone, Debug)]
enum Naming {
    Add(String, usize),
    Remove(String),
}

#[derive(Clone, Debug, Default)]
pub struct State {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    /// The names that surely last, and what was done to them since.
    lasting: BTreeMap<String, usize>,
    since: Vec<Naming>,
}

/// What happens at an operation of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// All goes well.
    Well,
    /// Sync number n, of files and folders alike, is left out.
    WithoutSync(usize),
    /// Operation number n fails.
    Failing(usize),
}

/// Called after every operation.
pub type Witness = Arc<dyn Fn(&State) + Send + Sync>;

#[derive(Clone)]
pub struct Model(Arc<Mutex<Inner>>);

struct Inner {
    state: State,
    plan: Plan,
    operations: usize,
    syncs: usize,
    witness: Option<Witness>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Model")
    }
}

impl Model {
    pub fn new(state: State, plan: Plan) -> Self {
        Self(Arc::new(Mutex::new(Inner { state, plan, operations: 0, syncs: 0, witness: None })))
    }

    pub fn watched(self, witness: Witness) -> Self {
        self.inner().witness = Some(witness);
        self
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// From here on all goes by `plan`, and is counted anew.
    pub fn follow(&self, plan: Plan) {
        let mut inner = self.inner();
        (inner.plan, inner.operations, inner.syncs) = (plan, 0, 0);
    }

    pub fn state(&self) -> State {
        self.inner().state.clone()
    }

    /// Operations and syncs so far.
    pub fn counts(&self) -> [usize; 2] {
        let inner = self.inner();
        [inner.operations, inner.syncs]
    }

    /// One operation that changes something.
    fn change<T>(&self, step: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut inner = self.inner();
        inner.operations += 1;
        if inner.plan == Plan::Failing(inner.operations - 1) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        let done = step(&mut inner.state)?;
        if let Some(witness) = inner.witness.clone() {
            let state = inner.state.clone();
            drop(inner);
            witness(&state);
        }
        Ok(done)
    }

    fn sync_with(&self, step: impl FnOnce(&mut State)) -> io::Result<()> {
        let left_out = {
            let mut inner = self.inner();
            inner.syncs += 1;
            inner.plan == Plan::WithoutSync(inner.syncs - 1)
        };
        self.change(|state| {
            if !left_out {
                step(state);
            }
            Ok(())
        })
    }
}

fn not_found() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl Disk for Model {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.inner().state.names.keys().cloned().collect())
    }

    fn hold(&self, name: &str, _: Backend, _: Access) -> io::Result<Held> {
        let inner = self.inner();
        let file = *inner.state.names.get(name).ok_or_else(not_found)?;
        let bytes = &inner.state.files[file].bytes;
        Held::read(&bytes[..], bytes.len())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn NewFile>> {
        let file = self.change(|state| {
            if state.names.contains_key(name) {
                return Err(io::Error::from(io::ErrorKind::AlreadyExists));
            }
            state.files.push(File::default());
            let file = state.files.len() - 1;
            state.name(Naming::Add(name.to_owned(), file));
            Ok(file)
        })?;
        Ok(Box::new(Open { disk: self.clone(), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        // As a link and its removal, which may last without each other.
        self.change(|state| {
            let file = *state.names.get(from).ok_or_else(not_found)?;
            if state.names.contains_key(to) {
                return Err(io::Error::from(io::ErrorKind::AlreadyExists));
            }
            state.name(Naming::Add(to.to_owned(), file));
            Ok(())
        })?;
        self.remove(from)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change(|state| {
            state.names.get(name).ok_or_else(not_found)?;
            state.name(Naming::Remove(name.to_owned()));
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_with(|state| {
            state.lasting = state.names.clone();
            state.since.clear();
        })
    }
}

struct Open {
    disk: Model,
    file: usize,
}

impl Write for Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.change(|state| {
            state.files[self.file].bytes.extend_from_slice(bytes);
            Ok(bytes.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl NewFile for Open {
    fn write_front(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk.change(|state| {
            state.files[self.file].bytes[..bytes.len()].copy_from_slice(bytes);
            Ok(())
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.sync_with(|state| {
            let file = &mut state.files[self.file];
            file.synced = Some(file.bytes.clone());
        })
    }
}

impl State {
    fn name(&mut self, naming: Naming) {
        naming.clone().apply(&mut self.names);
        self.since.push(naming);
    }

    pub fn names(&self) -> BTreeSet<String> {
        self.names.keys().cloned().collect()
    }

    /// Choices that a crash now has: a bit for each change of names, and one more for each file that is not synced.
    pub fn choices(&self) -> usize {
        self.since.len() + self.unsynced().count()
    }

    fn unsynced(&self) -> impl Iterator<Item = usize> {
        let files = self.files.iter().enumerate();
        files.filter(|(_, file)| file.synced.as_ref() != Some(&file.bytes)).map(|(index, _)| index)
    }

    /// The disk after a crash that chooses by the bits of `choice`: which changes of names last, and of files that were not
    /// synced whether all that was written lasts or nothing but zeros as far as half of it.
    pub fn crashed(&self, choice: u64) -> Self {
        let bit = |index: usize| choice >> (index % 64) & 1 == 1;
        let mut names = self.lasting.clone();
        for (_, naming) in self.since.iter().enumerate().filter(|(index, _)| bit(*index)) {
            naming.clone().apply(&mut names);
        }
        let mut files = self.files.clone();
        for (at, index) in self.unsynced().enumerate() {
            let file = &mut files[index];
            if !bit(self.since.len() + at) {
                let half = file.bytes.len() / 2;
                file.bytes = file.synced.clone().unwrap_or_else(|| vec![0; half]);
            }
        }
        files.iter_mut().for_each(|file| file.synced = Some(file.bytes.clone()));
        Self { files, lasting: names.clone(), names, since: Vec::new() }
    }
}

impl Naming {
    fn apply(self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Add(name, file) => names.insert(name, file),
            Self::Remove(name) => names.remove(&name),
        };
    }
}

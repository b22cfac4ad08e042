//! Memories on the disk: where one lies, and opening it.

use std::path::Path;
use std::time::Instant;

use popfield::patterns::Notes;
use popfield::store::{Backend, Snapshot};
use popfield::{Error, Memory, Progress};

use crate::failure::{Failure, Result, about};
use crate::input::{dismiss_writer, in_words};
use crate::report::{note, progress, spinner, tell};

/// How a memory lies on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Store,
    /// One file.
    File,
}

/// How the memory at `path` lies; what is there but is none is refused.
pub fn kind_of(path: &Path) -> Result<Kind> {
    let there = path.metadata().map_err(|error| Failure::reading(path, &error))?;
    if !there.is_file() && !there.is_dir() {
        let found = in_words(&there.file_type());
        dismiss_writer(path);
        let expected = "expected a memory, which is a folder or a file";
        return Err(Failure::input(format!("{}: {expected}, found {found}", path.display())));
    }
    if there.is_dir() {
        if !Snapshot::is_store(path).map_err(about(path))? {
            return Err(Failure::input(format!("{}: expected a memory, found a folder that is none", path.display())));
        }
        return Ok(Kind::Store);
    }
    Ok(Kind::File)
}

/// Reads the index beside `memory`, which lies at `path`: one that is not asked is told of.
pub fn read_index(memory: &Memory, path: &Path) {
    if let Some(why) = memory.index_refused() {
        let (path, index) = (path.display(), Memory::index_path(path));
        let more = if memory.has_index() { " --update` brings it up to date" } else { "` makes it anew" };
        let cure = format!("`popfield index {path}{more}");
        note(&[format!("{}: not asked: {why}; {cure}", index.display())]);
    }
}

/// Opens a memory whose index, should it be asked, is read with it.
pub fn open_with_index(path: &Path, asked: bool) -> Result<(Memory, f64)> {
    let start = Instant::now();
    let (memory, _) = open(path)?;
    if asked {
        read_index(&memory, path);
    }
    Ok((memory, start.elapsed().as_secs_f64()))
}

/// Opens a memory; returns it with the seconds that took. An index beside it is read when it is asked.
pub fn open(path: &Path) -> Result<(Memory, f64)> {
    let start = Instant::now();
    kind_of(path)?;
    let spinner = spinner(format!("opening {}", path.display()));
    let memory = Memory::open(path).map_err(|error| match error {
        Error::Empty { .. } => {
            let expected = "expected at least one association, found none";
            Failure::Input(error.kind(), format!("{}: the memory is empty: {expected}", path.display()))
        }
        error => about(path)(error),
    })?;
    spinner.finish_and_clear();
    Ok((memory, start.elapsed().as_secs_f64()))
}

/// A memory of which another is made, or what it is made of where it holds nothing.
pub enum Whole {
    Memory(Box<Memory>),
    Empty(Snapshot),
}

impl Whole {
    pub fn dim(&self) -> usize {
        match self {
            Self::Memory(memory) => memory.dim(),
            Self::Empty(store) => store.dim(),
        }
    }

    pub fn value_dim(&self) -> usize {
        match self {
            Self::Memory(memory) => memory.value_dim(),
            Self::Empty(store) => store.value_dim().unwrap_or(store.dim()),
        }
    }

    pub fn notes(&self) -> &Notes {
        match self {
            Self::Memory(memory) => memory.notes(),
            Self::Empty(store) => store.notes(),
        }
    }

    pub fn memory(&self) -> Option<&Memory> {
        match self {
            Self::Memory(memory) => Some(memory),
            Self::Empty(_) => None,
        }
    }
}

/// Opens a memory of which another is made: a store's files are held to their hashes first, lest damage pass for what was
/// stored.
pub fn open_whole(path: &Path) -> Result<Whole> {
    if kind_of(path)? == Kind::Store {
        let store = Snapshot::open(path, Backend::Mmap).map_err(about(path))?;
        let bar = progress(store.bytes(), "bytes checked");
        let damage = store.verify(Progress::new(&tell(&bar))).map_err(about(path))?;
        bar.finish_and_clear();
        if let Some(damage) = damage.into_iter().next() {
            return Err(about(path)(damage));
        }
        if store.is_empty() {
            return Ok(Whole::Empty(store));
        }
    }
    open(path).map(|(memory, _)| Whole::Memory(Box::new(memory)))
}

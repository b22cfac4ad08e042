//! The index beside a memory that changes: it is brought up to date, so that what was stored is found by it too.

use std::path::Path;

use popfield::index::IndexInfo;
use popfield::{Memory, Progress};
use serde_json::{Value, json};

use super::index::{in_words, of_index};
use crate::failure::about;
use crate::memory::open;
use crate::report::{note, progress, tell};

/// A memory as it was, whose index is to follow.
pub struct Followed<'a> {
    path: &'a Path,
    /// None without an index that could.
    before: Option<Memory>,
}

impl<'a> Followed<'a> {
    /// The memory at `path` as it is before it changes. What is wrong with its index is told by who asks it.
    pub fn of(path: &'a Path) -> Self {
        // An empty store has none.
        let there = Memory::index_path(path).exists();
        Self::by(path, there.then(|| open(path).ok()).flatten().map(|opened| opened.0))
    }

    /// The same of a memory that is open.
    pub fn by(path: &'a Path, memory: Option<Memory>) -> Self {
        Self { path, before: memory.filter(Memory::has_index) }
    }

    /// Brings the index up to the memory as it is by now, in which it is found once it is [written](Updated::write).
    ///
    /// The change has been made, and stays. What this fails by is told, and the index that was there goes on serving as far
    /// as it can.
    pub fn update(self) -> Updated<'a> {
        let Self { path, before } = self;
        let memory = before.and_then(|before| {
            let update = || {
                let (mut memory, _) = open(path)?;
                memory.inherit_index(&before)?;
                let bar = progress(0, "bringing the index up to date");
                memory.update_index(Progress::new(&tell(&bar)))?;
                bar.finish_and_clear();
                Ok(memory)
            };
            update().inspect_err(|failure| tell_failure(path, failure)).ok()
        });
        Updated { path, memory }
    }
}

/// A memory with an index of all that it holds, which is not written yet.
pub struct Updated<'a> {
    path: &'a Path,
    memory: Option<Memory>,
}

impl Updated<'_> {
    /// For people, what the index is; `None` without one.
    pub fn fact(&self) -> Option<(&'static str, String)> {
        Some(("index", format!("brought up to date: {}", in_words(self.info()?))))
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        json!(self.info().map(of_index))
    }

    fn info(&self) -> Option<IndexInfo> {
        self.memory.as_ref()?.index_info()
    }

    /// Puts the index beside the memory.
    pub fn write(self) {
        if let Some(memory) = self.memory {
            let written = memory.write_index(self.path).map_err(about(self.path));
            let _ = written.inspect_err(|failure| tell_failure(self.path, failure));
        }
    }
}

fn tell_failure(path: &Path, failure: &crate::failure::Failure) {
    let (index, path) = (Memory::index_path(path), path.display());
    let cure = format!("`popfield index {path} --update` does so");
    let why = failure.message().unwrap_or("interrupted");
    note(&[format!("{}: not brought up to date: {why}; {cure}", index.display())]);
}

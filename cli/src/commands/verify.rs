//! `popfield verify`: whether a memory's files hold what was written.

use std::io;
use std::path::Path;

use popfield::store::{Backend, Snapshot};
use popfield::{Memory, Progress};
use serde_json::json;

use crate::args::Verify;
use crate::failure::{Failure, Result, about, in_words};
use crate::memory::{Kind, kind_of, open};
use crate::output::say;
use crate::report::{bytes, facts, progress, tell};

pub fn run(args: &Verify) -> Result<()> {
    let mut opened = None;
    let (mut checked, mut damage) = match kind_of(&args.memory)? {
        Kind::Store => {
            match Snapshot::open(&args.memory, Backend::Mmap) {
                // What does not even open is damaged; another version is not, nor what cannot be read.
                Err(error @ popfield::Error::Store { .. }) => (0, vec![error.to_string()]),
                // A file that the manifest names is gone, or is none.
                Err(popfield::Error::Io(error))
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput) =>
                {
                    (0, vec![in_words(&error)])
                }
                Err(error) => return Err(about(&args.memory)(error)),
                Ok(snapshot) => {
                    let bar = progress(snapshot.bytes(), "bytes");
                    let found = snapshot.verify(Progress::new(&tell(&bar))).map_err(about(&args.memory))?;
                    bar.finish_and_clear();
                    (snapshot.bytes(), found.iter().map(ToString::to_string).collect())
                }
            }
        }
        // A file is checked whole whenever it is opened.
        Kind::File => {
            if !Memory::is_memory(&args.memory).map_err(about(&args.memory))? {
                let file = args.memory.display();
                return Err(Failure::input(format!("{file}: expected a memory, found a file that is none")));
            }
            let length = args.memory.metadata().map_or(0, |there| there.len());
            match open(&args.memory) {
                Ok((memory, _)) => {
                    opened = Some(memory);
                    (length, Vec::new())
                }
                Err(Failure::Input(popfield::ErrorKind::Format, message)) => (length, vec![message]),
                Err(failure) => return Err(failure),
            }
        }
    };
    // An index is of what is stored, and where that is damaged there is nothing to hold it to.
    let index = if damage.is_empty() { index(&args.memory, opened)? } else { None };
    match &index {
        Some(Index::Damaged(why)) => damage.push(format!("{}: {why}", Memory::index_path(&args.memory).display())),
        Some(_) => checked += Memory::index_path(&args.memory).metadata().map_or(0, |there| there.len()),
        None => {}
    }
    if args.json {
        let verdict = if damage.is_empty() { "whole" } else { "damaged" };
        let index = index.map(|index| index.name());
        say(json!({ "verdict": verdict, "bytes": checked, "damage": damage, "index": index }))?;
    } else {
        let mut rows = vec![("memory", args.memory.display().to_string()), ("checked", bytes(checked as f64))];
        rows.extend(index.map(|index| ("index", index.in_words(&args.memory))));
        rows.extend(damage.iter().map(|damage| ("damaged", damage.clone())));
        if damage.is_empty() {
            rows.push(("verdict", "whole: every file holds what was written".into()));
        }
        facts(&rows)?;
    }
    if damage.is_empty() { Ok(()) } else { Err(Failure::No) }
}

/// What an index beside a memory is.
enum Index {
    Whole,
    /// It holds what was written, which is of other patterns, of so many fewer or of another format: it is not asked.
    Stale(String),
    /// It does not hold what was written.
    Damaged(String),
}

impl Index {
    fn name(&self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Stale(_) => "stale",
            Self::Damaged(_) => "damaged",
        }
    }

    fn in_words(&self, memory: &Path) -> String {
        match self {
            Self::Whole => "whole, and of these patterns".into(),
            Self::Stale(why) => format!("not asked: {why}; `popfield index {}` makes it anew", memory.display()),
            Self::Damaged(_) => "damaged, so that it is not asked and the scan answers".into(),
        }
    }
}

/// The index beside the memory at `path`, which is whole, and may have been opened.
fn index(path: &Path, opened: Option<Memory>) -> Result<Option<Index>> {
    if !Memory::index_path(path).try_exists().map_err(|error| Failure::reading(path, &error))? {
        return Ok(None);
    }
    let memory = match opened.map_or_else(|| Memory::open(path), Ok) {
        // Nothing is stored, and an index is of nothing.
        Err(popfield::Error::Empty { .. }) => return Ok(None),
        opened => opened.map_err(about(path))?,
    };
    Ok(Some(match memory.index_refused() {
        None => Index::Whole,
        Some(popfield::Error::Io(error)) => return Err(Failure::reading(&Memory::index_path(path), error)),
        Some(error @ (popfield::Error::Version { .. } | popfield::Error::Index { place: "keys", .. })) => {
            Index::Stale(error.to_string())
        }
        Some(error) => Index::Damaged(error.to_string()),
    }))
}

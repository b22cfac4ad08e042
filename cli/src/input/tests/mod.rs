//! Readers held to what was meant, by files of all kinds that are made here.

mod arrays;
mod images;
mod kinds;
mod laws;
mod numbers;
mod streams;
mod texts;

use popfield::{Patterns, Queries};
use tempfile::TempDir;

use super::{Loaded, Reading, Source};
use crate::args::{Input, QueryInput};
use crate::failure::Failure;

/// A folder of files to read.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(name), content).unwrap();
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Reads `name` as keys.
    pub fn keys(&self, name: &str, options: &Input) -> Result<Loaded, Failure> {
        let source = Source::find(&self.0.path().join(name), options.format)?;
        Reading::stored(&source, "keys", options.dim, options).read()
    }

    /// Reads `name` as queries of dimension `dim`.
    pub fn queries(&self, name: &str, dim: usize, options: &Input, more: QueryInput) -> Result<Loaded, Failure> {
        let source = Source::find(&self.0.path().join(name), options.format)?;
        Reading::queries(&source, dim, options, more)?.read()
    }

    /// Reads `content` as keys.
    pub fn read(&self, name: &str, content: impl AsRef<[u8]>, options: &Input) -> Result<Loaded, Failure> {
        self.write(name, content);
        self.keys(name, options)
    }

    /// The words in which `content` is refused as bad input.
    pub fn refused(&self, name: &str, content: impl AsRef<[u8]>, options: &Input) -> String {
        match self.read(name, content, options) {
            Err(Failure::Input(_, message)) => message,
            other => panic!("{name}: {:?}", other.map(|loaded| loaded.in_words())),
        }
    }
}

/// Patterns as text.
pub fn shown(patterns: &Patterns) -> Vec<String> {
    patterns.iter().map(|pattern| pattern.to_string()).collect()
}

/// Queries as text, ? where unknown.
pub fn shown_queries(queries: &Queries) -> Vec<String> {
    let one = |q: usize| {
        let query = queries.get(q).unwrap();
        let mark = |j: usize| match query.known() {
            Some(known) if !known.bits()[j] => '?',
            _ if query.signs().bits()[j] => '+',
            _ => '-',
        };
        (0..queries.dim()).map(mark).collect()
    };
    (0..queries.len()).map(one).collect()
}

/// Bits as text.
pub fn signs(bits: &[bool]) -> String {
    bits.iter().map(|&bit| if bit { '+' } else { '-' }).collect()
}

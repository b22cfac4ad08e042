//! Files to patterns: which reader a file goes to.

mod characters;
mod folder;
mod ids;
mod image;
mod lines;
mod npy;
mod npz;
mod reading;
mod source;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod text;

use crate::failure::Result;

pub use ids::{Ids, ScopeFiles};
pub use reading::{Loaded, Reading, Shape, check_options, unknown_of};
pub use source::{Kind, Source, check_stdin, dismiss_writer, in_words};
pub use stream::{Piece, Stream};

impl Reading<'_> {
    /// Reads the file.
    pub fn read(&self) -> Result<Loaded> {
        let loaded = match self.source.kind() {
            Kind::Npy => npy::read_file(self)?,
            Kind::Npz => npz::read(self)?,
            Kind::Text | Kind::Table => text::read(self, self.source.stream()?)?,
            Kind::Image => image::read_file(self)?,
            Kind::Folder => folder::read(self)?,
        };
        if loaded.queries.is_empty() {
            return Err(self.failure("expected at least one pattern, found none"));
        }
        Ok(loaded)
    }
}

//! Files to patterns: which reader a file goes to.

mod characters;
mod folder;
mod ids;
mod image;
mod lines;
mod npy;
mod npz;
mod reading;
mod remember;
mod source;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod text;

use popfield::Memory;

use crate::args::{Input, QueryInput};
use crate::failure::Result;

pub use ids::{IdStream, Ids, ScopeFiles};
pub use reading::{Loaded, Reading, Shape, check_options, unknown_of};
pub use remember::{bit_order, check_shape, notes_of, remembered, without_shape};
pub use source::{Kind, Source, check_stdin, dismiss_writer, in_words};
pub use stream::{Piece, Stream};

/// Reads queries for `memory`, as its keys were read unless told otherwise.
pub fn read_queries(source: &Source, memory: &Memory, options: &Input, more: QueryInput) -> Result<Loaded> {
    let mut told = Vec::new();
    let mut read = remembered(options, memory.notes(), source, &mut told);
    if more.erased.is_some() {
        // 0 is unknown, says the call: no coding in which it stands for −1.
        (read.encoding, read.packed_if_bytes) = (options.encoding, false);
    }
    let mut loaded = Reading::queries(source, memory.dim(), &read, more)?.read()?;
    check_shape(source, &loaded, memory.notes())?;
    loaded.notes.extend(told);
    Ok(loaded)
}

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

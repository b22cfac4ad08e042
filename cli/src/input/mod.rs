//! Files to patterns: which reader a file goes to.

mod binarized;
mod characters;
mod folder;
mod ids;
mod image;
mod lines;
mod npy;
mod npz;
mod numbers;
mod reading;
mod remember;
mod sniff;
mod source;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod thresholds;

use popfield::Memory;

use crate::args::{Input, QueryInput};
use crate::failure::Result;

pub use binarized::Binarized;
pub use ids::{IdStream, Ids, ScopeFiles};
pub use numbers::{Held, Numbers, may_hold_numbers};
pub use reading::{Loaded, Reading, Shape, check_options, unknown_of};
pub use remember::{bit_order, check_shape, notes_in_words, notes_of, of_values, remembered, remembered_shape};
pub use sniff::sniffed;
pub use source::{Kind, Source, check_stdin, dismiss_writer, in_words};
pub use stream::{Piece, Stream};
pub use thresholds::{Keys, Thresholds, thresholds_of};

/// Reads queries for `memory`, as its keys were read unless told otherwise.
pub fn read_queries(source: &Source, memory: &Memory, options: &Input, more: QueryInput) -> Result<Loaded> {
    let mut told = Vec::new();
    let mut read = remembered(options, memory.notes(), source, &mut told)?;
    if more.erased.is_some() {
        // 0 is unknown, says the call: no coding in which it stands for −1, and no number.
        (read.options.encoding, read.options.packed_if_bytes) = (options.encoding, false);
        read.thresholds = None;
    }
    let reading = Reading::queries(source, memory.dim(), &read.options, more)?.by(read.thresholds.as_ref());
    let mut loaded = reading.read()?;
    check_shape(source, &loaded, memory.notes())?;
    loaded.notes.extend(told);
    Ok(loaded)
}

impl Reading<'_> {
    /// Reads the file.
    pub fn read(&self) -> Result<Loaded> {
        let characters = match self.thresholds {
            Some(thresholds) if may_hold_numbers(self.source) => match binarized::read(self, thresholds)? {
                Ok(loaded) => return Ok(loaded),
                Err(file) => Some(file),
            },
            _ => None,
        };
        let loaded = match self.source.kind() {
            Kind::Text | Kind::Table if characters.is_some() => {
                text::read(self, characters.map_or_else(|| self.source.stream(), |file| Ok(Box::new(file)))?)?
            }
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

//! What a scan for near patterns is asked ([`Screen`]), what it finds ([`Near`]), and what it holds on its way.

use crate::panel::QueryPanel;
use crate::slab::Slab;

/// Which words of a pattern are looked at before the rest are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Screen {
    /// Leading words, 1 or more; those that a pattern lacks are ignored.
    pub words: usize,
    /// Whether words are taken in pairs, |a ∨ b|; an odd last one counts alone.
    pub joined: bool,
}

impl Screen {
    /// Vector instructions for a block of eight patterns and a query, as the tiers with a vector popcount issue them.
    #[must_use]
    pub fn instructions(self) -> usize {
        match self.joined {
            true => self.words / 2 * 4 + self.words % 2 * 3,
            false => self.words * 3,
        }
    }
}

/// A pattern near a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Near {
    /// Which query of the panel.
    pub query: u32,
    /// Which pattern of the slab.
    pub pattern: u32,
    /// Their distance over the query's known positions.
    pub distance: u32,
}

/// One call on a slab.
pub(crate) struct Scan<'a> {
    pub(crate) slab: Slab<'a>,
    pub(crate) panel: &'a QueryPanel,
    /// Words of the screen that the patterns have.
    pub(crate) depth: usize,
    pub(crate) bounds: &'a [u32],
    pub(crate) found: &'a mut Vec<Near>,
    /// Words read beyond the screen, of all patterns and for all queries.
    pub(crate) words_read_on: u64,
}

//! What a call fills in: the rows of a matrix ([`Rows`]).

use crate::lanes::LANES;

/// Blocks whose counts are stored together: a cache line of 16-bit entries.
pub(crate) const RUN: usize = 4;

/// Entries that are stored together.
pub(crate) const ENTRIES: usize = RUN * LANES;

/// The rows of a matrix, one for each query, with an entry for each of the slab's leading patterns. All are as long.
#[derive(Debug)]
pub enum Rows<'a, 'b> {
    /// Overlaps s = known − 2h, where query q has `known[q]` known positions and distance h.
    Overlaps {
        /// The known positions of each query; counts that are not its own give other numbers, modulo 2³².
        known: &'a [u32],
        /// `[query][pattern]`
        rows: &'a mut [&'b mut [i32]],
    },
    /// Distances h, `[query][pattern]`.
    Distances(&'a mut [&'b mut [u32]]),
    /// Distances h modulo 2¹⁶, `[query][pattern]`.
    ShortDistances(&'a mut [&'b mut [u16]]),
}

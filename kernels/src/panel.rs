//! Queries packed for the scan.

use crate::error::KernelError;

/// A batch of queries, row by row: pack once, scan many slabs.
#[derive(Clone, Debug)]
pub struct QueryPanel {
    words: usize,
    signs: Vec<u64>,
    known: Option<Vec<u64>>,
}

impl QueryPanel {
    /// Packs queries that stand row by row in `signs`, `words` words each.
    ///
    /// `known` has the same shape; a 0 bit marks an erased position, which no distance counts.
    ///
    /// # Errors
    /// [`KernelError::Length`] if a slice is not whole rows, or the two differ in length.
    pub fn new(signs: Vec<u64>, known: Option<Vec<u64>>, words: usize) -> Result<Self, KernelError> {
        if words == 0 {
            return Err(KernelError::Length { what: "words of a pattern, at least", expected: 1, found: 0 });
        }
        if !signs.len().is_multiple_of(words) {
            return Err(KernelError::Length {
                what: "queries (whole rows)",
                expected: signs.len().next_multiple_of(words),
                found: signs.len(),
            });
        }
        if let Some(known) = &known
            && known.len() != signs.len()
        {
            return Err(KernelError::Length { what: "known positions", expected: signs.len(), found: known.len() });
        }
        Ok(Self { words, signs, known })
    }

    /// Queries in the batch.
    #[must_use]
    pub fn queries(&self) -> usize {
        self.signs.len() / self.words
    }

    /// Words in a query.
    #[must_use]
    pub fn words(&self) -> usize {
        self.words
    }

    /// The signs of query `query`.
    #[must_use]
    pub fn signs(&self, query: usize) -> &[u64] {
        &self.signs[query * self.words..][..self.words]
    }

    /// The signs of every query in turn.
    pub(crate) fn rows(&self) -> std::slice::ChunksExact<'_, u64> {
        self.signs.chunks_exact(self.words)
    }

    /// The known positions of query `query`, or `None` if all positions of every query are known.
    #[must_use]
    pub fn known(&self, query: usize) -> Option<&[u64]> {
        self.known.as_ref().map(|known| &known[query * self.words..][..self.words])
    }

    /// Whether positions may be erased.
    pub(crate) fn is_masked(&self) -> bool {
        self.known.is_some()
    }
}

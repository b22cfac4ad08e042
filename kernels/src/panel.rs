//! Queries packed for the scan.

use crate::KernelError;

/// Queries that share one pass over a slab: enough accumulators to hide the latency of a popcount, few
/// enough to stay in registers on every tier.
pub const PANEL: usize = 4;

/// `Q` queries, interleaved word by word so that the scan reads them in the order it needs them.
#[derive(Clone, Debug)]
pub(crate) struct Panel<const Q: usize> {
    pub(crate) signs: Vec<[u64; Q]>,
    pub(crate) known: Option<Vec<[u64; Q]>>,
}

/// A batch of queries packed for [`Tier::distances`](crate::Tier::distances): panels of [`PANEL`], the rest
/// one by one. Pack once, scan many slabs.
#[derive(Clone, Debug)]
pub struct QueryPanel {
    pub(crate) words: usize,
    pub(crate) wide: Vec<Panel<PANEL>>,
    pub(crate) narrow: Vec<Panel<1>>,
}

impl QueryPanel {
    /// Packs queries that stand row by row in `signs`, `words` words each.
    ///
    /// `known` has the same shape; a 0 bit marks an erased position, which no distance counts.
    ///
    /// # Errors
    /// [`KernelError::Length`] if a slice is not whole rows, or the two differ in length.
    pub fn new(signs: &[u64], known: Option<&[u64]>, words: usize) -> Result<Self, KernelError> {
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
        if let Some(known) = known
            && known.len() != signs.len()
        {
            return Err(KernelError::Length { what: "known positions", expected: signs.len(), found: known.len() });
        }
        let split = signs.len() / words / PANEL * PANEL * words;
        let known = known.map(|known| known.split_at(split));
        let (wide, narrow) = signs.split_at(split);
        Ok(Self {
            words,
            wide: panels(wide, known.map(|k| k.0), words),
            narrow: panels(narrow, known.map(|k| k.1), words),
        })
    }

    /// Queries in the batch.
    pub fn queries(&self) -> usize {
        self.wide.len() * PANEL + self.narrow.len()
    }

    /// Words in a query.
    pub fn words(&self) -> usize {
        self.words
    }
}

/// Whole panels out of rows; the caller has seen to it that the rows divide evenly.
fn panels<const Q: usize>(signs: &[u64], known: Option<&[u64]>, words: usize) -> Vec<Panel<Q>> {
    (0..signs.len() / (words * Q))
        .map(|panel| {
            let interleave = |rows: &[u64]| -> Vec<[u64; Q]> {
                let rows = &rows[panel * Q * words..][..Q * words];
                (0..words).map(|w| std::array::from_fn(|q| rows[q * words + w])).collect()
            };
            Panel { signs: interleave(signs), known: known.map(interleave) }
        })
        .collect()
}

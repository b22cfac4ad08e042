//! The loop that every tier runs: a panel of queries against a slab of patterns.

use crate::panel::{PANEL, Panel, QueryPanel};
use crate::simd::Simd;
use crate::{KernelError, LANES, Lanes};

/// A run of whole blocks of packed patterns, `[block][word][lane]`.
#[derive(Clone, Copy, Debug)]
pub struct Slab<'a> {
    lanes: &'a [Lanes],
    words: usize,
}

impl<'a> Slab<'a> {
    /// `lanes` as blocks of patterns of `words` words each.
    ///
    /// # Errors
    /// [`KernelError::Length`] if `words` is 0 or `lanes` is not a whole number of blocks.
    pub fn new(lanes: &'a [Lanes], words: usize) -> Result<Self, KernelError> {
        if words == 0 {
            return Err(KernelError::Length { what: "words of a pattern, at least", expected: 1, found: 0 });
        }
        if !lanes.len().is_multiple_of(words) {
            return Err(KernelError::Length {
                what: "slab (a whole number of blocks)",
                expected: lanes.len().next_multiple_of(words),
                found: lanes.len(),
            });
        }
        Ok(Self { lanes, words })
    }

    /// Patterns in the slab, those of unused tail lanes included.
    pub fn patterns(&self) -> usize {
        self.lanes.len() / self.words * LANES
    }

    /// Words in a pattern.
    pub fn words(&self) -> usize {
        self.words
    }
}

/// Distances of every query to every pattern of the slab; `out` is `[query][pattern]` and of the right length.
#[inline(always)]
pub(crate) fn distances<S: Simd>(simd: S, slab: Slab<'_>, queries: &QueryPanel, out: &mut [u32]) {
    let patterns = slab.patterns();
    if patterns == 0 {
        return;
    }
    let (wide_out, narrow_out) = out.split_at_mut(queries.wide.len() * PANEL * patterns);
    for (panel, out) in queries.wide.iter().zip(wide_out.chunks_exact_mut(PANEL * patterns)) {
        panel_distances(simd, slab, panel, out);
    }
    for (panel, out) in queries.narrow.iter().zip(narrow_out.chunks_exact_mut(patterns)) {
        panel_distances(simd, slab, panel, out);
    }
}

#[inline(always)]
fn panel_distances<S: Simd, const Q: usize>(simd: S, slab: Slab<'_>, panel: &Panel<Q>, out: &mut [u32]) {
    let patterns = slab.patterns();
    for (b, block) in slab.lanes.chunks_exact(slab.words).enumerate() {
        let mut sums = [[0u32; LANES]; Q];
        let mut start = 0;
        while start < block.len() {
            let end = block.len().min(start.saturating_add(S::WORDS_PER_FOLD));
            let mut counts = [simd.none(); Q];
            match &panel.known {
                None => {
                    for (key, signs) in block[start..end].iter().zip(&panel.signs[start..end]) {
                        let key = simd.load(key);
                        for q in 0..Q {
                            counts[q] = simd.count(counts[q], simd.xor(key, simd.splat(signs[q])));
                        }
                    }
                }
                Some(known) => {
                    let columns = panel.signs[start..end].iter().zip(&known[start..end]);
                    for (key, (signs, known)) in block[start..end].iter().zip(columns) {
                        let key = simd.load(key);
                        for q in 0..Q {
                            let differ = simd.xor(key, simd.splat(signs[q]));
                            counts[q] = simd.count(counts[q], simd.and(differ, simd.splat(known[q])));
                        }
                    }
                }
            }
            for q in 0..Q {
                simd.fold(counts[q], &mut sums[q]);
            }
            start = end;
        }
        for (q, sums) in sums.iter().enumerate() {
            out[q * patterns + b * LANES..][..LANES].copy_from_slice(sums);
        }
    }
}

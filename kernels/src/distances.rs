//! The loop that fills in every distance: a few queries against all patterns of a slab.

use std::ops::Range;

use crate::lanes::LANES;
use crate::panel::QueryPanel;
use crate::simd::Simd;
use crate::slab::Slab;

/// Queries that share one load of a key word: enough accumulators to hide the latency of a popcount, few enough to stay
/// in registers on every tier.
const SHARE: usize = 4;

/// Blocks side by side, where a query is alone: words of a plane are then read in runs.
const RUN: usize = 4;

/// Distances of every query to every pattern of the slab; `out` is `[query][pattern]` and of the right length.
#[inline(always)]
pub(crate) fn distances<S: Simd>(simd: S, slab: Slab<'_>, panel: &QueryPanel, out: &mut [u32]) {
    let patterns = slab.patterns();
    if patterns == 0 {
        return;
    }
    let shared = panel.queries() / SHARE * SHARE;
    let (wide, narrow) = out.split_at_mut(shared * patterns);
    for (first, out) in (0..shared).step_by(SHARE).zip(wide.chunks_exact_mut(SHARE * patterns)) {
        of_queries::<S, SHARE, 1>(simd, slab, panel, first, 0..slab.blocks(), out);
    }
    let runs = slab.blocks() / RUN * RUN;
    for (query, out) in (shared..panel.queries()).zip(narrow.chunks_exact_mut(patterns)) {
        of_queries::<S, 1, RUN>(simd, slab, panel, query, 0..runs, out);
        of_queries::<S, 1, 1>(simd, slab, panel, query, runs..slab.blocks(), out);
    }
}

/// Distances of queries `first`, …, `first + Q − 1` to the patterns of some blocks, a multiple of `R`.
#[inline(always)]
fn of_queries<S: Simd, const Q: usize, const R: usize>(
    simd: S,
    slab: Slab<'_>,
    panel: &QueryPanel,
    first: usize,
    blocks: Range<usize>,
    out: &mut [u32],
) {
    let patterns = slab.patterns();
    let words = slab.words();
    let mut signs: [&[u64]; Q] = [&[]; Q];
    let mut known: [&[u64]; Q] = [&[]; Q];
    for q in 0..Q {
        signs[q] = &panel.signs(first + q)[..words];
        known[q] = panel.known(first + q).unwrap_or_default();
    }
    for b in blocks.step_by(R) {
        let mut sums = [[simd.total(simd.none()); R]; Q];
        let mut start = 0;
        while start < words {
            let end = words.min(start.saturating_add(S::WORDS_PER_FOLD));
            let mut counts = [[simd.none(); R]; Q];
            for w in start..end {
                let keys = &slab.plane(w)[b..b + R];
                for r in 0..R {
                    let key = simd.load(&keys[r]);
                    for q in 0..Q {
                        let mut differ = simd.xor(key, simd.splat(signs[q][w]));
                        if panel.is_masked() {
                            differ = simd.and(differ, simd.splat(known[q][w]));
                        }
                        counts[q][r] = simd.count(counts[q][r], differ);
                    }
                }
            }
            for q in 0..Q {
                for r in 0..R {
                    sums[q][r] = simd.add(sums[q][r], simd.total(counts[q][r]));
                }
            }
            start = end;
        }
        for (q, sums) in sums.into_iter().enumerate() {
            for (r, sum) in sums.into_iter().enumerate() {
                out[q * patterns + (b + r) * LANES..][..LANES].copy_from_slice(&simd.lanes(sum));
            }
        }
    }
}

//! The loop that fills in every distance: a few queries against all patterns of a slab.

use crate::LANES;
use crate::panel::QueryPanel;
use crate::simd::Simd;
use crate::slab::Slab;

/// Queries that share one load of a key word: enough accumulators to hide the latency of a popcount, few enough to stay
/// in registers on every tier.
const SHARE: usize = 4;

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
        of_queries::<S, SHARE>(simd, slab, panel, first, out);
    }
    for (first, out) in (shared..panel.queries()).zip(narrow.chunks_exact_mut(patterns)) {
        of_queries::<S, 1>(simd, slab, panel, first, out);
    }
}

/// Distances of queries `first`, …, `first + Q − 1`.
#[inline(always)]
fn of_queries<S: Simd, const Q: usize>(simd: S, slab: Slab<'_>, panel: &QueryPanel, first: usize, out: &mut [u32]) {
    let patterns = slab.patterns();
    let words = slab.words();
    let mut signs: [&[u64]; Q] = [&[]; Q];
    let mut known: [&[u64]; Q] = [&[]; Q];
    for q in 0..Q {
        signs[q] = &panel.signs(first + q)[..words];
        known[q] = panel.known(first + q).unwrap_or_default();
    }
    for b in 0..slab.blocks() {
        let mut sums = [simd.total(simd.none()); Q];
        let mut start = 0;
        while start < words {
            let end = words.min(start.saturating_add(S::WORDS_PER_FOLD));
            let mut counts = [simd.none(); Q];
            for w in start..end {
                let key = simd.load(&slab.plane(w)[b]);
                for q in 0..Q {
                    let mut differ = simd.xor(key, simd.splat(signs[q][w]));
                    if panel.is_masked() {
                        differ = simd.and(differ, simd.splat(known[q][w]));
                    }
                    counts[q] = simd.count(counts[q], differ);
                }
            }
            for q in 0..Q {
                sums[q] = simd.add(sums[q], simd.total(counts[q]));
            }
            start = end;
        }
        for (q, &sum) in sums.iter().enumerate() {
            out[q * patterns + b * LANES..][..LANES].copy_from_slice(&simd.lanes(sum));
        }
    }
}

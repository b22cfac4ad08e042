//! One pattern by itself: what a look-up asks, which knows where a candidate stands and nothing of its neighbours.
//!
//! The word of a pattern lies in a cache line with those of seven others, so that the distances of all eight cost no more
//! than one; only that of the pattern asked for is looked at.

use crate::lanes::LANES;
use crate::simd::Simd;
use crate::slab::Slab;

/// Words between two looks at whether the limit is reached; no count of any tier overflows in as many.
const STRIDE: usize = 4;

/// The distance of pattern `pattern` where that is below `limit`; else a number from `limit` to the distance.
#[inline(always)]
pub(crate) fn distance<S: Simd>(
    simd: S,
    slab: Slab<'_>,
    pattern: usize,
    signs: &[u64],
    known: Option<&[u64]>,
    limit: u32,
) -> u32 {
    let (block, lane) = (pattern / LANES, pattern % LANES);
    let mut distance = 0;
    let mut word = 0;
    while word < signs.len() {
        let end = signs.len().min(word + STRIDE);
        let mut count = simd.none();
        while word < end {
            let differ = simd.xor(simd.load(&slab.plane(word)[block]), simd.splat(signs[word]));
            let differ = match known {
                Some(known) => simd.and(differ, simd.splat(known[word])),
                None => differ,
            };
            count = simd.count(count, differ);
            word += 1;
        }
        distance += simd.lanes(simd.total(count))[lane];
        if distance >= limit {
            break;
        }
    }
    distance
}

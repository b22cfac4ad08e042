//! The loop that adds up weights: for every query and position, the weight of all patterns that say plus there.
//!
//! Fields of which every key is a part, Σ_i f(s_i)·y_ij, cannot be read off a few near keys. With integer weights they
//! are sums of integers, exact in any order, and one pass over the values serves many queries.
//!
//! This is the portable loop: eight positions at a time, masks of a byte's bits by table look-up, so that it
//! vectorises on whatever the tier it is compiled for has. `avx512/` and `amx/` have their own.

use crate::lanes::LANES;
use crate::slab::Slab;

/// Positions in a word.
pub(crate) const POSITIONS: usize = 64;

/// Patterns whose weights are added up in 32 bits before they go to 64.
pub(crate) const PATTERNS_PER_SUM: usize = 255;

/// All ones in each of eight lanes where the index has a bit.
pub(crate) static MASKS: [[i32; 8]; 256] = {
    let mut masks = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            masks[byte][bit] = -((byte >> bit & 1) as i32);
            bit += 1;
        }
        byte += 1;
    }
    masks
};

/// Adds to `sums`, `[query][position]`, the weights, `[query][pattern]`, of the patterns with a set bit there.
#[inline(always)]
pub(crate) fn weigh(values: Slab<'_>, rows: &[i32], sums: &mut [i64]) {
    let patterns = values.patterns();
    if patterns == 0 {
        return;
    }
    for (weights, sums) in rows.chunks_exact(patterns).zip(sums.chunks_exact_mut(values.words() * POSITIONS)) {
        for (word, sums) in sums.chunks_exact_mut(POSITIONS).enumerate() {
            let blocks = values.plane(word).chunks(PATTERNS_PER_SUM / LANES);
            for (blocks, weights) in blocks.zip(weights.chunks(PATTERNS_PER_SUM / LANES * LANES)) {
                let mut small = [[0i32; 8]; 8];
                for (lanes, weights) in blocks.iter().zip(weights.as_chunks::<LANES>().0) {
                    for (word, &weight) in lanes.0.iter().zip(weights) {
                        for (small, byte) in small.iter_mut().zip(word.to_le_bytes()) {
                            for (small, mask) in small.iter_mut().zip(&MASKS[byte as usize]) {
                                *small += mask & weight;
                            }
                        }
                    }
                }
                for (sum, small) in sums.iter_mut().zip(small.as_flattened()) {
                    *sum += i64::from(*small);
                }
            }
        }
    }
}

/// The positions whose sums exceed `limit`, as set bits; `masks` has one word for 64 sums.
#[inline(always)]
pub(crate) fn above(sums: &[i64], limit: i64, masks: &mut [u64]) {
    for (mask, sums) in masks.iter_mut().zip(sums.chunks(POSITIONS)) {
        *mask = 0;
        for (position, &sum) in sums.iter().enumerate() {
            *mask |= u64::from(sum > limit) << position;
        }
    }
}

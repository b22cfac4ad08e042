//! The loop that adds up weights: for every query and position, the weight of all patterns that say plus there.
//!
//! Fields of which every key is a part, Σ_i f(s_i)·y_ij, cannot be read off a few near keys. With integer weights they
//! are sums of integers, exact in any order, and one pass over the values serves many queries.
//!
//! This is the portable loop: eight positions at a time, masks of a byte's bits by table look-up, so that it
//! vectorises on whatever the tier it is compiled for has. `avx512.rs` has its own.

// Registers and lanes are counted through, several arrays at a time.
#![allow(clippy::needless_range_loop)]

use crate::LANES;
use crate::slab::Slab;

/// Positions in a word.
pub(crate) const POSITIONS: usize = 64;

/// The largest magnitude of a weight: three bytes, and sums of 255 of them stay below 2³¹.
pub const MAX_WEIGHT: i32 = (1 << 23) - 1;

/// Patterns whose weights are added up in 32 bits before they go to 64.
pub(crate) const CHUNK: usize = 255;

/// `weights[i] = table[distances[i]]`; 0 beyond the table's end.
pub(crate) fn look_up(table: &[i32], distances: &[u32], weights: &mut [i32]) {
    for (weight, &distance) in weights.iter_mut().zip(distances) {
        *weight = table.get(distance as usize).copied().unwrap_or(0);
    }
}

/// All ones in each of eight lanes where the index has a bit.
static MASKS: [[i32; 8]; 256] = {
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

/// Adds to `sums`, `[query][position]`, the weights, rows of patterns `stride` apart, of the patterns with a set bit
/// there.
#[inline(always)]
pub(crate) fn weigh(slab: Slab<'_>, weights: &[i32], stride: usize, sums: &mut [i64]) {
    let patterns = slab.patterns();
    if patterns == 0 {
        return;
    }
    for (weights, sums) in weights.chunks(stride).zip(sums.chunks_exact_mut(slab.words() * POSITIONS)) {
        let weights = &weights[..patterns];
        for (word, sums) in sums.chunks_exact_mut(POSITIONS).enumerate() {
            let blocks = slab.plane(word).chunks(CHUNK / LANES);
            for (blocks, weights) in blocks.zip(weights.chunks(CHUNK / LANES * LANES)) {
                let mut small = [[0i32; 8]; 8];
                for (lanes, weights) in blocks.iter().zip(weights.as_chunks::<LANES>().0) {
                    for lane in 0..LANES {
                        let (bytes, weight) = (lanes.0[lane].to_le_bytes(), weights[lane]);
                        for byte in 0..8 {
                            let mask = &MASKS[bytes[byte] as usize];
                            for bit in 0..8 {
                                small[byte][bit] += mask[bit] & weight;
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

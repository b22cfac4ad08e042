//! What the instructions of a tier could do if nothing had to be fetched: the yardstick of every scan.

// Registers are counted through, several arrays at a time.
#![allow(clippy::needless_range_loop)]

use crate::lanes::LANES;
use crate::simd::Simd;

/// Counters side by side, enough to hide the latency of a popcount.
const COUNTERS: usize = 8;

/// Queries in turn, a number that does not divide the words of a round.
const QUERIES: usize = 5;

/// Words that each counter takes in a round.
const WORDS: usize = 24;

/// Bits that a round compares.
pub(crate) const BITS_PER_ROUND: u64 = (COUNTERS * WORDS * LANES * 64) as u64;

/// `rounds` rounds of xor, popcount and add on registers. Returns what was counted, so that it is.
#[inline(always)]
pub(crate) fn compare<S: Simd>(simd: S, rounds: u32) -> u32 {
    let mut sums = [simd.total(simd.none()); COUNTERS];
    let mut keys = [simd.splat(0); COUNTERS];
    let mut queries = [simd.splat(0); QUERIES];
    for (c, key) in keys.iter_mut().enumerate() {
        *key = simd.splat(std::hint::black_box(c as u64));
    }
    for (q, query) in queries.iter_mut().enumerate() {
        *query = simd.splat(std::hint::black_box(5 << q));
    }
    for _ in 0..rounds {
        let mut counts = [simd.none(); COUNTERS];
        for w in 0..WORDS {
            for c in 0..COUNTERS {
                // Each key changes at every step, so that no step can be done beforehand.
                keys[c] = simd.xor(keys[c], queries[w % QUERIES]);
                counts[c] = simd.count(counts[c], keys[c]);
            }
        }
        for c in 0..COUNTERS {
            sums[c] = simd.add(sums[c], simd.total(counts[c]));
        }
    }
    sums.into_iter().flat_map(|sum| simd.lanes(sum)).fold(0, u32::wrapping_add)
}

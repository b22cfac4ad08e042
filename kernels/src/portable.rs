//! Tier `wide`: portable SIMD through the `wide` crate, whatever vectors the build's baseline has; no `unsafe`.
//!
//! There is no portable vector popcount, so ones are counted by the classic halving sums within bytes, and the bytes
//! are added up only once in 31 words.

use wide::u64x8;

use crate::panel::QueryPanel;
use crate::scan::{self, Slab};
use crate::simd::Simd;
use crate::tier::{Kernel, TierInfo};
use crate::{LANES, Lanes};

pub(crate) const INFO: TierInfo = TierInfo {
    name: "wide",
    description: "portable SIMD (SSE2, NEON, … as built), popcount by halving sums",
    needs: "nothing",
    probe: || Some(&Wide),
};

#[derive(Clone, Copy, Debug)]
struct Wide;

impl Kernel for Wide {
    fn distances(&self, slab: Slab<'_>, queries: &QueryPanel, out: &mut [u32]) {
        scan::distances(*self, slab, queries, out);
    }
}

/// `byte` in every byte of every lane.
#[inline(always)]
fn bytes(byte: u8) -> u64x8 {
    u64x8::splat(u64::from_ne_bytes([byte; 8]))
}

impl Simd for Wide {
    type Word = u64x8;
    /// A count in every byte.
    type Count = u64x8;

    /// A byte gains at most 8 ones a word: 31 · 8 = 248 ≤ 255.
    const WORDS_PER_FOLD: usize = 31;

    #[inline(always)]
    fn load(self, lanes: &Lanes) -> u64x8 {
        u64x8::new(lanes.0)
    }

    #[inline(always)]
    fn splat(self, word: u64) -> u64x8 {
        u64x8::splat(word)
    }

    #[inline(always)]
    fn xor(self, a: u64x8, b: u64x8) -> u64x8 {
        a ^ b
    }

    #[inline(always)]
    fn and(self, a: u64x8, b: u64x8) -> u64x8 {
        a & b
    }

    #[inline(always)]
    fn none(self) -> u64x8 {
        u64x8::splat(0)
    }

    #[inline(always)]
    fn count(self, count: u64x8, word: u64x8) -> u64x8 {
        let pairs = word - ((word >> 1) & bytes(0x55));
        let nibbles = (pairs & bytes(0x33)) + ((pairs >> 2) & bytes(0x33));
        count + ((nibbles + (nibbles >> 4)) & bytes(0x0f))
    }

    #[inline(always)]
    fn fold(self, count: u64x8, sums: &mut [u32; LANES]) {
        for (sum, count) in sums.iter_mut().zip(count.to_array()) {
            *sum += count.to_ne_bytes().iter().map(|&byte| u32::from(byte)).sum::<u32>();
        }
    }
}

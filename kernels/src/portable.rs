//! Tier `wide`: portable SIMD through the `wide` crate, whatever vectors the build's baseline has; no `unsafe`.
//!
//! There is no portable vector popcount, so ones are counted by the classic halving sums within bytes, and the bytes
//! are added up only once in 31 words.

use wide::u64x8;

use crate::info::TierInfo;
use crate::lanes::{LANES, Lanes};
use crate::near;
use crate::scan::Scan;
use crate::simd::{Simd, Task};

pub(crate) const INFO: TierInfo = TierInfo {
    name: "wide",
    description: "portable SIMD (SSE2, NEON, … as built), popcount by halving sums",
    needs: "nothing",
    probe: || Some(&Wide),
};

#[derive(Clone, Copy, Debug)]
struct Wide;

/// `byte` in every byte of every lane.
#[inline(always)]
fn bytes(byte: u8) -> u64x8 {
    u64x8::splat(u64::from_ne_bytes([byte; 8]))
}

impl Simd for Wide {
    type Word = u64x8;
    /// A count in every byte.
    type Count = u64x8;
    type Sum = u64x8;
    /// The sign bit of a lane is set where a sum was below the bound.
    type Alarm = u64x8;

    const REGISTERS: usize = 16;

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
    fn or(self, a: u64x8, b: u64x8) -> u64x8 {
        a | b
    }

    #[inline(always)]
    fn total(self, count: u64x8) -> u64x8 {
        let every_other = u64x8::splat(0x00ff_00ff_00ff_00ff);
        let pairs = (count & every_other) + ((count >> 8) & every_other);
        let halves = pairs + (pairs >> 16);
        (halves + (halves >> 32)) & u64x8::splat(0xffff)
    }

    #[inline(always)]
    fn add(self, a: u64x8, b: u64x8) -> u64x8 {
        a + b
    }

    #[inline(always)]
    fn lanes(self, sum: u64x8) -> [u32; LANES] {
        sum.to_array().map(|lane| lane as u32)
    }

    #[inline(always)]
    fn quiet(self) -> u64x8 {
        u64x8::splat(0)
    }

    #[inline(always)]
    fn watch(self, alarm: u64x8, sum: u64x8, bound: u32) -> u64x8 {
        alarm | (sum - u64x8::splat(u64::from(bound)))
    }

    #[inline(always)]
    fn rings(self, alarm: u64x8, _: u32) -> bool {
        alarm.to_array().iter().fold(0, |all, lane| all | lane) >> 63 == 1
    }

    #[cold]
    #[inline(never)]
    fn read_on(self, scan: &mut Scan<'_>, query: usize, start: usize, end: usize) {
        near::read_on(self, scan, query, start, end);
    }

    #[inline(always)]
    fn compiled<T: Task>(self, task: T) -> T::Output {
        task.run(self)
    }
}

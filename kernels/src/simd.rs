//! What a tier has to bring: eight 64-bit lanes that XOR, AND and count their ones.

use crate::lanes::{LANES, Lanes};
use crate::rows::{ENTRIES, RUN};
use crate::scan::Scan;
use crate::slab::Slab;
use crate::{selected, weigh};

/// Eight 64-bit lanes of one instruction set.
///
/// A value of the implementing type is a *token*: holding one proves that the CPU has the instructions, because
/// its only constructor looks first. So every method is safe to call, and the `unsafe` of an intrinsic
/// stays inside the method that names it.
///
/// Methods are `#[inline(always)]` in every implementation: they must melt into the `#[target_feature]`
/// function that starts the loop ([`compiled`](Self::compiled)), or an intrinsic becomes a call.
pub(crate) trait Simd: Copy {
    /// Eight 64-bit lanes.
    type Word: Copy;
    /// Ones counted so far, in whatever form the instruction set adds fastest.
    type Count: Copy;
    /// A number below 2³¹ in every lane: a distance is, as a pattern has no more bits.
    type Sum: Copy;
    /// Whether any lane of any sum watched so far was below a bound, in whatever form is cheapest to keep.
    type Alarm: Copy;

    /// Vector registers: how large a tile may be.
    const REGISTERS: usize;

    /// How many words [`count`](Self::count) may add before [`total`](Self::total) must empty the count:
    /// tiers without a vector popcount count in bytes, which hold up to 255.
    const WORDS_PER_FOLD: usize;

    /// One word of eight patterns.
    fn load(self, lanes: &Lanes) -> Self::Word;
    /// Has a block fetched into the cache, where the instruction set knows how; a hint.
    fn prefetch(self, _lanes: &Lanes) {}
    /// The same word in every lane.
    fn splat(self, word: u64) -> Self::Word;
    /// Bits that differ.
    fn xor(self, a: Self::Word, b: Self::Word) -> Self::Word;
    /// Bits set in both.
    fn and(self, a: Self::Word, b: Self::Word) -> Self::Word;
    /// Bits set in either.
    fn or(self, a: Self::Word, b: Self::Word) -> Self::Word;
    /// Nothing counted.
    fn none(self) -> Self::Count;
    /// `count` plus the ones of each lane of `word`.
    fn count(self, count: Self::Count, word: Self::Word) -> Self::Count;
    /// What `count` holds.
    fn total(self, count: Self::Count) -> Self::Sum;
    /// Both sums together.
    fn add(self, a: Self::Sum, b: Self::Sum) -> Self::Sum;
    /// The sum of each pattern.
    fn lanes(self, sum: Self::Sum) -> [u32; LANES];
    /// Distances as they are.
    #[inline(always)]
    fn put_u32(self, sums: [Self::Sum; RUN], out: &mut [u32; ENTRIES]) {
        for (sum, out) in sums.into_iter().zip(out.as_chunks_mut::<LANES>().0) {
            *out = self.lanes(sum);
        }
    }
    /// Distances in 16 bits.
    #[inline(always)]
    fn put_u16(self, sums: [Self::Sum; RUN], out: &mut [u16; ENTRIES]) {
        for (sum, out) in sums.into_iter().zip(out.as_chunks_mut::<LANES>().0) {
            for (out, distance) in out.iter_mut().zip(self.lanes(sum)) {
                *out = distance as u16;
            }
        }
    }
    /// Overlaps: `known` less twice the distance.
    #[inline(always)]
    fn put_overlaps(self, sums: [Self::Sum; RUN], known: u32, out: &mut [i32; ENTRIES]) {
        for (sum, out) in sums.into_iter().zip(out.as_chunks_mut::<LANES>().0) {
            for (out, distance) in out.iter_mut().zip(self.lanes(sum)) {
                *out = known.wrapping_sub(distance.wrapping_mul(2)).cast_signed();
            }
        }
    }
    /// Nothing watched yet.
    fn quiet(self) -> Self::Alarm;
    /// Watches one more sum; all sums of an alarm share its bound.
    fn watch(self, alarm: Self::Alarm, sum: Self::Sum, bound: u32) -> Self::Alarm;
    /// Whether any lane of what was watched was below `bound`.
    fn rings(self, alarm: Self::Alarm, bound: u32) -> bool;
    /// `near::read_on`, compiled out of line with this tier's instructions.
    fn read_on(self, scan: &mut Scan<'_>, query: usize, start: usize, end: usize);
    /// `weights[i] = table[distances[i]]`; 0 beyond the table's end.
    #[inline(always)]
    fn look_up(self, table: &[i32], distances: &[u32], weights: &mut [i32]) {
        for (weight, &distance) in weights.iter_mut().zip(distances) {
            *weight = table.get(distance as usize).copied().unwrap_or(0);
        }
    }
    /// As [`weigh::weigh`].
    #[inline(always)]
    fn weigh(self, values: Slab<'_>, rows: &[i32], sums: &mut [i64]) {
        weigh::weigh(values, rows, sums);
    }
    /// As [`weigh::above`].
    #[inline(always)]
    fn above(self, sums: &[i64], limit: i64, masks: &mut [u64]) {
        weigh::above(sums, limit, masks);
    }
    /// As [`selected::sum`].
    #[inline(always)]
    fn sum_selected(self, numbers: &[i32], column: &[u64]) -> i64 {
        selected::sum(numbers, column)
    }
    /// As [`selected::sum_f64`].
    #[inline(always)]
    fn sum_selected_f64(self, numbers: &[f64], column: &[u64]) -> f64 {
        selected::sum_f64(numbers, column)
    }
    /// As [`selected::shift`].
    #[inline(always)]
    fn shift_selected(self, numbers: &mut [i32], column: &[u64], change: i32) {
        selected::shift(numbers, column, change);
    }
    /// Runs `task`, compiled with this tier's instructions.
    fn compiled<T: Task>(self, task: T) -> T::Output;
}

/// A loop over the lanes of any instruction set.
pub(crate) trait Task {
    type Output;
    /// `#[inline(always)]` in every implementation, and all that it calls: what is not inlined is compiled for the
    /// baseline. So are closures, wherever they stand.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

//! Numbers of patterns, of which the bits of a column select some: what one position asks of all patterns.
//!
//! A column is a position of all patterns side by side, bit i of it pattern i's, and beside it stands a number for each
//! pattern, its overlap or its weight. Asynchronous sweeps go from position to position, and at each they ask for the
//! sum of the numbers selected.
//!
//! These are the portable loops: eight numbers at a time, masks of a byte's bits by table look-up, so that they
//! vectorise on whatever the tier they are compiled for has. `avx2/` and `avx512/` make masks of the bits themselves.

use crate::weigh::MASKS;

/// Numbers for a word of a column.
pub(crate) const COLUMN_BITS: usize = 64;

/// The largest magnitude of numbers that [`Tier::sum_selected`](crate::Tier::sum_selected) adds up: 2²⁴, as large as an
/// overlap gets.
pub const MAX_SELECTED: i32 = 1 << 24;

/// How many numbers as large as that 32 bits can add up.
pub(crate) const ADDITIONS: usize = (i32::MAX / MAX_SELECTED) as usize;

/// Sums of `f64` side by side. All tiers add up in this order, so that they round alike.
pub(crate) const FLOATS: usize = 16;

/// The sum of the numbers that `column` selects, 64 for a word.
#[inline(always)]
pub(crate) fn sum(numbers: &[i32], column: &[u64]) -> i64 {
    const SIDE_BY_SIDE: usize = 8;
    const WORDS: usize = ADDITIONS / (COLUMN_BITS / SIDE_BY_SIDE);
    let mut sum = 0;
    for (numbers, column) in numbers.chunks(WORDS * COLUMN_BITS).zip(column.chunks(WORDS)) {
        let mut sums = [0i32; SIDE_BY_SIDE];
        for (numbers, bits) in numbers.as_chunks::<COLUMN_BITS>().0.iter().zip(column) {
            for (numbers, byte) in numbers.as_chunks::<SIDE_BY_SIDE>().0.iter().zip(bits.to_le_bytes()) {
                for ((sum, number), mask) in sums.iter_mut().zip(numbers).zip(&MASKS[usize::from(byte)]) {
                    *sum = sum.wrapping_add(number & mask);
                }
            }
        }
        sum += sums.iter().map(|&sum| i64::from(sum)).sum::<i64>();
    }
    sum
}

/// The sum of the `f64` that `column` selects, 64 for a word: the i-th of each sixteen is added to the i-th of sixteen
/// sums, these to eight, and they from the first to the last.
#[inline(always)]
pub(crate) fn sum_f64(numbers: &[f64], column: &[u64]) -> f64 {
    let mut sums = [0.0; FLOATS];
    for (numbers, bits) in numbers.as_chunks::<COLUMN_BITS>().0.iter().zip(column) {
        for (part, (numbers, byte)) in numbers.as_chunks::<8>().0.iter().zip(bits.to_le_bytes()).enumerate() {
            let sums = &mut sums[part * 8 % FLOATS..][..8];
            for ((sum, number), &mask) in sums.iter_mut().zip(numbers).zip(&MASKS[usize::from(byte)]) {
                *sum += f64::from_bits(number.to_bits() & i64::from(mask).cast_unsigned());
            }
        }
    }
    total(sums)
}

/// The last additions of [`sum_f64`].
#[inline(always)]
pub(crate) fn total(sums: [f64; FLOATS]) -> f64 {
    let (low, high) = sums.split_at(FLOATS / 2);
    low.iter().zip(high).map(|(low, high)| low + high).fold(0.0, |sum, both| sum + both)
}

/// Adds `change` to the numbers that `column` selects, and takes it from the others.
#[inline(always)]
pub(crate) fn shift(numbers: &mut [i32], column: &[u64], change: i32) {
    for (numbers, bits) in numbers.as_chunks_mut::<COLUMN_BITS>().0.iter_mut().zip(column) {
        for (numbers, byte) in numbers.as_chunks_mut::<8>().0.iter_mut().zip(bits.to_le_bytes()) {
            for (number, mask) in numbers.iter_mut().zip(&MASKS[usize::from(byte)]) {
                // −change where the mask is 0.
                *number = number.wrapping_add((change ^ !mask).wrapping_sub(!mask));
            }
        }
    }
}

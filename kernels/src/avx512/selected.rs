//! Numbers that a column selects, with AVX-512: the bits of a column are masks as they stand.

use std::arch::x86_64::*;

use crate::selected::{ADDITIONS, COLUMN_BITS, FLOATS, total};

/// Vectors of 32 bits for a word of a column.
const PARTS: usize = COLUMN_BITS / 16;

/// As [`selected::sum`](crate::selected::sum).
#[target_feature(enable = "avx512f")]
pub(super) fn sum(numbers: &[i32], column: &[u64]) -> i64 {
    let mut sum = _mm512_setzero_si512();
    for (numbers, column) in numbers.chunks(ADDITIONS * COLUMN_BITS).zip(column.chunks(ADDITIONS)) {
        let mut sums = [_mm512_setzero_si512(); PARTS];
        for (numbers, bits) in numbers.as_chunks::<COLUMN_BITS>().0.iter().zip(column) {
            for (part, (sum, numbers)) in sums.iter_mut().zip(numbers.as_chunks::<16>().0).enumerate() {
                // SAFETY: `numbers` is 64 readable bytes; the load needs no alignment.
                let numbers = unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) };
                *sum = _mm512_mask_add_epi32(*sum, (bits >> (16 * part)) as u16, *sum, numbers);
            }
        }
        for sums in sums {
            sum = _mm512_add_epi64(sum, _mm512_cvtepi32_epi64(_mm512_castsi512_si256(sums)));
            sum = _mm512_add_epi64(sum, _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64::<1>(sums)));
        }
    }
    _mm512_reduce_add_epi64(sum)
}

/// As [`selected::sum_f64`](crate::selected::sum_f64).
#[target_feature(enable = "avx512f")]
pub(super) fn sum_f64(numbers: &[f64], column: &[u64]) -> f64 {
    let mut sums = [_mm512_setzero_pd(); FLOATS / 8];
    for (numbers, bits) in numbers.as_chunks::<COLUMN_BITS>().0.iter().zip(column) {
        for (part, numbers) in numbers.as_chunks::<8>().0.iter().enumerate() {
            let sum = &mut sums[part % (FLOATS / 8)];
            // SAFETY: `numbers` is 64 readable bytes; the load needs no alignment.
            let numbers = unsafe { _mm512_loadu_pd(numbers.as_ptr()) };
            *sum = _mm512_mask_add_pd(*sum, (bits >> (8 * part)) as u8, *sum, numbers);
        }
    }
    let mut each = [0.0; FLOATS];
    for (each, sums) in each.as_chunks_mut::<8>().0.iter_mut().zip(sums) {
        // SAFETY: `each` is 64 writable bytes; the store needs no alignment.
        unsafe { _mm512_storeu_pd(each.as_mut_ptr(), sums) };
    }
    total(each)
}

/// As [`selected::shift`](crate::selected::shift).
#[target_feature(enable = "avx512f")]
pub(super) fn shift(numbers: &mut [i32], column: &[u64], change: i32) {
    let change = _mm512_set1_epi32(change);
    for (numbers, bits) in numbers.as_chunks_mut::<COLUMN_BITS>().0.iter_mut().zip(column) {
        for (part, numbers) in numbers.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            // SAFETY: `numbers` is 64 bytes to read and to write; neither needs alignment.
            unsafe {
                let before = _mm512_loadu_si512(numbers.as_ptr().cast());
                let less = _mm512_sub_epi32(before, change);
                let after = _mm512_mask_add_epi32(less, (bits >> (16 * part)) as u16, before, change);
                _mm512_storeu_si512(numbers.as_mut_ptr().cast(), after);
            }
        }
    }
}

//! Numbers that a column selects, with AVX2: a lane compares its own bit of the column, and so becomes a mask.

use std::arch::x86_64::*;

use crate::selected::{ADDITIONS, COLUMN_BITS, FLOATS, total};

/// Numbers for half a word of a column, whose bits fill a lane.
const HALF: usize = COLUMN_BITS / 2;

/// Vectors for half a word.
const SUMS: usize = HALF / 8;

/// As [`selected::sum`](crate::selected::sum).
#[target_feature(enable = "avx2")]
pub(super) fn sum(numbers: &[i32], column: &[u64]) -> i64 {
    const WORDS: usize = ADDITIONS / 2;
    let own = own_bits();
    let mut sum = 0;
    for (numbers, column) in numbers.chunks(WORDS * COLUMN_BITS).zip(column.chunks(WORDS)) {
        let mut sums = [_mm256_setzero_si256(); SUMS];
        for (numbers, &bits) in numbers.as_chunks::<COLUMN_BITS>().0.iter().zip(column) {
            for (half, numbers) in numbers.as_chunks::<HALF>().0.iter().enumerate() {
                let bits = _mm256_set1_epi32((bits >> (half * HALF)) as i32);
                for ((sum, own), numbers) in sums.iter_mut().zip(own).zip(numbers.as_chunks::<8>().0) {
                    let mask = _mm256_cmpeq_epi32(_mm256_and_si256(bits, own), own);
                    // SAFETY: `numbers` is 32 readable bytes; the load needs no alignment.
                    let numbers = unsafe { _mm256_loadu_si256(numbers.as_ptr().cast()) };
                    *sum = _mm256_add_epi32(*sum, _mm256_and_si256(mask, numbers));
                }
            }
        }
        for sums in sums {
            let mut each = [0i32; 8];
            // SAFETY: `each` is 32 writable bytes; the store needs no alignment.
            unsafe { _mm256_storeu_si256(each.as_mut_ptr().cast(), sums) };
            for each in each {
                sum += i64::from(each);
            }
        }
    }
    sum
}

/// As [`selected::sum_f64`](crate::selected::sum_f64).
#[target_feature(enable = "avx2")]
pub(super) fn sum_f64(numbers: &[f64], column: &[u64]) -> f64 {
    let mut own = [_mm256_setzero_si256(); FLOATS / 4];
    for (part, own) in own.iter_mut().enumerate() {
        *own = _mm256_sllv_epi64(_mm256_set1_epi64x(1 << (4 * part)), _mm256_setr_epi64x(0, 1, 2, 3));
    }
    let mut sums = [_mm256_setzero_pd(); FLOATS / 4];
    for (numbers, bits) in numbers.as_chunks::<COLUMN_BITS>().0.iter().zip(column) {
        for (numbers, shift) in numbers.as_chunks::<FLOATS>().0.iter().zip((0..COLUMN_BITS).step_by(FLOATS)) {
            let bits = _mm256_set1_epi64x((bits >> shift).cast_signed());
            for ((sum, own), numbers) in sums.iter_mut().zip(own).zip(numbers.as_chunks::<4>().0) {
                let mask = _mm256_cmpeq_epi64(_mm256_and_si256(bits, own), own);
                // SAFETY: `numbers` is 32 readable bytes; the load needs no alignment.
                let numbers = unsafe { _mm256_loadu_pd(numbers.as_ptr()) };
                *sum = _mm256_add_pd(*sum, _mm256_and_pd(_mm256_castsi256_pd(mask), numbers));
            }
        }
    }
    let mut each = [0.0; FLOATS];
    for (each, sums) in each.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
        // SAFETY: `each` is 32 writable bytes; the store needs no alignment.
        unsafe { _mm256_storeu_pd(each.as_mut_ptr(), sums) };
    }
    total(each)
}

/// As [`selected::shift`](crate::selected::shift).
#[target_feature(enable = "avx2")]
pub(super) fn shift(numbers: &mut [i32], column: &[u64], change: i32) {
    let own = own_bits();
    let (more, less) = (_mm256_set1_epi32(change), _mm256_set1_epi32(change.wrapping_neg()));
    for (numbers, &bits) in numbers.as_chunks_mut::<COLUMN_BITS>().0.iter_mut().zip(column) {
        for (half, numbers) in numbers.as_chunks_mut::<HALF>().0.iter_mut().enumerate() {
            let bits = _mm256_set1_epi32((bits >> (half * HALF)) as i32);
            for (own, numbers) in own.into_iter().zip(numbers.as_chunks_mut::<8>().0) {
                let mask = _mm256_cmpeq_epi32(_mm256_and_si256(bits, own), own);
                let numbers = numbers.as_mut_ptr().cast();
                // SAFETY: `numbers` is 32 bytes to read and to write; neither needs alignment.
                unsafe {
                    let change = _mm256_blendv_epi8(less, more, mask);
                    _mm256_storeu_si256(numbers, _mm256_add_epi32(_mm256_loadu_si256(numbers), change));
                }
            }
        }
    }
}

/// The bit that each lane of each vector of a half looks at.
#[target_feature(enable = "avx2")]
fn own_bits() -> [__m256i; SUMS] {
    let mut own = [_mm256_setzero_si256(); SUMS];
    for (part, own) in own.iter_mut().enumerate() {
        *own = _mm256_sllv_epi32(_mm256_set1_epi32(1 << (8 * part)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    }
    own
}

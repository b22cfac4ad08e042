//! Tier `avx2`: two 256-bit halves per word of eight patterns.
//!
//! AVX2 has no vector popcount: ones are looked up by nibble with `vpshufb` (Muła, Kurz and Lemire, "Faster
//! population counts using AVX2 instructions", 2018), added up in bytes, and the bytes summed by `vpsadbw`
//! once in 31 words.

mod selected;

use std::arch::x86_64::*;

use crate::info::TierInfo;
use crate::kernel::Kernel;
use crate::lanes::{LANES, Lanes};
use crate::near;
use crate::scan::Scan;
use crate::simd::{Simd, Task};

pub(crate) const INFO: TierInfo = TierInfo {
    name: "avx2",
    description: "256-bit vectors, popcount by vpshufb",
    needs: "AVX2",
    probe: || {
        static TOKEN: Avx2 = Avx2(());
        is_x86_feature_detected!("avx2").then_some(&TOKEN as &dyn Kernel)
    },
};

/// Proof that the CPU has AVX2: handed out only by the probe above, after it looked.
#[derive(Clone, Copy, Debug)]
struct Avx2(());

impl Simd for Avx2 {
    type Word = [__m256i; 2];
    /// A count in every byte.
    type Count = [__m256i; 2];
    type Sum = [__m256i; 2];
    /// The least sum in each of four lanes, of both halves.
    type Alarm = __m256i;

    const REGISTERS: usize = 16;

    /// A byte gains at most 8 ones a word: 31 · 8 = 248 ≤ 255.
    const WORDS_PER_FOLD: usize = 31;

    #[inline(always)]
    fn load(self, lanes: &Lanes) -> Self::Word {
        let halves = lanes.0.as_ptr().cast::<__m256i>();
        // SAFETY: AVX2 by the token; `lanes` is 64 readable bytes, 64-byte aligned.
        unsafe { [_mm256_load_si256(halves), _mm256_load_si256(halves.add(1))] }
    }

    #[inline(always)]
    fn prefetch(self, lanes: &Lanes) {
        // SAFETY: SSE is part of every x86-64 CPU, and a prefetch of any address is harmless.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(lanes.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn splat(self, word: u64) -> Self::Word {
        // SAFETY: AVX2 by the token.
        unsafe { [_mm256_set1_epi64x(word.cast_signed()); 2] }
    }

    #[inline(always)]
    fn xor(self, a: Self::Word, b: Self::Word) -> Self::Word {
        // SAFETY: AVX2 by the token.
        unsafe { [_mm256_xor_si256(a[0], b[0]), _mm256_xor_si256(a[1], b[1])] }
    }

    #[inline(always)]
    fn and(self, a: Self::Word, b: Self::Word) -> Self::Word {
        // SAFETY: AVX2 by the token.
        unsafe { [_mm256_and_si256(a[0], b[0]), _mm256_and_si256(a[1], b[1])] }
    }

    #[inline(always)]
    fn none(self) -> Self::Count {
        // SAFETY: AVX2 by the token.
        unsafe { [_mm256_setzero_si256(); 2] }
    }

    #[inline(always)]
    fn count(self, count: Self::Count, word: Self::Word) -> Self::Count {
        let mut count = count;
        for half in 0..2 {
            // SAFETY: AVX2 by the token.
            count[half] = unsafe {
                let ones = _mm256_setr_epi8(
                    0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
                );
                let nibble = _mm256_set1_epi8(0x0f);
                let low = _mm256_and_si256(word[half], nibble);
                let high = _mm256_and_si256(_mm256_srli_epi16::<4>(word[half]), nibble);
                let both = _mm256_add_epi8(_mm256_shuffle_epi8(ones, low), _mm256_shuffle_epi8(ones, high));
                _mm256_add_epi8(count[half], both)
            };
        }
        count
    }

    #[inline(always)]
    fn or(self, a: Self::Word, b: Self::Word) -> Self::Word {
        // SAFETY: AVX2 by the token.
        unsafe { [_mm256_or_si256(a[0], b[0]), _mm256_or_si256(a[1], b[1])] }
    }

    #[inline(always)]
    fn total(self, count: Self::Count) -> Self::Sum {
        // SAFETY: AVX2 by the token.
        unsafe {
            let zero = _mm256_setzero_si256();
            [_mm256_sad_epu8(count[0], zero), _mm256_sad_epu8(count[1], zero)]
        }
    }

    #[inline(always)]
    fn add(self, a: Self::Sum, b: Self::Sum) -> Self::Sum {
        // SAFETY: AVX2 by the token.
        unsafe { [_mm256_add_epi64(a[0], b[0]), _mm256_add_epi64(a[1], b[1])] }
    }

    #[inline(always)]
    fn lanes(self, sum: Self::Sum) -> [u32; LANES] {
        let mut lanes = [0; LANES];
        // SAFETY: AVX2 by the token; `lanes` is 32 writable bytes, and the store needs no alignment.
        unsafe {
            // The low halves of 64-bit lanes: 0 1 4 5, 2 3 6 7 as the instruction takes them, and then in order.
            let low = _mm256_shuffle_ps::<0b10_00_10_00>(_mm256_castsi256_ps(sum[0]), _mm256_castsi256_ps(sum[1]));
            let in_order = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_castps_si256(low));
            _mm256_storeu_si256(lanes.as_mut_ptr().cast(), in_order);
        }
        lanes
    }

    #[inline(always)]
    fn quiet(self) -> __m256i {
        // SAFETY: AVX2 by the token.
        unsafe { _mm256_set1_epi64x(i64::from(u32::MAX)) }
    }

    #[inline(always)]
    fn watch(self, alarm: __m256i, sum: Self::Sum, _: u32) -> __m256i {
        // Sums fit 32 bits, where there is a minimum; the upper halves are zero.
        // SAFETY: AVX2 by the token.
        unsafe { _mm256_min_epu32(alarm, _mm256_min_epu32(sum[0], sum[1])) }
    }

    #[inline(always)]
    fn rings(self, alarm: __m256i, bound: u32) -> bool {
        // SAFETY: AVX2 by the token.
        unsafe {
            let below = _mm256_cmpgt_epi64(_mm256_set1_epi64x(i64::from(bound)), alarm);
            _mm256_movemask_epi8(below) != 0
        }
    }

    fn read_on(self, scan: &mut Scan<'_>, query: usize, start: usize, end: usize) {
        #[cold]
        #[inline(never)]
        #[target_feature(enable = "avx2")]
        fn with_avx2(token: Avx2, scan: &mut Scan<'_>, query: usize, start: usize, end: usize) {
            near::read_on(token, scan, query, start, end);
        }
        // SAFETY: AVX2 by the token.
        unsafe { with_avx2(self, scan, query, start, end) }
    }

    #[inline(always)]
    fn sum_selected(self, numbers: &[i32], column: &[u64]) -> i64 {
        // SAFETY: AVX2 by the token.
        unsafe { selected::sum(numbers, column) }
    }

    #[inline(always)]
    fn sum_selected_f64(self, numbers: &[f64], column: &[u64]) -> f64 {
        // SAFETY: AVX2 by the token.
        unsafe { selected::sum_f64(numbers, column) }
    }

    #[inline(always)]
    fn shift_selected(self, numbers: &mut [i32], column: &[u64], change: i32) {
        // SAFETY: AVX2 by the token.
        unsafe { selected::shift(numbers, column, change) }
    }

    #[inline(always)]
    fn compiled<T: Task>(self, task: T) -> T::Output {
        #[target_feature(enable = "avx2")]
        fn with_avx2<T: Task>(token: Avx2, task: T) -> T::Output {
            task.run(token)
        }
        // SAFETY: the token is proof of these features.
        unsafe { with_avx2(self, task) }
    }
}

//! Tier `avx512`: one 512-bit register per word of eight patterns, counted by VPOPCNTDQ.
//!
//! XOR, popcount and add are three instructions for one word of eight keys and one query; the popcount goes
//! through a single port, which bounds the scan at 512 bits a cycle.

mod selected;
mod weigh;

use std::arch::x86_64::*;

pub(crate) use weigh::{GROUP, PARTS, WIDE, columns};

use crate::info::TierInfo;
use crate::kernel::Kernel;
use crate::lanes::{LANES, Lanes};
use crate::near;
use crate::rows::{ENTRIES, RUN};
use crate::scan::Scan;
use crate::simd::{Simd, Task};
use crate::slab::Slab;

pub(crate) const INFO: TierInfo = TierInfo {
    name: "avx512",
    description: "512-bit vectors, vpopcntq",
    needs: "AVX-512F, AVX-512BW, AVX512_VBMI, AVX512_VPOPCNTDQ and GFNI",
    probe: || {
        static TOKEN: Avx512 = Avx512(());
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vpopcntdq")
            && is_x86_feature_detected!("gfni");
        has.then_some(&TOKEN as &dyn Kernel)
    },
};

/// Proof that the CPU has all that the tier needs: handed out only by the probe above, after it looked.
#[derive(Clone, Copy, Debug)]
struct Avx512(());

/// Where the bytes of 16-bit entries come from that stand four to a lane, an entry of each of four blocks.
static APART: [u8; 64] = {
    let mut from = [0; 64];
    let mut at = 0;
    while at < 64 {
        from[at] = (at / 2 % LANES * 8 + at / 16 * 2 + at % 2) as u8;
        at += 1;
    }
    from
};

/// Loads 64 bytes.
#[inline(always)]
unsafe fn of_bytes(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the caller vouches for AVX-512F; `bytes` is 64 readable bytes, and the load needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

impl Avx512 {
    /// Four sums of eight 64-bit lanes as two of sixteen 32-bit ones, in the order of patterns.
    #[inline(always)]
    fn in_order(self, sums: [__m512i; RUN]) -> [__m512i; 2] {
        // SAFETY: AVX-512F by the token.
        unsafe {
            let low_halves = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            [
                _mm512_permutex2var_epi32(sums[0], low_halves, sums[1]),
                _mm512_permutex2var_epi32(sums[2], low_halves, sums[3]),
            ]
        }
    }
}

impl Simd for Avx512 {
    type Word = __m512i;
    type Count = __m512i;
    type Sum = __m512i;
    /// The least sum in each lane.
    type Alarm = __m512i;

    const REGISTERS: usize = 32;

    /// Lanes are 64 bits wide and a pattern has fewer than 2³² bits: no fold in between.
    const WORDS_PER_FOLD: usize = usize::MAX;

    #[inline(always)]
    fn load(self, lanes: &Lanes) -> __m512i {
        // SAFETY: AVX-512F by the token; `lanes` is 64 readable bytes, 64-byte aligned.
        unsafe { _mm512_load_si512(lanes.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn prefetch(self, lanes: &Lanes) {
        // SAFETY: SSE is part of every x86-64 CPU, and a prefetch of any address is harmless.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(lanes.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn splat(self, word: u64) -> __m512i {
        // SAFETY: AVX-512F by the token.
        unsafe { _mm512_set1_epi64(word.cast_signed()) }
    }

    #[inline(always)]
    fn xor(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: AVX-512F by the token.
        unsafe { _mm512_xor_si512(a, b) }
    }

    #[inline(always)]
    fn and(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: AVX-512F by the token.
        unsafe { _mm512_and_si512(a, b) }
    }

    #[inline(always)]
    fn none(self) -> __m512i {
        // SAFETY: AVX-512F by the token.
        unsafe { _mm512_setzero_si512() }
    }

    #[inline(always)]
    fn count(self, count: __m512i, word: __m512i) -> __m512i {
        // SAFETY: all features by the token.
        unsafe { _mm512_add_epi64(count, _mm512_popcnt_epi64(word)) }
    }

    #[inline(always)]
    fn or(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: AVX-512F by the token.
        unsafe { _mm512_or_si512(a, b) }
    }

    #[inline(always)]
    fn total(self, count: __m512i) -> __m512i {
        count
    }

    #[inline(always)]
    fn add(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: AVX-512F by the token.
        unsafe { _mm512_add_epi64(a, b) }
    }

    #[inline(always)]
    fn lanes(self, sum: __m512i) -> [u32; LANES] {
        let mut lanes = [0; LANES];
        // SAFETY: AVX-512F by the token; `lanes` is 32 writable bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), _mm512_cvtepi64_epi32(sum)) };
        lanes
    }

    #[inline(always)]
    fn put_u32(self, sums: [__m512i; RUN], out: &mut [u32; ENTRIES]) {
        let [low, high] = self.in_order(sums);
        // SAFETY: AVX-512F by the token; `out` is 128 writable bytes, and the stores need no alignment.
        unsafe {
            _mm512_storeu_si512(out.as_mut_ptr().cast(), low);
            _mm512_storeu_si512(out.as_mut_ptr().add(ENTRIES / 2).cast(), high);
        }
    }

    #[inline(always)]
    fn put_u16(self, sums: [__m512i; RUN], out: &mut [u16; ENTRIES]) {
        // SAFETY: all features by the token; `out` is 64 writable bytes, and the store needs no alignment.
        unsafe {
            // The low 16 bits of four sums to a lane, and the lanes apart: byte 8i + 2r holds what stands at 16r + 2i.
            let pairs = [
                _mm512_mask_blend_epi32(0xaaaa, sums[0], _mm512_slli_epi64::<32>(sums[2])),
                _mm512_mask_blend_epi32(0xaaaa, sums[1], _mm512_slli_epi64::<32>(sums[3])),
            ];
            let all = _mm512_mask_blend_epi16(0xaaaa_aaaa, pairs[0], _mm512_slli_epi32::<16>(pairs[1]));
            _mm512_storeu_si512(out.as_mut_ptr().cast(), _mm512_permutexvar_epi8(of_bytes(&APART), all));
        }
    }

    #[inline(always)]
    fn put_overlaps(self, sums: [__m512i; RUN], known: u32, out: &mut [i32; ENTRIES]) {
        let [low, high] = self.in_order(sums);
        // SAFETY: AVX-512F by the token; `out` is 128 writable bytes, and the stores need no alignment.
        unsafe {
            let known = _mm512_set1_epi32(known.cast_signed());
            let [low, high] = [_mm512_add_epi32(low, low), _mm512_add_epi32(high, high)];
            _mm512_storeu_si512(out.as_mut_ptr().cast(), _mm512_sub_epi32(known, low));
            _mm512_storeu_si512(out.as_mut_ptr().add(ENTRIES / 2).cast(), _mm512_sub_epi32(known, high));
        }
    }

    #[inline(always)]
    fn quiet(self) -> __m512i {
        // SAFETY: AVX-512F by the token.
        unsafe { _mm512_set1_epi64(i64::from(u32::MAX)) }
    }

    #[inline(always)]
    fn watch(self, alarm: __m512i, sum: __m512i, _: u32) -> __m512i {
        // Sums fit 32 bits, where the minimum is one instruction; the upper halves are zero.
        // SAFETY: AVX-512F by the token.
        unsafe { _mm512_min_epu32(alarm, sum) }
    }

    #[inline(always)]
    fn rings(self, alarm: __m512i, bound: u32) -> bool {
        // SAFETY: AVX-512F by the token.
        unsafe { _mm512_cmplt_epu64_mask(alarm, _mm512_set1_epi64(i64::from(bound))) != 0 }
    }

    fn read_on(self, scan: &mut Scan<'_>, query: usize, start: usize, end: usize) {
        #[cold]
        #[inline(never)]
        #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vpopcntdq,gfni")]
        fn with_avx512(token: Avx512, scan: &mut Scan<'_>, query: usize, start: usize, end: usize) {
            near::read_on(token, scan, query, start, end);
        }
        // SAFETY: all features by the token.
        unsafe { with_avx512(self, scan, query, start, end) }
    }

    #[inline(always)]
    fn look_up(self, table: &[i32], distances: &[u32], weights: &mut [i32]) {
        let (distances, rest) = distances.as_chunks::<16>();
        let (weights, rest_of_weights) = weights.split_at_mut(distances.len() * 16);
        for (distances, weights) in distances.iter().zip(weights.as_chunks_mut::<16>().0) {
            // SAFETY: AVX-512F by the token; both are 64 bytes, and neither needs alignment; lanes beyond the table's
            // end are not fetched.
            unsafe {
                let end = _mm512_set1_epi32(i32::try_from(table.len()).unwrap_or(i32::MAX));
                let at = _mm512_loadu_si512(distances.as_ptr().cast());
                let within = _mm512_cmplt_epu32_mask(at, end);
                let found = _mm512_mask_i32gather_epi32::<4>(_mm512_setzero_si512(), within, at, table.as_ptr());
                _mm512_storeu_si512(weights.as_mut_ptr().cast(), found);
            }
        }
        for (weight, &distance) in rest_of_weights.iter_mut().zip(rest) {
            *weight = table.get(distance as usize).copied().unwrap_or(0);
        }
    }

    #[inline(always)]
    fn weigh(self, values: Slab<'_>, rows: &[i32], sums: &mut [i64]) {
        // SAFETY: all features by the token.
        unsafe { weigh::weigh(values, rows, sums) }
    }

    #[inline(always)]
    fn above(self, sums: &[i64], limit: i64, masks: &mut [u64]) {
        // SAFETY: AVX-512F by the token.
        unsafe { weigh::above(sums, limit, masks) }
    }

    #[inline(always)]
    fn sum_selected(self, numbers: &[i32], column: &[u64]) -> i64 {
        // SAFETY: AVX-512F by the token.
        unsafe { selected::sum(numbers, column) }
    }

    #[inline(always)]
    fn sum_selected_f64(self, numbers: &[f64], column: &[u64]) -> f64 {
        // SAFETY: AVX-512F by the token.
        unsafe { selected::sum_f64(numbers, column) }
    }

    #[inline(always)]
    fn shift_selected(self, numbers: &mut [i32], column: &[u64], change: i32) {
        // SAFETY: AVX-512F by the token.
        unsafe { selected::shift(numbers, column, change) }
    }

    #[inline(always)]
    fn compiled<T: Task>(self, task: T) -> T::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vpopcntdq,gfni")]
        fn with_avx512<T: Task>(token: Avx512, task: T) -> T::Output {
            task.run(token)
        }
        // SAFETY: the token is proof of these features.
        unsafe { with_avx512(self, task) }
    }
}

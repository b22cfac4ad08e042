//! Tier `avx512`: one 512-bit register per word of eight patterns, counted by VPOPCNTDQ.
//!
//! XOR, popcount and add are three instructions for one word of eight keys and one query; the popcount goes
//! through a single port, which bounds the scan at 512 bits a cycle.

use std::arch::x86_64::*;

use crate::near::{self, Near, Scan, Screen};
use crate::panel::QueryPanel;
use crate::simd::Simd;
use crate::slab::Slab;
use crate::tier::{Kernel, TierInfo};
use crate::{LANES, Lanes, distances, peak, weigh_avx512};

pub(crate) const INFO: TierInfo = TierInfo {
    name: "avx512",
    description: "512-bit vectors, vpopcntq",
    needs: "AVX-512F and AVX512_VPOPCNTDQ",
    probe: || {
        static TOKEN: Avx512 = Avx512(());
        (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vpopcntdq"))
            .then_some(&TOKEN as &dyn Kernel)
    },
};

/// Proof that the CPU has AVX-512F and VPOPCNTDQ: handed out only by the probe above, after it looked.
#[derive(Clone, Copy, Debug)]
struct Avx512(());

impl Kernel for Avx512 {
    fn distances(&self, slab: Slab<'_>, queries: &QueryPanel, out: &mut [u32]) {
        #[target_feature(enable = "avx512f,avx512vpopcntdq")]
        fn with_avx512(token: Avx512, slab: Slab<'_>, queries: &QueryPanel, out: &mut [u32]) {
            distances::distances(token, slab, queries, out);
        }
        // SAFETY: `self` is the token that the CPU has AVX-512F and VPOPCNTDQ; the probe made sure.
        unsafe { with_avx512(*self, slab, queries, out) }
    }

    fn near(&self, slab: Slab<'_>, panel: &QueryPanel, screen: Screen, bounds: &[u32], found: &mut Vec<Near>) -> u64 {
        #[target_feature(enable = "avx512f,avx512vpopcntdq")]
        fn with_avx512(
            token: Avx512,
            slab: Slab<'_>,
            panel: &QueryPanel,
            screen: Screen,
            bounds: &[u32],
            found: &mut Vec<Near>,
        ) -> u64 {
            near::near(token, slab, panel, screen, bounds, found)
        }
        // SAFETY: `self` is the token that the CPU has AVX-512F and VPOPCNTDQ; the probe made sure.
        unsafe { with_avx512(*self, slab, panel, screen, bounds, found) }
    }

    fn weigh(&self, slab: Slab<'_>, weights: &[i32], stride: usize, sums: &mut [i64]) {
        // SAFETY: `self` is the token that the CPU has AVX-512F; the probe made sure.
        unsafe { weigh_avx512::weigh(slab, weights, stride, sums) }
    }

    fn look_up(&self, table: &[i32], distances: &[u32], weights: &mut [i32]) {
        // SAFETY: `self` is the token that the CPU has AVX-512F; the probe made sure.
        unsafe { weigh_avx512::look_up(table, distances, weights) }
    }

    fn count(&self, rounds: u32) -> u32 {
        #[target_feature(enable = "avx512f,avx512vpopcntdq")]
        fn with_avx512(token: Avx512, rounds: u32) -> u32 {
            peak::count(token, rounds)
        }
        // SAFETY: `self` is the token that the CPU has AVX-512F and VPOPCNTDQ; the probe made sure.
        unsafe { with_avx512(*self, rounds) }
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
        // SAFETY: AVX-512F and VPOPCNTDQ by the token.
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
        #[target_feature(enable = "avx512f,avx512vpopcntdq")]
        fn with_avx512(token: Avx512, scan: &mut Scan<'_>, query: usize, start: usize, end: usize) {
            near::read_on(token, scan, query, start, end);
        }
        // SAFETY: AVX-512F and VPOPCNTDQ by the token.
        unsafe { with_avx512(self, scan, query, start, end) }
    }
}

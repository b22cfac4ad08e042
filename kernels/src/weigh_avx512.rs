//! Adding up weights with AVX-512: four patterns at a time by look-up.
//!
//! The weights w₀ … w₃ of four patterns have sixteen sums, one for every way in which four bits can be set: a register
//! of 32-bit lanes. The four patterns' bits at a position are an index into it, and one permutation (`vpermd`) looks up
//! the sums for sixteen positions. So four patterns cost a query one permutation and one addition for sixteen
//! positions, where adding up pattern by pattern would take four masked additions and as many masks.
//!
//! The indices do not depend on the query: the bits of 32 patterns at one position stand in one 32-bit lane, made once
//! for all queries, and are shifted down by four from look-up to look-up.

// Registers and lanes are counted through, several arrays at a time.
#![allow(clippy::needless_range_loop)]

use std::arch::x86_64::*;

use crate::LANES;
use crate::slab::Slab;
use crate::weigh::{self, CHUNK, POSITIONS};

/// Queries that share the indices as they are shifted; with more of them sums would not stay in registers.
const SHARE: usize = 2;

/// Patterns whose bits stand in a 32-bit lane.
const GROUP: usize = 32;

/// Groups added up in 32 bits.
const GROUPS: usize = CHUNK / GROUP;

/// Vectors of sixteen positions in a word.
const PARTS: usize = POSITIONS / 16;

/// Sums of the weights of four patterns, for each of the eight fours of a group.
type Tables = [__m512i; GROUP / 4];

/// As [`weigh::weigh`](crate::weigh::weigh).
#[target_feature(enable = "avx512f")]
pub(crate) fn weigh(slab: Slab<'_>, weights: &[i32], stride: usize, sums: &mut [i64]) {
    let (patterns, row) = (slab.patterns(), slab.words() * POSITIONS);
    if patterns == 0 {
        return;
    }
    let shared = sums.len() / row / SHARE * SHARE;
    if shared > 0 {
        by_table(slab, weights, stride, &mut sums[..shared * row]);
    }
    for (weights, sums) in weights.chunks(stride).zip(sums.chunks_exact_mut(row)).skip(shared) {
        by_mask(slab, &weights[..patterns], sums);
    }
}

/// As [`weigh::look_up`](crate::weigh::look_up).
#[target_feature(enable = "avx512f")]
pub(crate) fn look_up(table: &[i32], distances: &[u32], weights: &mut [i32]) {
    let (distances, rest) = distances.as_chunks::<16>();
    let (weights, rest_of_weights) = weights.split_at_mut((distances.len() * 16).min(weights.len()));
    let end = _mm512_set1_epi32(i32::try_from(table.len()).unwrap_or(i32::MAX));
    for (distances, weights) in distances.iter().zip(weights.as_chunks_mut::<16>().0) {
        // SAFETY: both are 64 bytes, and neither needs alignment; lanes beyond the table's end are not fetched.
        unsafe {
            let at = _mm512_loadu_si512(distances.as_ptr().cast());
            let within = _mm512_cmplt_epu32_mask(at, end);
            let found = _mm512_mask_i32gather_epi32::<4>(_mm512_setzero_si512(), within, at, table.as_ptr());
            _mm512_storeu_si512(weights.as_mut_ptr().cast(), found);
        }
    }
    weigh::look_up(table, rest, rest_of_weights);
}

/// A multiple of [`SHARE`] queries.
#[target_feature(enable = "avx512f")]
fn by_table(slab: Slab<'_>, weights: &[i32], stride: usize, sums: &mut [i64]) {
    let (patterns, row) = (slab.patterns(), slab.words() * POSITIONS);
    let step = GROUPS * GROUP;
    let mut indices = vec![[[_mm512_setzero_si512(); PARTS]; GROUPS]; slab.words()];
    let mut tables: [[Tables; GROUPS]; SHARE] = [[[_mm512_setzero_si512(); GROUP / 4]; GROUPS]; SHARE];
    for start in (0..patterns).step_by(step) {
        let groups = (patterns - start).min(step).div_ceil(GROUP);
        for (word, indices) in indices.iter_mut().enumerate() {
            for (g, parts) in indices[..groups].iter_mut().enumerate() {
                let blocks = &slab.plane(word)[(start + g * GROUP) / LANES..];
                *parts = [_mm512_setzero_si512(); PARTS];
                for (b, lanes) in blocks.iter().take(GROUP / LANES).enumerate() {
                    for (lane, word) in lanes.0.iter().enumerate() {
                        let bit = _mm512_set1_epi32(1 << (b * LANES + lane));
                        for (part, index) in parts.iter_mut().enumerate() {
                            *index = _mm512_mask_or_epi32(*index, (word >> (16 * part)) as __mmask16, *index, bit);
                        }
                    }
                }
            }
        }
        let rows = weights.chunks(SHARE * stride).zip(sums.chunks_exact_mut(SHARE * row));
        for (weights, sums) in rows {
            for (tables, weights) in tables.iter_mut().zip(weights.chunks(stride)) {
                let weights = weights[start..patterns].chunks(GROUP);
                for (tables, weights) in tables.iter_mut().zip(weights).take(groups) {
                    fill(tables, weights);
                }
            }
            for (word, indices) in indices.iter().enumerate() {
                let mut small = [[_mm512_setzero_si512(); PARTS]; SHARE];
                for (g, indices) in indices[..groups].iter().enumerate() {
                    let mut index = *indices;
                    for four in 0..GROUP / 4 {
                        for q in 0..SHARE {
                            let table = tables[q][g][four];
                            for part in 0..PARTS {
                                let found = _mm512_permutexvar_epi32(index[part], table);
                                small[q][part] = _mm512_add_epi32(small[q][part], found);
                            }
                        }
                        for index in &mut index {
                            *index = _mm512_srli_epi32::<4>(*index);
                        }
                    }
                }
                for (small, sums) in small.into_iter().zip(sums.chunks_exact_mut(row)) {
                    widen(small, &mut sums[word * POSITIONS..][..POSITIONS]);
                }
            }
        }
    }
}

/// The sums of every choice among four weights, for each four of a group; weights that lack are 0.
#[target_feature(enable = "avx512f")]
fn fill(tables: &mut Tables, weights: &[i32]) {
    let mut fours = weights.chunks_exact(4);
    for table in tables {
        let four = fours.next().unwrap_or(&[0; 4]);
        // Lane l holds the sum of the weights at the set bits of l.
        let sum = _mm512_maskz_set1_epi32(0xaaaa, four[0]);
        let sum = _mm512_mask_add_epi32(sum, 0xcccc, sum, _mm512_set1_epi32(four[1]));
        let sum = _mm512_mask_add_epi32(sum, 0xf0f0, sum, _mm512_set1_epi32(four[2]));
        *table = _mm512_mask_add_epi32(sum, 0xff00, sum, _mm512_set1_epi32(four[3]));
    }
}

/// One query, pattern by pattern: for a few queries the indices would not pay.
#[target_feature(enable = "avx512f")]
fn by_mask(slab: Slab<'_>, weights: &[i32], sums: &mut [i64]) {
    let step = CHUNK / LANES;
    for (word, sums) in sums.chunks_exact_mut(POSITIONS).enumerate() {
        for (blocks, weights) in slab.plane(word).chunks(step).zip(weights.chunks(step * LANES)) {
            let mut small = [_mm512_setzero_si512(); PARTS];
            for (lanes, weights) in blocks.iter().zip(weights.as_chunks::<LANES>().0) {
                for (word, &weight) in lanes.0.iter().zip(weights) {
                    let weight = _mm512_set1_epi32(weight);
                    for (part, small) in small.iter_mut().enumerate() {
                        *small = _mm512_mask_add_epi32(*small, (word >> (16 * part)) as __mmask16, *small, weight);
                    }
                }
            }
            widen(small, sums);
        }
    }
}

/// Adds 64 small sums to 64 wide ones.
#[target_feature(enable = "avx512f")]
fn widen(small: [__m512i; PARTS], sums: &mut [i64]) {
    for (small, sums) in small.into_iter().zip(sums.chunks_exact_mut(16)) {
        let halves = [_mm512_castsi512_si256(small), _mm512_extracti64x4_epi64::<1>(small)];
        for (half, sums) in halves.into_iter().zip(sums.chunks_exact_mut(8)) {
            let sums: *mut __m512i = sums.as_mut_ptr().cast();
            // SAFETY: `sums` is 64 bytes, read and written, and neither needs alignment.
            unsafe {
                let before = _mm512_loadu_si512(sums);
                _mm512_storeu_si512(sums, _mm512_add_epi64(before, _mm512_cvtepi32_epi64(half)));
            }
        }
    }
}

//! Adding up weights with AVX-512: four patterns at a time by look-up.
//!
//! The weights w₀ … w₃ of four patterns have sixteen sums, one for every way in which four bits can be set: a register
//! of lanes. The four patterns' bits at a position are an index into it, and one permutation looks up the sums for as
//! many positions as a register has lanes. So four patterns cost a query one permutation and one addition for sixteen
//! positions (`vpermd`), where adding up pattern by pattern would take four masked additions and as many masks; and for
//! thirty-two (`vpermw`) while sums are small enough for 16 bits, as they are where weights are overlaps.
//!
//! The indices do not depend on the query: the bits of 32 patterns at one position stand in one 32-bit lane, or those
//! of 16 in one of 16 bits ([`columns`]), made once for all queries, and are shifted down by four from look-up to
//! look-up.

// Registers and lanes are counted through, several arrays at a time.
#![allow(clippy::needless_range_loop)]

use std::arch::x86_64::*;

use crate::lanes::{LANES, Lanes};
use crate::slab::Slab;
use crate::weigh::{PATTERNS_PER_SUM, POSITIONS};

/// Queries that share the indices as they are shifted; with more of them sums would not stay in registers.
const SHARE: usize = 2;

/// Patterns whose bits stand in a 32-bit lane.
pub(crate) const GROUP: usize = 32;

/// Groups added up in 32 bits or fewer, and their patterns.
const GROUPS: usize = PATTERNS_PER_SUM / GROUP;
const STEP: usize = GROUPS * GROUP;

/// Vectors of sixteen positions in a word.
pub(crate) const PARTS: usize = POSITIONS / 16;

/// How many lanes there are to 32 bits, as a parameter of what follows: sums are [`WIDE`] or [`NARROW`].
pub(crate) const WIDE: usize = 1;
const NARROW: usize = 2;

/// Sums of the weights of four patterns, for each of the eight fours of a group.
type Tables = [__m512i; GROUP / 4];

/// As [`weigh::weigh`](crate::weigh::weigh).
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
pub(super) fn weigh(values: Slab<'_>, rows: &[i32], sums: &mut [i64]) {
    let (patterns, row) = (values.patterns(), values.words() * POSITIONS);
    if patterns == 0 {
        return;
    }
    let shared = sums.len() / row / SHARE * SHARE;
    let (many, last) = sums.split_at_mut(shared * row);
    let (rows_of_many, row_of_last) = rows.split_at(shared * patterns);
    let mut indices = vec![[[_mm512_setzero_si512(); PARTS]; GROUPS]; if shared > 0 { values.words() } else { 0 }];
    for start in (0..patterns).step_by(STEP) {
        let range = start..patterns.min(start + STEP);
        let narrow = |rows: &[i32]| rows.chunks_exact(patterns).all(|weights| is_small(&weights[range.clone()]));
        match shared > 0 && narrow(rows_of_many) {
            true => by_pairs::<NARROW>(values, start, rows_of_many, &mut indices, many),
            false => by_pairs::<WIDE>(values, start, rows_of_many, &mut indices, many),
        }
        if last.is_empty() {
            continue;
        }
        match narrow(row_of_last) {
            true => alone::<NARROW>(values, start, &row_of_last[range.clone()], last),
            false => alone::<WIDE>(values, start, &row_of_last[range.clone()], last),
        }
    }
}

/// Whether all sums of some of these weights fit 16 bits.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
fn is_small(weights: &[i32]) -> bool {
    // At most 224 magnitudes of three bytes.
    let mut sum = 0;
    for weight in weights {
        sum += weight.unsigned_abs();
    }
    sum <= i16::MAX.unsigned_abs().into()
}

/// Adds up [`STEP`] patterns from `start` for a multiple of [`SHARE`] queries; indices are made once for all.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
fn by_pairs<const LANES_EACH: usize>(
    values: Slab<'_>,
    start: usize,
    weights: &[i32],
    indices: &mut [[[__m512i; PARTS]; GROUPS]],
    sums: &mut [i64],
) {
    let (patterns, row) = (values.patterns(), values.words() * POSITIONS);
    let groups = (patterns - start).min(STEP).div_ceil(GROUP);
    for (word, indices) in indices.iter_mut().enumerate() {
        for (g, index) in indices[..groups].iter_mut().enumerate() {
            *index = columns::<LANES_EACH>(&values.plane(word)[(start + g * GROUP) / LANES..]);
        }
    }
    let mut tables = [[[_mm512_setzero_si512(); GROUP / 4]; GROUPS]; SHARE];
    for (weights, sums) in weights.chunks(SHARE * patterns).zip(sums.chunks_exact_mut(SHARE * row)) {
        for (tables, weights) in tables.iter_mut().zip(weights.chunks(patterns)) {
            for (tables, weights) in tables.iter_mut().zip(weights[start..].chunks(GROUP)).take(groups) {
                fill::<LANES_EACH>(tables, weights);
            }
        }
        for (word, indices) in indices.iter().enumerate() {
            let mut small = [[_mm512_setzero_si512(); PARTS]; SHARE];
            for (g, &index) in indices[..groups].iter().enumerate() {
                add_looked_up::<LANES_EACH, SHARE>([&tables[0][g], &tables[1][g]], index, &mut small);
            }
            for (small, sums) in small.into_iter().zip(sums.chunks_exact_mut(row)) {
                widen::<LANES_EACH>(small, &mut sums[word * POSITIONS..][..POSITIONS]);
            }
        }
    }
}

/// Adds up the patterns from `start` that have `weights` for one query; indices are used where they are made.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
fn alone<const LANES_EACH: usize>(values: Slab<'_>, start: usize, weights: &[i32], sums: &mut [i64]) {
    let mut tables = [[_mm512_setzero_si512(); GROUP / 4]; GROUPS];
    let groups = weights.chunks(GROUP);
    for (tables, weights) in tables.iter_mut().zip(groups.clone()) {
        fill::<LANES_EACH>(tables, weights);
    }
    for (word, sums) in sums.chunks_exact_mut(POSITIONS).enumerate() {
        let mut small = [[_mm512_setzero_si512(); PARTS]];
        let blocks = values.plane(word)[start / LANES..].chunks(GROUP / LANES);
        for (tables, blocks) in tables[..groups.len()].iter().zip(blocks) {
            add_looked_up::<LANES_EACH, 1>([tables], columns::<LANES_EACH>(blocks), &mut small);
        }
        widen::<LANES_EACH>(small[0], sums);
    }
}

/// Adds up the weights of a group for `Q` queries.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn add_looked_up<const LANES_EACH: usize, const Q: usize>(
    tables: [&Tables; Q],
    index: [__m512i; PARTS],
    small: &mut [[__m512i; PARTS]; Q],
) {
    let (parts, fours) = (PARTS / LANES_EACH, GROUP / 4 / LANES_EACH);
    for half in 0..LANES_EACH {
        let mut index = index;
        for four in half * fours..(half + 1) * fours {
            for q in 0..Q {
                for part in 0..parts {
                    let (at, table, small) = (index[half * parts + part], tables[q][four], &mut small[q][part]);
                    *small = match LANES_EACH {
                        NARROW => _mm512_add_epi16(*small, _mm512_permutexvar_epi16(at, table)),
                        _ => _mm512_add_epi32(*small, _mm512_permutexvar_epi32(at, table)),
                    };
                }
            }
            for index in &mut index {
                *index = match LANES_EACH {
                    NARROW => _mm512_srli_epi16::<4>(*index),
                    _ => _mm512_srli_epi32::<4>(*index),
                };
            }
        }
    }
}

/// The sums of every choice among four weights, for each four of a group; weights that lack are 0.
#[target_feature(enable = "avx512f,avx512bw")]
fn fill<const LANES_EACH: usize>(tables: &mut Tables, weights: &[i32]) {
    let mut fours = weights.chunks_exact(4);
    for table in tables {
        let four = fours.next().unwrap_or(&[0; 4]);
        // Lane l holds the sum of the weights at the set bits of l; of its lowest four, as an index of five bits may
        // have another's.
        *table = if LANES_EACH == NARROW {
            let four = [four[0] as i16, four[1] as i16, four[2] as i16, four[3] as i16];
            let sum = _mm512_maskz_set1_epi16(0xaaaa_aaaa, four[0]);
            let sum = _mm512_mask_add_epi16(sum, 0xcccc_cccc, sum, _mm512_set1_epi16(four[1]));
            let sum = _mm512_mask_add_epi16(sum, 0xf0f0_f0f0, sum, _mm512_set1_epi16(four[2]));
            _mm512_mask_add_epi16(sum, 0xff00_ff00, sum, _mm512_set1_epi16(four[3]))
        } else {
            let sum = _mm512_maskz_set1_epi32(0xaaaa, four[0]);
            let sum = _mm512_mask_add_epi32(sum, 0xcccc, sum, _mm512_set1_epi32(four[1]));
            let sum = _mm512_mask_add_epi32(sum, 0xf0f0, sum, _mm512_set1_epi32(four[2]));
            _mm512_mask_add_epi32(sum, 0xff00, sum, _mm512_set1_epi32(four[3]))
        };
    }
}

/// The word of up to [`GROUP`] patterns turned about; patterns that lack have no bits.
///
/// With one lane to 32 bits, bit p of lane j of vector v is the bit of pattern p at position 16·v + j. With two, vectors
/// 0 and 1 hold the first 16 patterns so, and 2 and 3 the others; of the two the first has the first eight positions of
/// every sixteen, and the second the last eight.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
pub(crate) fn columns<const LANES_EACH: usize>(blocks: &[Lanes]) -> [__m512i; PARTS] {
    let mut bytes = [_mm512_setzero_si512(); GROUP / LANES];
    for (bytes, lanes) in bytes.iter_mut().zip(blocks) {
        // SAFETY: `lanes` is 64 readable bytes, 64-byte aligned.
        let lanes = unsafe { _mm512_load_si512(lanes.0.as_ptr().cast()) };
        // Byte c of all lanes in quadword c, lanes descending: rows of a matrix of bits as `vgf2p8affineqb` takes them.
        // Its product with the unit vectors is the transpose.
        let rows = _mm512_permutexvar_epi8(matrix_order(), lanes);
        *bytes = _mm512_gf2p8affine_epi64_epi8::<0>(_mm512_set1_epi64(0x8040_2010_0804_0201u64.cast_signed()), rows);
    }
    // One byte of each block side by side; within 128 bits that is done in two steps, and leaves four positions of
    // every sixteen in each vector.
    let pairs = [
        [_mm512_unpacklo_epi8(bytes[0], bytes[1]), _mm512_unpackhi_epi8(bytes[0], bytes[1])],
        [_mm512_unpacklo_epi8(bytes[2], bytes[3]), _mm512_unpackhi_epi8(bytes[2], bytes[3])],
    ];
    if LANES_EACH == NARROW {
        return [pairs[0][0], pairs[0][1], pairs[1][0], pairs[1][1]];
    }
    let fours = [
        _mm512_unpacklo_epi16(pairs[0][0], pairs[1][0]),
        _mm512_unpackhi_epi16(pairs[0][0], pairs[1][0]),
        _mm512_unpacklo_epi16(pairs[0][1], pairs[1][1]),
        _mm512_unpackhi_epi16(pairs[0][1], pairs[1][1]),
    ];
    // A transposition of 128-bit pieces brings them in order.
    let low = [_mm512_shuffle_i32x4::<0x44>(fours[0], fours[1]), _mm512_shuffle_i32x4::<0x44>(fours[2], fours[3])];
    let high = [_mm512_shuffle_i32x4::<0xee>(fours[0], fours[1]), _mm512_shuffle_i32x4::<0xee>(fours[2], fours[3])];
    [
        _mm512_shuffle_i32x4::<0x88>(low[0], low[1]),
        _mm512_shuffle_i32x4::<0xdd>(low[0], low[1]),
        _mm512_shuffle_i32x4::<0x88>(high[0], high[1]),
        _mm512_shuffle_i32x4::<0xdd>(high[0], high[1]),
    ]
}

/// Byte 8·c + r comes from byte c of lane 7 − r.
#[target_feature(enable = "avx512f")]
fn matrix_order() -> __m512i {
    const ROWS: [u8; 64] = {
        let mut rows = [0; 64];
        let mut at = 0;
        while at < 64 {
            rows[at] = (8 * (7 - at % 8) + at / 8) as u8;
            at += 1;
        }
        rows
    };
    // SAFETY: 64 readable bytes; the load needs no alignment.
    unsafe { _mm512_loadu_si512(ROWS.as_ptr().cast()) }
}

/// Adds 64 small sums to 64 wide ones.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn widen<const LANES_EACH: usize>(small: [__m512i; PARTS], sums: &mut [i64]) {
    let sixteens = sums.as_chunks_mut::<16>().0;
    if LANES_EACH == NARROW {
        for (half, small) in small[..2].iter().enumerate() {
            let low = _mm512_castsi512_si256(*small);
            let high = _mm512_extracti64x4_epi64::<1>(*small);
            let eights = [
                _mm256_castsi256_si128(low),
                _mm256_extracti128_si256::<1>(low),
                _mm256_castsi256_si128(high),
                _mm256_extracti128_si256::<1>(high),
            ];
            for (sums, eight) in sixteens.iter_mut().zip(eights) {
                add_eight(&mut sums.as_chunks_mut().0[half], _mm512_cvtepi16_epi64(eight));
            }
        }
    } else {
        for (small, sums) in small.into_iter().zip(sixteens) {
            let halves = [_mm512_castsi512_si256(small), _mm512_extracti64x4_epi64::<1>(small)];
            for (sums, half) in sums.as_chunks_mut().0.iter_mut().zip(halves) {
                add_eight(sums, _mm512_cvtepi32_epi64(half));
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add_eight(sums: &mut [i64; 8], more: __m512i) {
    let sums: *mut __m512i = sums.as_mut_ptr().cast();
    // SAFETY: `sums` is 64 bytes, read and written, and neither needs alignment.
    unsafe { _mm512_storeu_si512(sums, _mm512_add_epi64(_mm512_loadu_si512(sums), more)) };
}

/// As [`weigh::above`](crate::weigh::above).
#[target_feature(enable = "avx512f")]
pub(super) fn above(sums: &[i64], limit: i64, masks: &mut [u64]) {
    let limit = _mm512_set1_epi64(limit);
    for (mask, sums) in masks.iter_mut().zip(sums.as_chunks::<POSITIONS>().0) {
        *mask = 0;
        for (e, eight) in sums.as_chunks::<8>().0.iter().enumerate() {
            // SAFETY: `eight` is 64 readable bytes; the load needs no alignment.
            let eight = unsafe { _mm512_loadu_si512(eight.as_ptr().cast()) };
            *mask |= u64::from(_mm512_cmpgt_epi64_mask(eight, limit)) << (8 * e);
        }
    }
}

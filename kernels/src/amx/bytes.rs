//! Weights in bytes: distances of 64 patterns become indices of a byte each, and these the bytes of weights, by
//! permutations of registers.

// Registers are counted through, several arrays at a time.
#![allow(clippy::needless_range_loop)]

use std::arch::x86_64::*;
use std::ops::Range;

use crate::amx::tiles::{DEPTH, Layout};
use crate::lanes::LANES;
use crate::panel::QueryPanel;
use crate::scan::Near;
use crate::slab::Slab;
use crate::weights::{ByteTable, Form, Line, WeightTable, Weights};

/// Blocks of a group of patterns.
const BLOCKS: usize = DEPTH / LANES;

impl Weights {
    /// Makes room for `width` bytes a weight.
    fn start_bytes(&mut self, width: usize) -> Layout {
        let layout = Layout::new(self.queries, self.patterns);
        self.form = Form::Bytes(width);
        self.lines.resize(width * layout.lines(), Line([0; 64]));
        layout
    }
}

/// Bytes that hold the light weights of all tables.
fn width_of(tables: &[&WeightTable]) -> usize {
    // Most queries share one.
    let mut width = 1;
    let mut before: Option<&WeightTable> = None;
    for &table in tables {
        if !before.is_some_and(|before| std::ptr::eq(before, table)) {
            width = width.max(table.width());
            before = Some(table);
        }
    }
    width
}

/// As [`weights::rows`](crate::weights::rows), in bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vpopcntdq")]
pub(super) fn look_up(
    keys: Slab<'_>,
    present: usize,
    panel: &QueryPanel,
    tables: &[&WeightTable],
    in_bytes: &[&ByteTable],
    made: &mut Weights,
) {
    let width = width_of(tables);
    let layout = made.start_bytes(width);
    let mut group = Group {
        words: vec![[_mm512_setzero_si512(); BLOCKS]; keys.words()],
        at: 0,
        present: 0,
        panel,
        tables,
        layout,
        totals: vec![_mm512_setzero_si512(); made.queries],
    };
    for g in 0..layout.groups {
        for (w, words) in group.words.iter_mut().enumerate() {
            *words = [_mm512_setzero_si512(); BLOCKS];
            for (word, lanes) in words.iter_mut().zip(&keys.plane(w)[g * BLOCKS..]) {
                // SAFETY: `lanes` is 64 readable bytes, 64-byte aligned.
                *word = unsafe { _mm512_load_si512(lanes.0.as_ptr().cast()) };
            }
        }
        let left = present.saturating_sub(g * DEPTH);
        group.present = if left >= DEPTH { u64::MAX } else { (1 << left) - 1 };
        group.at = g;
        // Queries that share a table go together.
        let mut start = 0;
        while start < in_bytes.len() {
            let table = in_bytes[start];
            let mut end = start + 1;
            while end < in_bytes.len() && std::ptr::eq(in_bytes[end], table) {
                end += 1;
            }
            match (width, table.len) {
                (1, ..=64) => group.look_up::<1, 1>(start..end, table, made),
                (1, 65..=128) => group.look_up::<1, 2>(start..end, table, made),
                (1, _) => group.look_up::<1, 4>(start..end, table, made),
                (2, ..=64) => group.look_up::<2, 1>(start..end, table, made),
                (2, 65..=128) => group.look_up::<2, 2>(start..end, table, made),
                (2, _) => group.look_up::<2, 4>(start..end, table, made),
                (_, ..=64) => group.look_up::<3, 1>(start..end, table, made),
                (_, 65..=128) => group.look_up::<3, 2>(start..end, table, made),
                _ => group.look_up::<3, 4>(start..end, table, made),
            }
            start = end;
        }
    }
    let moved = (128 * DEPTH * layout.groups) as i64;
    for (total, sum) in made.totals.iter_mut().zip(group.totals) {
        *total += _mm512_reduce_add_epi64(sum) - (moved << (8 * (width - 1)));
    }
}

/// The words of 64 patterns, and what their weights go to.
struct Group<'a> {
    words: Vec<[__m512i; BLOCKS]>,
    /// Which group of the slab.
    at: usize,
    /// The patterns that there are.
    present: u64,
    panel: &'a QueryPanel,
    tables: &'a [&'a WeightTable],
    layout: Layout,
    /// By query, eight parts each; the highest byte of every weight is moved up by 128.
    totals: Vec<__m512i>,
}

impl Group<'_> {
    /// Looks up `WIDTH` bytes of weights for queries of one table, which has at most 64 · `PARTS` distances.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vpopcntdq")]
    fn look_up<const WIDTH: usize, const PARTS: usize>(
        &mut self,
        queries: Range<usize>,
        table: &ByteTable,
        made: &mut Weights,
    ) {
        let mut bytes = [[_mm512_setzero_si512(); PARTS]; WIDTH];
        for (bytes, plane) in bytes.iter_mut().zip(&table.planes) {
            for (part, bytes) in bytes.iter_mut().zip(plane.as_chunks::<64>().0) {
                // SAFETY: 64 readable bytes; the load needs no alignment.
                *part = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
            }
        }
        // Distances from the table's first.
        let from = _mm512_set1_epi64(-i64::from(table.first));
        let len = _mm512_set1_epi8(table.len as i8);
        for q in queries {
            let mut sums = self.differences(q, from);
            let mut all = _mm512_setzero_si512();
            for sum in sums {
                all = _mm512_or_si512(all, sum);
            }
            if _mm512_test_epi64_mask(all, _mm512_set1_epi64(!255)) != 0 {
                // No table reaches 255.
                for sum in &mut sums {
                    *sum = _mm512_min_epu64(*sum, _mm512_set1_epi64(255));
                }
            }
            let index = gather_bytes(sums);
            let within = self.present & _mm512_cmplt_epu8_mask(index, len);
            let mut total = self.totals[q];
            for plane in 0..WIDTH {
                let found = permute(bytes[plane], index, within);
                // SAFETY: a line is 64 writable bytes, aligned to 64.
                unsafe {
                    let line = &mut made.lines[self.layout.line(plane, q, self.at)];
                    _mm512_store_si512(line.0.as_mut_ptr().cast(), found);
                }
                // The highest byte is signed: moved up.
                let top = plane + 1 == WIDTH;
                let unsigned = if top { _mm512_xor_si512(found, _mm512_set1_epi8(i8::MIN)) } else { found };
                let sum = _mm512_sad_epu8(unsigned, _mm512_setzero_si512());
                let sum = match plane {
                    0 => sum,
                    1 => _mm512_slli_epi64::<8>(sum),
                    _ => _mm512_slli_epi64::<16>(sum),
                };
                total = _mm512_add_epi64(total, sum);
            }
            self.totals[q] = total;
            if within != self.present {
                self.stray(q, self.present & !within, WIDTH, made);
            }
        }
    }

    /// `from` and the distances of the patterns to a query, eight a register.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vpopcntdq")]
    fn differences(&self, query: usize, from: __m512i) -> [__m512i; BLOCKS] {
        let mut sums = [from; BLOCKS];
        let signs = self.panel.signs(query);
        match self.panel.known(query) {
            None => {
                for (keys, &sign) in self.words.iter().zip(signs) {
                    let sign = _mm512_set1_epi64(sign.cast_signed());
                    for b in 0..BLOCKS {
                        let differ = _mm512_xor_si512(keys[b], sign);
                        sums[b] = _mm512_add_epi64(sums[b], _mm512_popcnt_epi64(differ));
                    }
                }
            }
            Some(known) => {
                for ((keys, &sign), &known) in self.words.iter().zip(signs).zip(known) {
                    let (sign, known) = (_mm512_set1_epi64(sign.cast_signed()), _mm512_set1_epi64(known.cast_signed()));
                    for b in 0..BLOCKS {
                        let differ = _mm512_and_si512(_mm512_xor_si512(keys[b], sign), known);
                        sums[b] = _mm512_add_epi64(sums[b], _mm512_popcnt_epi64(differ));
                    }
                }
            }
        }
        sums
    }

    /// Looks up one by one those patterns that the byte table does not reach.
    #[cold]
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512vpopcntdq")]
    fn stray(&self, query: usize, which: u64, width: usize, made: &mut Weights) {
        let mut distances = [0u64; DEPTH];
        let sums = self.differences(query, _mm512_setzero_si512());
        for (distances, sum) in distances.as_chunks_mut::<LANES>().0.iter_mut().zip(sums) {
            // SAFETY: 64 writable bytes; the store needs no alignment.
            unsafe { _mm512_storeu_si512(distances.as_mut_ptr().cast(), sum) };
        }
        for (i, &distance) in distances.iter().enumerate() {
            if which >> i & 1 == 0 {
                continue;
            }
            match self.tables[query].light(distance as u32) {
                Some(weight) => {
                    for (plane, byte) in weight.to_le_bytes().into_iter().enumerate().take(width) {
                        made.lines[self.layout.line(plane, query, self.at)].0[i] = byte;
                    }
                    made.totals[query] += i64::from(weight);
                }
                None => {
                    let pattern = (self.at * DEPTH + i) as u32;
                    made.heavy.push(Near { query: query as u32, pattern, distance: distance as u32 });
                }
            }
        }
    }
}

/// The lowest bytes of 64 numbers below 256, in order.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi")]
fn gather_bytes(sums: [__m512i; BLOCKS]) -> __m512i {
    // Byte b of lane l is that of pattern 8·b + l; the permutation turns that about.
    const ORDER: [u8; 64] = {
        let mut order = [0; 64];
        let mut at = 0;
        while at < 64 {
            order[at] = (at % 8 * 8 + at / 8) as u8;
            at += 1;
        }
        order
    };
    let pair = [
        _mm512_or_si512(sums[0], _mm512_slli_epi64::<8>(sums[1])),
        _mm512_or_si512(_mm512_slli_epi64::<16>(sums[2]), _mm512_slli_epi64::<24>(sums[3])),
        _mm512_or_si512(_mm512_slli_epi64::<32>(sums[4]), _mm512_slli_epi64::<40>(sums[5])),
        _mm512_or_si512(_mm512_slli_epi64::<48>(sums[6]), _mm512_slli_epi64::<56>(sums[7])),
    ];
    let all = _mm512_or_si512(_mm512_or_si512(pair[0], pair[1]), _mm512_or_si512(pair[2], pair[3]));
    // SAFETY: 64 readable bytes; the load needs no alignment.
    let order = unsafe { _mm512_loadu_si512(ORDER.as_ptr().cast()) };
    _mm512_permutexvar_epi8(order, all)
}

/// The bytes at each index where `within` has a bit, elsewhere 0; indices are below 64 · `PARTS`: 1, 2 or 4.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn permute<const PARTS: usize>(bytes: [__m512i; PARTS], index: __m512i, within: __mmask64) -> __m512i {
    if PARTS == 1 {
        return _mm512_maskz_permutexvar_epi8(within, index, bytes[0]);
    }
    let low = _mm512_maskz_permutex2var_epi8(within, bytes[0], index, bytes[1]);
    if PARTS == 2 {
        return low;
    }
    let upper = within & _mm512_movepi8_mask(index);
    let high = _mm512_permutex2var_epi8(bytes[2 % PARTS], index, bytes[3 % PARTS]);
    _mm512_mask_mov_epi8(low, upper, high)
}

/// Brings weights that stand in rows into bytes.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn split(tables: &[&WeightTable], made: &mut Weights) {
    let width = width_of(tables);
    let layout = made.start_bytes(width);
    if made.patterns == 0 {
        return;
    }
    for (q, row) in made.rows.chunks(made.patterns).enumerate() {
        for (g, weights) in row.chunks(DEPTH).enumerate() {
            for plane in 0..width {
                made.lines[layout.line(plane, q, g)] = plane_of(weights, plane);
            }
        }
    }
}

/// Byte `plane` of up to 64 weights.
#[target_feature(enable = "avx512f")]
fn plane_of(weights: &[i32], plane: usize) -> Line {
    let mut line = Line([0; 64]);
    let shift = _mm_cvtsi64_si128(8 * plane as i64);
    let (sixteens, rest) = weights.as_chunks::<16>();
    for (bytes, weights) in line.0.as_chunks_mut::<16>().0.iter_mut().zip(sixteens) {
        // SAFETY: 64 bytes are read and 16 written, and neither needs alignment.
        unsafe {
            let weights = _mm512_sra_epi32(_mm512_loadu_si512(weights.as_ptr().cast()), shift);
            _mm_storeu_si128(bytes.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(weights));
        }
    }
    for (byte, weight) in line.0[sixteens.len() * 16..].iter_mut().zip(rest) {
        *byte = (weight >> (8 * plane)) as u8;
    }
    line
}

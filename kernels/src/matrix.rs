//! The loop that fills in a matrix: all queries against all patterns of a slab, in the type that the caller keeps.
//!
//! Some queries and some blocks meet in a register tile: each word of the keys is loaded once for all queries of the
//! tile and each word of a query once for all of its blocks, and what is counted stays in registers until it is whole.
//! The counts of four blocks then become entries of a row, narrowed and turned into overlaps as they are stored, so that
//! no row of distances is written to be read again. Queries are taken a few at a time past the whole slab: that writes
//! as few rows side by side, each in one run, and the slab, which comes by for all queries, stays in the cache.

// Registers are counted through, several arrays at a time.
#![allow(clippy::needless_range_loop)]

use crate::lanes::LANES;
use crate::panel::QueryPanel;
use crate::rows::{ENTRIES, RUN, Rows};
use crate::simd::Simd;
use crate::slab::Slab;

/// Queries of a tile: with as many blocks, sixteen counts and the keys fit thirty-two registers.
const SHARE: usize = 4;

/// What a row holds.
pub(crate) trait Entry: Copy + Default {
    /// Stores the sums of four blocks.
    fn put<S: Simd>(simd: S, sums: [S::Sum; RUN], known: u32, out: &mut [Self; ENTRIES]);
}

impl Entry for i32 {
    #[inline(always)]
    fn put<S: Simd>(simd: S, sums: [S::Sum; RUN], known: u32, out: &mut [Self; ENTRIES]) {
        simd.put_overlaps(sums, known, out);
    }
}

impl Entry for u32 {
    #[inline(always)]
    fn put<S: Simd>(simd: S, sums: [S::Sum; RUN], _: u32, out: &mut [Self; ENTRIES]) {
        simd.put_u32(sums, out);
    }
}

impl Entry for u16 {
    #[inline(always)]
    fn put<S: Simd>(simd: S, sums: [S::Sum; RUN], _: u32, out: &mut [Self; ENTRIES]) {
        simd.put_u16(sums, out);
    }
}

/// Fills in `rows`; there are as many as queries, and no more entries in each than patterns.
#[inline(always)]
pub(crate) fn matrix<S: Simd>(simd: S, slab: Slab<'_>, panel: &QueryPanel, rows: Rows<'_, '_>) {
    match rows {
        Rows::Overlaps { known, rows } => all(simd, slab, panel, known, rows),
        Rows::Distances(rows) => all(simd, slab, panel, &[], rows),
        Rows::ShortDistances(rows) => all(simd, slab, panel, &[], rows),
    }
}

#[inline(always)]
fn all<S: Simd, T: Entry>(simd: S, slab: Slab<'_>, panel: &QueryPanel, known: &[u32], rows: &mut [&mut [T]]) {
    let mut first = 0;
    while first + SHARE <= rows.len() {
        of_queries::<S, T, SHARE>(simd, slab, panel, first, known, rows);
        first += SHARE;
    }
    while first < rows.len() {
        of_queries::<S, T, 1>(simd, slab, panel, first, known, rows);
        first += 1;
    }
}

/// The rows of queries `first`, …, `first + Q − 1`.
#[inline(always)]
fn of_queries<S: Simd, T: Entry, const Q: usize>(
    simd: S,
    slab: Slab<'_>,
    panel: &QueryPanel,
    first: usize,
    known_counts: &[u32],
    rows: &mut [&mut [T]],
) {
    let mut signs: [&[u64]; Q] = [&[]; Q];
    let mut known: [&[u64]; Q] = [&[]; Q];
    let mut counts = [0; Q];
    for q in 0..Q {
        signs[q] = panel.signs(first + q);
        known[q] = panel.known(first + q).unwrap_or_default();
        counts[q] = known_counts.get(first + q).copied().unwrap_or_default();
    }
    let rows = &mut rows[first..first + Q];
    let width = rows[0].len();
    let whole = width / ENTRIES * RUN;
    for b in (0..whole).step_by(RUN) {
        let sums = of_run::<S, Q>(simd, slab, &signs, &known, b);
        for q in 0..Q {
            if let Some(out) = rows[q][b * LANES..].first_chunk_mut() {
                T::put(simd, sums[q], counts[q], out);
            }
        }
    }
    for b in whole..width.div_ceil(LANES) {
        let sums = of_blocks::<S, Q, 1>(simd, slab, &signs, &known, b);
        for q in 0..Q {
            let mut entries = [T::default(); ENTRIES];
            T::put(simd, [sums[q][0]; RUN], counts[q], &mut entries);
            for (out, entry) in rows[q][b * LANES..].iter_mut().take(LANES).zip(entries) {
                *out = entry;
            }
        }
    }
}

/// The distances of `Q` queries to the patterns of four blocks, as many side by side as there are registers for.
#[inline(always)]
fn of_run<S: Simd, const Q: usize>(
    simd: S,
    slab: Slab<'_>,
    signs: &[&[u64]; Q],
    known: &[&[u64]; Q],
    b: usize,
) -> [[S::Sum; RUN]; Q] {
    if S::REGISTERS >= 32 {
        return of_blocks::<S, Q, RUN>(simd, slab, signs, known, b);
    }
    let mut sums = [[simd.total(simd.none()); RUN]; Q];
    for r in 0..RUN {
        let of_block = of_blocks::<S, Q, 1>(simd, slab, signs, known, b + r);
        for q in 0..Q {
            sums[q][r] = of_block[q][0];
        }
    }
    sums
}

/// The distances of `Q` queries to the patterns of `R` blocks.
#[inline(always)]
fn of_blocks<S: Simd, const Q: usize, const R: usize>(
    simd: S,
    slab: Slab<'_>,
    signs: &[&[u64]; Q],
    known: &[&[u64]; Q],
    b: usize,
) -> [[S::Sum; R]; Q] {
    let words = slab.words();
    let masked = !known[0].is_empty();
    let mut sums = [[simd.total(simd.none()); R]; Q];
    let mut start = 0;
    while start < words {
        let end = words.min(start.saturating_add(S::WORDS_PER_FOLD));
        let mut counts = [[simd.none(); R]; Q];
        for w in start..end {
            let keys = &slab.plane(w)[b..b + R];
            for r in 0..R {
                let key = simd.load(&keys[r]);
                for q in 0..Q {
                    let mut differ = simd.xor(key, simd.splat(signs[q][w]));
                    if masked {
                        differ = simd.and(differ, simd.splat(known[q][w]));
                    }
                    counts[q][r] = simd.count(counts[q][r], differ);
                }
            }
        }
        for q in 0..Q {
            for r in 0..R {
                sums[q][r] = simd.add(sums[q][r], simd.total(counts[q][r]));
            }
        }
        start = end;
    }
    sums
}

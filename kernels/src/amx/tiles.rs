//! Products of weights and bits by tiles: 16 queries × 64 patterns of bytes by 64 patterns × 16 positions.

use std::arch::asm;
use std::arch::x86_64::*;

use crate::avx512::{GROUP as TURNED, PARTS, WIDE, columns};
use crate::lanes::{LANES, Lanes};
use crate::slab::Slab;
use crate::weigh::POSITIONS;
use crate::weights::{Line, Weights};

/// Queries of a tile, and of two.
const ROWS: usize = 16;
const QUERIES: usize = 2 * ROWS;

/// Patterns of a tile.
pub(super) const DEPTH: usize = 64;

/// Positions of a tile, and of two.
const COLUMNS: usize = 16;
const HALF: usize = 2 * COLUMNS;

/// Tiles of patterns whose products are added up in 32 bits; their bits at two tiles of positions stay in the L1 cache.
const GROUPS: usize = 16;

/// Lines that hold the bits of 64 patterns at the positions of a word: four tiles.
const BITS: usize = PARTS * ROWS;

/// How weights stand: `[byte][sixteen queries][group of 64 patterns]`, tiles of a line for each query.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// Tiles of queries, an even number.
    tiles: usize,
    /// Groups of patterns.
    pub(super) groups: usize,
}

impl Layout {
    pub(super) fn new(queries: usize, patterns: usize) -> Self {
        Self { tiles: 2 * queries.div_ceil(QUERIES), groups: patterns.div_ceil(DEPTH) }
    }

    /// Lines of a byte.
    pub(super) fn lines(self) -> usize {
        self.tiles * self.groups * ROWS
    }

    /// Where the weights of query `query` for the patterns of `group` stand.
    #[inline]
    pub(super) fn line(self, byte: usize, query: usize, group: usize) -> usize {
        ((byte * self.tiles + query / ROWS) * self.groups + group) * ROWS + query % ROWS
    }
}

/// Shapes of the eight tiles: all of them 16 rows of 64 bytes.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    rows: [u8; 16],
}

static SHAPES: Shapes = Shapes {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// Sums of four tiles, two of queries times two of positions: `[query][position]`.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Products([[i32; HALF]; QUERIES]);

/// As [`weigh::weigh`](crate::weigh::weigh), of weights in `width` bytes.
///
/// # Safety
/// The process must be allowed to use tiles, and the CPU have AMX-INT8.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
pub(super) unsafe fn weigh(values: Slab<'_>, weights: &Weights, width: usize, sums: &mut [i64]) {
    let row = values.words() * POSITIONS;
    let layout = Layout::new(weights.queries, weights.patterns);
    let groups = layout.groups;
    let mut bits = vec![Line([0; 64]); groups.min(GROUPS) * BITS];
    let mut products = [Products([[0; HALF]; QUERIES]); 3];
    // SAFETY: the caller vouches for tiles; `SHAPES` is 64 bytes that describe palette 1. No other code of this
    // thread uses tiles, and they are released below.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const SHAPES, options(nostack, preserves_flags)) };
    for word in 0..values.words() {
        for start in (0..groups).step_by(GROUPS) {
            let count = (groups - start).min(GROUPS);
            spread(&values.plane(word)[start * DEPTH / LANES..], &mut bits[..count * BITS]);
            for half in 0..2 {
                let position = word * POSITIONS + half * HALF;
                let rows_of_sums = sums.chunks_mut(QUERIES * row);
                for (t, sums) in rows_of_sums.enumerate() {
                    for (plane, products) in products.iter_mut().enumerate().take(width) {
                        let above = &weights.lines[layout.line(plane, t * QUERIES, start)..][..count * ROWS];
                        let below = &weights.lines[layout.line(plane, t * QUERIES + ROWS, start)..][..count * ROWS];
                        // SAFETY: tiles are configured. `above` and `below` are `count` tiles each, and `bits`
                        // holds four for each of them, of which those of this half are read.
                        unsafe {
                            multiply(above, below, &bits[2 * half * ROWS..], plane + 1 == width, products);
                        }
                    }
                    for (q, sums) in sums.chunks_exact_mut(row).enumerate() {
                        let of_query = [&products[0].0[q], &products[1].0[q], &products[2].0[q]];
                        widen(of_query, width, &mut sums[position..][..HALF]);
                    }
                }
            }
        }
    }
    // SAFETY: gives the tiles back; nothing of this thread is in them any more.
    unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) };
}

/// Adds products of `width` bytes, lowest first, to wide sums.
#[inline]
#[target_feature(enable = "avx512f")]
fn widen(products: [&[i32; HALF]; 3], width: usize, sums: &mut [i64]) {
    for (e, sums) in sums.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        // SAFETY: each load is of eight numbers of 32, the store of eight sums; none needs alignment.
        unsafe {
            let mut eight = [_mm256_setzero_si256(); 3];
            for (eight, products) in eight.iter_mut().zip(products) {
                *eight = _mm256_loadu_si256(products.as_ptr().add(8 * e).cast());
            }
            // The two lowest bytes of a thousand patterns still add up in 32 bits.
            let mut low = eight[0];
            if width > 1 {
                low = _mm256_add_epi32(low, _mm256_slli_epi32::<8>(eight[1]));
            }
            let mut sum = _mm512_add_epi64(_mm512_loadu_si512(sums.as_ptr().cast()), _mm512_cvtepi32_epi64(low));
            if width > 2 {
                let high = _mm512_slli_epi64::<16>(_mm512_cvtepi32_epi64(eight[2]));
                sum = _mm512_add_epi64(sum, high);
            }
            _mm512_storeu_si512(sums.as_mut_ptr().cast(), sum);
        }
    }
}

/// One word of patterns as bytes: for four patterns and sixteen positions a line of `[position][pattern]`, in tiles
/// `[group][part][four]`.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
fn spread(blocks: &[Lanes], bits: &mut [Line]) {
    // Four bits to four bytes.
    let bytes = _mm512_set_epi32(
        0x0101_0101,
        0x0101_0100,
        0x0101_0001,
        0x0101_0000,
        0x0100_0101,
        0x0100_0100,
        0x0100_0001,
        0x0100_0000,
        0x0001_0101,
        0x0001_0100,
        0x0001_0001,
        0x0001_0000,
        0x0000_0101,
        0x0000_0100,
        0x0000_0001,
        0,
    );
    const FOURS: usize = TURNED / 4;
    for (g, group) in bits.chunks_exact_mut(BITS).enumerate() {
        for h in 0..DEPTH / TURNED {
            let start = (g * DEPTH + h * TURNED) / LANES;
            let columns = columns::<WIDE>(&blocks[start.min(blocks.len())..]);
            for (part, mut column) in columns.into_iter().enumerate() {
                for line in &mut group[part * ROWS + h * FOURS..][..FOURS] {
                    let line: *mut __m512i = line.0.as_mut_ptr().cast();
                    // SAFETY: a line is 64 writable bytes, aligned to 64.
                    unsafe { _mm512_store_si512(line, _mm512_permutexvar_epi32(column, bytes)) };
                    column = _mm512_srli_epi32::<4>(column);
                }
            }
        }
    }
}

/// The products of 32 queries, tiles `above` of sixteen and `below` of the others, with two tiles of positions: the
/// first two of every four of `bits`. Weights are signed bytes or not, bits are not.
///
/// # Safety
/// Tiles must be configured as [`SHAPES`]; `above` and `below` must hold as many tiles, one or more, and `bits` four for
/// each of them, of which the last two may lack.
unsafe fn multiply(above: &[Line], below: &[Line], bits: &[Line], signed: bool, products: &mut Products) {
    macro_rules! product {
        ($instruction:literal) => {
            // SAFETY: the caller keeps the lengths: a tile from each of two pointers is read in each round, and two
            // tiles of every four from `bits`; 32 rows of two tiles are written to
            // `products`.
            unsafe {
                asm!(
                    "tilezero tmm0",
                    "tilezero tmm1",
                    "tilezero tmm2",
                    "tilezero tmm3",
                    "2:",
                    "tileloadd tmm4, [{above} + {line}]",
                    "tileloadd tmm6, [{bits} + {line}]",
                    "tileloadd tmm7, [{bits} + {line} + 1024]",
                    "tileloadd tmm5, [{below} + {line}]",
                    concat!($instruction, " tmm0, tmm4, tmm6"),
                    concat!($instruction, " tmm1, tmm4, tmm7"),
                    concat!($instruction, " tmm2, tmm5, tmm6"),
                    concat!($instruction, " tmm3, tmm5, tmm7"),
                    "add {above}, 1024",
                    "add {below}, 1024",
                    "add {bits}, 4096",
                    "dec {groups}",
                    "jnz 2b",
                    "tilestored [{products} + {row}], tmm0",
                    "tilestored [{products} + {row} + 64], tmm1",
                    "tilestored [{products} + {row} + 2048], tmm2",
                    "tilestored [{products} + {row} + 2112], tmm3",
                    above = inout(reg) above.as_ptr() => _,
                    below = inout(reg) below.as_ptr() => _,
                    bits = inout(reg) bits.as_ptr() => _,
                    groups = inout(reg) above.len() / ROWS => _,
                    products = in(reg) &raw mut *products,
                    line = in(reg) 64usize,
                    row = in(reg) size_of::<[i32; HALF]>(),
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack),
                )
            }
        };
    }
    match signed {
        true => product!("tdpbsud"),
        false => product!("tdpbuud"),
    }
}

const _: () = assert!(
    size_of::<Shapes>() == 64
        && size_of::<Products>() == 4096
        && DEPTH == 4 * ROWS
        && BITS * size_of::<Line>() == 4096
        && GROUPS * DEPTH <= 1 << 15
);

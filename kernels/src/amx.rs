//! Tier `amx`: as `avx512`, but weights are added up by int8 tiles.
//!
//! Adding up weights is a product of matrices: queries × patterns of weights, times patterns × positions of bits. A
//! tile instruction multiplies 16 queries × 64 patterns of bytes by 64 patterns × 16 positions, 16,384 products.
//! Weights are three bytes, or two where they are small, the highest one signed; bits become bytes of 0 or 1, four
//! patterns of a position side by side as the instruction wants them, once for all queries.
//!
//! Overlaps are left to XOR and popcount: joined words cost a query and eight patterns four instructions, which the
//! tiles do not reach from bytes.

use std::arch::asm;
use std::arch::x86_64::*;
use std::sync::OnceLock;

use crate::near::{Near, Screen};
use crate::panel::QueryPanel;
use crate::slab::Slab;
use crate::tier::{Kernel, TierInfo};
use crate::weigh::POSITIONS;
use crate::{LANES, avx512};

pub(crate) const INFO: TierInfo = TierInfo {
    name: "amx",
    description: "as avx512; weights added up by int8 tiles",
    needs: "AVX-512F, AVX-512BW, AVX512_VPOPCNTDQ, AMX-INT8 and leave to use it",
    probe: || {
        static TOKEN: OnceLock<Option<Amx>> = OnceLock::new();
        TOKEN.get_or_init(Amx::new).as_ref().map(|token| token as &dyn Kernel)
    },
};

/// Queries of a tile, and of two.
const ROWS: usize = 16;
const QUERIES: usize = 2 * ROWS;

/// Patterns of a tile.
const DEPTH: usize = 64;

/// Positions of a tile.
const COLUMNS: usize = 16;

/// Bytes of a tile.
const TILE: usize = 1024;

/// Tiles of the positions of a word.
const PARTS: usize = POSITIONS / COLUMNS;

/// Queries below which the tables of `avx512` are faster than tiles that are half empty.
const FEWEST: usize = 8;

/// Patterns of which 32 bits hold the sum of the highest bytes.
const MOST: usize = 1 << 22;

/// Proof that the CPU has AMX-INT8 beside all that `avx512` needs, and that the system lets this process use it: made
/// only after both were asked.
struct Amx {
    rest: &'static dyn Kernel,
}

impl Amx {
    fn new() -> Option<Self> {
        let rest = (avx512::INFO.probe)()?;
        let has = is_x86_feature_detected!("avx512bw") && has_tiles() && may_use_tiles();
        has.then_some(Self { rest })
    }
}

/// AMX-TILE and AMX-INT8 in the CPU, and their state saved by the system.
fn has_tiles() -> bool {
    let features = __cpuid_count(7, 0).edx;
    let saved: u32;
    if features >> 24 & 3 != 3 || __cpuid(1).ecx >> 27 & 1 == 0 {
        return false;
    }
    // SAFETY: OSXSAVE was just seen, so XGETBV of register 0 is there; it changes nothing but EAX and EDX.
    unsafe {
        asm!("xgetbv", in("ecx") 0, out("eax") saved, out("edx") _, options(nomem, nostack, preserves_flags));
    }
    saved >> 17 & 3 == 3
}

/// Asks the system for leave to use tiles.
#[cfg(target_os = "linux")]
fn may_use_tiles() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const XFEATURE_XTILEDATA: u64 = 18;
    let result: i64;
    // SAFETY: arch_prctl with these arguments reads and writes no memory of this process; the system call changes
    // RCX, R11 and RAX only.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => result,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result == 0
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
fn may_use_tiles() -> bool {
    false
}

impl Kernel for Amx {
    fn distances(&self, slab: Slab<'_>, queries: &QueryPanel, out: &mut [u32]) {
        self.rest.distances(slab, queries, out);
    }

    fn near(&self, slab: Slab<'_>, panel: &QueryPanel, screen: Screen, bounds: &[u32], found: &mut Vec<Near>) -> u64 {
        self.rest.near(slab, panel, screen, bounds, found)
    }

    fn weigh(&self, slab: Slab<'_>, weights: &[i32], stride: usize, sums: &mut [i64]) {
        let row = slab.words() * POSITIONS;
        let whole = match sums.len() / row {
            _ if slab.patterns() > MOST => 0,
            queries if queries % QUERIES >= FEWEST => queries,
            queries => queries / QUERIES * QUERIES,
        };
        if whole > 0 && slab.patterns() > 0 {
            // SAFETY: `self` is the token that the CPU has AVX-512F, AVX-512BW and AMX-INT8, and that the system lets
            // this process use tiles.
            unsafe { weigh(slab, weights, stride, &mut sums[..whole * row]) };
        }
        if sums.len() > whole * row {
            self.rest.weigh(slab, &weights[whole * stride..], stride, &mut sums[whole * row..]);
        }
    }

    fn look_up(&self, table: &[i32], distances: &[u32], weights: &mut [i32]) {
        self.rest.look_up(table, distances, weights);
    }

    fn count(&self, rounds: u32) -> u32 {
        self.rest.count(rounds)
    }
}

/// 64 bytes of memory, aligned as a cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

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

/// Sums of four tiles: two of queries times two of positions.
#[repr(C, align(64))]
struct Products([[[i32; COLUMNS]; ROWS]; 4]);

/// As [`weigh::weigh`](crate::weigh::weigh).
///
/// # Safety
/// The process must be allowed to use tiles, and the CPU have AMX-INT8.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn weigh(slab: Slab<'_>, weights: &[i32], stride: usize, sums: &mut [i64]) {
    let (patterns, row) = (slab.patterns(), slab.words() * POSITIONS);
    let queries = sums.len() / row;
    let (groups, padded) = (patterns.div_ceil(DEPTH), queries.next_multiple_of(QUERIES));
    let mut planes = 1;
    for weights in weights.chunks(stride).take(queries) {
        planes = planes.max(planes_of(&weights[..patterns]));
    }
    let zero = Line([0; 64]);
    // `[plane][query][pattern]`, rows of whole tiles.
    let mut bytes = vec![zero; planes * padded * groups];
    for (q, weights) in weights.chunks(stride).take(queries).enumerate() {
        for (g, weights) in weights[..patterns].chunks(DEPTH).enumerate() {
            for plane in 0..planes {
                bytes[(plane * padded + q) * groups + g] = plane_of(weights, plane);
            }
        }
    }
    // `[group][part]`, tiles of sixteen lines.
    let mut bits = vec![zero; groups * PARTS * ROWS];
    let mut products = Products([[[0; COLUMNS]; ROWS]; 4]);
    // SAFETY: the caller vouches for tiles; `SHAPES` is 64 bytes that describe palette 1. No other code of this
    // thread uses tiles, and they are released below.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const SHAPES, options(nostack, preserves_flags)) };
    for word in 0..slab.words() {
        spread(slab, word, &mut bits);
        for first in (0..padded).step_by(QUERIES) {
            for plane in 0..planes {
                let rows = &bytes[(plane * padded + first) * groups..][..QUERIES * groups];
                for half in 0..2 {
                    // SAFETY: tiles are configured. `rows` is 32 rows of `groups` lines, `bits` holds four tiles for
                    // each group, of which those of this half are read, and `products` takes four tiles.
                    unsafe {
                        multiply(rows, groups, &bits[half * 2 * ROWS..], plane + 1 == planes, &mut products);
                    }
                    for (tile, product) in products.0.iter().enumerate() {
                        let start = word * POSITIONS + (half * 2 + tile % 2) * COLUMNS;
                        let sums = sums.chunks_exact_mut(row).skip(first + tile / 2 * ROWS);
                        for (sums, product) in sums.zip(product) {
                            for (sum, product) in sums[start..start + COLUMNS].iter_mut().zip(product) {
                                *sum += i64::from(*product) << (8 * plane);
                            }
                        }
                    }
                }
            }
        }
    }
    // SAFETY: gives the tiles back; nothing of this thread is in them any more.
    unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) };
}

/// Bytes that all of these weights fit in, two's complement.
#[target_feature(enable = "avx512f")]
fn planes_of(weights: &[i32]) -> usize {
    // A plain loop: a closure would not be compiled with the instructions of this function.
    let mut magnitudes = 0;
    for weight in weights {
        magnitudes |= weight ^ (weight >> 31);
    }
    // And a bit for the sign.
    (33 - magnitudes.leading_zeros()).div_ceil(8) as usize
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

/// The bits of one word of all patterns as bytes: for four patterns and sixteen positions a line of
/// `[position][pattern]`.
#[target_feature(enable = "avx512f")]
fn spread(slab: Slab<'_>, word: usize, bits: &mut [Line]) {
    let blocks = slab.plane(word);
    for (g, group) in bits.chunks_exact_mut(PARTS * ROWS).enumerate() {
        for four in 0..ROWS {
            let words = match blocks.get(g * DEPTH / LANES + four / 2) {
                Some(lanes) => lanes.0.as_chunks::<4>().0[four % 2],
                None => [0; 4],
            };
            for part in 0..PARTS {
                let mut line = _mm512_setzero_si512();
                for (i, word) in words.into_iter().enumerate() {
                    let mask = (word >> (COLUMNS * part)) as __mmask16;
                    line = _mm512_mask_or_epi32(line, mask, line, _mm512_set1_epi32(1 << (8 * i)));
                }
                // SAFETY: a line is 64 bytes, aligned to 64.
                unsafe { _mm512_store_si512(group[part * ROWS + four].0.as_mut_ptr().cast(), line) };
            }
        }
    }
}

/// The products of 32 queries with two tiles of positions: `rows` of weights, `groups` lines each, times `bits`, of
/// which the first two tiles of every four are taken. Weights are signed bytes or not, bits are not.
///
/// # Safety
/// Tiles must be configured as [`SHAPES`]; `rows` must hold 32 · `groups` lines, and `bits` at least
/// (`groups` − 1) · 64 + 32.
unsafe fn multiply(rows: &[Line], groups: usize, bits: &[Line], signed: bool, products: &mut Products) {
    let below = &rows[ROWS * groups..];
    macro_rules! product {
        ($instruction:literal) => {
            // SAFETY: the caller keeps the lengths: 16 rows of `groups` lines from each of two pointers are read, 64
            // bytes further in each round, and two tiles of every four from `bits`; four tiles are written to
            // `products`.
            unsafe {
                asm!(
                    "tilezero tmm0",
                    "tilezero tmm1",
                    "tilezero tmm2",
                    "tilezero tmm3",
                    "2:",
                    "tileloadd tmm4, [{above} + {stride}]",
                    "tileloadd tmm6, [{bits} + {line}]",
                    "tileloadd tmm7, [{bits} + {line} + 1024]",
                    "tileloadd tmm5, [{below} + {stride}]",
                    concat!($instruction, " tmm0, tmm4, tmm6"),
                    concat!($instruction, " tmm1, tmm4, tmm7"),
                    concat!($instruction, " tmm2, tmm5, tmm6"),
                    concat!($instruction, " tmm3, tmm5, tmm7"),
                    "add {above}, 64",
                    "add {below}, 64",
                    "add {bits}, 4096",
                    "dec {groups}",
                    "jnz 2b",
                    "tilestored [{products} + {line}], tmm0",
                    "tilestored [{products} + {line} + 1024], tmm1",
                    "tilestored [{products} + {line} + 2048], tmm2",
                    "tilestored [{products} + {line} + 3072], tmm3",
                    above = inout(reg) rows.as_ptr() => _,
                    below = inout(reg) below.as_ptr() => _,
                    bits = inout(reg) bits.as_ptr() => _,
                    groups = inout(reg) groups => _,
                    products = in(reg) &raw mut *products,
                    stride = in(reg) groups * 64,
                    line = in(reg) 64usize,
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

const _: () =
    assert!(size_of::<Shapes>() == 64 && size_of::<Products>() == 4 * TILE && DEPTH == 4 * ROWS && LANES == 8);

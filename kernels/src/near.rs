//! The loop that finds near patterns without reading far ones whole.
//!
//! A [`Screen`] is a lower bound of the distance that a few leading words give: if those already differ in as many bits
//! as are allowed, the rest need not be read. Patterns that pass the screen are read on until they fail or are found
//! to be near. So what is found does not depend on the screen; only the time does.
//!
//! The screen runs over register tiles. The screened words of several blocks stay in registers while all queries pass
//! by, each as broadcast operands; a block's lower bounds cost xor, popcount and add a word, and the bounds of all
//! blocks of the tile are tested by one compare and one branch, which is almost never taken.
//!
//! Two words *joined* are counted at once, |a ∨ b| ≤ |a| + |b|, for two logic instructions and one popcount instead
//! of two of each and an addition. On random patterns |a ∨ b| has mean 48 and deviation 3.5, where |a| + |b| has 64 and
//! 5.7: while the distance allowed is small against 48, joined words screen as well at 4/6 of the cost.

// Registers and lanes are counted through, several arrays at a time.
#![allow(clippy::needless_range_loop)]

use std::ops::Range;

use crate::lanes::LANES;
use crate::panel::QueryPanel;
use crate::scan::{Near, Scan, Screen};
use crate::simd::Simd;
use crate::slab::Slab;

/// Blocks that are fetched ahead of those at work: queries that are few leave the scan waiting for memory, and what
/// the hardware fetches by itself stops wherever a plane does.
const AHEAD: usize = 16;

/// The most words that are read on before they are tested: no more than any tier counts without emptying its count, so
/// that all tiers stop at the same words.
const MOST_AT_ONCE: usize = 31;

/// Adds to `found` every pattern that is nearer to a query than its bound. Patterns of one query come in ascending
/// order. Returns how many words were looked at, as `Tier::near` counts them.
#[inline(always)]
pub(crate) fn near<S: Simd>(
    simd: S,
    slab: Slab<'_>,
    panel: &QueryPanel,
    screen: Screen,
    bounds: &[u32],
    found: &mut Vec<Near>,
) -> u64 {
    let mut scan = Scan { slab, panel, depth: screen.words.clamp(1, slab.words()), bounds, found, words_read_on: 0 };
    let blocks = slab.blocks();
    // Words in registers: as many blocks as the instruction set has registers for.
    let done = match (panel.is_masked(), S::REGISTERS >= 32, scan.depth, screen.joined) {
        (true, ..) => 0,
        (_, true, 1, _) => tiles::<S, 8, 1, 1>(simd, &mut scan),
        (_, true, 2, false) => tiles::<S, 8, 2, 1>(simd, &mut scan),
        (_, true, 2, true) => tiles::<S, 8, 2, 2>(simd, &mut scan),
        (_, true, 3, false) => tiles::<S, 8, 3, 1>(simd, &mut scan),
        (_, true, 3, true) => tiles::<S, 8, 3, 2>(simd, &mut scan),
        (_, true, 4, false) => tiles::<S, 4, 4, 1>(simd, &mut scan),
        (_, true, 4, true) => tiles::<S, 4, 4, 2>(simd, &mut scan),
        (_, true, 5, false) => tiles::<S, 4, 5, 1>(simd, &mut scan),
        (_, true, 5, true) => tiles::<S, 4, 5, 2>(simd, &mut scan),
        (_, true, 6, false) => tiles::<S, 2, 6, 1>(simd, &mut scan),
        (_, true, 6, true) => tiles::<S, 2, 6, 2>(simd, &mut scan),
        (_, true, 7, false) => tiles::<S, 2, 7, 1>(simd, &mut scan),
        (_, true, 7, true) => tiles::<S, 2, 7, 2>(simd, &mut scan),
        (_, true, 8, false) => tiles::<S, 2, 8, 1>(simd, &mut scan),
        (_, true, 8, true) => tiles::<S, 2, 8, 2>(simd, &mut scan),
        (_, false, 1, _) => tiles::<S, 4, 1, 1>(simd, &mut scan),
        (_, false, 2, false) => tiles::<S, 4, 2, 1>(simd, &mut scan),
        (_, false, 2, true) => tiles::<S, 4, 2, 2>(simd, &mut scan),
        (_, false, 3, true) => tiles::<S, 2, 3, 2>(simd, &mut scan),
        (_, false, 4, true) => tiles::<S, 2, 4, 2>(simd, &mut scan),
        _ => 0,
    };
    let shared = done + (blocks - done) / 4 * 4;
    match screen.joined {
        true => {
            strips::<S, 4, 2>(simd, &mut scan, done, shared);
            strips::<S, 1, 2>(simd, &mut scan, shared, blocks);
        }
        false => {
            strips::<S, 4, 1>(simd, &mut scan, done, shared);
            strips::<S, 1, 1>(simd, &mut scan, shared, blocks);
        }
    }
    (slab.patterns() * scan.depth * panel.queries()) as u64 + scan.words_read_on
}

/// `W` words of `R` blocks in registers, `J` (1 or 2) joined, all queries past them. Returns how many blocks were
/// scanned.
#[inline(always)]
fn tiles<S: Simd, const R: usize, const W: usize, const J: usize>(simd: S, scan: &mut Scan<'_>) -> usize {
    let whole = scan.slab.blocks() / R * R;
    for first in (0..whole).step_by(R) {
        let mut keys = [[simd.splat(0); R]; W];
        for (w, keys) in keys.iter_mut().enumerate() {
            let plane = scan.slab.plane(w);
            for (key, lanes) in keys.iter_mut().zip(&plane[first..first + R]) {
                *key = simd.load(lanes);
            }
            for lanes in plane[(first + AHEAD).min(plane.len())..].iter().take(R) {
                simd.prefetch(lanes);
            }
        }
        let (panel, bounds) = (scan.panel, scan.bounds);
        for (query, (signs, &bound)) in panel.rows().zip(bounds).enumerate() {
            let Some(signs) = signs.first_chunk::<W>() else { return 0 };
            let mut alarm = simd.quiet();
            for r in 0..R {
                let mut count = simd.none();
                for w in (0..W).step_by(J) {
                    let mut word = simd.xor(keys[w][r], simd.splat(signs[w]));
                    if J == 2 && w + 1 < W {
                        word = simd.or(word, simd.xor(keys[w + 1][r], simd.splat(signs[w + 1])));
                    }
                    count = simd.count(count, word);
                }
                alarm = simd.watch(alarm, simd.total(count), bound);
            }
            if simd.rings(alarm, bound) {
                simd.read_on(scan, query, first, first + R);
            }
        }
    }
    whole
}

/// Any number of words of `R` blocks, `J` (1 or 2) joined; blocks `start` to `end`, a multiple of `R`.
///
/// The words are copied out of their planes once for all queries, since those lie apart.
#[inline(always)]
fn strips<S: Simd, const R: usize, const J: usize>(simd: S, scan: &mut Scan<'_>, start: usize, end: usize) {
    if start == end {
        return;
    }
    // Pairs stay together where bytes have to be emptied.
    let fold = S::WORDS_PER_FOLD / 2 * 2;
    let mut strip = vec![[simd.splat(0); R]; scan.depth];
    for first in (start..end).step_by(R) {
        for (w, keys) in strip.iter_mut().enumerate() {
            let plane = scan.slab.plane(w);
            for (key, lanes) in keys.iter_mut().zip(&plane[first..first + R]) {
                *key = simd.load(lanes);
            }
            for lanes in plane[(first + AHEAD).min(plane.len())..].iter().take(R) {
                simd.prefetch(lanes);
            }
        }
        for query in 0..scan.bounds.len() {
            let bound = scan.bounds[query];
            let signs = scan.panel.signs(query);
            let known = scan.panel.known(query);
            let mut sums = [simd.total(simd.none()); R];
            for (chunk, strip) in strip.chunks(fold).enumerate() {
                let signs = &signs[chunk * fold..][..strip.len()];
                let mut counts = [simd.none(); R];
                let known = known.map(|known| &known[chunk * fold..][..strip.len()]);
                for (pair, (keys, signs)) in strip.chunks(J).zip(signs.chunks(J)).enumerate() {
                    for r in 0..R {
                        let mut word = differ(simd, keys[0][r], signs[0], known, pair * J);
                        if let ([_, key], [_, sign]) = (keys, signs) {
                            word = simd.or(word, differ(simd, key[r], *sign, known, pair * J + 1));
                        }
                        counts[r] = simd.count(counts[r], word);
                    }
                }
                for r in 0..R {
                    sums[r] = simd.add(sums[r], simd.total(counts[r]));
                }
            }
            let mut alarm = simd.quiet();
            for sum in sums {
                alarm = simd.watch(alarm, sum, bound);
            }
            if simd.rings(alarm, bound) {
                simd.read_on(scan, query, first, first + R);
            }
        }
    }
}

/// Reads blocks `start` to `end` further for one query, until each is too far or known to be near.
///
/// Tiers call it through [`Simd::read_on`], out of line, so that its registers are not taken from the loops above.
///
/// Which words are read depends on the depth of the screen, but neither on the tier nor on what was tested together:
/// words that are joined differ in no more bits than the same words apart, so a block that passes here has passed the
/// screen by itself.
#[inline(always)]
pub(crate) fn read_on<S: Simd>(simd: S, scan: &mut Scan<'_>, query: usize, start: usize, end: usize) {
    const { assert!(MOST_AT_ONCE <= S::WORDS_PER_FOLD) };
    let bound = scan.bounds[query];
    let (slab, depth, words) = (scan.slab, scan.depth, scan.slab.words());
    let (signs, known) = (scan.panel.signs(query), scan.panel.known(query));
    for b in start..end {
        // What the screen read is in the cache.
        let mut sum = simd.total(simd.none());
        for start in (0..depth).step_by(MOST_AT_ONCE) {
            sum = simd.add(sum, distances_over(simd, slab, b, signs, known, start..depth.min(start + MOST_AT_ONCE)));
        }
        // Most fail within a word or two more, each of them a line that is not in the cache.
        let (mut read, mut step) = (depth, 2);
        while simd.rings(simd.watch(simd.quiet(), sum, bound), bound) {
            if read == words {
                for (lane, distance) in simd.lanes(sum).into_iter().enumerate() {
                    if distance < bound {
                        let pattern = (b * LANES + lane) as u32;
                        scan.found.push(Near { query: query as u32, pattern, distance });
                    }
                }
                break;
            }
            let end = words.min(read + step);
            sum = simd.add(sum, distances_over(simd, slab, b, signs, known, read..end));
            scan.words_read_on += ((end - read) * LANES) as u64;
            (read, step) = (end, MOST_AT_ONCE.min(2 * step));
        }
    }
}

/// The distances of block `b` over a few words, no more than [`MOST_AT_ONCE`].
#[inline(always)]
fn distances_over<S: Simd>(
    simd: S,
    slab: Slab<'_>,
    b: usize,
    signs: &[u64],
    known: Option<&[u64]>,
    words: Range<usize>,
) -> S::Sum {
    let mut count = simd.none();
    for (w, &sign) in words.clone().zip(&signs[words]) {
        count = simd.count(count, differ(simd, simd.load(&slab.plane(w)[b]), sign, known, w));
    }
    simd.total(count)
}

/// The known positions at which word `w` of eight patterns differs from a query's.
#[inline(always)]
fn differ<S: Simd>(simd: S, key: S::Word, sign: u64, known: Option<&[u64]>, w: usize) -> S::Word {
    let differ = simd.xor(key, simd.splat(sign));
    match known {
        Some(known) => simd.and(differ, simd.splat(known[w])),
        None => differ,
    }
}

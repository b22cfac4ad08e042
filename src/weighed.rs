//! Fields of which every key is a part, in fixed point: Σ_i f(s_i)·y_ij with integer weights.
//!
//! Linear weights are integers, and so the sums are the fields. Others are rounded to integers in a scale that makes
//! most of them as large as the kernels take; each is then off by half at the most, a field by half the number of keys,
//! and what exceeds that is decided. The few keys whose weights are larger still are added one by one. What stays open
//! is left to the votes by distance.
//!
//! Keys pass by in stripes: first the weights of a stripe for all queries, then, for each query and position, the
//! weight of the keys that say plus. Nothing as large as the keys times the queries is ever stored.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use popfield_kernels::{LANES, MAX_WEIGHT};
use rayon::prelude::*;

use crate::closing::Closing;
use crate::field::{Field, Relative};
use crate::plan::Plan;
use crate::votes::COLUMNS;
use crate::{Memory, Queries, Result};

/// Blocks whose weights are made in one go.
const PIECE_BLOCKS: usize = 256;

/// Weights that stand in memory at a time, unless one piece has more.
const STRIPE_WEIGHTS: usize = 512 << 10;

/// Sums that stand in memory at a time, unless one query has more.
const SUMS: usize = 8 << 20;

/// A query alone is not worth a share of the threads by itself: the work on it is divided by positions.
const QUERIES_EACH: usize = 8;

/// The largest weight of a single key.
const LARGEST: f64 = (1u64 << 32) as f64;

/// Weights that add up to less than 2³¹, none of them above [`MAX_WEIGHT`].
const CHUNK: usize = 128;

/// In the table: this weight is too large for the kernels.
const HEAVY: i32 = i32::MIN;

/// Weights by distance, as integers.
struct Scaled {
    /// By distance; [`HEAVY`] where it does not fit.
    table: Vec<i32>,
    /// By distance, whatever fits.
    heavy: Vec<i64>,
    /// A bound on the rounding of each weight.
    error: f64,
}

impl Scaled {
    /// `usual` is the range of distances of most keys.
    fn new(relative: &Relative, usual: Range<u32>) -> Self {
        let largest = |weights: &[f64]| weights.iter().fold(0.0f64, |most, weight| most.max(weight.abs()));
        let weights = &relative.weights;
        let usual = &weights[(usual.start as usize).min(weights.len())..(usual.end as usize).min(weights.len())];
        let scale = match relative.exact {
            true => 1.0,
            false => (f64::from(MAX_WEIGHT) / largest(usual)).min(LARGEST / largest(weights)).min(f64::MAX),
        };
        let round = |weight: &f64| (weight * scale + f64::copysign(0.5, *weight)) as i64;
        let heavy: Vec<i64> = weights.iter().map(round).collect();
        let fits = |&weight: &i64| if weight.abs() <= i64::from(MAX_WEIGHT) { weight as i32 } else { HEAVY };
        let table = heavy.iter().map(fits).collect();
        // Half for rounding; the rest is above what 2³² and the errors of `f64` weights can make.
        Self { table, heavy, error: if relative.exact { 0.0 } else { 0.51 } }
    }
}

/// The fields of a query in fixed point.
pub(crate) struct Weighed<'a> {
    /// The weight of the keys that say plus, by position of the words in `words`.
    plus: &'a [i64],
    /// The weight of all keys.
    total: i64,
    /// The weight of one nearest key.
    of_nearest: i64,
    error: f64,
}

impl Weighed<'_> {
    /// Whether the fields are the real ones, to the last unit.
    pub(crate) fn is_exact(&self) -> bool {
        self.error == 0.0
    }

    /// The positions of word `word` whose fields are surely above 0, and those surely below, once `votes` are taken off
    /// fields where `signs` has a bit, and added elsewhere.
    pub(crate) fn signs(&self, word: usize, votes: i64, signs: u64) -> (u64, u64) {
        // 2·plus − total ∓ votes against ± doubt, as plus against a whole number; all stay below 2⁶².
        let doubt = self.error.ceil() as i64;
        let limits = [self.total - votes, self.total + votes].map(|off| ((off + doubt) >> 1, (off - doubt + 1) >> 1));
        let (mut above, mut below) = (0, 0);
        for (column, &plus) in self.plus[word * COLUMNS..][..COLUMNS].iter().enumerate() {
            let (high, low) = limits[(signs >> column & 1) as usize];
            above |= u64::from(plus > high) << column;
            below |= u64::from(plus < low) << column;
        }
        (above, below)
    }

    /// The weight of one nearest key relative to that of all keys: an interval that holds it.
    pub(crate) fn share_of_one(&self) -> [f64; 2] {
        let (one, total, margin) = (self.of_nearest as f64, self.total as f64, self.error + 1.0);
        [(one - 1.0) / (total + margin), (one + 1.0) / (total - margin).max(one - 1.0)]
    }
}

/// What the weights of some keys came to.
struct Piece {
    totals: Vec<i64>,
    /// (query, id) of keys whose weights are added one by one.
    heavy: Vec<(usize, usize, i64)>,
}

/// Part of the work: some queries, some words of values.
struct Share {
    queries: Range<usize>,
    words: Range<usize>,
    /// `[query][position]`
    sums: Vec<i64>,
}

/// Decides what it can of the open bits of `closings`, (index of the query, state).
///
/// Cost: for each key and query a distance, a look-up, and some 0.5 ns a word of the values where there are several
/// queries, on AVX-512.
pub(crate) fn decide(
    memory: &Memory,
    queries: &Queries,
    plan: &Plan<'_>,
    field: &Field,
    closings: &mut [(usize, Closing)],
) -> Result<()> {
    let Some(own) = field.own_weight() else { return Ok(()) };
    let row = memory.values().words() * COLUMNS;
    for closings in closings.chunks_mut((SUMS / row).max(1)) {
        decide_together(memory, queries, plan, field, own, closings)?;
    }
    Ok(())
}

fn decide_together(
    memory: &Memory,
    queries: &Queries,
    plan: &Plan<'_>,
    field: &Field,
    own: i64,
    closings: &mut [(usize, Closing)],
) -> Result<()> {
    let tier = memory.tier();
    let panel = queries.panel(closings.iter().map(|closing| closing.0))?;
    let usual = plan.usual_distances(tier, &panel)?;
    // One table serves all queries of as many known positions: what counts is the nearest key of all, and where most
    // lie.
    let usual = usual.into_iter().reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or_default();
    let nearest = closings.iter().map(|closing| closing.1.nearest_distance()).min().unwrap_or_default();
    let known: Vec<u32> = closings.iter().map(|closing| queries.known_count(closing.0) as u32).collect();
    let mut tables: BTreeMap<u32, Scaled> = BTreeMap::new();
    for &known in &known {
        if let Entry::Vacant(place) = tables.entry(known) {
            let Some(relative) = field.law().relative_weights(known, nearest) else { return Ok(()) };
            place.insert(Scaled::new(&relative, usual.clone()));
        }
    }
    let scaled: Vec<&Scaled> = known.iter().map(|known| &tables[known]).collect();
    let (keys, values) = (memory.keys(), memory.values());
    let (count, patterns) = (closings.len(), PIECE_BLOCKS.min(keys.blocks()) * LANES);
    let mut shares = shares(count, values.words());
    let pieces = (STRIPE_WEIGHTS / (count * patterns)).max(1);
    let mut weights = vec![0i32; pieces.min(keys.blocks().div_ceil(PIECE_BLOCKS)) * count * patterns];
    let mut totals = vec![0i64; count];
    let mut heavy: Vec<Vec<(usize, i64)>> = vec![Vec::new(); count];
    for stripe in (0..keys.blocks()).step_by(pieces * PIECE_BLOCKS) {
        let blocks = |piece: usize| {
            let start = stripe + piece * PIECE_BLOCKS;
            start.min(keys.blocks())..(start + PIECE_BLOCKS).min(keys.blocks())
        };
        let weigh_keys = |(piece, weights): (usize, &mut [i32])| -> Result<Piece> {
            let mut made = Piece { totals: vec![0; count], heavy: Vec::new() };
            let mut distances = Vec::new();
            let start = blocks(piece).start;
            for (first, slab) in keys.slabs(blocks(piece), usize::MAX) {
                let slab = slab?;
                distances.resize(count * slab.patterns(), 0);
                tier.distances(slab, &panel, &mut distances)?;
                let present = slab.patterns().min(keys.len() - first * LANES);
                for (q, distances) in distances.chunks_exact(slab.patterns()).enumerate() {
                    let row = &mut weights[q * patterns + (first - start) * LANES..][..slab.patterns()];
                    row[present..].fill(0);
                    let Scaled { table, heavy, .. } = scaled[q];
                    let mut total = 0;
                    // No distance exceeds the known positions.
                    tier.look_up(table, &distances[..present], &mut row[..present])?;
                    for (chunk, weights) in row[..present].chunks_mut(CHUNK).enumerate() {
                        if weights.iter().fold(false, |any, &weight| any | (weight == HEAVY)) {
                            for (i, weight) in weights.iter_mut().enumerate().filter(|pair| *pair.1 == HEAVY) {
                                *weight = 0;
                                let heavy = heavy[distances[chunk * CHUNK + i] as usize];
                                made.heavy.push((q, first * LANES + chunk * CHUNK + i, heavy));
                                total += heavy;
                            }
                        }
                        total += i64::from(weights.iter().sum::<i32>());
                    }
                    made.totals[q] += total;
                }
            }
            Ok(made)
        };
        let made: Vec<Piece> =
            weights.par_chunks_mut(count * patterns).enumerate().map(weigh_keys).collect::<Result<_>>()?;
        for piece in made {
            totals.iter_mut().zip(piece.totals).for_each(|(total, more)| *total += more);
            piece.heavy.into_iter().for_each(|(q, id, weight)| heavy[q].push((id, weight)));
        }
        shares.par_iter_mut().try_for_each(|share| -> Result<()> {
            for (piece, weights) in weights.chunks(count * patterns).enumerate() {
                let blocks = blocks(piece);
                let start = blocks.start;
                for (first, slab) in values.slabs(blocks, usize::MAX) {
                    let slab = slab?.narrowed(share.words.clone())?;
                    let weights = &weights[share.queries.start * patterns + (first - start) * LANES..];
                    tier.weigh(slab, weights, patterns, &mut share.sums)?;
                }
            }
            Ok(())
        })?;
    }
    shares.par_iter_mut().for_each(|share| {
        let row = share.words.len() * COLUMNS;
        for (q, sums) in share.queries.clone().zip(share.sums.chunks_exact_mut(row)) {
            for &(id, weight) in &heavy[q] {
                for (word, sums) in share.words.clone().zip(sums.chunks_exact_mut(COLUMNS)) {
                    let bits = values.word(id, word);
                    sums.iter_mut()
                        .enumerate()
                        .for_each(|(column, sum)| *sum += weight & -((bits >> column & 1) as i64));
                }
            }
        }
    });
    for share in &shares {
        let row = share.words.len() * COLUMNS;
        for (q, plus) in share.queries.clone().zip(share.sums.chunks_exact(row)) {
            let error = scaled[q].error * keys.len() as f64;
            let of_nearest = scaled[q].heavy[closings[q].1.nearest_distance() as usize];
            let weighed = Weighed { plus, total: totals[q], of_nearest, error };
            closings[q].1.decide_weighed(field, share.words.clone(), &weighed, own);
        }
    }
    Ok(())
}

/// The work of `queries` queries on `words` words, divided among the threads.
fn shares(queries: usize, words: usize) -> Vec<Share> {
    let threads = rayon::current_num_threads();
    let by_query = threads.min(queries / QUERIES_EACH).max(1);
    let by_word = threads.div_ceil(by_query).min(words);
    let part = |of: usize, parts: usize, i: usize| of * i / parts..of * (i + 1) / parts;
    (0..by_query * by_word)
        .map(|i| {
            let (queries, words) = (part(queries, by_query, i / by_word), part(words, by_word, i % by_word));
            let sums = vec![0; queries.len() * words.len() * COLUMNS];
            Share { queries, words, sums }
        })
        .collect()
}

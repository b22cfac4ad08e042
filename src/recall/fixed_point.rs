//! Fields of which every key is a part, in fixed point: Σ_i f(s_i)·y_ij with integer weights.
//!
//! Linear weights are integers, and so the sums are the fields. Others are rounded to integers in a scale that makes
//! most of them as large as the kernels take; each is then off by half at the most, a field by half the number of keys,
//! and what exceeds that is decided. The few keys whose weights are larger still are added one by one. What stays open
//! is left to the votes by distance.
//!
//! Keys pass by in runs small enough for the caches: first the weights of a run for all queries, then, for each query
//! and position, the weight of the keys that say plus. Nothing as large as the keys times the queries is ever stored.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use popfield_kernels::{LANES, MAX_WEIGHT, Near, QueryPanel, Tier, WeightTable, Weights};
use rayon::prelude::*;

use crate::patterns::bits::Share;
use crate::patterns::segments::Run;
use crate::recall::asked::Asked;
use crate::scan::plan::Plan;
use crate::separation::field::Field;
use crate::separation::law::Relative;
use crate::votes::COLUMNS;
use crate::{Queries, Result};

/// Blocks whose weights are made in one go.
const RUN: usize = 128;

/// Weights that a thread adds up at the least: fewer are sooner done than handed over.
const PIECE: usize = 1 << 16;

/// Sums that stand in memory at a time for each thread, unless one query has more.
const SUMS: usize = 4 << 20;

/// The largest weight of a single key.
const LARGEST: f64 = (1u64 << 32) as f64;

/// Weights by distance, as integers.
struct Scaled {
    table: WeightTable,
    /// A bound on the rounding of each weight.
    error: f64,
}

impl Scaled {
    /// `usual` is the range of distances of most keys.
    fn new(relative: Relative, usual: Range<u32>) -> Self {
        let weights = match relative {
            Relative::Exact(weights) => return Self { table: WeightTable::new(weights, usual), error: 0.0 },
            Relative::Real(weights) => weights,
        };
        let largest = |weights: &[f64]| weights.iter().fold(0.0f64, |most, weight| most.max(weight.abs()));
        let of_usual = &weights[(usual.start as usize).min(weights.len())..(usual.end as usize).min(weights.len())];
        let scale = (f64::from(MAX_WEIGHT) / largest(of_usual)).min(LARGEST / largest(&weights)).min(f64::MAX);
        let round = |weight: &f64| (weight * scale + f64::copysign(0.5, *weight)) as i64;
        let table = WeightTable::new(weights.iter().map(round).collect(), usual);
        // Half for rounding; the rest is above what 2³² and the errors of `f64` weights can make.
        Self { table, error: 0.51 }
    }
}

/// The fields of a query in fixed point.
pub(crate) struct FixedPoint<'a> {
    tier: Tier,
    /// The weight of the keys that say plus, by position.
    plus: &'a [i64],
    /// The weight of all keys.
    total: i64,
    /// The weight of one nearest key.
    of_nearest: i64,
    error: f64,
}

impl FixedPoint<'_> {
    /// Whether the fields are the real ones, to the last unit.
    pub(crate) fn is_exact(&self) -> bool {
        self.error == 0.0
    }

    /// The positions whose fields are surely above `votes`, and those surely below, as words of set bits.
    pub(crate) fn signs(&self, votes: i64) -> Result<[Vec<u64>; 2]> {
        // 2·plus − total against votes ± doubt, as plus against a whole number; all stay below 2⁶².
        let (doubt, off) = (self.error.ceil() as i64, self.total + votes);
        let above = |limit: i64| -> Result<Vec<u64>> {
            let mut masks = vec![0; self.plus.len() / COLUMNS];
            self.tier.above(self.plus, limit, &mut masks)?;
            Ok(masks)
        };
        let mut below = above(((off - doubt + 1) >> 1) - 1)?;
        below.iter_mut().for_each(|mask| *mask = !*mask);
        Ok([above((off + doubt) >> 1)?, below])
    }

    /// The weight of one nearest key relative to that of all keys: an interval that holds it.
    pub(crate) fn share_of_one(&self) -> [f64; 2] {
        let (one, total, margin) = (self.of_nearest as f64, self.total as f64, self.error + 1.0);
        [(one - 1.0) / (total + margin), (one + 1.0) / (total - margin).max(one - 1.0)]
    }
}

/// What some keys come to.
struct Summed {
    /// `[query][position]`: the weight of the keys that say plus.
    plus: Vec<i64>,
    /// By query.
    totals: Vec<i64>,
}

impl Summed {
    fn add(mut self, other: Self) -> Self {
        self.plus.iter_mut().zip(other.plus).for_each(|(sum, more)| *sum += more);
        self.totals.iter_mut().zip(other.totals).for_each(|(total, more)| *total += more);
        self
    }

    /// Adds a run of keys, and the values beside them.
    fn add_run(
        &mut self,
        tier: Tier,
        [keys, values]: [&Run<'_>; 2],
        panel: &QueryPanel,
        tables: &[&WeightTable],
        weights: &mut Weights,
    ) -> Result<()> {
        tier.weights(keys.slab()?, keys.present, panel, tables, weights)?;
        tier.weigh(values.slab()?, weights, &mut self.plus)?;
        self.totals.iter_mut().zip(weights.totals()).for_each(|(total, more)| *total += more);
        let row = self.plus.len() / tables.len();
        for &Near { query, pattern, distance } in weights.heavy() {
            let weight = tables[query as usize].weight(distance);
            self.totals[query as usize] += weight;
            let sums = self.plus[query as usize * row..][..row].chunks_exact_mut(COLUMNS);
            for (w, sums) in sums.enumerate() {
                let bits = values.word(pattern as usize, w);
                for (column, sum) in sums.iter_mut().enumerate() {
                    *sum += weight & -((bits >> column & 1) as i64);
                }
            }
        }
        Ok(())
    }
}

/// A query whose fields are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfQuery {
    /// Its index among the queries.
    pub(crate) query: usize,
    /// The distance of its nearest key.
    pub(crate) nearest: u32,
}

/// Forms the fields of the queries that `wanted` tells of `each`, and hands every one its own; none if they are no sums
/// of weights by distance.
///
/// Cost: for each key and query a distance, a look-up, and on AVX-512 some 0.5 ns a word of the values where there are
/// several queries; with AMX a third of that or so.
pub(crate) fn fields<T: Send>(
    asked: Asked<'_>,
    queries: &Queries,
    plan: &Plan<'_>,
    field: &Field,
    each: &mut [T],
    wanted: impl Fn(&T) -> OfQuery + Sync,
    take: impl Fn(&mut T, &FixedPoint<'_>) -> Result<()> + Sync,
) -> Result<()> {
    let Asked { scan, values, .. } = asked;
    let together = |each: &mut [T]| -> Result<()> {
        let wanted: Vec<OfQuery> = each.iter().map(&wanted).collect();
        let Some((scaled, summed)) = fields_together(asked, queries, plan, field, &wanted)? else {
            return Ok(());
        };
        let rows = summed.plus.par_chunks_exact(values.words() * COLUMNS);
        rows.zip(each).enumerate().try_for_each(|(q, (plus, each))| {
            let Scaled { table, error } = &scaled[&known_of(queries, wanted[q])];
            let (error, of_nearest) = (error * scan.len() as f64, table.weight(wanted[q].nearest));
            take(each, &FixedPoint { tier: scan.tier(), plus, total: summed.totals[q], of_nearest, error })
        })
    };
    let most = (SUMS / (values.words() * COLUMNS)).max(1);
    if scan.side().blocks() <= RUN {
        // Threads share the queries: nothing is to be merged, and a run's weights are looked up once all the same.
        let size = each.len().div_ceil(rayon::current_num_threads()).clamp(1, most);
        return each.par_chunks_mut(size).try_for_each(together);
    }
    each.chunks_mut(most).try_for_each(together)
}

/// The weights by known positions, and what all keys come to; none if fields are no sums of weights by distance.
fn fields_together(
    asked: Asked<'_>,
    queries: &Queries,
    plan: &Plan<'_>,
    field: &Field,
    wanted: &[OfQuery],
) -> Result<Option<(BTreeMap<u32, Scaled>, Summed)>> {
    let panel = queries.panel(wanted.iter().map(|wanted| wanted.query))?;
    let usual = plan.usual_distances(asked.scan.tier(), &panel)?;
    // One table serves all queries of as many known positions: what counts is the nearest key of all, and where most
    // lie.
    let usual = usual.into_iter().reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or_default();
    let nearest = wanted.iter().map(|wanted| wanted.nearest).min().unwrap_or_default();
    let mut tables: BTreeMap<u32, Scaled> = BTreeMap::new();
    for &wanted in wanted {
        let known = known_of(queries, wanted);
        if let Entry::Vacant(place) = tables.entry(known) {
            let Some(relative) = field.law().relative_weights(known, nearest) else { return Ok(None) };
            place.insert(Scaled::new(relative, usual.clone()));
        }
    }
    let of_each: Vec<&WeightTable> = wanted.iter().map(|&wanted| &tables[&known_of(queries, wanted)].table).collect();
    let summed = sum(asked, &panel, &of_each)?;
    Ok(Some((tables, summed)))
}

fn known_of(queries: &Queries, wanted: OfQuery) -> u32 {
    queries.known_count(wanted.query) as u32
}

/// Adds up all keys.
fn sum(asked: Asked<'_>, panel: &QueryPanel, tables: &[&WeightTable]) -> Result<Summed> {
    let Asked { scan, values, .. } = asked;
    let (keys, row) = (scan.side(), values.words() * COLUMNS);
    let nothing = || Summed { plus: vec![0; tables.len() * row], totals: vec![0; tables.len()] };
    let least = PIECE.div_ceil(tables.len().max(1) * values.words() * LANES).max(RUN);
    let piece = keys.blocks().div_ceil(rayon::current_num_threads()).max(least);
    let of_piece = |start: usize| -> Result<Summed> {
        let mut summed = nothing();
        let mut weights = Weights::new();
        for [run, of_values] in keys.runs_beside(values, start..keys.blocks().min(start + piece), RUN) {
            scan.steps().check()?;
            match scan.share(&run) {
                Share::Nothing => {}
                Share::All => summed.add_run(scan.tier(), [&run, &of_values], panel, tables, &mut weights)?,
                // Those in scope, side by side.
                Share::Some => {
                    let [keys, values] = scan.gather([&run, &of_values], values.dim())?;
                    for [run, of_values] in keys.runs_beside(&values, 0..keys.blocks(), RUN) {
                        summed.add_run(scan.tier(), [&run, &of_values], panel, tables, &mut weights)?;
                    }
                }
            }
        }
        Ok(summed)
    };
    let starts: Vec<usize> = (0..keys.blocks()).step_by(piece).collect();
    let summed = starts.into_par_iter().map(of_piece).try_reduce_with(|a, b| Ok(a.add(b)));
    summed.unwrap_or_else(|| Ok(nothing()))
}

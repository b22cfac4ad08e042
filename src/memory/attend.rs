//! The attention form: Σ_i softmax(β⟨query, x_i⟩)_i y_i, the real vector inside the sign.

use rayon::prelude::*;

use crate::error::room_for;
use crate::index::{Purpose, Within};
use crate::memory::view::View;
use crate::recall::asked::Asked;
use crate::scan::census::Counted;
use crate::scan::plan::Plan;
use crate::scan::propose::{Proposers, Wanted};
use crate::scan::survey::distances;
use crate::scan::tiles::{each_query, each_tile};
use crate::separation::Beta;
use crate::separation::weight_window;
use crate::sign::exact::decay;
use crate::votes::{Ranked, VoteTable};
use crate::{Memory, Queries, Result};

/// Weights beyond e^−45 of the nearest key's are left out: far below what an `f64` sum of the others can hold.
const MARGIN: f64 = 45.0;

impl Memory {
    /// Attention: for every query the mean of all values under the softmax weights of β times the overlaps; (queries,
    /// value_dim), row by row, each element in [−1, 1].
    ///
    /// In `f64`, stable for any d and β: weights are relative to the nearest key's, so nothing overflows. The absolute
    /// error of an element is below (k + 750)·2⁻⁵¹ with k distances in play. The result is the same for every tier,
    /// number of threads and batch, being summed over votes by distance in a fixed order.
    ///
    /// Cost: as [`recall`](Self::recall).
    ///
    /// # Errors
    /// [`Error::Dimension`](crate::Error::Dimension) if the queries are of another dimension;
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    ///
    /// # Source
    /// Ramsauer et al. 2020, eq. 3: the update of a modern Hopfield network is attention.
    pub fn attend(&self, queries: &Queries, beta: Beta) -> Result<Vec<f64>> {
        self.view().attend(queries, beta)
    }

    /// The softmax weights themselves, keys in storing order: (queries, n), row by row; each row sums to 1.
    ///
    /// # Errors
    /// As [`attend`](Self::attend).
    pub fn attention_weights(&self, queries: &Queries, beta: Beta) -> Result<Vec<f64>> {
        self.view().attention_weights(queries, beta)
    }
}

impl View<'_> {
    /// The mean of the values in the view under the softmax weights of β times the overlaps, (queries, value_dim), row by
    /// row: see [`Memory::attend`]. What is counted for who watches are queries.
    ///
    /// # Errors
    /// As [`Memory::attend`]; [`Error::Mismatch`](crate::Error::Mismatch) for a scope of another memory;
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn attend(&self, queries: &Queries, beta: Beta) -> Result<Vec<f64>> {
        let steps = self.begin(queries.len() as u64);
        let asked = self.asked(&steps)?;
        let scan = asked.scan;
        scan.check(queries)?;
        let window = weight_window(beta, scan.len() as u64, MARGIN);
        let scanned = |queries: &Queries| attend_scanned(asked, queries, beta, window);
        let rows = match self.index() {
            Some(index) => {
                let one = |query, counted| attend_one(asked, queries, query, counted, beta, window);
                index.or_scan(scan, &Within { window }, Purpose::Attend(beta), queries, one, scanned)?
            }
            None => scanned(queries)?,
        };
        Ok(rows.into_iter().flatten().collect())
    }

    /// Softmax weights over the associations in the view, (queries, n) with all n of the memory, row by row; those that are
    /// not in the view weigh 0. What is counted for who watches are queries.
    ///
    /// # Errors
    /// As [`attend`](Self::attend).
    pub fn attention_weights(&self, queries: &Queries, beta: Beta) -> Result<Vec<f64>> {
        let steps = self.begin(queries.len() as u64);
        let scan = self.scan(&steps)?;
        scan.check(queries)?;
        let mut out = room_for(queries.len().saturating_mul(self.memory().len()), "attention weights")?;
        for index in 0..queries.len() {
            let distances = distances(scan, queries, index)?;
            let ranked = Ranked::new(distances.clone(), scan.farthest());
            let nearest = ranked.distances.first().copied().unwrap_or_default();
            let weights = Softmax::new(beta, nearest, u32::MAX, &ranked.distances, &ranked.keys);
            let weight = |h: u32| ranked.distances.binary_search(&h).map_or(0.0, |rank| weights.relative[rank]);
            out.extend(self.memory().places().map(|place| weight(distances[place]) / weights.total));
            steps.advance(1)?;
        }
        Ok(out)
    }
}

/// Rows of attention by a scan.
fn attend_scanned(asked: Asked<'_>, queries: &Queries, beta: Beta, window: u32) -> Result<Vec<Vec<f64>>> {
    let scan = asked.scan;
    let plan = Plan::new(scan, queries)?;
    each_tile(scan.side().len(), queries.len(), |tile| {
        let wanted: Vec<Wanted> = tile.clone().map(|query| Wanted { query, window, nearest: None }).collect();
        let censuses = Proposers::new(scan, &plan).propose(queries, &wanted)?;
        let rows = each_query(scan.side().len(), tile.zip(censuses).collect(), |(index, counted)| {
            attend_one(asked, queries, index, counted, beta, window)
        })?;
        scan.steps().advance(wanted.len() as u64)?;
        Ok(rows)
    })
}

fn attend_one(
    asked: Asked<'_>,
    queries: &Queries,
    index: usize,
    mut counted: Counted,
    beta: Beta,
    window: u32,
) -> Result<Vec<f64>> {
    let Asked { scan, values, .. } = asked;
    let nearest = counted.nearest.distance;
    let edge = nearest.saturating_add(window);
    // The same sums either way, in the same order, over the same distances.
    let columns = if counted.bound > edge && VoteTable::is_affordable(values, &counted.kept) {
        let votes = VoteTable::gather(values, &mut counted.kept);
        let weights = Softmax::new(beta, nearest, edge, &votes.distances, &votes.keys);
        votes.words.values().map(|votes| weights.means(votes)).collect()
    } else {
        let ranked = Ranked::new(distances(scan, queries, index)?, scan.farthest());
        let words: Vec<usize> = (0..values.words()).collect();
        let weights = Softmax::new(beta, nearest, edge, &ranked.distances, &ranked.keys);
        words.par_iter().map(|&word| weights.means(&ranked.votes(values, word))).collect::<Vec<_>>()
    };
    Ok(columns.into_iter().flatten().take(values.dim()).collect())
}

/// Weights by distance, relative to one nearest key, and their sum over all keys within the edge.
struct Softmax {
    relative: Vec<f64>,
    total: f64,
}

impl Softmax {
    fn new(beta: Beta, nearest: u32, edge: u32, distances: &[u32], keys: &[u64]) -> Self {
        let weight = |h: u32| decay(2.0 * beta.get() * f64::from(h.saturating_sub(nearest)));
        let relative: Vec<f64> = distances.iter().take_while(|&&h| h <= edge).map(|&h| weight(h)).collect();
        let total = relative.iter().zip(keys).map(|(weight, &keys)| weight * keys as f64).sum();
        Self { relative, total }
    }

    fn means(&self, votes: &[[i64; 64]]) -> [f64; 64] {
        let mut sums = [0.0; 64];
        for (weight, votes) in self.relative.iter().zip(votes) {
            sums.iter_mut().zip(votes).for_each(|(sum, &vote)| *sum += weight * vote as f64);
        }
        sums.map(|sum| sum / self.total)
    }
}

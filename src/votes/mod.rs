//! Votes by distance: V[h][j] = Σ y_ij over the keys at distance h. Integers, so they add up the same in any order.
//!
//! Every field is a sum over them, field_j = Σ_h f(known − 2h)·V[h][j], which is why one scan serves every separation
//! and why parts of a memory merge exactly. The whole table is seldom needed and never formed at once: votes are
//! counted for the few nearest distances, or for all distances one word of value columns (64 of them) at a time.

pub(crate) mod counts;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use popfield_kernels::LANES;
use rayon::prelude::*;

use crate::patterns::segments::Side;
pub(crate) use tally::{COLUMNS, WordVotes};
use tally::{Tally, votes_of};

/// Votes gathered for one query at the most, in bytes.
const GATHERED_BYTES: usize = 16 << 20;

/// Votes by distance for some words of value columns; tables of the same words [`merge`](Self::merge) by addition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VoteTable {
    /// The distances at which there are keys, ascending.
    pub(crate) distances: Vec<u32>,
    /// Keys N_h at each distance.
    pub(crate) keys: Vec<u64>,
    /// Votes of each word of value columns that was counted; none where no key was.
    pub(crate) words: BTreeMap<usize, WordVotes>,
}

impl VoteTable {
    /// All keys counted.
    pub(crate) fn key_count(&self) -> u64 {
        self.keys.iter().sum()
    }

    /// The distances and the keys at each.
    pub(crate) fn census(&self) -> impl Iterator<Item = (u32, u64)> + Clone {
        self.distances.iter().copied().zip(self.keys.iter().copied())
    }

    /// The votes of a few keys, each given by distance and place, in every word of their values. Sorts `kept`.
    pub(crate) fn gather(values: &Side, kept: &mut [(u32, usize)]) -> Self {
        if kept.is_empty() {
            return Self { distances: Vec::new(), keys: Vec::new(), words: BTreeMap::new() };
        }
        if let [(distance, place)] = *kept {
            // The usual case, a key that outweighs the rest: nothing to count.
            let words = (0..values.words()).map(|word| (word, vec![votes_of(values.word(place, word))])).collect();
            return Self { distances: vec![distance], keys: vec![1], words };
        }
        kept.sort_unstable();
        let mut distances: Vec<u32> = Vec::new();
        let mut keys: Vec<u64> = Vec::new();
        for &(distance, _) in kept.iter() {
            if distances.last() == Some(&distance) {
                *keys.last_mut().expect("a count for each distance") += 1;
            } else {
                distances.push(distance);
                keys.push(1);
            }
        }
        let words = (0..values.words()).map(|word| {
            let mut tally = Tally::new(distances.len());
            let mut rank = 0;
            for &(distance, place) in kept.iter() {
                while distances[rank] < distance {
                    rank += 1;
                }
                tally.add(rank, values.word(place, word));
            }
            (word, tally.votes(&keys))
        });
        Self { words: words.collect(), distances, keys }
    }

    /// Whether the votes of `kept` are few enough to gather; else they are counted a word of columns at a time.
    pub(crate) fn is_affordable(values: &Side, kept: &[(u32, usize)]) -> bool {
        let most = GATHERED_BYTES / (values.words() * size_of::<[i64; COLUMNS]>());
        // As many distances as that can only occur among more keys.
        kept.len() <= most || kept.iter().map(|key| key.0).collect::<BTreeSet<_>>().len() <= most
    }

    /// The votes of every key in the words asked for.
    pub(crate) fn count(values: &Side, ranked: &Ranked, words: &[usize]) -> Self {
        let words = words.iter().map(|&word| (word, ranked.votes(values, word))).collect();
        Self { distances: ranked.distances.clone(), keys: ranked.keys.clone(), words }
    }

    /// Adds the votes of other keys in the same words.
    pub(crate) fn merge(&mut self, other: &Self) {
        let mut distances = [self.distances.as_slice(), &other.distances].concat();
        distances.sort_unstable();
        distances.dedup();
        let place = |distance: &u32| distances.binary_search(distance).expect("a distance of the union");
        let mut keys = vec![0; distances.len()];
        for part in [&*self, other] {
            for (distance, count) in part.distances.iter().zip(&part.keys) {
                keys[place(distance)] += count;
            }
        }
        let words: BTreeSet<usize> = self.words.keys().chain(other.words.keys()).copied().collect();
        let merged = words.into_iter().map(|word| {
            let mut sums = vec![[0; COLUMNS]; distances.len()];
            for part in [&*self, other] {
                for (distance, votes) in part.distances.iter().zip(part.words.get(&word).into_iter().flatten()) {
                    sums[place(distance)].iter_mut().zip(votes).for_each(|(sum, vote)| *sum += vote);
                }
            }
            (word, sums)
        });
        self.words = merged.collect();
        self.keys = keys;
        self.distances = distances;
    }
}

/// Every key's distance as a rank among the distances that occur, so that a table has no empty rows; keys that are out
/// of scope come after all of them.
#[derive(Debug)]
pub(crate) struct Ranked {
    pub(crate) distances: Vec<u32>,
    pub(crate) keys: Vec<u64>,
    ranks: Vec<u32>,
    /// Whether there are keys out of scope.
    absent: bool,
}

/// Keys that one thread ranks or counts at a stretch: long enough that adding up tables costs nothing beside it.
const STRETCH: usize = 1 << 16;

impl Ranked {
    /// Ranks the distances of all keys, none above `farthest` but those out of scope.
    pub(crate) fn new(mut ranks: Vec<u32>, farthest: usize) -> Self {
        let row = |distance: u32| (distance as usize).min(farthest + 1);
        let counts = ranks
            .par_chunks(STRETCH.max(4 * farthest))
            .map(|distances| {
                let mut counts = vec![0u64; farthest + 2];
                distances.iter().for_each(|&distance| counts[row(distance)] += 1);
                counts
            })
            .reduce_with(|mut a, b| {
                a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
                a
            })
            .unwrap_or_else(|| vec![0; farthest + 2]);
        let mut place = vec![0u32; farthest + 2];
        let (mut distances, mut keys) = (Vec::new(), Vec::new());
        for (distance, &count) in (0..).zip(&counts[..=farthest]) {
            if count > 0 {
                place[distance as usize] = distances.len() as u32;
                distances.push(distance);
                keys.push(count);
            }
        }
        place[farthest + 1] = distances.len() as u32;
        ranks.par_chunks_mut(STRETCH).for_each(|ranks| ranks.iter_mut().for_each(|rank| *rank = place[row(*rank)]));
        Self { distances, keys, ranks, absent: counts[farthest + 1] > 0 }
    }

    /// The votes of every key in one word of value columns.
    ///
    /// Cost: for each key some 13 operations on words, values read in storing order; distances × 700 bytes a thread.
    pub(crate) fn votes(&self, values: &Side, word: usize) -> WordVotes {
        // Those that are out of scope are counted too, and then forgotten.
        let rows = self.distances.len() + usize::from(self.absent);
        let stretch = (STRETCH.max(64 * rows) / LANES).max(1);
        let starts: Vec<usize> = (0..values.blocks()).step_by(stretch).collect();
        let tally = starts
            .into_par_iter()
            .map(|start| {
                let mut tally = Tally::new(rows);
                for run in values.runs(start..values.blocks().min(start + stretch), usize::MAX) {
                    let ranks = &self.ranks[run.first..run.first + run.present];
                    for (ranks, lanes) in ranks.chunks(LANES).zip(run.column(word)) {
                        for (&rank, &lane) in ranks.iter().zip(&lanes.0) {
                            tally.add(rank as usize, lane);
                        }
                    }
                }
                tally.flush_all();
                tally
            })
            .reduce_with(|mut a, b| {
                a.merge(b);
                a
            });
        let mut tally = tally.unwrap_or_else(|| Tally::new(rows));
        tally.truncate(self.distances.len());
        tally.votes(&self.keys)
    }
}

//! Votes by distance: V[h][j] = Σ y_ij over the keys at distance h. Integers, so they add up the same in any order.
//!
//! Every field is a sum over them, field_j = Σ_h f(known − 2h)·V[h][j], which is why one scan serves every separation
//! and why parts of a memory merge exactly. The whole table is seldom needed and never formed at once: votes are
//! counted for the few nearest distances, or for all distances one word of value columns (64 of them) at a time.

use std::collections::{BTreeMap, BTreeSet};

use popfield_kernels::LANES;
use rayon::prelude::*;

use crate::Patterns;

/// Value columns in a word.
pub(crate) const COLUMNS: usize = 64;

/// Votes gathered for one query at the most, in bytes.
const GATHERED_BYTES: usize = 16 << 20;

/// Votes of one word of value columns, `[distance][column]`.
pub(crate) type WordVotes = Vec<[i64; COLUMNS]>;

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

    /// The votes of a few keys, each given by distance and id, in every word of their values. Sorts `kept`.
    pub(crate) fn gather(values: &Patterns, kept: &mut [(u32, usize)]) -> Self {
        if kept.is_empty() {
            return Self { distances: Vec::new(), keys: Vec::new(), words: BTreeMap::new() };
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
            for &(distance, id) in kept.iter() {
                while distances[rank] < distance {
                    rank += 1;
                }
                tally.add(rank, values.word(id, word));
            }
            (word, tally.votes(&keys))
        });
        Self { words: words.collect(), distances, keys }
    }

    /// Whether the votes of `kept` are few enough to gather; else they are counted a word of columns at a time.
    pub(crate) fn is_affordable(values: &Patterns, kept: &[(u32, usize)]) -> bool {
        let most = GATHERED_BYTES / (values.words() * size_of::<[i64; COLUMNS]>());
        // As many distances as that can only occur among more keys.
        kept.len() <= most || kept.iter().map(|key| key.0).collect::<BTreeSet<_>>().len() <= most
    }

    /// The votes of every key in the words asked for.
    pub(crate) fn count(values: &Patterns, ranked: &Ranked, words: &[usize]) -> Self {
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

/// Every key's distance as a rank among the distances that occur, so that a table has no empty rows.
#[derive(Debug)]
pub(crate) struct Ranked {
    pub(crate) distances: Vec<u32>,
    pub(crate) keys: Vec<u64>,
    ranks: Vec<u32>,
}

/// Keys that one thread ranks or counts at a stretch: long enough that adding up tables costs nothing beside it.
const STRETCH: usize = 1 << 16;

impl Ranked {
    /// Ranks the distances of all keys, none above `dim`.
    pub(crate) fn new(mut ranks: Vec<u32>, dim: usize) -> Self {
        let counts = ranks
            .par_chunks(STRETCH.max(4 * dim))
            .map(|distances| {
                let mut counts = vec![0u64; dim + 1];
                distances.iter().for_each(|&distance| counts[distance as usize] += 1);
                counts
            })
            .reduce_with(|mut a, b| {
                a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
                a
            })
            .unwrap_or_default();
        let mut place = vec![0u32; counts.len()];
        let (mut distances, mut keys) = (Vec::new(), Vec::new());
        for (distance, &count) in (0..).zip(&counts) {
            if count > 0 {
                place[distance as usize] = distances.len() as u32;
                distances.push(distance);
                keys.push(count);
            }
        }
        ranks.par_chunks_mut(STRETCH).for_each(|ranks| ranks.iter_mut().for_each(|rank| *rank = place[*rank as usize]));
        Self { distances, keys, ranks }
    }

    /// The votes of every key in one word of value columns.
    ///
    /// Cost: for each key some 13 operations on words, values read in storing order; distances × 700 bytes a thread.
    pub(crate) fn votes(&self, values: &Patterns, word: usize) -> WordVotes {
        let stretch = STRETCH.max(64 * self.distances.len()).next_multiple_of(LANES);
        let tally = (0..self.ranks.len().div_ceil(stretch))
            .into_par_iter()
            .map(|s| {
                let range = s * stretch..self.ranks.len().min((s + 1) * stretch);
                let blocks = range.start / LANES..range.end.div_ceil(LANES);
                let mut tally = Tally::new(self.distances.len());
                for (ranks, lanes) in self.ranks[range].chunks(LANES).zip(values.column(word, blocks)) {
                    for (&rank, &lane) in ranks.iter().zip(lanes) {
                        tally.add(rank as usize, lane);
                    }
                }
                tally.flush_all();
                tally
            })
            .reduce_with(|mut a, b| {
                a.ones.iter_mut().zip(b.ones).for_each(|(a, b)| a.iter_mut().zip(b).for_each(|(a, b)| *a += b));
                a
            });
        tally.unwrap_or_else(|| Tally::new(self.distances.len())).votes(&self.keys)
    }
}

/// Counts of +1 votes in 64 columns, by rank of distance.
///
/// Words wait until there are fifteen of a rank; adders make four words of them, whose bits in a column are its count
/// in binary (carry-save adders, as Harley and Seal count ones). Those four are spread over 64 byte counters, eight
/// table look-ups each; and before a byte can overflow, its row is moved to wide counters.
struct Tally {
    waiting: Vec<[u64; WAITING]>,
    /// Words that wait in each rank.
    here: Vec<u8>,
    /// 64 byte counters a rank, eight to a `u64`.
    staged: Vec<[u64; 8]>,
    /// Words staged in each rank since it was last moved.
    pending: Vec<u8>,
    ones: Vec<[i64; COLUMNS]>,
}

/// Words of a rank that are counted at once: as many as four bits can tell.
const WAITING: usize = 15;

/// Words that are sooner spread one by one.
const FEW: u8 = 4;

/// The sum of three bits in every column, and the carry.
#[inline(always)]
fn add(a: u64, b: u64, c: u64) -> (u64, u64) {
    let half = a ^ b;
    (half ^ c, a & b | half & c)
}

/// How many of the words have a bit in each column, in binary, lowest bits first.
#[inline]
fn binary(w: &[u64; WAITING]) -> [u64; 4] {
    let (a, a2) = add(w[0], w[1], w[2]);
    let (b, b2) = add(w[3], w[4], w[5]);
    let (c, c2) = add(w[6], w[7], w[8]);
    let (d, d2) = add(w[9], w[10], w[11]);
    let (e, e2) = add(w[12], w[13], w[14]);
    let (f, f2) = add(a, b, c);
    let (ones, g2) = add(d, e, f);
    let (h, h4) = add(a2, b2, c2);
    let (i, i4) = add(d2, e2, f2);
    let (twos, j4) = add(g2, h, i);
    let (fours, eights) = add(h4, i4, j4);
    [ones, twos, fours, eights]
}

/// Bit k of the index in byte k: eight bits as eight bytes of 0 or 1.
static SPREAD: [u64; 256] = {
    let mut table = [0u64; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            table[byte] |= ((byte as u64 >> bit) & 1) << (8 * bit);
            bit += 1;
        }
        byte += 1;
    }
    table
};

impl Tally {
    fn new(ranks: usize) -> Self {
        Self {
            waiting: vec![[0; WAITING]; ranks],
            here: vec![0; ranks],
            staged: vec![[0; 8]; ranks],
            pending: vec![0; ranks],
            ones: vec![[0; COLUMNS]; ranks],
        }
    }

    #[inline]
    fn add(&mut self, rank: usize, word: u64) {
        let here = usize::from(self.here[rank]);
        self.waiting[rank][here] = word;
        self.here[rank] += 1;
        if here + 1 == WAITING {
            self.stage(rank);
        }
    }

    /// Spreads the words that wait, and moves the counters if more might overflow them.
    fn stage(&mut self, rank: usize) {
        let spread = |counters: &mut [u64; 8], word: u64, shift: usize| {
            for (counters, byte) in counters.iter_mut().zip(word.to_le_bytes()) {
                *counters += SPREAD[usize::from(byte)] << shift;
            }
        };
        let (waiting, counters) = (&mut self.waiting[rank], &mut self.staged[rank]);
        let here = std::mem::take(&mut self.here[rank]);
        if here <= FEW {
            waiting[..usize::from(here)].iter().for_each(|&word| spread(counters, word, 0));
        } else {
            waiting[usize::from(here)..].fill(0);
            binary(waiting).into_iter().enumerate().for_each(|(shift, word)| spread(counters, word, shift));
        }
        self.pending[rank] += here;
        if self.pending[rank] > u8::MAX - WAITING as u8 {
            self.flush(rank);
        }
    }

    fn flush(&mut self, rank: usize) {
        for (counters, ones) in self.staged[rank].iter_mut().zip(self.ones[rank].chunks_exact_mut(8)) {
            for (ones, byte) in ones.iter_mut().zip(counters.to_le_bytes()) {
                *ones += i64::from(byte);
            }
            *counters = 0;
        }
        self.pending[rank] = 0;
    }

    fn flush_all(&mut self) {
        for rank in 0..self.pending.len() {
            self.stage(rank);
            if self.pending[rank] > 0 {
                self.flush(rank);
            }
        }
    }

    /// Votes, +1 less −1, of `keys` keys in each rank.
    fn votes(mut self, keys: &[u64]) -> WordVotes {
        self.flush_all();
        for (row, &keys) in self.ones.iter_mut().zip(keys) {
            row.iter_mut().for_each(|ones| *ones = 2 * *ones - keys as i64);
        }
        self.ones
    }
}

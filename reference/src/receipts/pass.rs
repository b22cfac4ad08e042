//! One pass over all keys for many questions at a time.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::ops::Range;

use rayon::prelude::*;

use super::bits::{Packed, words_of};
use super::memory::{Association, Associations};

/// Which associations exist for the answers.
#[derive(Debug)]
pub(super) enum Scope {
    All,
    Only(BTreeSet<u64>),
    Except(BTreeSet<u64>),
}

impl Scope {
    /// The ids that it lists.
    pub(super) fn listed(&self) -> BTreeSet<u64> {
        match self {
            Self::All => BTreeSet::new(),
            Self::Only(ids) | Self::Except(ids) => ids.clone(),
        }
    }

    pub(super) fn holds(&self, id: u64) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(&id),
            Self::Except(ids) => !ids.contains(&id),
        }
    }
}

/// Chunks that are looked at, positions as (word, bits): who shares one is met.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// Those within a word of which no position may differ, as most are.
    exact: Vec<(usize, u64)>,
    /// The others, and how many positions may.
    others: Vec<(Vec<(usize, u64)>, u32)>,
}

impl Looked {
    pub(super) fn add(&mut self, chunk: &[(usize, u64)], most: u32) {
        match (chunk, most) {
            (&[part], 0) => self.exact.push(part),
            _ => self.others.push((chunk.to_vec(), most)),
        }
    }

    fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.others.is_empty()
    }

    /// Whether a key that differs at these positions is met.
    fn meets(&self, differ: &[u64]) -> bool {
        let within = |(chunk, most): &(Vec<(usize, u64)>, u32)| {
            chunk.iter().map(|&(word, bits)| (differ[word] & bits).count_ones()).sum::<u32>() <= *most
        };
        self.exact.iter().any(|&(word, bits)| differ[word] & bits == 0) || self.others.iter().any(within)
    }
}

/// A question about all keys in scope.
pub(super) struct Ask {
    pub(super) query: Packed,
    pub(super) chunks: Looked,
    /// How many of the nearest keys are to be listed.
    pub(super) list: usize,
    /// Whether the ids of the keys that equal the query are.
    pub(super) copies: bool,
}

/// What the keys say to a question.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Keys at each distance.
    pub(super) counts: Vec<u64>,
    pub(super) nearest: Option<Nearest>,
    /// Ids of those at distance 0, ascending.
    pub(super) copies: Vec<u64>,
    /// (distance, id) of those that share a chunk, ascending.
    pub(super) met: Vec<(u32, u64)>,
    /// (distance, count) of those that are read one by one and share none.
    pub(super) read: BTreeMap<u32, u64>,
    /// (distance, id) of the nearest; ascending once the pass is over.
    listed: BinaryHeap<(u32, u64)>,
}

#[derive(Clone, Debug)]
pub(super) struct Nearest {
    pub(super) distance: u32,
    /// The lowest.
    pub(super) id: u64,
    /// Its value.
    pub(super) value: Vec<u64>,
    /// Whether all at this distance have that value.
    pub(super) agree: bool,
}

impl Nearest {
    fn merge(self, other: Self) -> Self {
        let (low, high) =
            if (self.distance, self.id) < (other.distance, other.id) { (self, other) } else { (other, self) };
        let agree = low.agree && (high.distance > low.distance || high.agree && high.value == low.value);
        Self { agree, ..low }
    }
}

impl Seen {
    fn new(dim: usize) -> Self {
        let counts = vec![0; distances(dim)];
        let (copies, met, read) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { counts, nearest: None, copies, met, read, listed: BinaryHeap::new() }
    }

    /// `differ` is room for the positions in which key and query differ.
    fn see(&mut self, ask: &Ask, is_read: bool, association: Association<'_>, differ: &mut [u64]) {
        let Association { id, key, value } = association;
        let distance = ask.query.differ(key, differ);
        self.counts[distance as usize] += 1;
        match &mut self.nearest {
            Some(nearest) if distance > nearest.distance => {}
            Some(nearest) if distance == nearest.distance => {
                nearest.agree &= nearest.value == value;
                if id < nearest.id {
                    nearest.id = id;
                    nearest.value.copy_from_slice(value);
                }
            }
            nearest => *nearest = Some(Nearest { distance, id, value: value.to_vec(), agree: true }),
        }
        if ask.copies && distance == 0 {
            self.copies.push(id);
        }
        if !ask.chunks.is_empty() {
            if ask.chunks.meets(differ) {
                self.met.push((distance, id));
            } else if is_read {
                *self.read.entry(distance).or_insert(0) += 1;
            }
        }
        if ask.list > 0 {
            self.list(ask.list, (distance, id));
        }
    }

    fn list(&mut self, most: usize, key: (u32, u64)) {
        if self.listed.len() < most {
            self.listed.push(key);
        } else if self.listed.peek().is_some_and(|last| key < *last) {
            self.listed.pop();
            self.listed.push(key);
        }
    }

    fn merge(mut self, other: Self, ask: &Ask) -> Self {
        self.counts.iter_mut().zip(other.counts).for_each(|(count, more)| *count += more);
        self.nearest = match (self.nearest, other.nearest) {
            (Some(one), Some(other)) => Some(one.merge(other)),
            (one, other) => one.or(other),
        };
        self.copies.extend(other.copies);
        self.met.extend(other.met);
        other.read.into_iter().for_each(|(distance, count)| *self.read.entry(distance).or_insert(0) += count);
        for key in other.listed {
            self.listed.push(key);
            if self.listed.len() > ask.list {
                self.listed.pop();
            }
        }
        self
    }

    /// (id, distance) of the nearest, nearest first.
    pub(super) fn list_of_nearest(&self) -> Vec<(u64, u64)> {
        let listed = self.listed.clone().into_sorted_vec();
        listed.into_iter().map(|(distance, id)| (id, distance.into())).collect()
    }
}

/// Distances that words of patterns can have: of those beyond the dimension only damaged patterns.
pub(super) fn distances(dim: usize) -> usize {
    64 * words_of(dim) + 1
}

/// The words of a key, and those of its value.
pub(super) type Words = (Vec<u64>, Vec<u64>);

/// Keys of a memory that are in scope, seen by every thread in pieces.
pub(super) struct Passing<'a, M> {
    pub(super) memory: &'a M,
    pub(super) scope: &'a Scope,
    /// Ids of the keys that are read one by one.
    pub(super) read: &'a BTreeSet<u64>,
    /// What who watches is told between pieces.
    pub(super) judged: u64,
    /// Says whether to go on.
    pub(super) watch: &'a (dyn Fn(u64) -> bool + Sync),
}

/// Associations below which another thread is not worth its start, and after which it is asked whether to go on.
const PIECE: usize = 4096;

impl<M: Associations> Passing<'_, M> {
    /// Places in pieces, one a thread.
    pub(super) fn pieces(&self) -> Vec<Range<usize>> {
        let places = self.memory.places();
        let each = places.div_ceil(rayon::current_num_threads()).max(PIECE);
        (0..places).step_by(each).map(|start| start..places.min(start + each)).collect()
    }

    /// Shows those in scope at some places; whether it came to their end.
    pub(super) fn each(&self, places: Range<usize>, see: &mut dyn FnMut(Association<'_>)) -> bool {
        for start in places.clone().step_by(PIECE) {
            if !(self.watch)(self.judged) {
                return false;
            }
            self.memory.show(start..places.end.min(start + PIECE), &mut |association| {
                if self.scope.holds(association.id) {
                    see(association);
                }
                true
            });
        }
        true
    }

    /// What the keys say to each question; `None` if it was stopped.
    ///
    /// Cost: questions × keys × ⌈d/64⌉ word operations; 8(d + 1) bytes a question and thread.
    pub(super) fn ask(&self, asks: &[Ask]) -> Option<Vec<Seen>> {
        let start = || asks.iter().map(|_| Seen::new(self.memory.dim())).collect::<Vec<Seen>>();
        let of_piece = |places: Range<usize>| {
            let (mut seen, mut differ) = (start(), vec![0; words_of(self.memory.dim())]);
            let whole = self.each(places, &mut |association| {
                let is_read = !self.read.is_empty() && self.read.contains(&association.id);
                seen.iter_mut().zip(asks).for_each(|(seen, ask)| seen.see(ask, is_read, association, &mut differ));
            });
            whole.then_some(seen)
        };
        let merge = |one: Vec<Seen>, other: Vec<Seen>| {
            let both = one.into_iter().zip(other).zip(asks);
            Some(both.map(|((one, other), ask)| one.merge(other, ask)).collect())
        };
        let pieces: Vec<Option<Vec<Seen>>> = self.pieces().into_par_iter().map(of_piece).collect();
        let mut seen = pieces.into_iter().try_fold(start(), |all, piece| merge(all, piece?))?;
        for seen in &mut seen {
            seen.copies.sort_unstable();
            seen.met.sort_unstable();
        }
        Some(seen)
    }

    /// Key and value of each of these ids that is in scope; `None` if it was stopped.
    pub(super) fn find(&self, ids: &BTreeSet<u64>) -> Option<BTreeMap<u64, Words>> {
        let of_piece = |places: Range<usize>| {
            let mut found = BTreeMap::new();
            let whole = self.each(places, &mut |Association { id, key, value }| {
                if ids.contains(&id) {
                    found.insert(id, (key.to_vec(), value.to_vec()));
                }
            });
            whole.then_some(found)
        };
        let pieces: Vec<Option<BTreeMap<_, _>>> = self.pieces().into_par_iter().map(of_piece).collect();
        pieces.into_iter().try_fold(BTreeMap::new(), |mut all, piece| {
            all.extend(piece?);
            Some(all)
        })
    }
}

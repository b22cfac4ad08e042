//! The shortlist of a search: the nearest keys met so far.

use crate::patterns::ids::Ids;
use crate::scan::watch::{Visit, Watch, Watched};
use crate::{Error, Result};

/// A key found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Neighbor {
    /// Its Hamming distance, over the query's known positions.
    pub distance: u32,
    /// Its id.
    pub id: u64,
}

/// The nearest keys met so far, at most `top` of them and all nearer than `limit`; between two cuts twice as many may
/// stand here.
pub(crate) struct Shortlist<'a> {
    ids: &'a Ids,
    top: usize,
    limit: u32,
    /// Ids are as yet [`ordinals`](Ids::ordinal).
    found: Vec<Neighbor>,
    /// Memory has run out, and keys were lost.
    exhausted: bool,
}

impl<'a> Shortlist<'a> {
    /// Of at most `top` keys, called `ids`, all nearer than `limit`.
    pub(crate) fn new(ids: &'a Ids, top: usize, limit: u32) -> Self {
        Self { ids, top, limit, found: Vec::new(), exhausted: false }
    }

    /// Drops what can no longer be among the `top`. Where ids ascend, a later key at the last distance kept has a higher
    /// one: it comes too late.
    fn cut(&mut self) {
        if self.found.len() > self.top {
            self.found.select_nth_unstable(self.top - 1);
            self.found.truncate(self.top);
        }
        if self.found.len() == self.top
            && let Some(last) = self.found.iter().map(|neighbor| neighbor.distance).max()
        {
            self.limit = self.limit.min(if self.ids.ascending() { last } else { last.saturating_add(1) });
        }
    }

    /// The keys found, nearest first, equal distances by lower id.
    pub(crate) fn finish(watched: Watched<Self>) -> Result<Vec<Neighbor>> {
        let mut this = watched.watcher;
        if this.exhausted {
            let bytes = size_of_val(this.found.as_slice()) as u64 * 2;
            return Err(Error::OutOfMemory { what: "the keys found for a query, at least", bytes });
        }
        this.cut();
        this.found.sort_unstable();
        this.found.iter_mut().for_each(|neighbor| neighbor.id = this.ids.of_ordinal(neighbor.id));
        this.found.shrink_to_fit();
        Ok(this.found)
    }

    /// Makes room for `more` keys, twice as many as there are at the least.
    fn reserve(&mut self, more: usize) -> bool {
        if self.found.capacity() - self.found.len() < more {
            self.exhausted |= self.found.try_reserve(more.max(self.found.len())).is_err();
        }
        !self.exhausted
    }
}

impl Watch for Shortlist<'_> {
    fn wants(&self) -> u32 {
        self.limit
    }

    /// The nearest says nothing of the others that are asked for.
    fn would_want(&self, nearest: u32) -> u32 {
        if self.top == 1 { nearest.saturating_add(1).min(self.limit) } else { self.limit }
    }

    fn sufficed(&self, bound: u32) -> u32 {
        // At the distance of the last kept no more are wanted, but a scan that ends before it would not have met that one.
        let last = self.found.iter().map(|neighbor| neighbor.distance).max();
        last.filter(|_| self.found.len() == self.top).map_or(bound, |last| bound.max(last.saturating_add(1)))
    }

    fn meet(&mut self, place: usize, distance: u32) {
        if self.reserve(1) {
            self.found.push(Neighbor { distance, id: self.ids.ordinal(place) });
            // Cut as soon as there are enough, and whenever there are twice as many.
            if self.found.len() == self.top || self.found.len() >= self.top.saturating_mul(2) {
                self.cut();
            }
        }
    }
}

impl Visit for Shortlist<'_> {
    fn visit(&mut self, first: usize, distances: &[u32]) {
        for (place, &distance) in (first..).zip(distances) {
            if distance < self.limit {
                self.meet(place, distance);
            }
        }
    }

    fn merge(&mut self, later: Self) {
        self.exhausted |= later.exhausted;
        if self.reserve(later.found.len()) {
            self.found.extend(later.found);
        }
        self.limit = self.limit.min(later.limit);
        self.cut();
    }
}

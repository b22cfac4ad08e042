//! Search: the nearest keys themselves, exactly.

use crate::overlap::each_tile;
use crate::watch::{Visit, Watch, Watched};
use crate::{Error, Memory, Queries, Result};

/// A key found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Neighbor {
    /// Its Hamming distance, over the query's known positions.
    pub distance: u32,
    /// Its id: the position in storing order.
    pub id: u64,
}

impl Memory {
    /// The `top` nearest keys of every query, nearest first, equal distances by lower id; all n keys where there are
    /// fewer.
    ///
    /// Cost: one scan for up to 64 queries; 16 bytes for each of 2·`top` keys a query and thread.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `top` is 0; [`Error::Dimension`] if the queries are of another dimension;
    /// [`Error::OutOfMemory`].
    ///
    /// # Example
    /// ```
    /// use popfield::{Memory, Patterns};
    /// let memory = Memory::auto_associative(Patterns::random(100, 64, 5, "keys")?)?;
    /// let found = memory.search_top(&memory.keys().range(42..43).into(), 3)?;
    /// assert_eq!((found[0][0].id, found[0][0].distance), (42, 0));
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn search_top(&self, queries: &Queries, top: usize) -> Result<Vec<Vec<Neighbor>>> {
        if top == 0 {
            return Err(Error::Parameter { what: "top", expected: "at least 1".into(), found: "0".into() });
        }
        let top = top.min(self.len());
        self.search(queries, |_| Shortlist { top, limit: u32::MAX, found: Vec::new(), exhausted: false })
    }

    /// All keys within distance `radius` of every query, nearest first, equal distances by lower id.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the queries are of another dimension; [`Error::OutOfMemory`].
    pub fn search_radius(&self, queries: &Queries, radius: u32) -> Result<Vec<Vec<Neighbor>>> {
        self.search(queries, |_| Shortlist {
            top: usize::MAX,
            limit: radius.saturating_add(1),
            found: Vec::new(),
            exhausted: false,
        })
    }

    fn search(&self, queries: &Queries, list: impl Fn(usize) -> Shortlist + Sync) -> Result<Vec<Vec<Neighbor>>> {
        self.check(queries)?;
        let plan = self.plan(queries)?;
        each_tile(self.len(), queries.len(), |tile| {
            let indices: Vec<usize> = tile.collect();
            self.near(queries, &indices, &plan, &list)?.into_iter().map(Shortlist::finish).collect()
        })
    }
}

/// The nearest keys met so far, at most `top` of them and all nearer than `limit`; between two cuts twice as many may
/// stand here.
struct Shortlist {
    top: usize,
    limit: u32,
    found: Vec<Neighbor>,
    /// Memory has run out, and keys were lost.
    exhausted: bool,
}

impl Shortlist {
    /// Drops what can no longer be among the `top`. A later key at the last distance kept has a higher id: it comes too
    /// late.
    fn cut(&mut self) {
        if self.found.len() > self.top {
            self.found.select_nth_unstable(self.top - 1);
            self.found.truncate(self.top);
        }
        if self.found.len() == self.top
            && let Some(last) = self.found.iter().map(|neighbor| neighbor.distance).max()
        {
            self.limit = self.limit.min(last);
        }
    }

    fn finish(watched: Watched<Self>) -> Result<Vec<Neighbor>> {
        let mut this = watched.watcher;
        if this.exhausted {
            let bytes = size_of_val(this.found.as_slice()) as u64 * 2;
            return Err(Error::OutOfMemory { what: "the keys found for a query, at least", bytes });
        }
        this.cut();
        this.found.sort_unstable();
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

impl Watch for Shortlist {
    fn wants(&self) -> u32 {
        self.limit
    }

    /// The nearest says nothing of the others that are asked for.
    fn would_want(&self, nearest: u32) -> u32 {
        if self.top == 1 { nearest.saturating_add(1).min(self.limit) } else { self.limit }
    }

    fn meet(&mut self, id: usize, distance: u32) {
        if self.reserve(1) {
            self.found.push(Neighbor { distance, id: id as u64 });
            // Cut as soon as there are enough, and whenever there are twice as many.
            if self.found.len() == self.top || self.found.len() >= self.top.saturating_mul(2) {
                self.cut();
            }
        }
    }
}

impl Visit for Shortlist {
    fn visit(&mut self, first: usize, distances: &[u32]) {
        for (id, &distance) in (first..).zip(distances) {
            if distance < self.limit {
                self.meet(id, distance);
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

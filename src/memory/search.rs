//! Search: the nearest keys themselves, exactly.

use crate::index::{Listing, Purpose};
use crate::memory::view::View;
use crate::scan::hunt::near;
use crate::scan::keys::Scan;
use crate::scan::plan::Plan;
use crate::scan::shortlist::{Neighbor, Shortlist};
use crate::scan::tiles::each_tile;
use crate::{Error, Memory, Queries, Result};

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
    /// let found = memory.search_top(&memory.keys().range(42..43)?.into(), 3)?;
    /// assert_eq!((found[0][0].id, found[0][0].distance), (42, 0));
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn search_top(&self, queries: &Queries, top: usize) -> Result<Vec<Vec<Neighbor>>> {
        self.view().search_top(queries, top)
    }

    /// All keys within distance `radius` of every query, nearest first, equal distances by lower id.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the queries are of another dimension; [`Error::OutOfMemory`].
    pub fn search_radius(&self, queries: &Queries, radius: u32) -> Result<Vec<Vec<Neighbor>>> {
        self.view().search_radius(queries, radius)
    }
}

impl View<'_> {
    /// The `top` nearest of the keys in the view, nearest first, equal distances by lower id: see
    /// [`Memory::search_top`]. What is counted for who watches are queries.
    ///
    /// # Errors
    /// As [`Memory::search_top`]; [`Error::Mismatch`] for a scope of another memory; [`Error::Interrupted`].
    pub fn search_top(&self, queries: &Queries, top: usize) -> Result<Vec<Vec<Neighbor>>> {
        if top == 0 {
            return Err(Error::Parameter { what: "top", expected: "at least 1".into(), found: "0".into() });
        }
        let top = top.min(self.len());
        self.search(queries, top, u32::MAX)
    }

    /// All keys in the view within distance `radius` of every query, nearest first: see [`Memory::search_radius`]. What is
    /// counted for who watches are queries.
    ///
    /// # Errors
    /// As [`Memory::search_radius`]; [`Error::Mismatch`] for a scope of another memory; [`Error::Interrupted`].
    pub fn search_radius(&self, queries: &Queries, radius: u32) -> Result<Vec<Vec<Neighbor>>> {
        self.search(queries, usize::MAX, radius.saturating_add(1))
    }

    /// The `top` nearest of the keys nearer than `limit`.
    fn search(&self, queries: &Queries, top: usize, limit: u32) -> Result<Vec<Vec<Neighbor>>> {
        let steps = self.begin(queries.len() as u64);
        let scan = self.scan(&steps)?;
        scan.check(queries)?;
        let scanned = |queries: &Queries| scanned(scan, queries, top, limit);
        let Some(index) = self.index() else { return scanned(queries) };
        let (goal, purpose) = (Listing { top, limit }, Purpose::List { top, limit });
        index.or_scan(scan, &goal, purpose, queries, |_, found| Ok(found), scanned)
    }
}

/// The `top` nearest of the keys nearer than `limit`, by a scan.
fn scanned(scan: Scan<'_>, queries: &Queries, top: usize, limit: u32) -> Result<Vec<Vec<Neighbor>>> {
    let plan = Plan::new(scan, queries)?;
    each_tile(scan.side().len(), queries.len(), |tile| {
        let indices: Vec<usize> = tile.collect();
        let found = near(scan, queries, &indices, &plan, |_| Shortlist::new(scan.ids(), top, limit))?;
        let found = found.into_iter().map(Shortlist::finish).collect::<Result<_>>()?;
        scan.steps().advance(indices.len() as u64)?;
        Ok(found)
    })
}

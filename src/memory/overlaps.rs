//! Overlaps of queries with every key, as they are.

use crate::error::room_for;
use crate::memory::view::View;
use crate::scan::survey::distances;
use crate::scan::watch::ABSENT;
use crate::{Memory, Queries, Result};

impl Memory {
    /// Overlaps s = ⟨query, key⟩ of every query with every key, in storing order: (queries, n), row by row; known − 2h
    /// over the known positions.
    ///
    /// Cost: queries × n × ⌈d/64⌉ word operations and 4 bytes for each pair; ask for few queries at a time where n is
    /// large.
    ///
    /// # Errors
    /// [`Error::Dimension`](crate::Error::Dimension) if the queries are of another dimension; [`Error::OutOfMemory`](crate::Error::OutOfMemory) if the answer does not fit.
    pub fn overlaps(&self, queries: &Queries) -> Result<Vec<i32>> {
        self.view().overlaps(queries)
    }
}

impl View<'_> {
    /// Overlaps of every query with every key, (queries, n), row by row: see [`Memory::overlaps`]. What is counted for who
    /// watches are queries.
    ///
    /// # Errors
    /// As [`Memory::overlaps`]; [`Error::Parameter`](crate::Error::Parameter) within a scope, whose other keys would have
    /// no overlap to tell; [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn overlaps(&self, queries: &Queries) -> Result<Vec<i32>> {
        self.check_whole("scope of overlaps")?;
        let steps = self.begin(queries.len() as u64);
        let scan = self.scan(&steps)?;
        scan.check(queries)?;
        let mut overlaps = room_for(queries.len().saturating_mul(self.len()), "overlaps")?;
        for q in 0..queries.len() {
            let known = queries.known_count(q) as i32;
            let distances = distances(scan, queries, q)?.into_iter().filter(|&h| h != ABSENT);
            overlaps.extend(distances.map(|h| known - 2 * h as i32));
            steps.advance(1)?;
        }
        Ok(overlaps)
    }
}

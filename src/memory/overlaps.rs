//! Overlaps of queries with every key, as they are.

use crate::error::room_for;
use crate::scan::survey::distances;
use crate::{Memory, Progress, Queries, Result};

impl Memory {
    /// Overlaps s = ⟨query, key⟩ of every query with every key: (queries, n), row by row; known − 2h over the known
    /// positions.
    ///
    /// Cost: queries × n × ⌈d/64⌉ word operations and 4 bytes for each pair; ask for few queries at a time where n is
    /// large.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the queries are of another dimension; [`Error::OutOfMemory`] if the answer does not fit.
    pub fn overlaps(&self, queries: &Queries) -> Result<Vec<i32>> {
        let steps = Progress::NONE.begin(0);
        let view = self.view();
        let scan = view.scan(&steps)?;
        scan.check(queries)?;
        let mut overlaps = room_for(queries.len().saturating_mul(self.len()), "overlaps")?;
        for q in 0..queries.len() {
            let known = queries.known_count(q) as i32;
            overlaps.extend(distances(scan, queries, q)?.into_iter().map(|h| known - 2 * h as i32));
        }
        Ok(overlaps)
    }
}

//! Overlaps and distances of queries with every key, and of all keys with one another, as they are.

use crate::error::room_for;
use crate::memory::view::View;
use crate::scan::matrix::{Distance, mutual, with_queries};
use crate::{Memory, Queries, Result};

impl Memory {
    /// Overlaps s = ⟨query, key⟩ of every query with every key, in storing order: (queries, n), row by row; known − 2h
    /// over the known positions.
    ///
    /// Cost: that of [`overlaps_into`](Self::overlaps_into), and a new array of 4 bytes for each pair; ask for few
    /// queries at a time where n is large.
    ///
    /// # Errors
    /// [`Error::Dimension`](crate::Error::Dimension) if the queries are of another dimension;
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory) if the answer does not fit.
    pub fn overlaps(&self, queries: &Queries) -> Result<Vec<i32>> {
        self.view().overlaps(queries)
    }

    /// The same overlaps, written to `out`: (queries, n), row by row, queries.len() · n entries, all of which are
    /// written.
    ///
    /// Cost: queries × n × ⌈d/64⌉ word operations, of which SIMD does 8 in three instructions or fewer, and 4 bytes
    /// written for each pair. Threads share queries and keys. Where n is large, 64 queries or a multiple are best.
    ///
    /// # Errors
    /// [`Error::Dimension`](crate::Error::Dimension) if the queries are of another dimension;
    /// [`Error::Count`](crate::Error::Count) unless `out` has just as many entries;
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory). What `out` then holds is not told.
    ///
    /// # Example
    /// ```
    /// use popfield::{Memory, Patterns};
    /// let memory = Memory::auto_associative(Patterns::hadamard(3, 64)?)?;
    /// let queries = memory.keys().range(0..2)?.into();
    /// let mut overlaps = [0; 6];
    /// memory.overlaps_into(&queries, &mut overlaps)?;
    /// assert_eq!(overlaps, [64, 0, 0, 0, 64, 0]);
    /// let mut distances = [0u16; 6];
    /// memory.distances_into(&queries, &mut distances)?;
    /// assert_eq!(distances, [0, 32, 32, 32, 0, 32]);
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn overlaps_into(&self, queries: &Queries, out: &mut [i32]) -> Result<()> {
        self.view().overlaps_into(queries, out)
    }

    /// Hamming distances h of every query to every key, over the query's known positions, in storing order: written to
    /// `out`, (queries, n), row by row, as `u32`, or as `u16`, half as much to write, which up to d = 256 is
    /// what takes the time.
    ///
    /// Cost: that of [`overlaps_into`](Self::overlaps_into), 2 bytes written for each pair as `u16`.
    ///
    /// # Errors
    /// As [`overlaps_into`](Self::overlaps_into); [`Error::Parameter`](crate::Error::Parameter) for `u16` where d exceeds
    /// 65,535.
    pub fn distances_into<D: Distance>(&self, queries: &Queries, out: &mut [D]) -> Result<()> {
        self.view().distances_into(queries, out)
    }

    /// Overlaps of all keys with one another, in storing order: written to `out`, (n, n), row by row; d on the diagonal.
    ///
    /// Cost: n² × ⌈d/64⌉ word operations up to d = 1,024, where counting a pair a second time is faster than to mirror
    /// it; beyond, half of that. And 4 bytes written for each of the n² entries.
    ///
    /// # Errors
    /// [`Error::Count`](crate::Error::Count) unless `out` has n² entries;
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory). What `out` then holds is not told.
    pub fn mutual_overlaps_into(&self, out: &mut [i32]) -> Result<()> {
        self.view().mutual_overlaps_into(out)
    }

    /// Hamming distances of all keys to one another, in storing order: written to `out`, (n, n), row by row, as `u32` or
    /// `u16`; 0 on the diagonal.
    ///
    /// Cost: that of [`mutual_overlaps_into`](Self::mutual_overlaps_into), 2 bytes written for each entry as `u16`.
    ///
    /// # Errors
    /// As [`mutual_overlaps_into`](Self::mutual_overlaps_into); [`Error::Parameter`](crate::Error::Parameter) for `u16`
    /// where d exceeds 65,535.
    pub fn mutual_distances_into<D: Distance>(&self, out: &mut [D]) -> Result<()> {
        self.view().mutual_distances_into(out)
    }
}

/// What is counted for who watches are rows: queries, or keys. No call knows a scope that leaves associations out, whose
/// other keys would have no overlap to tell.
impl View<'_> {
    /// Overlaps of every query with every key, (queries, n), row by row: see [`Memory::overlaps`].
    ///
    /// # Errors
    /// As [`Memory::overlaps`]; [`Error::Parameter`](crate::Error::Parameter) within a scope;
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn overlaps(&self, queries: &Queries) -> Result<Vec<i32>> {
        let entries = queries.len().saturating_mul(self.len());
        let mut overlaps = room_for(entries, "overlaps")?;
        overlaps.resize(entries, 0);
        self.overlaps_into(queries, &mut overlaps)?;
        Ok(overlaps)
    }

    /// Overlaps of every query with every key, written to `out`: see [`Memory::overlaps_into`].
    ///
    /// # Errors
    /// As [`Memory::overlaps_into`]; [`Error::Parameter`](crate::Error::Parameter) within a scope;
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn overlaps_into(&self, queries: &Queries, out: &mut [i32]) -> Result<()> {
        self.check_whole("scope of overlaps")?;
        let steps = self.begin(queries.len() as u64);
        with_queries(self.scan(&steps)?, queries, out)
    }

    /// Distances of every query to every key, written to `out`: see [`Memory::distances_into`].
    ///
    /// # Errors
    /// As [`Memory::distances_into`]; [`Error::Parameter`](crate::Error::Parameter) within a scope;
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn distances_into<D: Distance>(&self, queries: &Queries, out: &mut [D]) -> Result<()> {
        self.check_whole("scope of distances")?;
        let steps = self.begin(queries.len() as u64);
        with_queries(self.scan(&steps)?, queries, out)
    }

    /// Overlaps of all keys with one another, written to `out`: see [`Memory::mutual_overlaps_into`].
    ///
    /// # Errors
    /// As [`Memory::mutual_overlaps_into`]; [`Error::Parameter`](crate::Error::Parameter) within a scope;
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn mutual_overlaps_into(&self, out: &mut [i32]) -> Result<()> {
        self.check_whole("scope of overlaps")?;
        let steps = self.begin(self.len() as u64);
        mutual(self.scan(&steps)?, out)
    }

    /// Distances of all keys to one another, written to `out`: see [`Memory::mutual_distances_into`].
    ///
    /// # Errors
    /// As [`Memory::mutual_distances_into`]; [`Error::Parameter`](crate::Error::Parameter) within a scope;
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn mutual_distances_into<D: Distance>(&self, out: &mut [D]) -> Result<()> {
        self.check_whole("scope of distances")?;
        let steps = self.begin(self.len() as u64);
        mutual(self.scan(&steps)?, out)
    }
}

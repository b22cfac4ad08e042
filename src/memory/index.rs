//! The index of a memory: made, dropped, and what it is.

use crate::basins::Basins;
use crate::index::{Around, Index, IndexInfo, IndexOptions, Powers, Tables, bytes_of};
use crate::memory::index_slot::Slot;
use crate::{Error, Memory, Progress, Result, Separation};

impl Memory {
    /// Bytes that an index made so would take, at first; where keys have much in common it takes longer chunks, and may
    /// take up to sixteen times as many. No basins are in it.
    ///
    /// # Errors
    /// [`Error::Parameter`] for what keys of this dimension do not have.
    pub fn index_bytes(&self, options: IndexOptions) -> Result<u64> {
        let (tables, bits) = options.resolve(self.key_side().len(), self.dim())?;
        Ok(bytes_of(tables, bits, self.key_side().len()))
    }

    /// Makes an index of all keys, by which recall, search and attention find what they can prove without a scan; what
    /// they answer stays the same to the bit, and only the time and the reports' certificates differ. One that there was
    /// is replaced, and what was learned is forgotten.
    ///
    /// Storing and forgetting keep it: keys stored since are met one by one, and once they are more than 4096 it is not
    /// asked any more until it is [brought up to date](Self::update_index) or made anew. `progress` is told of tables.
    ///
    /// Cost: two passes over the keys for each table, on all threads; bytes as [`index_bytes`](Self::index_bytes) says.
    ///
    /// # Errors
    /// [`Error::Parameter`] for what keys of this dimension do not have; [`Error::OutOfMemory`]; [`Error::Interrupted`].
    ///
    /// # Example
    /// ```
    /// use popfield::index::IndexOptions;
    /// use popfield::{Memory, Patterns, Progress, Recall, Separation};
    /// let mut memory = Memory::auto_associative(Patterns::random(100_000, 256, 5, "keys")?)?;
    /// memory.build_index(IndexOptions::default(), Progress::NONE)?;
    /// let query = memory.keys().range(42..43)?.into();
    /// let recalled = memory.recall(&query, &Recall::new(Separation::exponential(1.0)?))?;
    /// assert_eq!(recalled.reports[0].nearest.id, 42);
    /// assert_eq!(recalled.reports[0].certificate.reason.name(), "probe");
    /// # Ok::<(), popfield::Error>(())
    /// ```
    ///
    /// # Source
    /// Norouzi, Punjani and Fleet 2012, multi-index hashing.
    pub fn build_index(&mut self, options: IndexOptions, progress: Progress<'_>) -> Result<()> {
        let (tables, _) = options.resolve(self.key_side().len(), self.dim())?;
        let steps = progress.begin(tables as u64);
        let tables = Tables::build(self.key_side(), options, &steps)?;
        self.index = Slot::Made(Index::new(tables, None));
        Ok(())
    }

    /// Gives the index what `basins` say of the keys around each, so that queries within their budgets are proven: of every
    /// exponential separation and the maximum whatever `separation` is, and where it is s^K also of that degree and every
    /// larger one. They must have been taken of this memory, or of a clone, since it was last changed, and of all of its
    /// associations; and all that there are must be in the index.
    ///
    /// # Errors
    /// [`Error::Empty`] without an index; [`Error::Mismatch`] for basins of other associations; [`Error::Parameter`] for s^K
    /// where [far](crate::basins::Look::far) keys were not asked for; [`Error::OutOfMemory`].
    pub fn index_basins(&mut self, basins: &Basins, separation: Separation) -> Result<()> {
        let (index, places) = self.indexed_places(basins)?;
        let covered = index.tables().covered();
        let mut told = index.narrowed();
        if let Some(degree) = separation.power() {
            told = told.with_powers(Powers::of_basins(basins, (separation, degree), places.clone(), covered)?);
        }
        let around = Around::of_basins(basins, places, covered)?;
        self.index = Slot::Made(told.with_around(around));
        Ok(())
    }

    /// The index, and the places of the associations that `basins` are of, if these are all in it.
    fn indexed_places(&self, basins: &Basins) -> Result<(&Index, impl Iterator<Item = usize> + Clone)> {
        let Some(index) = self.index.index() else { return Err(Error::Empty { what: "an index" }) };
        // Other keys may have come to stand under the same ids.
        let of_these = basins.generation == self.keys.generation();
        let same = of_these && basins.all.iter().map(|basin| basin.id).eq(self.ids());
        if !same || index.tables().covered() < self.key_side().len() {
            return Err(Error::Mismatch { what: "the associations of an index and those of basins" });
        }
        let live = self.keys.live();
        let places = (0..self.key_side().len()).filter(move |&place| live.is_none_or(|live| live.contains(place)));
        Ok((index, places))
    }

    /// Drops the index.
    pub fn drop_index(&mut self) {
        self.index = Slot::Empty;
    }

    /// Whether it has an index, were it only one that has to be [brought up to date](Self::update_index) before it is asked.
    pub fn has_index(&self) -> bool {
        self.index.index().is_some()
    }

    /// Why the index that stands beside the memory is not asked, where there is one and it is not: damaged, of another
    /// format, or of other keys. To tell that it is read, unless it was before; the same goes for what follows.
    pub fn index_refused(&self) -> Option<&Error> {
        self.index.refused()
    }

    /// What its index is, if it has one that is still asked.
    pub fn index_info(&self) -> Option<IndexInfo> {
        let index = self.index.index().filter(|index| index.serves(self.key_side().len()))?;
        Some(index.info())
    }
}

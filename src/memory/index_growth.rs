//! The index of a memory that has changed: brought up to date, and taken over by the memory that follows.

use crate::memory::index_slot::Slot;
use crate::scan::keys::Scan;
use crate::{Memory, Progress, Result};

impl Memory {
    /// Brings the index up to date: its tables take in all keys, by the same chunks, and so do the basins in it, exactly as
    /// if they had been counted anew, but that keys which were forgotten since stay counted around those that are left;
    /// budgets under powers come out as large as they would anew, or a little smaller. Clones keep the index that they
    /// have. What was learned is forgotten. Without an index, or where it is up to date, nothing happens.
    ///
    /// Where a memory has become many times as large, an index that is [made anew](Self::build_index) has longer chunks and
    /// serves it better.
    ///
    /// `progress` is told of tables, and where basins or budgets under powers are in it of keys stored since.
    ///
    /// Cost: two passes over all keys for each table; where basins are in it also a scan of all keys for each key stored
    /// since, and a copy of the basins for some hundreds of these; where budgets under powers are, a scan and n powers.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for more keys than an index can have;
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory); [`Error::TooLarge`](crate::Error::TooLarge) for more near keys
    /// than basins can be kept of; [`Error::Interrupted`](crate::Error::Interrupted); and nothing has changed.
    ///
    /// # Example
    /// ```
    /// use popfield::index::IndexOptions;
    /// use popfield::{Batch, Memory, Patterns, Progress, Separation};
    /// let mut memory = Memory::auto_associative(Patterns::random(1000, 128, 5, "keys")?)?;
    /// memory.build_index(IndexOptions::default(), Progress::NONE)?;
    /// memory.index_basins(&memory.basins(40)?, Separation::Max)?;
    /// memory.append(Batch::new(&Patterns::random(20, 128, 6, "keys")?))?;
    /// assert_eq!(memory.index_info().map(|info| info.covered), Some(1000));
    /// memory.update_index(Progress::NONE)?;
    /// assert_eq!(memory.index_info().map(|info| info.covered), Some(1020));
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn update_index(&mut self, progress: Progress<'_>) -> Result<()> {
        let keys = self.key_side().len();
        let Some(index) = self.index.index().filter(|index| !index.is_of(keys)) else { return Ok(()) };
        let newcomers = index.newcomers(keys, self.keys.live())?;
        let steps = progress.begin((index.tables().chunks.len() + newcomers.count()) as u64);
        self.index = Slot::Made(index.grown(Scan::new(&self.keys, None, &steps)?, &newcomers)?);
        Ok(())
    }

    /// Takes over the index of `before`, for the associations that both have: a memory that this one follows, as a store
    /// after a change follows what it was. What is known around a key holds wherever it lies by now; tables hold as far as
    /// segments are the same. What this one has beside that is met key by key until the index is
    /// [brought up to date](Self::update_index). Where `before` has none, or keys of another dimension, nothing happens.
    ///
    /// Whether an association is the same is seen by its id and its key, so that it does not matter what `before` is.
    ///
    /// Cost: the words of all keys, unless both were opened or are clones; where places have changed also log n for each
    /// association, and a copy of the basins.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory), and nothing has changed.
    pub fn inherit_index(&mut self, before: &Self) -> Result<()> {
        if before.dim() != self.dim() {
            return Ok(());
        }
        #[cfg(feature = "store")]
        if let Some(unread) = self.origin.as_ref().and_then(|origin| before.index.unread_for(origin, &self.keys)) {
            self.index = unread;
            return Ok(());
        }
        let Some(index) = before.index.index() else { return Ok(()) };
        let shared = self.places_shared(before);
        let (keys, is_live) = (self.key_side().len(), |place: usize| self.place_is_live(place));
        let was = |place: usize| match place < shared {
            true => Some(place),
            // One that stands at the places shared by both is taken by who stands there now.
            false if is_live(place) => {
                before.place_of_same(self, place).filter(|&own| own >= shared || own >= keys || !is_live(own))
            }
            false => None,
        };
        let index = if shared >= index.span() { index.narrowed() } else { index.moved(shared, keys, was)? };
        self.index = Slot::Made(index);
        Ok(())
    }

    /// Takes over the index of `indexed`, or has none where that has none.
    #[cfg(feature = "store")]
    pub(super) fn inherit_index_or_none(&mut self, indexed: &Self) -> Result<()> {
        if indexed.keys.generation() == self.keys.generation() {
            // As it is: what is learned there is learned of these keys too.
            self.index = indexed.index.clone();
            return Ok(());
        }
        self.drop_index();
        self.inherit_index(indexed)
    }

    /// The first places, so many at which the same keys stand here and in `before`.
    fn places_shared(&self, before: &Self) -> usize {
        if self.keys.generation() == before.keys.generation() {
            return self.key_side().len();
        }
        let (then, now) = (before.key_side(), self.key_side());
        let same = |place: usize| {
            before.keys.ids().id(place) == self.keys.ids().id(place)
                && (0..now.words()).all(|word| then.word(place, word) == now.word(place, word))
        };
        let shared = match (&before.origin, &self.origin) {
            (Some(then), Some(now)) => then.shared(now) as usize,
            _ => (0..then.len().min(now.len())).take_while(|&place| same(place)).count(),
        };
        // What was forgotten there was not counted around the others, and is no one's to take the place of.
        let counted = |place: &usize| before.place_is_live(*place) || !self.place_is_live(*place);
        if before.keys.live().is_some() { (0..shared).take_while(counted).count() } else { shared }
    }

    /// This memory with the index of `before`, should there be room for it.
    #[cfg(feature = "store")]
    pub(super) fn inheriting(mut self, before: &Self) -> Self {
        // An index spares time and no more.
        let _ = self.inherit_index(before);
        self
    }

    /// Whether there is none, not even in a file that was not read yet.
    #[cfg(feature = "store")]
    pub(super) fn is_unindexed(&self) -> bool {
        self.index.is_empty()
    }

    /// Whether the same keys stand under the same ids here and in `other`.
    #[cfg(feature = "store")]
    pub(super) fn holds_what(&self, other: &Self) -> bool {
        let places = 0..other.key_side().len();
        let here = |place: &usize| other.place_is_live(*place) && self.place_of_same(other, *place).is_some();
        self.dim() == other.dim() && self.len() == other.len() && places.filter(here).count() == self.len()
    }

    fn place_is_live(&self, place: usize) -> bool {
        self.keys.live().is_none_or(|live| live.contains(place))
    }

    /// The place of the association that `other` has at `place`, if it is here under the same id with the same key.
    fn place_of_same(&self, other: &Self, place: usize) -> Option<usize> {
        let own = self.keys.find(other.keys.ids().id(place))?;
        let (mine, its) = (self.key_side(), other.key_side());
        (0..mine.words()).all(|word| mine.word(own, word) == its.word(place, word)).then_some(own)
    }
}

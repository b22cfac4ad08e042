//! Storing and forgetting: a memory that is loaded, one association at a time.

use std::ops::Range;

use crate::error::room_for;
use crate::patterns::contents::Contents;
use crate::patterns::ids::each_once;
use crate::patterns::segments::Side;
use crate::{Batch, Error, Memory, Missing, Pattern, Progress, Result};

impl Memory {
    /// Stores one more association under the next id, which is returned: one above the largest that was ever given.
    /// `value` is left out where keys are their own values.
    ///
    /// Cost: the words of a pattern; where a clone of the memory or a network learned of it shares the patterns, a copy of
    /// the last segment, once.
    ///
    /// # Errors
    /// [`Error::Dimension`] if key or value is of another dimension; [`Error::Count`] if a value is missing, or given
    /// to a memory whose keys are their own values; [`Error::Parameter`] once ids have run out, as 2⁶⁴ − 1 is none;
    /// [`Error::OutOfMemory`].
    pub fn store(&mut self, key: &Pattern, value: Option<&Pattern>) -> Result<u64> {
        let (expected, found) = (u64::from(self.values.is_some()), u64::from(value.is_some()));
        if expected != found {
            return Err(Error::Count { what: "values of an association", expected, found });
        }
        for (what, pattern, dim) in [("key", Some(key), self.dim()), ("value", value, self.value_dim())] {
            if let Some(found) = pattern.map(Pattern::dim).filter(|&found| found != dim) {
                return Err(Error::Dimension { what, expected: dim, found });
            }
        }
        // Room for both before either is stored, so that a failure changes nothing.
        self.keys.grow()?;
        self.values.as_mut().map_or(Ok(()), Side::grow)?;
        (self.origin, self.generation) = (None, 0);
        let id = self.keys.push(key)?;
        self.values.as_mut().zip(value).map_or(Ok(()), |(values, value)| values.push(value))?;
        Ok(id)
    }

    /// Forgets association `id`, and returns its key and its value, if they differ in kind. All others keep their ids, and
    /// counting never gives this one again.
    ///
    /// Forgetting is exact: since no weights are kept, the memory is bit for bit what it would be had the association
    /// never been stored.
    ///
    /// Cost: words of a pattern for each association that was stored after it; where a clone of the memory or a network
    /// learned of it shares the patterns, a copy of their segment. Where others were forgotten before in a store, or there
    /// is an index, its place is marked and no pattern moves.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such id; [`Error::Empty`] if it is the last association;
    /// [`Error::OutOfMemory`].
    pub fn forget(&mut self, id: u64) -> Result<(Pattern, Option<Pattern>)> {
        let place = self.keys.find(id);
        let (Some(place), Some((key, value))) = (place, place.and_then(|place| self.at(place))) else {
            let expected = self.keys.ids().in_words(self.keys.live().is_none());
            return Err(Error::Parameter { what: "id to forget", expected, found: id.to_string() });
        };
        if self.len() == 1 {
            return Err(Error::Empty { what: "keys after forgetting" });
        }
        if self.keys.live().is_some() || !self.index.is_empty() {
            self.keys.bury(place)?;
            self.generation = 0;
            self.index = self.index.narrowed();
            return Ok((key, value));
        }
        // What may fail before anything changes.
        let keys = self.key_side().without(place)?;
        let values = self.values.as_ref().map(|values| values.without(place)).transpose()?.flatten();
        let mut labels = self.labels.clone();
        labels.remove(place)?;
        (self.origin, self.generation) = (None, 0);
        self.keys.take_out(place, keys)?;
        if let Some(side) = &mut self.values {
            side.take_out(place, values);
        }
        self.labels = labels;
        Ok((key, value))
    }

    /// Appends associations. What comes back are the ids that were counted, none where associations bring their own. A
    /// clone of the memory stays what it is, and shares what both hold.
    ///
    /// Cost: a copy of what comes, and over many calls one for each doubling of it; places and runs of ids are listed
    /// anew.
    ///
    /// # Errors
    /// [`Error::Dimension`] or [`Error::Count`] for what does not fit; [`Error::Id`] for an id that is present, or given
    /// twice, or 2⁶⁴ − 1; [`Error::Parameter`] where counted ids have run out; [`Error::OutOfMemory`]; and nothing has
    /// changed.
    ///
    /// # Example
    /// ```
    /// use popfield::{Batch, Memory, Patterns};
    /// let mut memory = Memory::auto_associative(Patterns::random(3, 64, 5, "keys")?)?;
    /// let more = Patterns::random(2, 64, 6, "keys")?;
    /// assert_eq!(memory.append(Batch::new(&more))?, 3..5);
    /// memory.append(Batch::new(&more).ids(&[70, 12]))?;
    /// assert_eq!(memory.ids().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 70, 12]);
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn append(&mut self, batch: Batch<'_>) -> Result<Range<u64>> {
        batch.check(self.dim(), self.values.as_ref().map(Side::dim))?;
        let (places, count, first) = (self.key_side().len(), batch.keys.len(), self.next_id());
        if count == 0 {
            return Ok(first..first);
        }
        let mut live = self.keys.live().cloned();
        for _ in 0..count {
            live.as_mut().map_or(Ok(()), |live| live.push(true, "what is forgotten"))?;
        }
        let values = self.values.as_ref().zip(batch.values).map(|(side, values)| side.appended(values));
        let contents = Contents {
            keys: self.key_side().appended(batch.keys)?,
            values: values.transpose()?,
            ids: self.keys.ids().appended(count, batch.ids, self.keys.live())?,
            live,
            labels: self.labels.appended(places, batch.labels)?,
            notes: self.notes.clone(),
        };
        let appended = Self::of_contents(contents)?.with_tier(self.tier());
        *self = Self { index: std::mem::take(&mut self.index), ..appended };
        let next = self.next_id();
        Ok(if batch.ids.is_some() { next..next } else { first..next })
    }

    /// Forgets the associations `ids`, and returns how many they were: as [`forget`](Self::forget), but that their places
    /// are marked, and taken out together once they are more than those that are left.
    ///
    /// Cost: log n for each id (where ids do not ascend that for each run of them) and n bits; now and then a copy of the
    /// others, and the tables of their index made anew.
    ///
    /// # Errors
    /// [`Error::Id`] for an id that comes again, and for one that no association has unless `missing` allows it;
    /// [`Error::Empty`] where none would be left; [`Error::OutOfMemory`]; and nothing has changed.
    pub fn forget_some(&mut self, ids: &[u64], missing: Missing) -> Result<u64> {
        let mut places: Vec<usize> = room_for(ids.len(), "ids to forget")?;
        let mut absent = None;
        for (id, at) in each_once("ids to forget", ids)? {
            match self.keys.find(id) {
                Some(place) => places.push(place),
                None => absent = Some(absent.map_or(at, |before: usize| before.min(at))),
            }
        }
        if let (Some(place), Missing::Refuse) = (absent, missing) {
            let expected = self.keys.ids().in_words(self.keys.live().is_none());
            return Err(Error::Id { what: "ids to forget", place, expected, found: ids[place] });
        }
        if places.len() == self.len() {
            return Err(Error::Empty { what: "keys after forgetting" });
        }
        if places.is_empty() {
            return Ok(0);
        }
        let mut keys = self.keys.clone();
        places.iter().try_for_each(|&place| keys.bury(place))?;
        let index = self.index.narrowed();
        let marked = Self { keys, index, ..self.clone() };
        *self = match 2 * marked.len() < marked.key_side().len() {
            true => {
                let mut settled = marked.settled()?.into_owned();
                settled.inherit_index(&marked)?;
                settled.update_index(Progress::NONE)?;
                settled
            }
            false => marked,
        };
        Ok(places.len() as u64)
    }

    /// The key at `place`, which may be forgotten, and its value, if they differ in kind.
    pub(super) fn at(&self, place: usize) -> Option<(Pattern, Option<Pattern>)> {
        Some((self.key_side().get(place)?, self.values.as_ref().and_then(|values| values.get(place))))
    }
}

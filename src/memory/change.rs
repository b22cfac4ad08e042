//! Storing and forgetting: a memory that is loaded, one association at a time.

use crate::patterns::segments::Side;
use crate::{Error, Memory, Pattern, Result};

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
    /// learned of it shares the patterns, a copy of their segment. Where others were forgotten before in a store, its
    /// place is marked and no pattern moves.
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
        if self.keys.live().is_some() {
            self.keys.bury(place)?;
            return Ok((key, value));
        }
        // What may fail before anything changes.
        let keys = self.key_side().without(place)?;
        let values = self.values.as_ref().map(|values| values.without(place)).transpose()?.flatten();
        let mut labels = self.labels.clone();
        labels.remove(place)?;
        self.keys.take_out(place, keys)?;
        if let Some(side) = &mut self.values {
            side.take_out(place, values);
        }
        self.labels = labels;
        Ok((key, value))
    }

    /// The key at `place`, which may be forgotten, and its value, if they differ in kind.
    pub(super) fn at(&self, place: usize) -> Option<(Pattern, Option<Pattern>)> {
        Some((self.key_side().get(place)?, self.values.as_ref().and_then(|values| values.get(place))))
    }
}

//! Basins: what stands around each stored key.

use crate::basins::near::basins;
use crate::basins::{Basins, Look};
use crate::memory::view::View;
use crate::patterns::Stored;
use crate::patterns::bits::Bits;
use crate::patterns::ids::each_once;
use crate::{Error, Memory, Result};

/// What lists of ids are called whose basins are asked for.
const KEYS: &str = "keys of basins";

impl Memory {
    /// What stands around each key, as far as distance `radius`, 1 to d: how far a query may lie from it for its recall to
    /// be certain. A noise of share p needs 2pd and, for the budgets of e^{βs}, some (ln n)/(2β) more.
    ///
    /// Cost: a scan of all keys for each key; 16 bytes for each distance at which one has others, and n·96 bytes.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another radius; [`Error::OutOfMemory`].
    ///
    /// # Example
    /// ```
    /// use popfield::{Memory, Patterns, Separation};
    /// let memory = Memory::auto_associative(Patterns::random(1000, 256, 5, "keys")?)?;
    /// let basins = memory.basins(64)?;
    /// // Whatever 25 positions of a key are flipped, it is recalled in every bit.
    /// assert!(basins.budgets(Separation::exponential(1.0)?)?.iter().all(|&budget| budget >= Some(50)));
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn basins(&self, radius: u32) -> Result<Basins> {
        self.view().basins(radius)
    }

    /// What stands around each key or around some, near it or near its complement too, as `look` says.
    /// [`Basins::budgets`] has an example.
    ///
    /// Cost: as [`basins`](Self::basins), for the keys that are asked about; n bits to name them. At both ends every
    /// distance is taken, all words and a nanosecond or two for each pair.
    ///
    /// # Errors
    /// As [`basins`](Self::basins); [`Error::Id`] for an id that no association has, or that comes twice.
    pub fn basins_of(&self, look: &Look<'_>) -> Result<Basins> {
        self.view().basins_of(look)
    }
}

impl View<'_> {
    /// What stands around each key in the view: see [`Memory::basins`]. What is counted for who watches are keys.
    ///
    /// # Errors
    /// As [`Memory::basins`]; [`Error::Mismatch`] for a scope of another memory; [`Error::Interrupted`].
    pub fn basins(&self, radius: u32) -> Result<Basins> {
        self.basins_of(&Look::new(radius))
    }

    /// What stands in the view around each key or around some: see [`Memory::basins_of`]. What is counted for who watches
    /// are keys that are asked about.
    ///
    /// # Errors
    /// As [`Memory::basins_of`], an id that is not in the view being one that no association has; [`Error::Mismatch`] for
    /// a scope of another memory; [`Error::Interrupted`].
    pub fn basins_of(&self, look: &Look<'_>) -> Result<Basins> {
        let memory = self.memory();
        let (dim, radius) = (memory.dim(), look.radius);
        if !(1..=dim as u32).contains(&radius) {
            let (expected, found) = (format!("1 to {dim}"), radius.to_string());
            return Err(Error::Parameter { what: "radius of basins", expected, found });
        }
        let steps = self.begin(look.keys.map_or(self.len(), <[u64]>::len) as u64);
        let scan = self.scan(&steps)?;
        let values = (!memory.is_auto_associative()).then(|| self.value_side());
        let all = match look.keys {
            None => basins(scan, self.keys(), values, &mut self.ids(), look)?,
            Some(ids) => {
                let chosen = self.places_of(ids)?;
                let keys = Stored::new(scan.side(), scan.ids(), Some(&chosen));
                basins(scan, keys, values, &mut chosen.places().map(|place| scan.ids().id(place)), look)?
            }
        };
        let (keys, generation) = (self.len() as u64, memory.keys.generation());
        Ok(Basins { dim, radius, keys, generation, all })
    }

    /// The places in the view of the associations that `ids` name, each once.
    fn places_of(&self, ids: &[u64]) -> Result<Bits> {
        let (all, present) = (self.memory().keys.ids(), self.present());
        let mut chosen = Bits::filled(all.len(), false, KEYS)?;
        for (id, place) in each_once(KEYS, ids)? {
            let Some(association) = all.find(id, present) else {
                let expected = all.in_words(present.is_none());
                return Err(Error::Id { what: KEYS, place, expected, found: id });
            };
            chosen.set(association, true);
        }
        Ok(chosen)
    }
}

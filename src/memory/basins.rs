//! Basins: what stands around each stored key.

use std::path::Path;

use crate::basins::found::{Found, Way};
use crate::basins::kept::Kept;
use crate::basins::later::{done_of, later};
use crate::basins::near::all;
use crate::basins::{Basins, Look};
use crate::index::join;
use crate::memory::view::View;
use crate::patterns::Stored;
use crate::patterns::bits::Bits;
use crate::patterns::ids::each_once;
use crate::scan::keys::Scan;
use crate::{Error, Memory, Result};

/// What lists of ids are called whose basins are asked for.
const KEYS: &str = "keys of basins";

impl Memory {
    /// What stands around each key, as far as distance `radius`, 1 to d: how far a query may lie from it for its recall to
    /// be certain. A noise of share p needs 2pd and, for the budgets of e^{βs}, some (ln n)/(2β) more.
    ///
    /// Cost: half a scan of all keys for each key, a whole one where some stand in a crowd; for small radii R sorts of the
    /// keys instead, where chunks of d/(R + 1) positions tell them apart. 16 bytes for each distance at which one has
    /// others, and n·96 bytes.
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

    /// As [`basins_of`](Self::basins_of), keeping what is found in the file at `path`, every half minute and when the call
    /// is stopped; where there is such a file already, the call goes on from there. The file stays when all is found, and
    /// asking again costs its reading.
    ///
    /// # Errors
    /// As [`basins_of`](Self::basins_of); [`Error::Run`] for the file of another memory or another look, for one that is
    /// damaged or none; [`Error::Version`]; [`Error::Io`].
    pub fn basins_resumed(&self, look: &Look<'_>, path: impl AsRef<Path>) -> Result<Basins> {
        self.view().basins_resumed(look, path)
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
        self.look(look, None)
    }

    /// What stands in the view around each key or around some, kept in a file: see [`Memory::basins_resumed`].
    ///
    /// # Errors
    /// As [`basins_of`](Self::basins_of) and [`Memory::basins_resumed`].
    pub fn basins_resumed(&self, look: &Look<'_>, path: impl AsRef<Path>) -> Result<Basins> {
        self.look(look, Some(path.as_ref()))
    }

    fn look(&self, look: &Look<'_>, path: Option<&Path>) -> Result<Basins> {
        let memory = self.memory();
        let (dim, radius) = (memory.dim(), look.radius);
        if !(1..=dim as u32).contains(&radius) {
            let (expected, found) = (format!("1 to {dim}"), radius.to_string());
            return Err(Error::Parameter { what: "radius of basins", expected, found });
        }
        let steps = self.begin(look.keys.map_or(self.len(), <[u64]>::len) as u64);
        let scan = self.scan(&steps)?;
        let chosen = look.keys.map(|ids| self.places_of(ids)).transpose()?;
        let asked = chosen.as_ref().map_or(self.keys(), |chosen| Stored::new(scan.side(), scan.ids(), Some(chosen)));
        let values = (!memory.is_auto_associative()).then(|| self.value_side());
        let mut found = Found::new(asked, scan.ids(), values, look)?;
        let mut kept = path.map(|path| Kept::new(path, look, [self.keys(), self.values()], self.ids())).transpose()?;
        // Pairs are met once where all keys are asked about, and nothing is asked of those that are far.
        if chosen.is_none() && !look.far && 2 * self.len() >= scan.side().len() {
            found.begin(Way::Chunks, look)?;
        }
        if let Some(kept) = &kept {
            kept.read(&mut found)?;
        }
        let mut write = |found: &Found<'_>| kept.as_mut().map_or(Ok(()), |kept| kept.write_if_due(found));
        let looked = meet(scan, &mut found, look, &mut write);
        if let Some(kept) = &mut kept
            && matches!(looked, Ok(()) | Err(Error::Interrupted))
        {
            kept.write(&found)?;
        }
        looked?;
        let (keys, generation) = (self.len() as u64, memory.keys.generation());
        Ok(Basins { dim, radius, keys, generation, all: found.into_basins() })
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

/// Has all keys meet that are to, from where they have come to, in the way that is fastest; after each step `kept` is
/// called.
pub(super) fn meet(
    scan: Scan<'_>,
    found: &mut Found<'_>,
    look: &Look<'_>,
    kept: &mut dyn FnMut(&Found<'_>) -> Result<()>,
) -> Result<()> {
    let (keys, steps) = (found.keys().len(), scan.steps());
    if found.way == Way::Chunks {
        let joined = match join::chunks(scan, keys, look.radius)? {
            None => false,
            Some(chunks) => {
                steps.advance(join::done_of(found.done, &chunks))?;
                join::join(scan, found, &chunks, look.radius, kept)?
            }
        };
        if joined {
            return Ok(());
        }
        found.begin(Way::Later, look)?;
    }
    let by_pairs = found.way == Way::Later;
    let done = |met: usize| if by_pairs { done_of(met, keys) } else { met as u64 };
    steps.advance(done(found.done))?;
    if found.way == Way::Later {
        later(scan, found, look.radius, kept)?;
    }
    match found.way {
        Way::All => all(scan, found, look, kept, &|met| steps.advance(done(met.end) - done(met.start))),
        _ => Ok(()),
    }
}

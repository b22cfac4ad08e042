//! Basins: what stands around each stored key.

use crate::basins::Basins;
use crate::basins::near::basins;
use crate::memory::view::View;
use crate::{Error, Memory, Result};

impl Memory {
    /// What stands around each key, as far as distance `radius`, 1 to d: how far a query may lie from it for its recall to
    /// be certain. A noise of share p needs 2pd and, for the budgets of e^{βs}, some (ln n)/(2β) more.
    ///
    /// Cost: a scan of all keys for each key; 16 bytes for each distance at which one has others, and n·64 bytes.
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
}

impl View<'_> {
    /// What stands around each key in the view: see [`Memory::basins`]. What is counted for who watches are keys.
    ///
    /// # Errors
    /// As [`Memory::basins`]; [`Error::Mismatch`] for a scope of another memory; [`Error::Interrupted`].
    pub fn basins(&self, radius: u32) -> Result<Basins> {
        let memory = self.memory();
        if !(1..=memory.dim() as u32).contains(&radius) {
            let (expected, found) = (format!("1 to {}", memory.dim()), radius.to_string());
            return Err(Error::Parameter { what: "radius of basins", expected, found });
        }
        let steps = self.begin(self.len() as u64);
        let values = (!memory.is_auto_associative()).then(|| self.value_side());
        let all = basins(self.scan(&steps)?, self.keys(), values, &mut self.ids(), radius)?;
        Ok(Basins { dim: memory.dim(), radius, all })
    }
}

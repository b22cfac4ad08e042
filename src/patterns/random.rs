//! Seeded randomness that depends on nothing but its seed, and the random patterns it makes.
//!
//! Each block of the data draws from its own Xoshiro256++ stream, seeded by a BLAKE3 hash of (seed, purpose, block
//! number). So the data are equal for every thread count, tier and platform, and what one purpose draws never
//! shifts another's.

use std::ops::Range;

use popfield_kernels::LANES;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use crate::patterns::stored::Stored;
use crate::{Patterns, Result};

/// The stream of block `block` of what `purpose` draws under `seed`.
pub fn stream(seed: u64, purpose: &str, block: u64) -> Xoshiro256PlusPlus {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(&(purpose.len() as u64).to_le_bytes());
    hasher.update(purpose.as_bytes());
    hasher.update(&block.to_le_bytes());
    Xoshiro256PlusPlus::from_seed(*hasher.finalize().as_bytes())
}

/// A number below `bound` > 0, each equally likely: the highest multiple of `bound` that fits decides what is drawn
/// again.
pub(crate) fn below(rng: &mut impl Rng, bound: u64) -> u64 {
    let excess = (u64::MAX % bound + 1) % bound;
    loop {
        let draw = rng.next_u64();
        if draw <= u64::MAX - excess {
            return draw % bound;
        }
    }
}

impl Patterns {
    /// `len` patterns of independent fair ±1, a function of (`seed`, `purpose`) alone. The first patterns are the
    /// same however many are asked for.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for a dimension out of range; [`Error::OutOfMemory`](crate::Error::OutOfMemory) if they
    /// do not fit.
    ///
    /// # Example
    /// ```
    /// use popfield::Patterns;
    /// let few = Patterns::random(3, 100, 7, "keys")?;
    /// let many = Patterns::random(50, 100, 7, "keys")?;
    /// assert_eq!(few.get(2), many.get(2));
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn random(len: usize, dim: usize, seed: u64, purpose: &str) -> Result<Self> {
        let mut patterns = Self::filled(len, dim, false)?;
        patterns.fill(|block| stream(seed, purpose, block as u64), |rng| rng.next_u64());
        Ok(patterns)
    }

    /// The patterns `range` of those that [`random`](Self::random) draws, without the ones before them.
    ///
    /// Cost: as many as they are, and up to seven before them.
    ///
    /// # Errors
    /// As [`random`](Self::random).
    ///
    /// # Example
    /// ```
    /// use popfield::Patterns;
    /// let all = Patterns::random(50, 100, 7, "keys")?;
    /// assert_eq!(Patterns::random_range(21..40, 100, 7, "keys")?, all.range(21..40)?);
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn random_range(range: Range<usize>, dim: usize, seed: u64, purpose: &str) -> Result<Self> {
        let first = range.start / LANES;
        let before = range.start % LANES;
        let mut patterns = Self::filled(before + range.len(), dim, false)?;
        patterns.fill(|block| stream(seed, purpose, (first + block) as u64), |rng| rng.next_u64());
        if before == 0 { Ok(patterns) } else { patterns.range(before..before + range.len()) }
    }

    /// `count` of these patterns, each drawn from all of them: a function of (`seed`, `purpose`) and the patterns. None
    /// if there are none.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn choose(&self, count: usize, seed: u64, purpose: &str) -> Result<Self> {
        let drawn = draws(count, self.len(), seed, purpose);
        let mut chosen = Self::filled(drawn.len(), self.dim(), false)?;
        for (to, from) in drawn.into_iter().enumerate() {
            chosen.put(to, (0..self.words()).map(|w| self.word(from, w)));
        }
        Ok(chosen)
    }
}

impl Stored<'_> {
    /// `count` of these patterns, each drawn from all of them: those that [`Patterns::choose`] draws of as many.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn choose(self, count: usize, seed: u64, purpose: &str) -> Result<Patterns> {
        self.select(&draws(count, self.len(), seed, purpose))
    }

    /// The ids of the patterns that [`choose`](Self::choose) draws, in its order.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    ///
    /// # Example
    /// ```
    /// use popfield::{Memory, Patterns};
    /// let memory = Memory::auto_associative(Patterns::random(100, 64, 5, "keys")?)?;
    /// let keys = memory.keys();
    /// let (chosen, ids) = (keys.choose(9, 7, "queries")?, keys.choose_ids(9, 7, "queries")?);
    /// assert!(chosen.iter().zip(ids).all(|(key, id)| memory.get(id) == Some((key, None))));
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn choose_ids(self, count: usize, seed: u64, purpose: &str) -> Result<Vec<u64>> {
        self.ids_of(&draws(count, self.len(), seed, purpose))
    }
}

/// The places of `count` of `len` things, each drawn from all of them; none if there are none.
fn draws(count: usize, len: usize, seed: u64, purpose: &str) -> Vec<usize> {
    let mut rng = stream(seed, purpose, 0);
    let count = if len == 0 { 0 } else { count };
    (0..count).map(|_| below(&mut rng, len as u64) as usize).collect()
}

//! Seeded randomness that depends on nothing but its seed: random patterns and noise.
//!
//! Each block of the data draws from its own Xoshiro256++ stream, seeded by a BLAKE3 hash of (seed, purpose, block
//! number). So the data are equal for every thread count, tier and platform, and what one purpose draws never
//! shifts another's.

use popfield_kernels::LANES;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use crate::{Error, Pattern, Patterns, Result};

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
fn below(rng: &mut impl Rng, bound: u64) -> u64 {
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
    /// [`Error::Parameter`] for a dimension out of range; [`Error::OutOfMemory`] if they do not fit.
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
        let words = patterns.words();
        let tail = u64::MAX >> (64 * words - dim);
        patterns.lanes_mut().par_chunks_exact_mut(words).enumerate().for_each(|(block, lanes)| {
            let mut rng = stream(seed, purpose, block as u64);
            for lane in 0..LANES.min(len - block * LANES) {
                for (w, lanes) in lanes.iter_mut().enumerate() {
                    lanes.0[lane] = rng.next_u64() & if w + 1 == words { tail } else { u64::MAX };
                }
            }
        });
        Ok(patterns)
    }
}

/// How noise picks the positions that it flips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoiseModel {
    /// Exactly round(p·d) positions, chosen uniformly.
    #[default]
    Exact,
    /// Every position independently with probability p.
    Bernoulli,
}

/// Positions that noise `p` flips in a pattern of dimension `dim` under [`NoiseModel::Exact`]: round(p·d).
pub fn flips(p: f64, dim: usize) -> usize {
    (p * dim as f64).round() as usize
}

/// Copies of `patterns` with a fraction `p` of each one's positions flipped (not drawn anew): the expected overlap with
/// the original is (1 − 2p)·d. Pattern i draws from stream (`seed`, "noise", i).
///
/// # Errors
/// [`Error::Parameter`] unless 0 ≤ `p` ≤ 1.
pub fn add_noise(patterns: &Patterns, p: f64, model: NoiseModel, seed: u64) -> Result<Patterns> {
    if !(0.0..=1.0).contains(&p) {
        return Err(Error::Parameter { what: "noise", expected: "0 to 1".into(), found: p.to_string() });
    }
    let noisy: Vec<Pattern> = (0..patterns.len())
        .into_par_iter()
        .filter_map(|i| patterns.get(i).map(|pattern| (i, pattern)))
        .map(|(i, mut pattern)| {
            let mut rng = stream(seed, "noise", i as u64);
            match model {
                NoiseModel::Exact => flip_exactly(&mut pattern, flips(p, patterns.dim()), &mut rng),
                NoiseModel::Bernoulli => flip_each(&mut pattern, p, &mut rng),
            }
            pattern
        })
        .collect();
    let mut out = Patterns::new(patterns.dim())?;
    out.reserve(noisy.len())?;
    noisy.iter().try_for_each(|pattern| out.push(pattern))?;
    Ok(out)
}

/// Flips a uniformly chosen set of `count` positions (Floyd's sampling: one draw a position, no shuffle).
fn flip_exactly(pattern: &mut Pattern, count: usize, rng: &mut impl Rng) {
    let dim = pattern.dim();
    let mut chosen = bitvec::bitvec![u64, bitvec::prelude::Lsb0; 0; dim];
    for last in dim - count..dim {
        let draw = below(rng, last as u64 + 1) as usize;
        let position = if chosen[draw] { last } else { draw };
        chosen.set(position, true);
    }
    *pattern.bits_mut() ^= chosen.as_bitslice();
}

/// Flips every position with probability `p`, to within 2⁻⁵³.
fn flip_each(pattern: &mut Pattern, p: f64, rng: &mut impl Rng) {
    const UNIT: f64 = 1.0 / (1u64 << 53) as f64;
    for mut bit in pattern.bits_mut() {
        let flip = ((rng.next_u64() >> 11) as f64) * UNIT < p;
        *bit ^= flip;
    }
}

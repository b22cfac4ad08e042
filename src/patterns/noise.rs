//! Noise: copies of patterns with some of their positions flipped.

use rand_xoshiro::rand_core::Rng;
use rayon::prelude::*;

use crate::names::named;
use crate::patterns::random::{below, stream};
use crate::{Error, Pattern, Patterns, Result};

/// How noise picks the positions that it flips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoiseModel {
    /// Exactly round(p·d) positions, chosen uniformly.
    #[default]
    Exact,
    /// Every position independently with probability p.
    Bernoulli,
}

named!(NoiseModel, "noise model",
    NoiseModel::Exact, NoiseModel::Exact => "exact", "Exactly round(P·D) positions of each query";
    NoiseModel::Bernoulli, NoiseModel::Bernoulli => "bernoulli", "Every position on its own, with probability P";
);

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

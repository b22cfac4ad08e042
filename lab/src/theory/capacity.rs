//! How many patterns a linear memory holds: Hoeffding's bound, the law of McEliece et al., and the search for the n at
//! which any law reaches a target.

use super::parameters::{MOST, count, positive, refused, signal, sizes, within};
use crate::error::Result;

/// Hoeffding's bound on the probability that a bit is wrong or tied, hetero-associative, random or worst-case values:
/// e^{−(d − 2·flips)²/(2d(n−1))}; 1 if at least half of the positions are flipped. [`one_step::hetero`] has the exact
/// value. [`success::union_bound`] makes it a bound for patterns (over value_dim bits) and memories (over n·value_dim).
///
/// [`one_step::hetero`]: super::one_step::hetero
/// [`success::union_bound`]: super::success::union_bound
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for a size of 0 or beyond [`MOST`], or more flips than positions.
///
/// Source: Hoeffding 1963, theorem 2, on a sum of d(n−1) fair ±1.
pub fn hoeffding_bit(dim: u64, patterns: u64, flips: u64) -> Result<f64> {
    sizes(dim, patterns, flips)?;
    let signal = signal(dim, flips).max(0) as f64;
    if patterns == 1 {
        return Ok(f64::from(signal == 0.0));
    }
    Ok((-signal * signal / (2.0 * dim as f64 * (patterns - 1) as f64)).exp())
}

/// The n up to which Hoeffding's and the union bound promise that one query of `flips` flipped positions recalls all
/// `value_dim` bits of its value, but for a probability of `failure`: hetero-associative, random or worst-case values.
/// Its order is (1 − 2ρ)² d/(2 ln d) for a fraction ρ flipped, a `value_dim` of the order of d and a `failure` that
/// stays. 0 if nothing is promised; no more than [`MOST`]/d in any case.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) as [`hoeffding_bit`], or unless 0 < `failure` ≤ 1.
pub fn hoeffding_one(dim: u64, flips: u64, value_dim: u64, failure: f64) -> Result<u64> {
    sizes(dim, 1, flips)?;
    count("value dimension", value_dim)?;
    positive("failure", failure, 1.0)?;
    largest(MOST / dim, |patterns| Ok(hoeffding_bit(dim, patterns, flips)? * value_dim as f64 <= failure))
}

/// The n up to which Hoeffding's and the union bound promise that a query from every key, `flips` positions flipped,
/// recalls all `value_dim` bits of its value, all n·`value_dim` at once, but for a probability of `failure`:
/// hetero-associative, random or worst-case values. Its order is (1 − 2ρ)² d/(4 ln d) for a
/// `value_dim` of the order of d.
///
/// # Errors
/// As [`hoeffding_one`].
pub fn hoeffding_all(dim: u64, flips: u64, value_dim: u64, failure: f64) -> Result<u64> {
    sizes(dim, 1, flips)?;
    count("value dimension", value_dim)?;
    positive("failure", failure, 1.0)?;
    largest(MOST / dim, |patterns| {
        Ok(hoeffding_bit(dim, patterns, flips)? * value_dim as f64 * patterns as f64 <= failure)
    })
}

/// The largest n from 1 to `most` at which `holds`, which must not hold again once it has ceased to: 0 if not even at
/// 1. So any law yields the n at which it meets a target.
///
/// Cost: about 2 log₂ n calls.
///
/// # Errors
/// Those of `holds`.
///
/// # Example
/// ```
/// use popfield::Tie;
/// use popfield_lab::theory::{capacity, one_step, success};
/// // All 1,000 bits of a pattern with probability 1/2 and more, had without dependence between bits.
/// let right = |n| success::independent(one_step::hetero(1000, n, 0)?.error(Tie::Plus), 1000);
/// let n = capacity::largest(1 << 20, |n| Ok(right(n)? >= 0.5))?;
/// assert!(right(n)? >= 0.5 && right(n + 1)? < 0.5);
/// # Ok::<(), popfield_lab::Error>(())
/// ```
pub fn largest(most: u64, mut holds: impl FnMut(u64) -> Result<bool>) -> Result<u64> {
    let (mut low, mut high, mut probe) = (0, most, 1);
    while low < high {
        let next = if probe < high { probe } else { low + (high - low).div_ceil(2) };
        if holds(next)? {
            low = next;
        } else {
            high = next - 1;
        }
        probe = probe.saturating_mul(2);
    }
    Ok(low)
}

/// (1 − 2·noise)² d/(2 ln d): the n up to which one query recalls its pattern whole in one step, with probability → 1
/// as d → ∞. Auto-zeroed; hetero-associative with values of d bits likewise.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless `dim` is 2 to [`MOST`] and 0 ≤ `noise` < ½.
///
/// Source: McEliece, Posner, Rodemich, Venkatesh 1987, "The capacity of the Hopfield associative memory", direct
/// convergence.
pub fn mceliece_one(dim: u64, noise: f64) -> Result<f64> {
    Ok(2.0 * mceliece_all(dim, noise)?)
}

/// (1 − 2·noise)² d/(4 ln d): the n up to which a query from every pattern recalls it whole, all n of them, with
/// probability → 1 as d → ∞. Setting, errors and source as [`mceliece_one`].
///
/// # Errors
/// As [`mceliece_one`].
pub fn mceliece_all(dim: u64, noise: f64) -> Result<f64> {
    if !(2..=MOST).contains(&dim) {
        return Err(refused("dimension", format!("2 to {MOST}"), dim));
    }
    within("noise", noise, 0.0, 0.5_f64.next_down())?;
    let (dim, kept) = (dim as f64, 1.0 - 2.0 * noise);
    Ok(kept * kept * dim / (4.0 * dim.ln()))
}

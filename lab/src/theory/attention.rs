//! The attention form sign[Σ softmax(βs)_i y_i]: top weight above ½, and the dimension that n keys call for.
//!
//! Softmax divides the exponential field by a positive number, so its signs are those of
//! [`exponential`](super::exponential). Where the own key's weight is above ½ no other can change a bit, whatever the
//! values. It fails to be with the probability that worst-case values are recalled wrong, which is what
//! [`exponential::worst_values`](super::exponential::worst_values) bounds. All of this is hetero-associative, or for
//! keys as values, since the argument asks nothing of values.

use popfield::separation::Beta;

use super::exponential::{Bounds, exceeding, worst_threshold, worst_values};
use super::parameters::{count, positive, refused, signal};
use crate::error::Result;

/// The probability that the own key of a query, `flips` positions away, has at most half of the softmax weight, between
/// bounds.
///
/// # Errors
/// As [`exponential::worst_values`](super::exponential::worst_values).
pub fn top_weight_failure(dim: u64, patterns: u64, flips: u64, beta: Beta) -> Result<Bounds> {
    worst_values(dim, patterns, flips, beta)
}

/// The n up to which the own key has more than half of the weight for sure, but for a probability of `failure`:
/// 1 + failure/E min(1, e^{β(S_d − d + 2·flips)}), rounded down, or 2 where P(S_d ≥ d − 2·flips) ≤ failure. Infinite
/// where the divisor is below 10⁻³⁰⁰.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) as [`top_weight_failure`], or unless 0 < `failure` ≤ 1.
pub fn patterns_bound(dim: u64, flips: u64, beta: Beta, failure: f64) -> Result<f64> {
    positive("failure", failure, 1.0)?;
    let pair = worst_values(dim, 2, flips, beta)?.high;
    let several = (1.0 + failure / exceeding(dim, signal(dim, flips), beta.get())).floor();
    Ok(if pair <= failure { several.max(2.0) } else { several })
}

/// c in d = c·ln n: the dimension that n keys call for, by their logarithm, as n → ∞ with a fraction `noise` of
/// positions flipped: 1 over [`worst_threshold`]. Both what is enough (below it the top weight tends to 1) and what is
/// necessary for a top weight above ½. Infinite if half of the positions or more are flipped.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless 0 ≤ `noise` ≤ 1.
pub fn slope(noise: f64, beta: Beta) -> Result<f64> {
    Ok(worst_threshold(noise, beta)?.recip())
}

/// The dimension from which the own key has more than half of the weight but for a probability of `failure`, for any n:
/// ln((n−1)/failure) times [`slope`], rounded up. `noise`·d positions are flipped. Infinite where the slope is.
///
/// From E min(1, e^{β(S_d − t)}) ≤ e^{−d(θa − ln cosh θ)} for every θ from 0 to β, whose largest exponent is
/// [`worst_threshold`].
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless `patterns` is 2 to [`MOST`](super::MOST), 0 ≤ `noise` ≤ 1 and
/// 0 < `failure` ≤ 1.
pub fn dimension_bound(patterns: u64, noise: f64, beta: Beta, failure: f64) -> Result<f64> {
    several(patterns)?;
    positive("failure", failure, 1.0)?;
    let logarithm = ((patterns - 1) as f64).ln() - failure.ln();
    Ok(if logarithm == 0.0 { 1.0 } else { (logarithm * slope(noise, beta)?).ceil().max(1.0) })
}

/// The dimension around which the own key comes to have more than half of the weight: ln n times [`slope`].
///
/// # Errors
/// As [`dimension_bound`].
pub fn dimension_typical(patterns: u64, noise: f64, beta: Beta) -> Result<f64> {
    several(patterns)?;
    Ok((patterns as f64).ln() * slope(noise, beta)?)
}

fn several(patterns: u64) -> Result<()> {
    count("patterns", patterns)?;
    if patterns == 1 { Err(refused("patterns", "at least 2".into(), patterns)) } else { Ok(()) }
}

//! Overlaps between random patterns: how near the nearest are.
//!
//! A single overlap of two random ±1 vectors is S_d, whatever one of them is. All pairs are not independent, but any
//! two pairs are, since they share one vector at most.

use super::exponential::{Bounds, any};
use super::parameters::{count, positive, refused, within};
use super::walk;
use crate::error::Result;

/// P(s ≥ fraction·d) of one pair, exactly, for 0 ≤ `fraction` ≤ 1.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for a dimension of 0 or beyond [`MOST`](super::MOST), or `fraction`
/// out of range.
pub fn pair(dim: u64, fraction: f64) -> Result<f64> {
    Ok(walk::at_least(dim, least(dim, fraction)?))
}

/// Hoeffding's bound on [`pair`]: e^{−fraction²·d/2}.
///
/// # Errors
/// As [`pair`].
///
/// Source: Hoeffding 1963, theorem 2.
pub fn hoeffding_pair(dim: u64, fraction: f64) -> Result<f64> {
    least(dim, fraction)?;
    Ok((-0.5 * fraction * fraction * dim as f64).exp())
}

/// The bound that some lecture notes print for [`pair`], e^{−fraction²·d}: *not a bound*. The exponent of the true
/// probability is I(fraction) ≤ fraction² ln 2, so that at every fraction above 0 it is exceeded once d is large.
///
/// # Errors
/// As [`pair`].
pub fn printed_pair(dim: u64, fraction: f64) -> Result<f64> {
    least(dim, fraction)?;
    Ok((-fraction * fraction * dim as f64).exp())
}

/// The union bound over the C(n, 2) pairs with `pair` as the bound on each: the probability that some two of n patterns
/// overlap by `fraction`·d or more, if `pair` is right.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless 0 ≤ `pair` ≤ 1 and `patterns` is 1 to [`MOST`](super::MOST).
pub fn any_pair_bound(patterns: u64, pair: f64) -> Result<f64> {
    count("patterns", patterns)?;
    within("probability of a pair", pair, 0.0, 1.0)?;
    Ok((pairs(patterns) * pair).min(1.0))
}

/// The probability that some two of n random patterns overlap by `fraction`·d or more, between the union bound on the
/// exact probability p of a pair, N·p for N pairs, and the larger of N·p − C(N, 2)·p² (Bonferroni, with pairs pairwise
/// independent) and N·p/(1 + (N−1)·p) (the same moments, by Cauchy and Schwarz).
///
/// # Errors
/// As [`pair`]; and unless `patterns` is 1 to [`MOST`](super::MOST).
pub fn any_pair(dim: u64, patterns: u64, fraction: f64) -> Result<Bounds> {
    count("patterns", patterns)?;
    let (p, n) = (pair(dim, fraction)?, pairs(patterns));
    let moments = if n > 0.0 { n * p / (1.0 + (n - 1.0) * p) } else { 0.0 };
    Ok(Bounds { low: moments.max(n * p - 0.5 * n * (n - 1.0) * p * p), high: (n * p).min(1.0) })
}

/// The probability that one query overlaps with some of n random keys by `fraction`·d or more, exactly.
///
/// # Errors
/// As [`any_pair`].
pub fn any_key(dim: u64, patterns: u64, fraction: f64) -> Result<f64> {
    count("patterns", patterns)?;
    Ok(any(pair(dim, fraction)?, patterns))
}

/// √(2d ln(n/failure)): one query overlaps with none of n random keys by this much or more, but for a probability of
/// `failure`. The constant 2 is right: [`typical_maximum`] is √(2d ln n) while ln n is small beside d.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for a size of 0 or beyond [`MOST`](super::MOST), or unless
/// 0 < `failure` ≤ 1.
///
/// Source: Hoeffding 1963 and the union bound.
pub fn maximum(dim: u64, patterns: u64, failure: f64) -> Result<f64> {
    count("dimension", dim)?;
    count("patterns", patterns)?;
    positive("failure", failure, 1.0)?;
    Ok((2.0 * dim as f64 * ((patterns as f64).ln() - failure.ln())).sqrt())
}

/// √(2d ln(C(n, 2)/failure)) < 2√(d ln(n/√(2·failure))): no two of n random patterns overlap by this much or more, but
/// for a probability of `failure`. 0 for one pattern.
///
/// # Errors
/// As [`maximum`].
pub fn maximum_pair(dim: u64, patterns: u64, failure: f64) -> Result<f64> {
    count("dimension", dim)?;
    count("patterns", patterns)?;
    positive("failure", failure, 1.0)?;
    if patterns == 1 {
        return Ok(0.0);
    }
    Ok((2.0 * dim as f64 * (pairs(patterns).ln() - failure.ln())).sqrt())
}

/// d·I⁻¹((ln n)/d): the largest of n random overlaps to leading order, d where n ≥ 2^d.
///
/// # Errors
/// As [`maximum`].
///
/// Source: Cramér's theorem; the ground state of Derrida's random energy model (1981).
pub fn typical_maximum(dim: u64, patterns: u64) -> Result<f64> {
    count("dimension", dim)?;
    count("patterns", patterns)?;
    Ok(dim as f64 * walk::inverse_rate((patterns as f64).ln() / dim as f64))
}

fn pairs(patterns: u64) -> f64 {
    0.5 * patterns as f64 * (patterns - 1) as f64
}

/// The least overlap of at least fraction·d.
fn least(dim: u64, fraction: f64) -> Result<i64> {
    count("dimension", dim)?;
    if !(0.0..=1.0).contains(&fraction) {
        return Err(refused("overlap", "0 to 1 times the dimension".into(), fraction));
    }
    // A product that is whole but for its rounding, as 0.1 times 1000 may be, is that whole number.
    let (exact, nearest) = (fraction * dim as f64, (fraction * dim as f64).round());
    Ok(if (exact - nearest).abs() <= 4.0 * f64::EPSILON * exact { nearest } else { exact.ceil() } as i64)
}

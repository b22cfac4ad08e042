//! One step of the polynomial separation s^K: dense associative memory.
//!
//! The finite laws take crosstalk, a sum of n − 1 independent terms, to be normal, with the exact moments that its
//! terms have in d dimensions. That is right where many terms matter: K small, n of the order of d^K. K is this
//! library's degree; Krotov and Hopfield's energy, and the paper's n, has order K + 1. Ties count half.
//!
//! Source: Krotov, Hopfield 2016, "Dense associative memory for pattern recognition", section 2, equations 5 and 6.

use popfield::separation::Degree;

use super::numeric::{bisect, normal_above};
use super::parameters::{MOST, count, positive, refused, signal, sizes, within};
use super::walk;
use crate::error::Result;

/// The bit error, hetero-associative, random values: signal (d − 2·flips)^K against n − 1 terms ±S_d^K.
///
/// At K = 1 it is the normal form of [`one_step::hetero`](super::one_step::hetero).
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for a size of 0 or beyond [`MOST`], or more flips than positions.
///
/// Cost: O(√d), as all functions here.
pub fn hetero(dim: u64, patterns: u64, flips: u64, degree: Degree) -> Result<f64> {
    sizes(dim, patterns, flips)?;
    let k = degree.get();
    Ok(error(scaled(signal(dim, flips), dim, k), patterns, 0.0, walk::moment(dim, 2 * k)))
}

/// The bit error, hetero-associative, worst-case values: n − 1 terms −S_d^K. For odd K the same as [`hetero`], since
/// the sign of an overlap is fair; for even K the terms add up, and n is of the order of d^{K/2} only.
///
/// # Errors
/// As [`hetero`].
pub fn worst(dim: u64, patterns: u64, flips: u64, degree: Degree) -> Result<f64> {
    sizes(dim, patterns, flips)?;
    let k = degree.get();
    let mean = walk::moment(dim, k);
    let variance = (walk::moment(dim, 2 * k) - mean * mean).max(0.0);
    Ok(error(scaled(signal(dim, flips), dim, k), patterns, -mean, variance))
}

/// The bit error of one update by the difference of the energies −Σ s^{K+1}, auto-associative, the mean over right and
/// flipped positions: signal D(d − 1 − 2·flips) or D(d + 1 − 2·flips) against n − 1 terms ±D(S_{d−1}), where
/// D(u) = (u+1)^{K+1} − (u−1)^{K+1}.
///
/// # Errors
/// As [`hetero`].
pub fn energy_difference(dim: u64, patterns: u64, flips: u64, degree: Degree) -> Result<f64> {
    sizes(dim, patterns, flips)?;
    let order = degree.get() + 1;
    let variance = walk::mean(dim - 1, |u| difference(u, dim, order).powi(2));
    let own = |u: i64| error(difference(u, dim, order), patterns, 0.0, variance);
    let (signal, flipped) = (signal(dim, flips), flips as f64 / dim as f64);
    Ok((1.0 - flipped) * own(signal - 1) + flipped * own(signal + 1))
}

/// The bit error of the literal sum, auto-associative, diagonal kept, the mean over right and flipped positions: each
/// of the n − 1 terms has the mean ±½E[(S_{d−1}+1)^K − (S_{d−1}−1)^K], a vote for the query's own bit. For odd K ≥ 3
/// those votes outweigh the signal long before n is of the order of d^K, so that every query is its own answer.
///
/// # Errors
/// As [`hetero`].
pub fn auto_kept(dim: u64, patterns: u64, flips: u64, degree: Degree) -> Result<f64> {
    sizes(dim, patterns, flips)?;
    let k = degree.get();
    let vote = 0.5 * walk::mean(dim - 1, |u| difference(u, dim, k)) / (dim as f64).sqrt();
    let variance = (walk::moment(dim, 2 * k) - vote * vote).max(0.0);
    let signal = scaled(signal(dim, flips), dim, k);
    let flipped = flips as f64 / dim as f64;
    let own = |vote| error(signal, patterns, vote, variance);
    Ok((1.0 - flipped) * own(vote) + flipped * own(-vote))
}

/// The limit of [`hetero`] and [`energy_difference`] for large d: ½ erfc((1−2·noise)^K √(d^K/(2n(2K−1)!!))).
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for a size of 0 or beyond [`MOST`], or unless 0 ≤ `noise` ≤ 1.
pub fn krotov_hopfield_error(dim: u64, patterns: u64, noise: f64, degree: Degree) -> Result<f64> {
    count("dimension", dim)?;
    count("patterns", patterns)?;
    within("noise", noise, 0.0, 1.0)?;
    let k = degree.get() as i32;
    let spread = (patterns as f64 * odd_factorial(degree)).sqrt();
    Ok(normal_above(((1.0 - 2.0 * noise) * (dim as f64).sqrt()).powi(k) / spread))
}

/// n = α_K d^K, the patterns at which [`krotov_hopfield_error`] is `error`: α_K = (1−2·noise)^{2K}/((2K−1)!! z²), where
/// a standard normal exceeds z with probability `error`. Krotov and Hopfield's α_n, with `error` half a percent in the
/// paper, at noise 0.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for a dimension of 0 or beyond [`MOST`], or unless 0 ≤ `noise` < ½ and
/// 0 < `error` < ½.
pub fn krotov_hopfield_patterns(dim: u64, noise: f64, degree: Degree, error: f64) -> Result<f64> {
    count("dimension", dim)?;
    within("noise", noise, 0.0, 0.5_f64.next_down())?;
    positive("error", error, 0.5_f64.next_down())?;
    let z = bisect(0.0, 40.0, |z| normal_above(z) <= error);
    Ok(by_variance(dim, noise, degree) / (z * z))
}

/// n = (1−2·noise)^{2K} d^K/(2(2K−1)!! ln d), up to which a pattern is recalled without an error. At K = 1 it is
/// McEliece et al.'s d/(2 ln d).
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless `dim` is 2 to [`MOST`] and 0 ≤ `noise` < ½.
pub fn krotov_hopfield_clean(dim: u64, noise: f64, degree: Degree) -> Result<f64> {
    if !(2..=MOST).contains(&dim) {
        return Err(refused("dimension", format!("2 to {MOST}"), dim));
    }
    within("noise", noise, 0.0, 0.5_f64.next_down())?;
    Ok(by_variance(dim, noise, degree) / (2.0 * (dim as f64).ln()))
}

/// ((1−2·noise)² d)^K/(2K−1)!!, the signal's square by a term's variance; a factor at a time, so that it is infinite
/// only where the result is.
fn by_variance(dim: u64, noise: f64, degree: Degree) -> f64 {
    let signal = (1.0 - 2.0 * noise).powi(2) * dim as f64;
    (1..=degree.get()).map(|i| signal / f64::from(2 * i - 1)).product()
}

/// (2K − 1)!! = E Z^{2K} of a standard normal Z.
fn odd_factorial(degree: Degree) -> f64 {
    (1..=degree.get()).map(|i| f64::from(2 * i - 1)).product()
}

/// (place/√d)^power, so that moments stay near 1.
fn scaled(place: i64, dim: u64, power: u32) -> f64 {
    (place as f64 / (dim as f64).sqrt()).powi(power as i32)
}

/// [(place+1)^order − (place−1)^order]/√d^{order−1} = 2 Σ_{i odd} C(order, i) place^{order−i}/√d^{order−1}: terms of one
/// sign, so that nothing cancels.
fn difference(place: i64, dim: u64, order: u32) -> f64 {
    let (place, small) = (place as f64 / (dim as f64).sqrt(), (dim as f64).recip());
    let mut binomial = 1.0;
    let mut sum = 0.0;
    for i in 1..=order {
        binomial *= f64::from(order + 1 - i) / f64::from(i);
        if i % 2 == 1 {
            sum += binomial * small.powi((i as i32 - 1) / 2) * place.powi((order - i) as i32);
        }
    }
    2.0 * sum
}

/// P(signal + crosstalk < 0) for n − 1 terms of this mean and variance.
fn error(signal: f64, patterns: u64, mean: f64, variance: f64) -> f64 {
    let others = (patterns - 1) as f64;
    let (field, spread) = (signal + others * mean, (others * variance).sqrt());
    if spread > 0.0 {
        normal_above(field / spread)
    } else if field == 0.0 {
        0.5
    } else {
        f64::from(field < 0.0)
    }
}

//! One step of the pseudo-inverse rule, auto-associative, from a noisy pattern, as d → ∞ at n = `load`·d.
//!
//! W projects onto the span of the patterns, so that a query m·x + ε (m = 1 − 2·noise, positions of ε of variance
//! 1 − m²) has the field m·x_j + W_jj ε_j + Σ_{l≠j} W_jl ε_l. For random patterns W_jj → α, the load, and the last sum
//! is normal with variance (1 − m²)(W_jj − W_jj²). Diagonal kept and no noise, recall is exact to n = d for linearly
//! independent patterns.
//!
//! Source: Kanter, Sompolinsky 1987, "Associative recall of memory without errors"; the step as derived above.

use super::numeric::normal_above;
use super::parameters::{positive, within};
use crate::error::Result;

/// The bit error with the diagonal zeroed: ½ erfc(m√((1−α)/(2α(1−m²)))), m = 1 − 2·noise.
///
/// The overlap with flips on average; finite-size corrections are of order 1/d.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless 0 < `load` ≤ 1 and 0 ≤ `noise` ≤ 1.
pub fn auto_zeroed(load: f64, noise: f64) -> Result<f64> {
    positive("load", load, 1.0)?;
    within("noise", noise, 0.0, 1.0)?;
    let overlap = 1.0 - 2.0 * noise;
    Ok(error(overlap * (1.0 - load), load, noise))
}

/// The bit error with the diagonal kept: as [`auto_zeroed`] with the query's own bit, ±α, added to the signal m(1 − α),
/// and the mean taken over right and flipped positions.
///
/// # Errors
/// As [`auto_zeroed`].
pub fn auto_kept(load: f64, noise: f64) -> Result<f64> {
    positive("load", load, 1.0)?;
    within("noise", noise, 0.0, 1.0)?;
    let signal = (1.0 - 2.0 * noise) * (1.0 - load);
    Ok((1.0 - noise) * error(signal + load, load, noise) + noise * error(signal - load, load, noise))
}

fn error(signal: f64, load: f64, noise: f64) -> f64 {
    // 1 − m² = 4·noise·(1 − noise).
    let spread = 2.0 * (load * (1.0 - load) * noise * (1.0 - noise)).sqrt();
    if spread > 0.0 {
        normal_above(signal / spread)
    } else if signal == 0.0 {
        0.5
    } else {
        f64::from(signal < 0.0)
    }
}

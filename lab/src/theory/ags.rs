//! The limit states of Hopfield's network near its patterns: Amit, Gutfreund and Sompolinsky's mean field.
//!
//! Setting: Hebb's rule, diagonal zeroed, asynchronous dynamics without temperature from a stored pattern, n = `load`·d
//! random patterns, d → ∞, replica symmetry. With overlap m, variance r of the other patterns' overlaps and
//! susceptibility C:
//!
//! m = erf(m/√(2αr)), r = (1 − C)⁻², C = √(2/(παr)) e^{−m²/(2αr)}
//!
//! In y = m/√(2αr) these are one: y(√(2α) + (2/√π)e^{−y²}) = erf y. Its largest solution is the retrieval state.
//!
//! Source: Amit, Gutfreund, Sompolinsky 1985, Phys. Rev. Lett. 55, 1530; 1987, Ann. Phys. 173, 30.

use std::f64::consts::FRAC_2_SQRT_PI;

use super::numeric::bisect;
use super::parameters::within;
use crate::error::Result;

/// The retrieval state at one load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retrieval {
    /// m, the mean overlap s/d of the limit with its pattern.
    pub overlap: f64,
    /// (1 − m)/2, the fraction of wrong bits, not rounded by the difference.
    pub bit_error: f64,
    /// r: d times the mean square of the overlaps with other patterns.
    pub crosstalk: f64,
    /// C, the susceptibility at no temperature.
    pub susceptibility: f64,
}

/// The retrieval state at a `load` n/d, None above [`critical_load`], where there is none.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) if `load` is negative, infinite or not a number.
///
/// # Example
/// ```
/// use popfield_lab::theory::ags;
/// let state = ags::retrieval(0.13)?.unwrap();
/// assert!((state.overlap - 0.987212).abs() < 5e-7);
/// assert!(ags::retrieval(0.14)?.is_none());
/// # Ok::<(), popfield_lab::Error>(())
/// ```
pub fn retrieval(load: f64) -> Result<Option<Retrieval>> {
    within("load", load, 0.0, f64::MAX)?;
    if load == 0.0 {
        return Ok(Some(Retrieval { overlap: 1.0, bit_error: 0.0, crosstalk: 1.0, susceptibility: 0.0 }));
    }
    let target = (2.0 * load).sqrt();
    let turn = turning_point();
    if balance(turn) < target {
        return Ok(None);
    }
    // Beyond its turning point the balance falls, and it is below 1/y.
    let y = bisect(turn, turn.max(1.0 / target), |y| balance(y) <= target);
    let overlap = libm::erf(y);
    let spread = overlap / y;
    Ok(Some(Retrieval {
        overlap,
        bit_error: 0.5 * libm::erfc(y),
        crosstalk: spread * spread / (2.0 * load),
        susceptibility: FRAC_2_SQRT_PI * (-y * y).exp() / spread,
    }))
}

/// α_c ≈ 0.137906: the largest load with a retrieval state.
pub fn critical_load() -> f64 {
    let most = balance(turning_point());
    0.5 * most * most
}

/// erf(y)/y − (2/√π)e^{−y²}, which is √(2α) at a solution.
fn balance(y: f64) -> f64 {
    libm::erf(y) / y - FRAC_2_SQRT_PI * (-y * y).exp()
}

/// Where the balance is largest: its derivative, times y², falls through 0 once for y > 1.
fn turning_point() -> f64 {
    bisect(1.0, 2.0, |y| FRAC_2_SQRT_PI * (-y * y).exp() * (y + 2.0 * y * y * y) <= libm::erf(y))
}

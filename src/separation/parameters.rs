//! What separations are given: β and the degree.

use crate::{Error, Result};

/// The inverse temperature β of an exponential separation: weight e^{βs} for the raw integer overlap s.
///
/// The value is the `f64` itself, an exact rational; 1e-9 ≤ β ≤ 1e9.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Beta(f64);

impl Beta {
    pub(super) const ONE: Self = Self(1.0);

    /// The smallest β.
    pub const MIN: f64 = 1e-9;
    /// The largest β.
    pub const MAX: f64 = 1e9;

    /// `beta` if it lies in the range.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is not a number, infinite or out of range.
    pub fn new(beta: f64) -> Result<Self> {
        if (Self::MIN..=Self::MAX).contains(&beta) {
            Ok(Self(beta))
        } else {
            let expected = format!("{:e} to {:e}", Self::MIN, Self::MAX);
            Err(Error::Parameter { what: "beta", expected, found: beta.to_string() })
        }
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// The degree K of a polynomial separation: weight s^K, 1 ≤ K ≤ 64. Krotov and Hopfield's energy has order K + 1.
///
/// An even K cannot tell a key from its complement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Degree(u32);

impl Degree {
    pub(super) const SQUARE: Self = Self(2);

    /// The largest degree.
    pub const MAX: u32 = 64;

    /// `degree` if it lies in the range.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is out of range.
    pub fn new(degree: u32) -> Result<Self> {
        if (1..=Self::MAX).contains(&degree) {
            Ok(Self(degree))
        } else {
            let expected = format!("1 to {}", Self::MAX);
            Err(Error::Parameter { what: "degree", expected, found: degree.to_string() })
        }
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

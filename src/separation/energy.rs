//! Energies: what every update of a network with a symmetric rule and no self-term lowers or leaves.

use std::cmp::Ordering;
use std::fmt;

use dashu_int::ops::{BitTest, UnsignedAbs};
use dashu_int::{IBig, UBig};

/// The energy of a state.
///
/// | separation | energy | held as |
/// |---|---|---|
/// | linear | −½ xᵀWx, W = Σ x_i x_iᵀ with its diagonal kept or zeroed | an integer, or one and a half |
/// | polynomial | −Σ_i s_i^{K+1} (Krotov and Hopfield 2016, without a factor) | an integer of any length |
/// | exponential | −(1/β) ln Σ_i e^{βs_i} (Ramsauer et al. 2020; a rising function of Demircigil's −Σ e^{βs}) | `f64` |
/// | max | −max_i s_i, the limit β → ∞ of the one above | an integer |
/// | a learned network | −½ xᵀWx, the diagonal kept or zeroed | `f64` |
///
/// Overlaps run over the known positions. The exponential form never overflows; its error is below
/// (k + 800)·2⁻⁵²/β + (d + (ln n)/β)·2⁻⁵¹ with k distances among the keys.
#[derive(Clone, Debug)]
pub struct Energy(Value);

#[derive(Clone, Debug)]
enum Value {
    /// Twice the energy.
    Halves(IBig),
    Real(f64),
}

impl Energy {
    /// Half of this.
    pub(crate) fn halves(twice: IBig) -> Self {
        Self(Value::Halves(twice))
    }

    /// An energy that is known in `f64` only.
    pub(crate) fn real(energy: f64) -> Self {
        Self(Value::Real(energy))
    }

    /// The energy, rounded to `f64`; infinite where that cannot hold it.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            // An odd number of halves, if it is large, is off by less than the rounding.
            Value::Halves(twice) if twice.bit_len() > 1000 => (twice.clone() >> 1).to_f64().value(),
            Value::Halves(twice) => twice.to_f64().value() / 2.0,
            Value::Real(energy) => *energy,
        }
    }

    /// Whether it is held without rounding.
    pub fn is_exact(&self) -> bool {
        matches!(self.0, Value::Halves(_))
    }
}

impl PartialEq for Energy {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

/// Exact where both are; else by their `f64`.
impl PartialOrd for Energy {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (&self.0, &other.0) {
            (Value::Halves(a), Value::Halves(b)) => Some(a.cmp(b)),
            _ => self.to_f64().partial_cmp(&other.to_f64()),
        }
    }
}

/// All its digits, `-12.5` being one with a half; a valid number in JSON.
impl fmt::Display for Energy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Value::Halves(twice) => {
                let magnitude = twice.unsigned_abs();
                let half = if (&magnitude & UBig::ONE) == UBig::ONE { ".5" } else { "" };
                let text = format!("{}{half}", magnitude >> 1);
                f.pad_integral(*twice >= IBig::ZERO, "", &text)
            }
            Value::Real(energy) => fmt::Display::fmt(energy, f),
        }
    }
}

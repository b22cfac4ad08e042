//! One step of the linear rule, Hebb's: the exact probability that a bit comes out wrong or tied.
//!
//! The field at a position, times the right bit, is the overlap d − 2f with the query's own key plus crosstalk. Each of
//! the other keys adds d signs that are independent and fair, in an auto-associative memory d − 1 of them and the
//! query's own bit. So crosstalk is a sum of fair signs, whatever the values are: random ones and the worst case, where
//! every other value opposes, have the same error bit by bit (not jointly).

use popfield::Tie;

use super::numeric::normal_above;
use super::parameters::{positive, signal, sizes, within};
use super::walk;
use crate::error::Result;

/// Probabilities of one bit, over random memories.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BitLaw {
    /// That the field has the wrong sign.
    pub wrong: f64,
    /// That the field is exactly 0.
    pub tie: f64,
    /// That it is 0 and the query's own bit at the position is wrong: ties that [`Tie::Stay`] gets wrong.
    pub tie_stay_wrong: f64,
}

impl BitLaw {
    /// The probability that the recalled bit is wrong. [`Tie::Plus`] and [`Tie::Minus`] get half of the ties wrong,
    /// since the right bit is fair and a field of 0 says nothing of it.
    pub fn error(self, tie: Tie) -> f64 {
        match tie {
            Tie::Plus | Tie::Minus => self.wrong + 0.5 * self.tie,
            Tie::Stay => self.wrong + self.tie_stay_wrong,
        }
    }

    /// Of a signal against crosstalk of `steps` signs, at positions whose own bit is no better than a coin.
    fn of(steps: u64, signal: i64) -> Self {
        let tie = walk::at(steps, signal);
        Self { wrong: walk::below(steps, -signal), tie, tie_stay_wrong: 0.5 * tie }
    }

    /// Of positions of which a share `flipped` has a wrong own bit.
    fn mixed(steps: u64, flipped: f64, right_signal: i64, wrong_signal: i64) -> Self {
        let right = Self::of(steps, right_signal);
        // Without flips there are none, and theirs would only be looked up in vain.
        let wrong = if flipped > 0.0 { Self::of(steps, wrong_signal) } else { right };
        let mix = |a: f64, b: f64| (1.0 - flipped) * a + flipped * b;
        Self {
            wrong: mix(right.wrong, wrong.wrong),
            tie: mix(right.tie, wrong.tie),
            tie_stay_wrong: flipped * wrong.tie,
        }
    }
}

/// Hetero-associative, random or worst-case values, `flips` positions of the query flipped: wrong with
/// P(S_{d(n−1)} < −(d−2·flips)), tied with P(S_{d(n−1)} = −(d−2·flips)). Exact; of every bit of a value of any
/// dimension. [`Tie::Stay`], where dimensions are equal, is a fair coin.
///
/// Cost: as [`walk::above`] for d(n−1) steps.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for a size of 0 or beyond [`MOST`](super::MOST), or more flips than
/// positions.
///
/// # Example
/// ```
/// use popfield::Tie;
/// use popfield_lab::theory::one_step;
/// let law = one_step::hetero(1000, 138, 0)?;
/// assert!((law.wrong - 0.0034211).abs() < 5e-8 && (law.tie - 0.0000560).abs() < 5e-8);
/// assert!(law.error(Tie::Plus) > law.wrong);
/// # Ok::<(), popfield_lab::Error>(())
/// ```
pub fn hetero(dim: u64, patterns: u64, flips: u64) -> Result<BitLaw> {
    sizes(dim, patterns, flips)?;
    Ok(BitLaw::of(dim * (patterns - 1), signal(dim, flips)))
}

/// Auto-associative, diagonal kept, the mean over all bits of a query with `flips` positions flipped: with crosstalk
/// S_{(n−1)(d−1)}, the signal is d − 2·flips + n − 1 at positions that are right and d − 2·flips − n + 1 at flipped
/// ones. Exact. Crosstalk votes for the query's own bits: without flips the error falls again as n grows beyond d.
///
/// Cost: as [`walk::above`] for (n−1)(d−1) steps.
///
/// # Errors
/// As [`hetero`].
pub fn auto_kept(dim: u64, patterns: u64, flips: u64) -> Result<BitLaw> {
    sizes(dim, patterns, flips)?;
    let (others, signal) = (patterns as i64 - 1, signal(dim, flips));
    let flipped = flips as f64 / dim as f64;
    Ok(BitLaw::mixed((patterns - 1) * (dim - 1), flipped, signal + others, signal - others))
}

/// Auto-associative, diagonal zeroed, the mean over all bits of a query with `flips` positions flipped: with crosstalk
/// S_{(n−1)(d−1)}, the signal is d − 2·flips − 1 at positions that are right and d − 2·flips + 1 at flipped ones.
/// Exact. The same for the energy-difference update, since the linear rule's energy is quadratic.
///
/// Cost: as [`walk::above`] for (n−1)(d−1) steps.
///
/// # Errors
/// As [`hetero`].
pub fn auto_zeroed(dim: u64, patterns: u64, flips: u64) -> Result<BitLaw> {
    sizes(dim, patterns, flips)?;
    let signal = signal(dim, flips);
    let flipped = flips as f64 / dim as f64;
    Ok(BitLaw::mixed((patterns - 1) * (dim - 1), flipped, signal - 1, signal + 1))
}

/// The limit of [`hetero`] and [`auto_zeroed`] for d → ∞ at a `load` n/d and a fraction `noise` of positions flipped:
/// ½ erfc((1 − 2·noise)/√(2·load)). Ties count half.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless `load` > 0 is finite and 0 ≤ `noise` ≤ 1.
///
/// Source: the central limit theorem; Hertz, Krogh, Palmer 1991, chapter 2, without noise.
pub fn hetero_erfc(load: f64, noise: f64) -> Result<f64> {
    positive("load", load, f64::MAX)?;
    within("noise", noise, 0.0, 1.0)?;
    Ok(normal_above((1.0 - 2.0 * noise) / load.sqrt()))
}

/// The limit of [`auto_kept`] for d → ∞ at a `load` n/d and a fraction `noise` of positions flipped:
/// ½ erfc((1 − 2·noise ± load)/√(2·load)), plus where the own bit is right. Ties count half.
///
/// # Errors
/// As [`hetero_erfc`].
pub fn auto_kept_erfc(load: f64, noise: f64) -> Result<f64> {
    positive("load", load, f64::MAX)?;
    within("noise", noise, 0.0, 1.0)?;
    let error = |signal: f64| normal_above(signal / load.sqrt());
    let signal = 1.0 - 2.0 * noise;
    Ok((1.0 - noise) * error(signal + load) + noise * error(signal - load))
}

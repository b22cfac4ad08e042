//! Separations: the function f that turns an overlap into a weight.
//!
//! What a separation is to the user stands here; what it does, in a file of its own: the signs of its fields, what may
//! be left out of them, its energy, and its weights in a sweep (`Law`, in `law.rs`).

pub(crate) mod energy;
mod exponential;
pub(crate) mod field;
pub(crate) mod law;
mod linear;
mod max;
mod parameters;
mod polynomial;
pub(crate) mod position;
#[cfg(test)]
mod sparsemax;
mod without_own;

use std::cmp::Ordering;
use std::fmt;

pub(crate) use exponential::weight_window;
pub use parameters::{Beta, Degree};

use crate::patterns::pattern::MAX_DIM;
use crate::{Error, Named, Result, names};
use law::Law;

/// What turns overlaps into weights: field_j = Σ_i f(s_i)·y_ij.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Separation {
    /// f(s) = e^{βs}: the modern Hopfield network (Demircigil et al. 2017; Chiueh and Goodman's ECAM, 1988).
    Exponential(Beta),
    /// f(s) = s^K: dense associative memory (Krotov and Hopfield 2016).
    Polynomial(Degree),
    /// f(s) = s: Hebb's rule, the classical network (Hopfield 1982).
    Linear,
    /// The nearest keys vote, all others are silent. Zero among the nearest is a tie: this is not the limit β → ∞ of
    /// the exponential, which would ask the next distance.
    Max,
}

impl Separation {
    /// Exponential with this β.
    ///
    /// # Errors
    /// As [`Beta::new`].
    pub fn exponential(beta: f64) -> Result<Self> {
        Ok(Self::Exponential(Beta::new(beta)?))
    }

    /// Polynomial of this degree.
    ///
    /// # Errors
    /// As [`Degree::new`].
    pub fn polynomial(degree: u32) -> Result<Self> {
        Ok(Self::Polynomial(Degree::new(degree)?))
    }

    /// Its name: see [`Named`].
    pub fn name(self) -> &'static str {
        Named::name(self)
    }

    /// What it does over keys of dimension `dim`; `difference` asks for differences of its energy.
    pub(crate) fn law(self, difference: bool, dim: usize) -> Box<dyn Law> {
        match self {
            Self::Exponential(beta) => Box::new(exponential::Exponential::new(beta, dim)),
            Self::Polynomial(degree) => Box::new(polynomial::Polynomial::new(degree, difference)),
            Self::Linear => Box::new(linear::Linear),
            Self::Max => Box::new(max::Max),
        }
    }

    /// The exact sign of the field Σ_h f(known − 2h)·V_h, given all keys and their votes by distance: (h, N_h, V_h) for
    /// N_h keys at distance h, whose votes of ±1 add up to V_h, in any order, several of one distance adding up. Under
    /// `max` the nearest keys decide, votes of 0 there being a tie.
    ///
    /// Cost: the number of entries, and their sorting, where `f64` decides; else as a bit that stays open in
    /// [`Memory::recall`](crate::Memory::recall).
    ///
    /// # Errors
    /// [`Error::Parameter`] for more than [`MAX_DIM`] known positions, a distance beyond them, votes that N_h keys
    /// cannot come to, or more than 2⁶³ − 1 keys.
    ///
    /// # Example
    /// ```
    /// use std::cmp::Ordering;
    /// use popfield::Separation;
    /// // One key at distance 0 against a million at distance 8 of 16: weights 1 and e^−16 of it.
    /// let votes = [(0, 1, 1), (8, 1_000_000, -1_000_000)];
    /// assert_eq!(Separation::exponential(1.0)?.sign(16, &votes)?, Ordering::Greater);
    /// assert_eq!(Separation::exponential(0.5)?.sign(16, &votes)?, Ordering::Less);
    /// assert_eq!(Separation::Linear.sign(16, &[(4, 1, 1), (12, 1, 1)])?, Ordering::Equal);
    /// # Ok::<(), popfield::Error>(())
    /// ```
    pub fn sign(self, known: u32, votes: &[(u32, u64, i64)]) -> Result<Ordering> {
        if known as usize > MAX_DIM {
            let (expected, found) = (format!("at most {MAX_DIM}"), known.to_string());
            return Err(Error::Parameter { what: "known positions", expected, found });
        }
        if let Some(&(h, ..)) = votes.iter().find(|vote| vote.0 > known) {
            let (expected, found) = (format!("0 to {known}"), h.to_string());
            return Err(Error::Parameter { what: "distance of votes", expected, found });
        }
        // Of keys that vote ±1, all or all but an even number.
        let agree = |keys: u64, vote: i64| keys.checked_sub(vote.unsigned_abs()).is_some_and(|rest| rest % 2 == 0);
        if let Some((_, keys, vote)) = votes.iter().find(|vote| !agree(vote.1, vote.2)) {
            let (expected, found) = (format!("a sum of {keys} votes of +1 or -1"), vote.to_string());
            return Err(Error::Parameter { what: "votes", expected, found });
        }
        let keys: u128 = votes.iter().map(|vote| u128::from(vote.1)).sum();
        if keys > i64::MAX as u128 {
            let (expected, found) = (format!("at most {} together", i64::MAX), keys.to_string());
            return Err(Error::Parameter { what: "keys of votes", expected, found });
        }
        let mut rows = votes.to_vec();
        rows.retain(|row| row.1 > 0);
        rows.sort_unstable_by_key(|row| row.0);
        rows.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                *kept = (kept.0, kept.1 + next.1, kept.2 + next.2);
            }
            same
        });
        let mut keys = rows.iter().map(|row| (row.0, row.1));
        let mut terms = rows.iter().map(|row| (row.0, row.2)).collect();
        Ok(self.law(false, known as usize).sign(known, &mut keys, &mut terms))
    }

    /// β, if it has one.
    pub fn beta(self) -> Option<Beta> {
        if let Self::Exponential(beta) = self { Some(beta) } else { None }
    }

    /// K where weights are the powers s^K of overlaps, to which a near complement matters as much as a near key: 1 for a
    /// linear separation.
    pub fn power(self) -> Option<u32> {
        match self {
            Self::Linear => Some(1),
            Self::Polynomial(degree) => Some(degree.get()),
            Self::Exponential(_) | Self::Max => None,
        }
    }

    /// K, if it has one.
    pub fn degree(self) -> Option<Degree> {
        if let Self::Polynomial(degree) = self { Some(degree) } else { None }
    }
}

/// `exponential` is with β = 1, `polynomial` of degree 2.
impl Named for Separation {
    const WHAT: &'static str = "separation";
    const ALL: &'static [Self] =
        &[Self::Exponential(Beta::ONE), Self::Linear, Self::Polynomial(Degree::SQUARE), Self::Max];
    const ALIASES: &'static [(&'static str, &'static str)] = &[("hebb", "linear")];

    fn name(self) -> &'static str {
        match self {
            Self::Exponential(_) => "exponential",
            Self::Polynomial(_) => "polynomial",
            Self::Linear => "linear",
            Self::Max => "max",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Exponential(_) => "Weight e^(β·overlap): the modern network",
            Self::Polynomial(_) => "Weight overlap^K",
            Self::Linear => "Weight = overlap: the classical network",
            Self::Max => "The nearest keys vote",
        }
    }
}

impl std::str::FromStr for Separation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        names::parse(name)
    }
}

impl fmt::Display for Separation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exponential(beta) => write!(f, "exponential, β = {}", beta.get()),
            Self::Polynomial(degree) => write!(f, "polynomial, degree {}", degree.get()),
            Self::Linear | Self::Max => f.write_str(self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_that_make_no_sense_are_refused() {
        for separation in [Separation::Linear, Separation::Max, Separation::exponential(1.0).unwrap()] {
            let refused = |known, votes: &[(u32, u64, i64)]| separation.sign(known, votes).unwrap_err().to_string();
            let most = i64::MAX as u64;
            assert!(refused(8, &[(3, 1, 1), (9, 1, 1)]).contains("expected 0 to 8, found 9"));
            assert!(refused(8, &[(3, most, i64::MAX), (3, 1, 1)]).contains("found 9223372036854775808"));
            assert!(refused(8, &[(3, most + 1, i64::MIN)]).contains("found 9223372036854775808"));
            assert!(refused(8, &[(3, 2, 4)]).contains("expected a sum of 2 votes of +1 or -1, found 4"));
            assert!(refused(8, &[(3, 2, -1)]).contains("found -1"));
            assert!(refused(u32::MAX, &[]).contains("at most 16777216"));
            assert_eq!(separation.sign(8, &[(3, most, i64::MIN + 1)]).unwrap(), Ordering::Less);
            // No key is there.
            assert_eq!(separation.sign(8, &[(1, 0, 0), (3, 1, -1)]).unwrap(), Ordering::Less);
            assert_eq!(separation.sign(0, &[]).unwrap(), Ordering::Equal);
        }
    }
}

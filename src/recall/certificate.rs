//! Why an answer is exact: the certificate, and the report that carries it.

use std::fmt;

use crate::scan::census::Nearest;

/// What closed the proof that every recalled bit is the sign of its real field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// One nearest key outweighs all others together: the textbook test "top weight > ½".
    Dominant,
    /// The votes of the nearest keys outweigh, in every bit, an upper bound of all that they leave out.
    Votes,
    /// Every key was counted.
    Full,
    /// The query lies within the budget of a stored key ([`crate::basins`]): that outweighs all others, whatever they are.
    Basin,
    /// The nearest keys outweigh all others together, since those not met in an index differ from the query in every chunk
    /// that was looked up.
    Probe,
}

impl Reason {
    /// Its name in reports: `dominant`, `votes`, `full`, `basin` or `probe`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dominant => "dominant",
            Self::Votes => "votes",
            Self::Full => "full",
            Self::Basin => "basin",
            Self::Probe => "probe",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The proof behind one recalled pattern.
///
/// With h₀ the nearest distance, the bits are certain when |Σ_{counted keys} e^{−2β(h−h₀)} y_j| exceeds the sum of
/// e^{−2β(h−h₀)} over all keys that were not counted, each taken at a lower bound of its distance, for every j. Other
/// separations count every key, and `max` all of the nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// What closed the proof.
    pub reason: Reason,
    /// Keys whose own votes were counted; every other key entered only through a bound on its weight.
    pub keys_touched: u64,
    /// Buckets of an index that were looked up for it; 0 where keys were scanned.
    pub probes: u64,
}

/// What is known of one answer beside its bits.
///
/// `nearest` and `tied_bits` are the same however the work was split; `top_weight` and `certificate` tell how this run
/// proved its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The nearest keys.
    pub nearest: Nearest,
    /// An interval [low, high] that holds the softmax weight of the nearest keys together; `None` unless exponential.
    pub top_weight: Option<[f64; 2]>,
    /// Why the bits are exact.
    pub certificate: Certificate,
    /// Positions whose real field is exactly 0, where the tie policy decided.
    pub tied_bits: u64,
    /// Bits of keys and values that were read for this answer.
    pub bits_read: u64,
}

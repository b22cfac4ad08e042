//! Ties: what the sign of zero is.

use crate::names::named;
use crate::sign::self_term::OwnBits;
use crate::{Error, Result};

/// What the sign of a field of exactly 0 is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tie {
    /// +1.
    #[default]
    Plus,
    /// −1.
    Minus,
    /// The query's own bit; an erased one counts as +1. Needs values of the keys' dimension.
    Stay,
}

named!(Tie, "tie policy",
    Tie::Plus, Tie::Plus => "plus", "+1";
    Tie::Minus, Tie::Minus => "minus", "−1";
    Tie::Stay, Tie::Stay => "stay", "The query's own bit";
);

impl Tie {
    /// The sign of zero at a position whose own bit is `own`, if it has one.
    pub(crate) fn bit(self, own: Option<bool>) -> bool {
        match self {
            Self::Plus => true,
            Self::Minus => false,
            // An erased position counts as plus.
            Self::Stay => own.unwrap_or(true),
        }
    }

    /// The signs of zero at 64 positions, whose own bits are `own`.
    pub(crate) fn word(self, own: OwnBits) -> u64 {
        match self {
            Self::Plus => u64::MAX,
            Self::Minus => 0,
            Self::Stay => own.signs | !own.known,
        }
    }

    pub(crate) fn check(self, key_dim: usize, value_dim: usize) -> Result<()> {
        if self == Self::Stay && key_dim != value_dim {
            return Err(Error::UnequalDimensions { what: "tie policy `stay`", key_dim, value_dim });
        }
        Ok(())
    }
}

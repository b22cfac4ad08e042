//! Ties: what the sign of zero is.

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

impl Tie {
    /// Its name: `plus`, `minus` or `stay`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plus => "plus",
            Self::Minus => "minus",
            Self::Stay => "stay",
        }
    }

    pub(crate) fn check(self, key_dim: usize, value_dim: usize) -> Result<()> {
        if self == Self::Stay && key_dim != value_dim {
            return Err(Error::UnequalDimensions { what: "tie policy `stay`", key_dim, value_dim });
        }
        Ok(())
    }
}

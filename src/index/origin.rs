//! What the keys of an index are: the segments that they lie in.

use std::sync::Arc;

/// Segments of keys: how many there are in each, and a hash that no others have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin(Arc<[(u64, [u8; 32])]>);

impl Origin {
    pub(crate) fn new(parts: impl IntoIterator<Item = (u64, [u8; 32])>) -> Self {
        Self(parts.into_iter().collect())
    }

    #[cfg(feature = "store")]
    pub(crate) fn parts(&self) -> &[(u64, [u8; 32])] {
        &self.0
    }

    /// Whether all of its keys are in the other, at the same places.
    #[cfg(feature = "store")]
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Keys at the first places that are the same in both.
    pub(crate) fn shared(&self, other: &Self) -> u64 {
        let pairs = self.0.iter().zip(other.0.iter());
        pairs.take_while(|(a, b)| a == b).map(|(part, _)| part.0).sum()
    }
}

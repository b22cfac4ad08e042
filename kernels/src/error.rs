//! The one error of this crate.

/// What a kernel call refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// A slice does not have the length that the shapes call for.
    #[error("{what}: expected a length of {expected}, found {found}")]
    Length {
        /// The slice at fault.
        what: &'static str,
        /// The length that the shapes call for.
        expected: usize,
        /// The length that came.
        found: usize,
    },
    /// Weights that another tier made, which has its own form of them.
    #[error("weights: expected those of tier {expected}, found those of {found}")]
    OtherTier {
        /// The tier that was to add them up.
        expected: &'static str,
        /// The tier that made them.
        found: &'static str,
    },
    /// No tier has this name.
    #[error("unknown tier {found:?}: expected one of {expected}")]
    UnknownTier {
        /// The name asked for.
        found: String,
        /// The names there are.
        expected: String,
    },
    /// The tier exists, but this CPU cannot run it.
    #[error("tier {found:?} is not supported here: CPU lacks {lacks}; expected one of {expected}")]
    UnsupportedTier {
        /// The name asked for.
        found: &'static str,
        /// The CPU features that the tier needs.
        lacks: &'static str,
        /// The names that this CPU supports.
        expected: String,
    },
}

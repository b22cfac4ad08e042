//! What the laboratory refuses, with what was expected and what came.

/// Every error of this crate. No input makes it panic, print or exit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter of a law lies outside its range.
    #[error("{what}: expected {expected}, found {found}")]
    Parameter {
        /// The parameter.
        what: &'static str,
        /// Its range.
        expected: String,
        /// What came.
        found: String,
    },
    /// The engine refused or failed.
    #[error(transparent)]
    Engine(#[from] popfield::Error),
}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

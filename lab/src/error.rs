//! What the laboratory refuses, with what was expected and what came.

use std::fmt;

use popfield::ErrorKind;

use crate::point::Point;

/// A part of an experiment or of a study, as [`Error::Experiment`] names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Values, and the self-term where keys are their own.
    Setting,
    /// How long the network runs, and in which order.
    Steps,
    /// The values of a hetero-associative memory.
    Values,
    /// What the sign of a field of 0 is.
    Tie,
    /// The fraction of a query's positions that are flipped.
    Noise,
    /// Dimensions.
    Dimension,
    /// Numbers of patterns by n/d.
    Load,
    /// Numbers of patterns by (ln n)/d.
    Rate,
    /// Numbers of patterns.
    Patterns,
    /// Memories of which only what a query depends on is drawn.
    Sampled,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Setting => "setting",
            Self::Steps => "steps",
            Self::Values => "values",
            Self::Tie => "tie policy",
            Self::Noise => "noise",
            Self::Dimension => "dimension",
            Self::Load => "load",
            Self::Rate => "rate",
            Self::Patterns => "patterns",
            Self::Sampled => "sampled memories",
        })
    }
}

/// Every error of this crate. No input makes it panic, print or exit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter lies outside its range, or a name is none.
    #[error("{what}: expected {expected}, found {found}")]
    Parameter {
        /// The parameter.
        what: &'static str,
        /// Its range.
        expected: String,
        /// What came.
        found: String,
    },
    /// A part of an experiment or of a study does not go with the others.
    #[error("{part}: expected {expected}, found {found}")]
    Experiment {
        /// The part.
        part: Part,
        /// What goes with the others.
        expected: String,
        /// What came.
        found: String,
    },
    /// A text is no range, or a range holds what it cannot.
    #[error("expected {expected}, found {found}")]
    Range {
        /// What a range is.
        expected: String,
        /// What came.
        found: String,
    },
    /// Of each memory a number of keys was to be asked, and all of them.
    #[error("queries: expected none beside an observable that asks all keys, found {queries}")]
    AllAsked {
        /// The number.
        queries: u64,
    },
    /// There are no numbers of patterns, and what is observed is none that they can be searched by.
    #[error(
        "{observable}: expected numbers of patterns beside it, found none; what is searched is the success of pattern or all"
    )]
    NothingToSearch {
        /// What is observed.
        observable: &'static str,
    },
    /// A prediction was asked for that does not speak of the experiment, or that there is not.
    #[error("predictions: expected what says something about {about} ({}), found {found:?}", .has.join(", "))]
    NoPrediction {
        /// The observable and the experiment.
        about: String,
        /// Names of the predictions that do.
        has: Vec<&'static str>,
        /// The name that came.
        found: String,
    },
    /// A check was asked for that there is not.
    #[error("checks: expected a part of the name, subject or source of a check, found {found:?}")]
    NoCheck {
        /// The text that came.
        found: String,
    },
    /// Weights are not learned for patterns so many, or so large.
    #[error(
        "{rule}: expected {what} of at most {most}, found n = {}, d = {}, which would take {bytes} bytes of matrices",
        .point.patterns, .point.dim
    )]
    TooLarge {
        /// The rule.
        rule: String,
        /// What is bounded: d, or the smaller of n and d.
        what: &'static str,
        /// The largest that is done.
        most: u64,
        /// Where it was asked for.
        point: Point,
        /// The memory that it would take.
        bytes: u128,
    },
    /// The machine has not the memory.
    #[error(
        "out of memory: {bytes} bytes needed for {} patterns of dimension {}, {}",
        .point.patterns, .point.dim, room(*.available)
    )]
    OutOfMemory {
        /// How much a trial would take.
        bytes: u128,
        /// Where.
        point: Point,
        /// How much there is; none if it is more than any machine has.
        available: Option<u64>,
    },
    /// The engine refused or failed, or who watched has stopped it.
    #[error(transparent)]
    Engine(#[from] popfield::Error),
}

impl Error {
    /// What kind of thing it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::OutOfMemory { .. } => ErrorKind::Resource,
            Self::Engine(error) => error.kind(),
            _ => ErrorKind::Input,
        }
    }
}

/// How much memory there is, in words.
fn room(available: Option<u64>) -> String {
    available.map_or_else(|| "more than any machine has".to_owned(), |bytes| format!("{bytes} available"))
}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

//! What the library refuses, with the place, what was expected and what came.

use popfield_kernels::{KernelError, prefer_large_pages};

/// Every error of this crate. No input makes the library panic, print or exit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There are no patterns where at least one is needed.
    #[error("{what}: expected at least one pattern, found none")]
    Empty {
        /// The place.
        what: &'static str,
    },
    /// Patterns have another dimension than the place calls for.
    #[error("{what}: expected dimension {expected}, found {found}")]
    Dimension {
        /// The place.
        what: &'static str,
        /// The dimension called for.
        expected: usize,
        /// The dimension that came.
        found: usize,
    },
    /// A number of things does not fit its place.
    #[error("{what}: expected {expected}, found {found}")]
    Count {
        /// The things counted.
        what: &'static str,
        /// The number called for.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// An element is not one of those that the place takes.
    #[error("{what}, row {row}, column {column}: expected {expected}, found {found}")]
    Element {
        /// The place.
        what: &'static str,
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
        /// What the place takes.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// A bit beyond the dimension is set.
    #[error("{what}, row {row}: expected zero bits beyond dimension {dim}, found a 1 at bit {bit}")]
    TailBit {
        /// The place.
        what: &'static str,
        /// The row, from 0.
        row: usize,
        /// The dimension.
        dim: usize,
        /// The first position at fault.
        bit: usize,
    },
    /// An id in a list names nothing, or names again what was named.
    #[error("{what}, place {place}: expected {expected}, found {found}")]
    Id {
        /// The list.
        what: &'static str,
        /// The place in it, from 0.
        place: usize,
        /// What the place takes.
        expected: String,
        /// The id that came.
        found: u64,
    },
    /// A parameter lies outside its range.
    #[error("{what}: expected {expected}, found {found}")]
    Parameter {
        /// The parameter.
        what: &'static str,
        /// Its range.
        expected: String,
        /// What came.
        found: String,
    },
    /// Something asked for needs key and value dimension to be equal.
    #[error("{what} needs values of the keys' dimension: expected {key_dim}, found {value_dim}")]
    UnequalDimensions {
        /// What was asked for.
        what: &'static str,
        /// The keys' dimension.
        key_dim: usize,
        /// The values' dimension.
        value_dim: usize,
    },
    /// Something asked for needs keys that are their own values.
    #[error(
        "{what} needs a memory whose keys are their own values: expected no values, found values stored beside keys"
    )]
    HeteroAssociative {
        /// What was asked for.
        what: &'static str,
    },
    /// A key is a linear combination of others, where keys must be linearly independent.
    #[error("keys: expected linearly independent ones, found {}", dependency(*.id, .of, *.opposed, *.count))]
    Dependent {
        /// The id of the first such key in storing order.
        id: u64,
        /// The ids of the keys before it that it is a combination of.
        of: Vec<u64>,
        /// Whether it is the complement of the one key in `of`.
        opposed: bool,
        /// Keys that depend on those before them, this one included.
        count: usize,
    },
    /// Something asked for is beyond a stated size.
    #[error("{what}: expected {expected}, found {found}, which would need {bytes} bytes")]
    TooLarge {
        /// What was asked for.
        what: &'static str,
        /// The size up to which it is done.
        expected: String,
        /// The size that came.
        found: String,
        /// The memory that it would take.
        bytes: u64,
    },
    /// Two things that must be about the same are not.
    #[error("{what}: expected the same, found different ones")]
    Mismatch {
        /// The things.
        what: &'static str,
    },
    /// The file of an index is damaged, or is of other keys.
    #[error("index: {place}: expected {expected}, found {found}")]
    Index {
        /// The place in the file.
        place: &'static str,
        /// What the index of a memory holds there.
        expected: String,
        /// What the file holds.
        found: String,
    },
    /// The file in which a run of basins is kept is none, is damaged, or is of something else.
    #[error("kept run of basins: {place}: expected {expected}, found {found}")]
    Run {
        /// The place in the file.
        place: &'static str,
        /// What such a file holds there.
        expected: String,
        /// What the file holds.
        found: String,
    },
    /// A file is not one of receipts.
    #[error("not a file of receipts: line 1: expected {expected}, found {found}")]
    Receipts {
        /// What its first line holds.
        expected: String,
        /// What the file holds there.
        found: String,
    },
    /// A file is not a memory, or not a whole one.
    #[error("not a popfield memory: {place}: expected {expected}, found {found}")]
    Format {
        /// The place in the file.
        place: &'static str,
        /// What a memory holds there.
        expected: String,
        /// What the file holds.
        found: String,
    },
    /// A memory of a format that this version does not read.
    #[error("{what}: expected format version {expected}, found {found}, {}", of_version(*.expected, *.found))]
    Version {
        /// The file or folder.
        what: &'static str,
        /// The version that is read.
        expected: u32,
        /// The version that came.
        found: u32,
    },
    /// A file of a store is not what the store says it is.
    #[error("not a whole popfield store: {file}: expected {expected}, found {found}")]
    Store {
        /// The file, by its name in the store's folder.
        file: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Another writer has the store.
    #[error("{}: expected no other writer, found that {holder} writes to it", .path.display())]
    Locked {
        /// The store.
        path: std::path::PathBuf,
        /// Who writes to it, as it gave its name.
        holder: String,
    },
    /// A commit failed where it is unknown what lasts of it, so nothing more is written; what is committed is read by
    /// opening the store anew.
    #[error(
        "an earlier commit failed: expected a store that was opened anew, found one of which it is unknown what lasts"
    )]
    Poisoned,
    /// The kernels refused: a tier that is unknown or that this CPU lacks.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The machine has not the memory.
    #[error("out of memory: {bytes} bytes needed for {what}")]
    OutOfMemory {
        /// What the memory is for.
        what: &'static str,
        /// How much it would take.
        bytes: u64,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Who watched the call ([`Progress`](crate::Progress)) has stopped it; no memory and no file has changed.
    #[error("interrupted before the end")]
    Interrupted,
}

/// What kind of thing an [`Error`] is, for those who answer by kind: an exit status, an exception's class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value that its place does not take.
    Input,
    /// Things that do not fit together: dimensions, numbers of things, memories.
    Mismatch,
    /// A file that is not what it should be.
    Format,
    /// Something that this CPU or build has not.
    Unsupported,
    /// The machine has not enough of something.
    Resource,
    /// Reading or writing failed.
    Io,
    /// The caller has stopped it.
    Interrupted,
}

impl ErrorKind {
    /// Its name, which stays: `input`, `mismatch`, `format`, `unsupported`, `resource`, `io` or `interrupted`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Mismatch => "mismatch",
            Self::Format => "format",
            Self::Unsupported => "unsupported",
            Self::Resource => "resource",
            Self::Io => "io",
            Self::Interrupted => "interrupted",
        }
    }
}

impl std::fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl Error {
    /// What kind of thing it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Empty { .. }
            | Self::Element { .. }
            | Self::TailBit { .. }
            | Self::Parameter { .. }
            | Self::Id { .. }
            | Self::Dependent { .. }
            | Self::TooLarge { .. } => ErrorKind::Input,
            Self::Dimension { .. }
            | Self::Count { .. }
            | Self::UnequalDimensions { .. }
            | Self::HeteroAssociative { .. }
            | Self::Mismatch { .. } => ErrorKind::Mismatch,
            Self::Format { .. }
            | Self::Receipts { .. }
            | Self::Index { .. }
            | Self::Run { .. }
            | Self::Version { .. }
            | Self::Store { .. } => ErrorKind::Format,
            Self::Kernel(_) => ErrorKind::Unsupported,
            Self::OutOfMemory { .. } | Self::Locked { .. } => ErrorKind::Resource,
            Self::Io(_) | Self::Poisoned => ErrorKind::Io,
            Self::Interrupted => ErrorKind::Interrupted,
        }
    }
}

/// What to do about a file of another version.
fn of_version(expected: u32, found: u32) -> &'static str {
    match found < expected {
        true => "made by an earlier, unreleased popfield: create it again from its patterns",
        false => "made by a newer popfield, which is needed to read it",
    }
}

/// How key `id` depends on the keys `of`.
fn dependency(id: u64, of: &[u64], opposed: bool, count: usize) -> String {
    let how = match of {
        [other] if opposed => format!("key {id}, the complement of key {other}"),
        [other] => format!("key {id}, a repetition of key {other}"),
        _ => {
            let shown = of.iter().take(8).map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let more = if of.len() > 8 { format!(" and {} more", of.len() - 8) } else { String::new() };
            format!("key {id}, a linear combination of keys {shown}{more}")
        }
    };
    match count {
        0 | 1 => how,
        _ => format!("{how} ({count} keys depend on those before them)"),
    }
}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An empty vector with room for `len` elements, for what may be too large for the machine.
pub(crate) fn room_for<T>(len: usize, what: &'static str) -> Result<Vec<T>> {
    let mut vector = Vec::new();
    let bytes = (len as u64).saturating_mul(size_of::<T>() as u64);
    vector.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { what, bytes })?;
    prefer_large_pages(vector.spare_capacity_mut());
    Ok(vector)
}

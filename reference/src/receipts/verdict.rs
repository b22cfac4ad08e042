//! What a check comes to.

use std::{fmt, io};

/// What a check came to: what was looked at, and what does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// Queries that the file speaks of.
    pub queries: u64,
    /// Lines that were read, the first and the last included.
    pub lines: u64,
    /// Keys whose basins it tells.
    pub keys: u64,
    /// Answers that rest on a basin, on chunks that were looked up, and on a scan alone.
    pub basin: u64,
    /// See [`basin`](Self::basin).
    pub probe: u64,
    /// See [`basin`](Self::basin).
    pub scan: u64,
    /// What does not hold, in the order of lines; of a record the first. Empty where all holds.
    pub refused: Vec<Refusal>,
}

impl Verdict {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.refused.is_empty()
    }
}

/// Something in a file of receipts that is not so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The line, from 1.
    pub line: u64,
    /// The member at fault, or what is wrong with the line.
    pub field: &'static str,
    /// What the memory says, or the form that a line has.
    pub expected: String,
    /// What the file says.
    pub found: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, field, expected, found } = self;
        write!(f, "line {line}, {field}: expected {expected}, found {found}")
    }
}

/// Why nothing can be said.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// It is no file of receipts.
    Format {
        /// What the first line of one holds.
        expected: String,
        /// What this one holds.
        found: String,
    },
    /// Receipts of a format that is not read here.
    Version {
        /// The version that is read.
        expected: u32,
        /// The version that came.
        found: u32,
    },
    /// It cannot be read.
    Io(io::Error),
    /// Whoever watches said to stop.
    Interrupted,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format { expected, found } => {
                write!(f, "not a file of receipts: line 1: expected {expected}, found {found}")
            }
            Self::Version { expected, found } => {
                write!(f, "receipts: expected format version {expected}, found {found}")
            }
            Self::Io(error) => error.fmt(f),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Self::Io(error) = self { Some(error) } else { None }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Why a record does not hold; where that stands is known to who asked.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) field: &'static str,
    pub(super) expected: String,
    pub(super) found: String,
}

impl Fault {
    pub(super) fn new(field: &'static str, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self { field, expected: shortened(expected.to_string()), found: shortened(found.to_string()) }
    }

    pub(super) fn at(self, line: u64) -> Refusal {
        let Self { field, expected, found } = self;
        Refusal { line, field, expected, found }
    }
}

/// The beginning of a text that may be as long as a file.
fn shortened(text: String) -> String {
    const MOST: usize = 240;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Nothing where the two are equal.
pub(super) fn same<T: PartialEq + fmt::Debug>(field: &'static str, expected: T, found: T) -> Result<(), Fault> {
    if expected == found {
        return Ok(());
    }
    Err(Fault::new(field, shown(&expected), shown(&found)))
}

/// The same of two lists, of which the first place where they differ is told.
pub(super) fn same_list<T: PartialEq + fmt::Debug>(
    field: &'static str,
    expected: &[T],
    found: &[T],
) -> Result<(), Fault> {
    if let Some(at) = expected.iter().zip(found).position(|(a, b)| a != b) {
        let place = format!("{} at place {at}", shown(&expected[at]));
        return Err(Fault::new(field, place, shown(&found[at])));
    }
    if expected.len() == found.len() {
        return Ok(());
    }
    let of = |list: &[T]| match list.last() {
        Some(last) => format!("{} entries, the last {}", list.len(), shown(last)),
        None => "none".to_owned(),
    };
    Err(Fault::new(field, of(expected), of(found)))
}

/// A value in words: texts as they are, pairs as they stand in the file.
fn shown(value: &impl fmt::Debug) -> String {
    format!("{value:?}").replace(['(', ')'], "").replace('"', "")
}

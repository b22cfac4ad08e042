//! What every reader is told of a file, and what it makes of one.

use std::ffi::OsString;

use popfield::patterns::BitOrder;
use popfield::{Patterns, Queries};

use super::source::{Kind, Source, check_stdin};
use super::thresholds::Thresholds;
use crate::args::{BitOrderArg, Encoding, Input, QueryInput, TextArg, ThresholdArg};
use crate::failure::{Failure, Result};

/// What messages call a file, and what it is read for where that is worth a word.
#[derive(Clone, Debug)]
pub struct Label {
    pub name: String,
    pub role: Option<&'static str>,
}

impl Label {
    pub fn failure(&self, message: impl std::fmt::Display) -> Failure {
        match self.role {
            Some(role) => Failure::input(format!("{} ({role}): {message}", self.name)),
            None => Failure::input(format!("{}: {message}", self.name)),
        }
    }

    /// An error of reading on.
    pub fn reading(&self, error: &std::io::Error) -> Failure {
        Failure::reading(std::path::Path::new(&self.name), error)
    }
}

/// What a file of patterns is read for.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    pub source: &'a Source,
    /// `keys`, `values` or `queries`.
    pub role: &'static str,
    /// The dimension that the patterns must have, if it is known.
    pub dim: Option<usize>,
    /// Whether a position may be erased, as in queries only.
    pub erasable: bool,
    pub options: &'a Input,
    /// Whether 0 is an unknown position whatever else the file holds.
    pub erased_zero: bool,
    /// Above what a number is +1, where numbers are made ±1.
    pub thresholds: Option<&'a Thresholds>,
}

/// Width and height of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub width: usize,
    pub height: usize,
}

impl Shape {
    /// That of WIDTHxHEIGHT, as memories note it.
    pub fn of(text: &str) -> Option<Self> {
        let (width, height) = text.split_once('x')?;
        Some(Self { width: width.parse().ok()?, height: height.parse().ok()? })
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} × {}", self.width, self.height)
    }
}

/// What was read.
#[derive(Debug)]
pub struct Loaded {
    pub queries: Queries,
    /// Width and height, where patterns came as pictures.
    pub shape: Option<Shape>,
    /// What the file was read as, in words that follow a number.
    pub form: String,
    /// What its owner should know, a sentence each.
    pub notes: Vec<String>,
    /// The name of each pattern's file without its ending, where each came in a file of its own.
    pub names: Vec<OsString>,
}

impl Loaded {
    pub fn new(queries: impl Into<Queries>, form: impl Into<String>) -> Self {
        Self { queries: queries.into(), shape: None, form: form.into(), notes: Vec::new(), names: Vec::new() }
    }

    /// Patterns that were not read but drawn.
    pub fn drawn(patterns: Patterns, form: &str) -> Self {
        Self::new(patterns, form)
    }

    /// The patterns, of which no position is unknown.
    pub fn into_patterns(self) -> Patterns {
        self.queries.into_signs()
    }

    /// Unknown positions, of all patterns.
    pub fn unknown(&self) -> u64 {
        (0..self.queries.len()).map(|q| unknown_of(&self.queries, q)).sum()
    }

    /// How many patterns there are, as what they were read, and of how many positions nothing is known.
    pub fn in_words(&self) -> String {
        let unknown = match self.unknown() {
            0 => String::new(),
            1 => "; 1 position unknown".into(),
            unknown => format!("; {unknown} positions unknown"),
        };
        format!("{} {}{unknown}", self.queries.len(), self.form)
    }
}

/// Unknown positions of one query.
pub fn unknown_of(queries: &Queries, index: usize) -> u64 {
    match queries.known() {
        None => 0,
        Some(_) => (queries.dim() - queries.known_count(index)) as u64,
    }
}

impl<'a> Reading<'a> {
    /// Keys or values.
    pub fn stored(source: &'a Source, role: &'static str, dim: Option<usize>, options: &'a Input) -> Self {
        Self { source, role, dim, erasable: false, options, erased_zero: false, thresholds: None }
    }

    /// Queries to a memory of dimension `dim`.
    pub fn queries(source: &'a Source, dim: usize, options: &'a Input, more: QueryInput) -> Result<Self> {
        match options.dim {
            Some(found) if found != dim => {
                Err(Failure::usage(format!("--dim: expected {dim}, the memory's dimension, found {found}")))
            }
            _ => {
                let erased_zero = more.erased.is_some();
                let dim = Some(dim);
                Ok(Self { source, role: "queries", dim, erasable: true, options, erased_zero, thresholds: None })
            }
        }
    }

    /// The same, numbers read by these thresholds, where there are any.
    pub fn by(self, thresholds: Option<&'a Thresholds>) -> Self {
        Self { thresholds, ..self }
    }

    pub fn label(&self) -> Label {
        Label { name: self.source.name(), role: Some(self.role) }
    }

    pub fn failure(&self, message: impl std::fmt::Display) -> Failure {
        self.label().failure(message)
    }

    /// An error of reading on.
    pub fn reading(&self, error: &std::io::Error) -> Failure {
        self.label().reading(error)
    }

    /// An error of the library about this file.
    pub fn error(&self, error: &popfield::Error) -> Failure {
        match error {
            popfield::Error::OutOfMemory { .. } => {
                Failure::Resource(format!("{} ({}): {error}", self.source.name(), self.role))
            }
            _ => Failure::Input(error.kind(), format!("{} ({}): {error}", self.source.name(), self.role)),
        }
    }

    pub fn zero_one(&self) -> bool {
        self.options.encoding == Some(Encoding::ZeroOne)
    }

    /// Queries of 0 and 1 that hold no −1, and so may be of either coding.
    pub fn ambiguous_zeros(&self) -> Failure {
        self.failure(
            "holds 0 and no −1: expected --encoding 01 if 0 stands for −1, or --erased zero if 0 is an unknown position",
        )
    }

    pub fn bit_order(&self) -> BitOrder {
        match self.options.bitorder {
            Some(BitOrderArg::Little) => BitOrder::Little,
            Some(BitOrderArg::Big) | None => BitOrder::Big,
        }
    }

    pub fn threshold(&self) -> ThresholdArg {
        self.options.threshold.unwrap_or(ThresholdArg::Grey(128))
    }

    pub fn text(&self) -> Option<TextArg> {
        self.options.text
    }

    /// Checks the dimension found in the file against the one called for.
    pub fn check_dim(&self, found: usize) -> Result<()> {
        match self.dim {
            Some(expected) if expected != found => {
                Err(self.failure(format!("expected dimension {expected}, found {found}")))
            }
            _ => Ok(()),
        }
    }
}

/// Refuses options that apply to none of the files that this command reads.
pub fn check_options(options: &Input, more: QueryInput, sources: &[&Source], packed_out: bool) -> Result<()> {
    let any = |is: fn(Kind) -> bool| sources.iter().any(|source| is(source.kind()));
    let stray = |option: &str, of: &str| {
        if sources.is_empty() {
            return Err(Failure::usage(format!("--{option} is for {of}, found no file to read patterns from")));
        }
        let files = sources.iter().map(|source| source.name()).collect::<Vec<_>>().join(", ");
        Err(Failure::usage(format!("--{option} is for {of}, found none among {files}")))
    };
    check_stdin(sources.iter().copied())?;
    let numbers = |kind: Kind| kind.is_array() || kind.is_text();
    match options {
        Input { packed: true, .. } if !any(Kind::is_array) => stray("packed", "arrays (.npy, .npz)"),
        Input { bitorder: Some(_), packed: false, .. } if !packed_out => {
            Err(Failure::usage("--bitorder is for --packed or --packed-out, found neither"))
        }
        Input { encoding: Some(_), .. } if !any(numbers) => stray("encoding", "arrays and tables (.npy, .npz, .csv)"),
        Input { binarize: Some(_), .. } if !any(numbers) => {
            stray("binarize", "arrays and tables (.npy, .npz, .csv; images have --threshold)")
        }
        Input { threshold: Some(_), .. } if !any(Kind::is_images) => stray("threshold", "images"),
        Input { text: Some(_), .. } if !any(Kind::is_text) => stray("text", "texts and tables (.txt, .csv)"),
        Input { format: Some(_), .. } if !sources.iter().any(|source| source.told()) => {
            stray("format", "- and files whose ending does not tell")
        }
        _ if more.erased.is_some() && !any(numbers) => stray("erased", "arrays and tables (.npy, .npz, .csv)"),
        Input { packed: true, .. } if more.erased.is_some() => {
            Err(Failure::usage("--erased zero: every packed bit is known, found --packed beside it"))
        }
        Input { binarize: Some(_), .. } if more.erased.is_some() => {
            Err(Failure::usage("--erased zero: 0 is a number, says --binarize beside it; expected one of the two"))
        }
        Input { encoding: Some(Encoding::ZeroOne), .. } if more.erased.is_some() => {
            Err(Failure::usage("--erased zero: 0 stands for −1, says --encoding 01 beside it; expected one of the two"))
        }
        _ => Ok(()),
    }
}

//! Files to patterns: which reader a file goes to, and what every reader is told.

mod image;
mod npy;
mod text;

use std::path::Path;

use popfield::{BitOrder, Patterns, Queries};

use crate::args::{BitOrderArg, Encoding, Input};
use crate::failure::{Failure, Result};

/// What a file of patterns is read for.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    pub path: &'a Path,
    /// `keys`, `values` or `queries`.
    pub role: &'static str,
    /// The dimension that the patterns must have, if it is known.
    pub dim: Option<usize>,
    /// Whether a position may be erased, as in queries only.
    pub erasable: bool,
    options: &'a Input,
}

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Npy,
    Text,
    Image,
    Folder,
}

impl Kind {
    fn of(path: &Path) -> Result<Self> {
        let there = path.metadata().map_err(|error| Failure::reading(path, &error))?;
        if there.is_dir() {
            return Ok(Self::Folder);
        }
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("npy") => Ok(Self::Npy),
            Some("txt") => Ok(Self::Text),
            _ if image::is_image(path) => Ok(Self::Image),
            _ => Err(Failure::usage(format!(
                "{}: expected .npy, .txt, an image ({}) or a folder of images",
                path.display(),
                image::EXTENSIONS.join(", ")
            ))),
        }
    }
}

impl<'a> Reading<'a> {
    /// Keys or values.
    pub fn stored(path: &'a Path, role: &'static str, dim: Option<usize>, options: &'a Input) -> Self {
        Self { path, role, dim, erasable: false, options }
    }

    /// Queries to a memory of dimension `dim`.
    pub fn queries(path: &'a Path, dim: usize, options: &'a Input) -> Result<Self> {
        match options.dim {
            Some(found) if found != dim => {
                Err(Failure::usage(format!("--dim: expected {dim}, the memory's dimension, found {found}")))
            }
            _ => Ok(Self { path, role: "queries", dim: Some(dim), erasable: true, options }),
        }
    }

    fn failure(&self, message: impl std::fmt::Display) -> Failure {
        Failure::usage(format!("{} ({}): {message}", self.path.display(), self.role))
    }

    /// An error of the library about this file.
    fn error(&self, error: &popfield::Error) -> Failure {
        match error {
            popfield::Error::OutOfMemory { .. } => {
                Failure::Resource(format!("{} ({}): {error}", self.path.display(), self.role))
            }
            _ => self.failure(error),
        }
    }

    /// An element that is not one of those expected.
    fn bad_element(&self, row: usize, column: usize, found: f64, erasable: bool) -> Failure {
        let erased = if erasable { " or 0 (erased)" } else { "" };
        let expected = match self.options.encoding {
            Some(Encoding::ZeroOne) => "0 or 1".to_owned(),
            _ => format!("+1, −1{erased}"),
        };
        let hint = match (self.options.encoding, found) {
            (Some(Encoding::ZeroOne), _) => "",
            (_, 0.0) if !erasable => " (for data of 0 and 1: --encoding 01)",
            _ => "",
        };
        self.failure(format!("row {row}, column {column}: expected {expected}, found {found}{hint}"))
    }

    fn zero_one(&self) -> bool {
        self.options.encoding == Some(Encoding::ZeroOne)
    }

    fn bit_order(&self) -> BitOrder {
        match self.options.bitorder {
            Some(BitOrderArg::Little) => BitOrder::Little,
            Some(BitOrderArg::Big) | None => BitOrder::Big,
        }
    }

    fn threshold(&self) -> u16 {
        self.options.threshold.unwrap_or(128)
    }

    /// Checks the dimension found in the file against the one called for.
    fn check_dim(&self, found: usize) -> Result<()> {
        match self.dim {
            Some(expected) if expected != found => {
                Err(self.failure(format!("expected dimension {expected}, found {found}")))
            }
            _ => Ok(()),
        }
    }

    /// Reads the file.
    pub fn read(&self) -> Result<Queries> {
        let queries = match Kind::of(self.path)? {
            Kind::Npy => npy::read(self)?,
            Kind::Text => text::read(self)?,
            Kind::Image => image::read(self, &[self.path.to_owned()])?,
            Kind::Folder => image::read_folder(self)?,
        };
        if queries.is_empty() {
            return Err(self.failure("expected at least one pattern, found none"));
        }
        Ok(queries)
    }

    /// Reads the file as patterns without erased positions.
    pub fn read_patterns(&self) -> Result<Patterns> {
        Ok(self.read()?.into_signs())
    }
}

/// Refuses options that apply to none of the files that this command reads.
pub fn check_options(options: &Input, paths: &[&Path], packed_out: bool) -> Result<()> {
    let kinds = paths.iter().map(|path| Kind::of(path)).collect::<Result<Vec<_>>>()?;
    let npy = kinds.contains(&Kind::Npy);
    let images = kinds.iter().any(|kind| matches!(kind, Kind::Image | Kind::Folder));
    let stray = |option: &str, of: &str| {
        if paths.is_empty() {
            return Err(Failure::usage(format!("--{option} is for {of}, found no file to read patterns from")));
        }
        let files = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        Err(Failure::usage(format!("--{option} is for {of}, found none among {files}")))
    };
    match options {
        Input { packed: true, .. } if !npy => stray("packed", ".npy files"),
        Input { bitorder: Some(_), packed: false, .. } if !packed_out => {
            Err(Failure::usage("--bitorder is for --packed or --packed-out, found neither"))
        }
        Input { encoding: Some(_), .. } if !npy => stray("encoding", ".npy files"),
        Input { threshold: Some(_), .. } if !images => stray("threshold", "images"),
        _ => Ok(()),
    }
}

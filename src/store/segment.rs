//! Segments: immutable runs of associations, a file for each column.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use popfield_kernels::Lanes;
use popfield_map::{Access, Held};
use roaring::RoaringBitmap;

use crate::patterns::ids::{IdRun, Numbers};
use crate::patterns::labels::{Bytes, LabelRun};
use crate::patterns::segments::Segment;
use crate::store::disk::{Backend, Disk};
use crate::store::manifest::{Column, Digest, Entry, Hash, Manifest};
use crate::store::npy;
use crate::{Error, Result};

/// A column of a segment, opened.
#[derive(Clone)]
struct Part {
    held: Arc<Held>,
    /// What follows the header.
    range: Range<usize>,
    /// Patterns, where they are any.
    len: usize,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({} bytes)", self.range.len())
    }
}

// The parts were taken once when the file was opened, so that they can be taken.
impl Segment for Part {
    fn lanes(&self) -> &[Lanes] {
        self.held.lanes(self.range.clone()).unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.len
    }
}

impl Numbers for Part {
    fn numbers(&self) -> &[u64] {
        self.held.numbers(self.range.clone()).unwrap_or_default()
    }
}

impl Bytes for Part {
    fn bytes(&self) -> &[u8] {
        &self.held.bytes()[self.range.clone()]
    }
}

/// A segment, opened.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) entry: Entry,
    pub(crate) keys: Arc<dyn Segment>,
    pub(crate) values: Option<Arc<dyn Segment>>,
    pub(crate) ids: IdRun,
    pub(crate) labels: LabelRun,
    /// Rows whose association was forgotten.
    pub(crate) forgotten: Arc<RoaringBitmap>,
}

impl Opened {
    /// Opens the segment of `manifest` that `entry` tells of, whose files' names end with `suffix` as yet; they are held to
    /// lengths and headers.
    pub(crate) fn new(
        disk: &dyn Disk,
        manifest: &Manifest,
        entry: &Entry,
        backend: Backend,
        suffix: &str,
    ) -> Result<Self> {
        let rows = entry.rows as usize;
        let part = |column: Column| -> Result<Option<Part>> {
            let Some(digest) = entry.columns.get(&column) else { return Ok(None) };
            let access = if column == Column::Keys { Access::Sequential } else { Access::Random };
            let file = column.file(entry.number) + suffix;
            let held = hold(disk, &file, digest, backend, access)?;
            let shape = column.shape(entry.rows, manifest.words());
            let start = shape.as_ref().map_or(0, |_| npy::HEADER);
            let range = start..digest.bytes as usize;
            let refuse = |expected: &str, found: &str| {
                let (expected, found) = (expected.to_owned(), found.to_owned());
                Err(Error::Store { file: file.clone(), expected, found })
            };
            if shape.is_some_and(|shape| held.bytes()[..start] != npy::header(&shape)) {
                return refuse("the header of its array", "another: the file is damaged");
            }
            let readable = match column {
                Column::Labels => true,
                Column::Keys | Column::Values => held.lanes(range.clone()).is_some(),
                _ => held.numbers(range.clone()).is_some(),
            };
            if !readable {
                return refuse("a machine whose words are little-endian", "another");
            }
            Ok(Some(Part { held: Arc::new(held), range, len: rows }))
        };
        let missing = |column: Column| Error::Store {
            file: column.file(entry.number),
            expected: "the column of a segment".into(),
            found: "none".into(),
        };
        let keys = Arc::new(part(Column::Keys)?.ok_or_else(|| missing(Column::Keys))?);
        let values = part(Column::Values)?.map(|part| Arc::new(part) as Arc<dyn Segment>);
        let ids = match entry.first_id {
            Some(first) => IdRun::Counted { first, len: rows },
            None => IdRun::Listed {
                ids: Arc::new(part(Column::Ids)?.ok_or_else(|| missing(Column::Ids))?),
                order: part(Column::IdOrder)?.map(|part| Arc::new(part) as Arc<dyn Numbers>),
            },
        };
        let labels = match (part(Column::Labels)?, part(Column::LabelEnds)?) {
            (Some(text), Some(ends)) => LabelRun::Texts { text: Arc::new(text), ends: Arc::new(ends) },
            _ => LabelRun::Bare { len: rows },
        };
        let forgotten = Arc::new(forgotten_rows(disk, entry, backend)?);
        Ok(Self { entry: entry.clone(), keys, values, ids, labels, forgotten })
    }

    /// The rows that are there, in `range` of them all.
    pub(crate) fn live_rows(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        range.filter(|&row| !self.forgotten.contains(row as u32))
    }

    /// The row of the association that has `id`.
    pub(crate) fn row_of(&self, id: u64) -> Option<usize> {
        self.ids.places(id).find(|&row| row < self.ids.len() && !self.forgotten.contains(row as u32))
    }
}

/// A whole file of the length that the manifest says.
fn hold(disk: &dyn Disk, file: &str, digest: &Digest, backend: Backend, access: Access) -> Result<Held> {
    let held = disk.hold(file, backend, access).map_err(|error| match error.kind() {
        io::ErrorKind::OutOfMemory => Error::OutOfMemory { what: "a file of a store", bytes: digest.bytes },
        _ => about(file, error),
    })?;
    if held.bytes().len() as u64 != digest.bytes {
        let (expected, found) = (format!("{} bytes", digest.bytes), format!("{}", held.bytes().len()));
        return Err(Error::Store { file: file.to_owned(), expected, found });
    }
    Ok(held)
}

/// The rows of a segment that are forgotten, by its bitmap and the manifest.
fn forgotten_rows(disk: &dyn Disk, entry: &Entry, backend: Backend) -> Result<RoaringBitmap> {
    let mut rows = RoaringBitmap::new();
    if let Some(bitmap) = &entry.bitmap {
        let file = bitmap.file(entry.number);
        let held = hold(disk, &file, &bitmap.digest, backend, Access::Sequential)?;
        let refuse = |expected: &str| {
            Err(Error::Store {
                file: file.clone(),
                expected: expected.into(),
                found: "another: the file is damaged".into(),
            })
        };
        // It is small, and what it says decides who may answer: read whole, it is checked whole.
        if blake3::hash(held.bytes()) != bitmap.digest.blake3.0 {
            return refuse("the hash of its content");
        }
        match RoaringBitmap::deserialize_from(held.bytes()) {
            Ok(read) => rows = read,
            Err(_) => return refuse("a bitmap"),
        }
        if rows.len() != bitmap.rows || rows.max().is_some_and(|row| u64::from(row) >= entry.rows) {
            return refuse("as many rows as the manifest says, all in the segment");
        }
    }
    if let Some(row) = entry.forgotten.iter().find(|&&row| !rows.insert(row)) {
        return Err(Error::Store {
            file: Column::Keys.file(entry.number),
            expected: "rows that are forgotten once".into(),
            found: format!("row {row} forgotten twice"),
        });
    }
    Ok(rows)
}

/// An error of the disk, with the file that it is about.
pub(crate) fn about(file: &str, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::OutOfMemory => Error::OutOfMemory { what: "a file of a store", bytes: 0 },
        kind => Error::Io(io::Error::new(kind, format!("{file}: {error}"))),
    }
}

/// Checks all that a segment's files hold: hashes, and what a right hash does not tell. What was found amiss, a file each.
pub(crate) fn verify(
    disk: &dyn Disk,
    manifest: &Manifest,
    entry: &Entry,
    advance: &dyn Fn(u64) -> Result<()>,
) -> Result<Vec<Error>> {
    let mut found = Vec::new();
    for (&column, digest) in &entry.columns {
        let file = column.file(entry.number);
        let held = match hold(disk, &file, digest, Backend::Mmap, Access::Sequential) {
            Ok(held) => held,
            Err(error) => {
                found.push(damage(&file, error)?);
                continue;
            }
        };
        let start = column.shape(entry.rows, manifest.words()).map_or(0, |_| npy::HEADER);
        let mut hasher = blake3::Hasher::new();
        for chunk in held.bytes()[start..].chunks(1 << 20) {
            hasher.update(chunk);
            advance(chunk.len() as u64)?;
        }
        if Hash(hasher.finalize()) != digest.blake3 {
            let (expected, found_) = ("the hash of its content".into(), "another: the file is damaged".into());
            found.push(Error::Store { file, expected, found: found_ });
        }
    }
    // Lengths, headers and the bitmap.
    match Opened::new(disk, manifest, entry, Backend::Mmap, "") {
        Ok(_) => {}
        // What was told of a file is told once.
        Err(error @ Error::Store { .. }) if found.is_empty() => found.push(error),
        Err(Error::Store { .. }) => {}
        Err(error) if found.is_empty() => return Err(error),
        Err(_) => {}
    }
    Ok(found)
}

/// An error that is damage of `file`, as is that it is not there, or no file; others are returned as errors.
fn damage(file: &str, error: Error) -> Result<Error> {
    match error {
        Error::Io(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput) => {
            Ok(Error::Store { file: file.to_owned(), expected: "a file".into(), found: "none".into() })
        }
        error @ Error::Store { .. } => Ok(error),
        error => Err(error),
    }
}

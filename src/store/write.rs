//! Writing a segment: rows come in, column files go out, hashed on their way, under temporary names.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use popfield_kernels::Lanes;
use popfield_map::bytes_of;

use crate::error::room_for;
use crate::patterns::Patterns;
use crate::patterns::ids::order_of;
use crate::store::disk::{Disk, NewFile};
use crate::store::manifest::{Column, Digest, Entry, Hash, MAX_ROWS, UNDER_WAY};
use crate::store::npy;
use crate::store::segment::about;
use crate::{Error, Result};

/// Bytes of pages that are written together, and hashed by all threads.
const WRITTEN_BYTES: usize = 1 << 20;

/// Bytes of keys and values in a segment at the most.
const MAX_BYTES: u64 = 4 << 30;

/// The rows that a segment holds at the most.
pub(crate) fn most_rows(words: [usize; 2], has_values: bool) -> u64 {
    let row = 8 * (words[0] + if has_values { words[1] } else { 0 }) as u64;
    (MAX_BYTES / row).clamp(1, MAX_ROWS)
}

/// A column that is being written.
struct File {
    column: Column,
    name: String,
    file: Box<dyn NewFile>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl File {
    fn new(disk: &dyn Disk, column: Column, segment: u64) -> Result<Self> {
        let name = column.file(segment) + UNDER_WAY;
        let file = disk.create(&name).map_err(|error| about(&name, error))?;
        let mut this = Self { column, name, file, hasher: blake3::Hasher::new(), bytes: 0 };
        if column.shape(0, [1; 2]).is_some() {
            // Its place; it is written once the rows are counted.
            this.file.write_all(&[0; npy::HEADER]).map_err(|error| about(&this.name, error))?;
            this.bytes = npy::HEADER as u64;
        }
        Ok(this)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| about(&self.name, error))?;
        match bytes.len() < WRITTEN_BYTES / 2 {
            true => self.hasher.update(bytes),
            false => self.hasher.update_rayon(bytes),
        };
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn write_lanes(&mut self, lanes: &[Lanes]) -> Result<()> {
        match bytes_of(lanes) {
            Some(bytes) => self.write(bytes),
            None => self.write(&lanes.iter().flat_map(|lanes| lanes.0).flat_map(u64::to_le_bytes).collect::<Vec<u8>>()),
        }
    }

    fn finish(mut self, rows: u64, words: [usize; 2]) -> Result<(Column, Digest)> {
        let mut finish = || {
            if let Some(shape) = self.column.shape(rows, words) {
                self.file.write_front(&npy::header(&shape))?;
            }
            self.file.sync()
        };
        finish().map_err(|error| about(&self.name, error))?;
        Ok((self.column, Digest { bytes: self.bytes, blake3: Hash(self.hasher.finalize()) }))
    }
}

/// A column of patterns that is being written, a page at a time.
struct Pages {
    file: File,
    /// The page under way, and the rows that stand there.
    page: Patterns,
    rows: usize,
}

impl Pages {
    fn new(disk: &dyn Disk, column: Column, segment: u64, dim: usize) -> Result<Self> {
        let rows = Patterns::new(dim)?.page_rows();
        let page = Patterns::filled(rows, dim, false)?;
        Ok(Self { file: File::new(disk, column, segment)?, page, rows: 0 })
    }

    fn push(&mut self, patterns: &Patterns, range: Range<usize>) -> Result<()> {
        let (size, words) = (self.page.len(), self.page.words());
        let mut at = range.start;
        while at < range.end {
            let here = range.end - at;
            if self.rows == 0 && at.is_multiple_of(size) && here >= size {
                // Whole pages, as they stand.
                let lanes = self.page.lanes().len();
                let pages = (here / size).min((WRITTEN_BYTES / size_of_val(self.page.lanes())).max(1));
                self.file.write_lanes(&patterns.lanes()[at / size * lanes..][..pages * lanes])?;
                at += pages * size;
                continue;
            }
            let some = here.min(size - self.rows);
            for row in 0..some {
                self.page.put(self.rows + row, (0..words).map(|w| patterns.word(at + row, w)));
            }
            (at, self.rows) = (at + some, self.rows + some);
            if self.rows == size {
                self.file.write_lanes(self.page.lanes())?;
                self.rows = 0;
            }
        }
        Ok(())
    }

    fn finish(mut self, rows: u64, words: [usize; 2]) -> Result<(Column, Digest)> {
        if self.rows > 0 {
            self.file.write_lanes(self.page.range(0..self.rows)?.lanes())?;
        }
        self.file.finish(rows, words)
    }
}

/// Ids as they come: counted as long as they are consecutive.
enum Ids {
    Counted { first: u64, count: u64 },
    Listed(Vec<u64>),
}

/// Ids of rows to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RowIds<'a> {
    /// Consecutive ones from here on.
    From(u64),
    Listed(&'a [u64]),
}

/// A segment that is being written.
pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    number: u64,
    words: [usize; 2],
    rows: u64,
    keys: Pages,
    values: Option<Pages>,
    ids: Ids,
    /// Where labels end, once there is one: rows before have none.
    labels: Option<(File, Vec<u64>)>,
}

impl Writer {
    pub(crate) fn new(disk: Arc<dyn Disk>, number: u64, dim: usize, value_dim: Option<usize>) -> Result<Self> {
        let keys = Pages::new(&*disk, Column::Keys, number, dim)?;
        let values = value_dim.map(|dim| Pages::new(&*disk, Column::Values, number, dim)).transpose()?;
        let words = [dim.div_ceil(64), value_dim.unwrap_or(dim).div_ceil(64)];
        Ok(Self { disk, number, words, rows: 0, keys, values, ids: Ids::Counted { first: 0, count: 0 }, labels: None })
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Appends the rows `range` of `keys` and `values`; ids and labels are those of the range alone.
    pub(crate) fn push(
        &mut self,
        keys: &Patterns,
        values: Option<&Patterns>,
        range: Range<usize>,
        ids: RowIds<'_>,
        labels: Option<&[&str]>,
    ) -> Result<()> {
        self.keys.push(keys, range.clone())?;
        if let Some((pages, values)) = self.values.as_mut().zip(values) {
            pages.push(values, range.clone())?;
        }
        match ids {
            RowIds::From(first) => self.push_ids(first, range.len() as u64, None)?,
            RowIds::Listed(list) => {
                // Stretches of consecutive ids are one step each.
                for run in list.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
                    self.push_ids(run[0], run.len() as u64, Some(list.len()))?;
                }
            }
        }
        self.push_labels(range.len(), labels)?;
        self.rows += range.len() as u64;
        Ok(())
    }

    fn push_ids(&mut self, from: u64, more: u64, expected: Option<usize>) -> Result<()> {
        if let Ids::Counted { first, count } = &mut self.ids {
            if *count == 0 {
                *first = from;
            }
            if *first + *count == from {
                *count += more;
                return Ok(());
            }
            let mut list = room_for(*count as usize + expected.unwrap_or(more as usize), "ids of a segment")?;
            list.extend(*first..*first + *count);
            self.ids = Ids::Listed(list);
        }
        if let Ids::Listed(list) = &mut self.ids {
            let bytes = (list.len() as u64 + more) * 8;
            list.try_reserve(more as usize).map_err(|_| Error::OutOfMemory { what: "ids of a segment", bytes })?;
            list.extend(from..from + more);
        }
        Ok(())
    }

    fn push_labels(&mut self, rows: usize, labels: Option<&[&str]>) -> Result<()> {
        let out_of_memory = |count: usize| Error::OutOfMemory { what: "labels of a segment", bytes: count as u64 * 8 };
        let Some(labels) = labels else {
            if let Some((_, ends)) = &mut self.labels {
                let last = ends.last().copied().unwrap_or(0);
                ends.try_reserve(rows).map_err(|_| out_of_memory(rows))?;
                ends.resize(ends.len() + rows, last);
            }
            return Ok(());
        };
        let mut text = Vec::new();
        for (row, label) in labels.iter().enumerate() {
            if self.labels.is_none() && !label.is_empty() {
                let before = self.rows as usize + row;
                let mut ends: Vec<u64> = room_for(before + rows, "labels of a segment")?;
                ends.resize(before, 0);
                self.labels = Some((File::new(&*self.disk, Column::Labels, self.number)?, ends));
            }
            let Some((file, ends)) = &mut self.labels else { continue };
            text.extend_from_slice(label.as_bytes());
            ends.try_reserve(1).map_err(|_| out_of_memory(ends.len()))?;
            ends.push(file.bytes + text.len() as u64);
            if text.len() >= 1 << 16 {
                file.write(&text)?;
                text.clear();
            }
        }
        match &mut self.labels {
            Some((file, _)) if !text.is_empty() => file.write(&text),
            _ => Ok(()),
        }
    }

    /// The segment with all of its files written and synced, under their temporary names.
    pub(crate) fn finish(self) -> Result<Entry> {
        let Self { disk, number, words, rows, keys, values, ids, labels } = self;
        let numbers = |column: Column, numbers: &[u64]| -> Result<(Column, Digest)> {
            let mut file = File::new(&*disk, column, number)?;
            let mut buffer = Vec::new();
            for some in numbers.chunks(1 << 13) {
                buffer.clear();
                buffer.extend(some.iter().flat_map(|number| number.to_le_bytes()));
                file.write(&buffer)?;
            }
            file.finish(rows, words)
        };
        let mut columns = BTreeMap::from([keys.finish(rows, words)?]);
        columns.extend(values.map(|values| values.finish(rows, words)).transpose()?);
        let first_id = match ids {
            Ids::Counted { first, .. } => Some(first),
            Ids::Listed(list) => {
                columns.extend([numbers(Column::Ids, &list)?]);
                if !list.is_sorted_by(|a, b| a < b) {
                    columns.extend([numbers(Column::IdOrder, &order_of(&list)?)?]);
                }
                None
            }
        };
        if let Some((file, ends)) = labels {
            columns.extend([numbers(Column::LabelEnds, &ends)?, file.finish(rows, words)?]);
        }
        Ok(Entry { number, rows, first_id, columns, bitmap: None, forgotten: Vec::new() })
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Writer(segment {}, {} rows)", self.number, self.rows)
    }
}

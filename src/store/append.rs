//! Appending: rows come in, some at a time, and are committed together.

use std::ops::Range;
use std::sync::Arc;

use crate::error::room_for;
use crate::patterns::Patterns;
use crate::store::commit::Store;
use crate::store::disk::Backend;
use crate::store::manifest::{Manifest, UNDER_WAY};
use crate::store::segment::Opened;
use crate::store::unique::check_new;
use crate::store::write::{RowIds, Writer, most_rows};
use crate::{Batch, Error, Result};

/// Bytes of patterns and labels that wait in memory at the most: fewer rows are merged with small segments as they are
/// written, so that they are written once.
const WAITING_BYTES: usize = 32 << 20;

/// Rows that are being appended to a store. Nothing of them is seen before [`commit`](Self::commit); dropped before,
/// they leave nothing.
#[derive(Debug)]
pub struct Appending<'a> {
    store: &'a mut Store,
    /// Rows that are not written yet, while they are few.
    waiting: Vec<Waiting>,
    waiting_bytes: usize,
    writer: Option<Writer>,
    /// Segments that are written, under temporary names.
    written: Vec<Opened>,
    rows: u64,
    next_id: u64,
    next_segment: u64,
    /// The first id that was counted here.
    counted: u64,
    /// Whether rows have brought ids of their own.
    own_ids: bool,
    committed: bool,
    /// An error has come: nothing can be committed.
    failed: bool,
}

#[derive(Debug)]
struct Waiting {
    keys: Patterns,
    values: Option<Patterns>,
    ids: WaitingIds,
    labels: Option<WaitingLabels>,
}

/// Labels, one after the other.
#[derive(Debug)]
struct WaitingLabels {
    text: String,
    ends: Vec<usize>,
}

impl WaitingLabels {
    fn of(labels: &[String]) -> Result<Self> {
        let bytes = labels.iter().map(String::len).sum();
        let (mut text, mut ends) = (String::new(), room_for(labels.len(), "labels")?);
        text.try_reserve_exact(bytes).map_err(|_| Error::OutOfMemory { what: "labels", bytes: bytes as u64 })?;
        for label in labels {
            text.push_str(label);
            ends.push(text.len());
        }
        Ok(Self { text, ends })
    }

    fn texts(&self) -> Result<Vec<&str>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        texts(self.ends.len(), starts.zip(&self.ends).map(|(start, &end)| &self.text[start..end]))
    }
}

/// These labels, so many.
fn texts<'a>(count: usize, labels: impl Iterator<Item = &'a str>) -> Result<Vec<&'a str>> {
    let mut texts = room_for(count, "labels")?;
    texts.extend(labels);
    Ok(texts)
}

#[derive(Debug)]
enum WaitingIds {
    From(u64),
    Listed(Vec<u64>),
}

impl WaitingIds {
    fn rows(&self) -> RowIds<'_> {
        match self {
            Self::From(first) => RowIds::From(*first),
            Self::Listed(list) => RowIds::Listed(list),
        }
    }
}

impl Store {
    /// Begins to append associations that come some at a time, in constant memory.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn begin(&mut self) -> Result<Appending<'_>> {
        self.check()?;
        Ok(Appending::new(self))
    }

    /// Appends associations. Once this returns, they last. What comes back are the ids that were counted, none where
    /// associations bring their own.
    ///
    /// Cost: what is written, and the segments before that are at most twice as large, which are merged with it.
    ///
    /// # Errors
    /// [`Error::Dimension`] or [`Error::Count`] for what does not fit; [`Error::Id`] for an id that is present, or given
    /// twice, or 2⁶⁴ − 1; [`Error::Parameter`] where counted ids have run out; [`Error::Store`] where segments that would
    /// be merged are damaged; [`Error::Io`], [`Error::OutOfMemory`],
    /// and nothing has changed; [`Error::Poisoned`].
    pub fn append(&mut self, batch: Batch<'_>) -> Result<Range<u64>> {
        let mut appending = self.begin()?;
        appending.push(batch)?;
        appending.commit()
    }
}

impl<'a> Appending<'a> {
    pub(super) fn new(store: &'a mut Store) -> Self {
        let Manifest { next_id, next_segment, .. } = store.snapshot.manifest;
        Self {
            store,
            waiting: Vec::new(),
            waiting_bytes: 0,
            writer: None,
            written: Vec::new(),
            rows: 0,
            next_id,
            next_segment,
            counted: next_id,
            own_ids: false,
            committed: false,
            failed: false,
        }
    }

    /// Rows so far.
    pub fn len(&self) -> u64 {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Counts ids from `next` on, if more were given than that: where associations move here from another memory, whose
    /// past they bring along.
    pub fn count_from(&mut self, next: u64) {
        self.next_id = self.next_id.max(next);
        if self.rows == 0 {
            self.counted = self.next_id;
        }
    }

    /// Takes in some more. After an error nothing can be committed.
    ///
    /// # Errors
    /// As [`Store::append`]; places in errors about ids are counted through all batches.
    pub fn push(&mut self, batch: Batch<'_>) -> Result<()> {
        let pushed = self.take(batch);
        if pushed.is_err() {
            self.abandon();
        }
        pushed
    }

    /// Refuses to go on after an error.
    fn check(&self) -> Result<()> {
        if self.failed {
            let (expected, found) = ("batches that were all taken in".into(), "one that was refused".into());
            return Err(Error::Parameter { what: "append", expected, found });
        }
        self.store.check()
    }

    fn take(&mut self, batch: Batch<'_>) -> Result<()> {
        self.check()?;
        let (dim, value_dim) = (self.store.snapshot.dim(), self.store.snapshot.value_dim());
        batch.check(dim, value_dim)?;
        let count = batch.keys.len() as u64;
        let ids = match batch.ids {
            None => {
                let first = self.next_id;
                // 2⁶⁴ − 1 is no id.
                self.next_id = first.checked_add(count).ok_or_else(|| Error::Parameter {
                    what: "ids",
                    expected: "counted ids below 2^64 - 1".into(),
                    found: format!("{count} more from {first} on"),
                })?;
                RowIds::From(first)
            }
            Some(ids) => {
                if let Some(at) = ids.iter().position(|&id| id == u64::MAX) {
                    let (place, expected) = (self.rows as usize + at, "an id below 2^64 - 1".into());
                    return Err(Error::Id { what: "ids", place, expected, found: ids[at] });
                }
                self.own_ids |= !ids.is_empty();
                self.next_id = self.next_id.max(ids.iter().max().map_or(0, |most| most + 1));
                RowIds::Listed(ids)
            }
        };
        if self.rows == 0 {
            // What was not counted here is none of the ids counted here.
            self.counted = self.next_id - if batch.ids.is_none() { count } else { 0 };
        }
        self.rows += count;
        let patterns = batch.keys.bytes() + batch.values.map_or(0, Patterns::bytes);
        let labels: usize = batch.labels.map_or(0, |labels| labels.iter().map(|label| label.len() + 24).sum());
        self.waiting_bytes += patterns + labels;
        if self.waiting_bytes > WAITING_BYTES {
            self.write_waiting()?;
            let labels = batch.labels.map(|labels| texts(labels.len(), labels.iter().map(String::as_str)));
            return self.write(batch.keys, batch.values, ids, labels.transpose()?.as_deref());
        }
        let ids = match ids {
            RowIds::From(first) => WaitingIds::From(first),
            RowIds::Listed(list) => {
                let mut own = room_for(list.len(), "ids")?;
                own.extend_from_slice(list);
                WaitingIds::Listed(own)
            }
        };
        let values = batch.values.map(|values| values.range(0..values.len())).transpose()?;
        let labels = batch.labels.map(WaitingLabels::of).transpose()?;
        self.waiting.push(Waiting { keys: batch.keys.range(0..batch.keys.len())?, values, ids, labels });
        Ok(())
    }

    fn write_waiting(&mut self) -> Result<()> {
        for Waiting { keys, values, ids, labels } in std::mem::take(&mut self.waiting) {
            let labels = labels.as_ref().map(WaitingLabels::texts).transpose()?;
            self.write(&keys, values.as_ref(), ids.rows(), labels.as_deref())?;
        }
        Ok(())
    }

    /// Writes rows into one segment after the other.
    fn write(
        &mut self,
        keys: &Patterns,
        values: Option<&Patterns>,
        ids: RowIds<'_>,
        labels: Option<&[&str]>,
    ) -> Result<()> {
        let most = most_rows(self.store.snapshot.manifest.words(), values.is_some());
        let mut at = 0;
        while at < keys.len() {
            let mut writer = match self.writer.take() {
                Some(writer) => writer,
                None => self.new_writer()?,
            };
            let some = at..keys.len().min(at + (most - writer.rows()) as usize);
            let ids = match ids {
                RowIds::From(first) => RowIds::From(first + at as u64),
                RowIds::Listed(list) => RowIds::Listed(&list[some.clone()]),
            };
            writer.push(keys, values, some.clone(), ids, labels.map(|labels| &labels[some.clone()]))?;
            at = some.end;
            let full = writer.rows() == most;
            self.writer = Some(writer);
            if full {
                self.close(0..self.store.snapshot.segments.len(), 0)?;
            }
        }
        Ok(())
    }

    fn new_writer(&mut self) -> Result<Writer> {
        let (dim, value_dim) = (self.store.snapshot.dim(), self.store.snapshot.value_dim());
        self.next_segment += 1;
        Writer::new(Arc::clone(&self.store.snapshot.disk), self.next_segment - 1, dim, value_dim)
    }

    /// Finishes the segment under way; its ids must be new to the store's segments `kept`. Its first `old` rows were there
    /// before.
    fn close(&mut self, kept: Range<usize>, old: u64) -> Result<()> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let entry = self.store.syncing(|_| writer.finish())?;
        let snapshot = &self.store.snapshot;
        let opened = Opened::new(&*snapshot.disk, &snapshot.manifest, &entry, Backend::Mmap, UNDER_WAY)?;
        if self.own_ids {
            let written: u64 = self.written.iter().map(|segment| segment.entry.rows).sum();
            let others = snapshot.segments[kept].iter().chain(&self.written);
            check_new(&opened.ids, old as usize, written as usize, others)?;
        }
        self.written.push(opened);
        Ok(())
    }

    /// Makes the rows last, together. What comes back are the ids that were counted, none where rows brought their own.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn commit(mut self) -> Result<Range<u64>> {
        self.check()?;
        let segments = self.store.snapshot.segments.len();
        let few = self.writer.is_none() && self.written.is_empty();
        let kept = if few { self.merge_waiting()? } else { segments };
        self.close(0..kept, 0)?;
        if self.rows > 0 || self.next_id > self.store.snapshot.manifest.next_id {
            let mut manifest = self.store.next();
            manifest.segments.truncate(kept);
            manifest.segments.extend(self.written.iter().map(|segment| segment.entry.clone()));
            (manifest.next_id, manifest.next_segment) = (self.next_id, self.next_segment);
            let files: Vec<String> = self.written.iter().flat_map(|segment| segment.entry.files()).collect();
            self.store.commit(manifest, &files)?;
            self.store.snapshot.segments.truncate(kept);
            self.store.snapshot.segments.append(&mut self.written);
        }
        self.committed = true;
        if !few {
            // The rows are there; that segments stay as they are costs a scan little.
            let _ = self.store.tidy();
        }
        Ok(if self.own_ids { self.next_id..self.next_id } else { self.counted..self.next_id })
    }

    /// Writes what waits, after the rows of the last segments that are not much larger; how many segments stay.
    fn merge_waiting(&mut self) -> Result<usize> {
        let snapshot = &self.store.snapshot;
        let most = most_rows(snapshot.manifest.words(), snapshot.value_dim().is_some());
        let (mut kept, mut total) = (snapshot.segments.len(), self.rows);
        if self.rows == 0 {
            return Ok(kept);
        }
        while let Some(last) = kept.checked_sub(1).map(|last| snapshot.segments[last].entry.live()) {
            if last > 2 * total || last + total > most {
                break;
            }
            (kept, total) = (kept - 1, total + last);
        }
        let old: Vec<Opened> = snapshot.segments[kept..].to_vec();
        let mut writer = self.new_writer()?;
        for segment in &old {
            segment.copy_to(&mut writer, &self.store.snapshot, &|_| Ok(()))?;
        }
        let before = writer.rows();
        self.writer = Some(writer);
        // Fewer rows wait than a segment holds: they take a 128th of its bytes, and 8 bytes each at the least.
        for Waiting { keys, values, ids, labels } in std::mem::take(&mut self.waiting) {
            let labels = labels.as_ref().map(WaitingLabels::texts).transpose()?;
            if let Some(writer) = &mut self.writer {
                writer.push(&keys, values.as_ref(), 0..keys.len(), ids.rows(), labels.as_deref())?;
            }
        }
        self.close(0..kept, before)?;
        Ok(kept)
    }

    /// Gives up what was taken in.
    fn abandon(&mut self) {
        self.failed = true;
        self.writer = None;
        self.written.clear();
        self.waiting.clear();
        self.rows = 0;
        let _ = self.store.sweep();
    }
}

impl Drop for Appending<'_> {
    fn drop(&mut self) {
        if !self.committed {
            self.abandon();
        }
    }
}

//! Merging: segments become fewer, and the space of what was forgotten is given back.

use std::ops::Range;
use std::sync::Arc;

use crate::patterns::Patterns;
use crate::patterns::segments::Side;
use crate::progress::Steps;
use crate::store::commit::Store;
use crate::store::disk::Backend;
use crate::store::manifest::UNDER_WAY;
use crate::store::segment::{Opened, verify};
use crate::store::snapshot::Snapshot;
use crate::store::write::{RowIds, Writer, most_rows};
use crate::{Progress, Result};

/// Rows that are copied together.
const CHUNK: usize = 1 << 13;

impl Opened {
    /// Appends the rows whose associations are there to `writer`; tells `advance` how many there were.
    ///
    /// All files are held to their hashes first: what is damaged must not be given the hash of what it has become.
    pub(super) fn copy_to(
        &self,
        writer: &mut Writer,
        snapshot: &Snapshot,
        advance: &dyn Fn(u64) -> Result<()>,
    ) -> Result<()> {
        if let Some(damage) = verify(&*snapshot.disk, &snapshot.manifest, &self.entry, &|_| Ok(()))?.pop() {
            return Err(damage);
        }
        let (dim, value_dim) = (snapshot.dim(), snapshot.value_dim());
        let keys = Side::new(dim, [Arc::clone(&self.keys)])?;
        let values = self.values.as_ref().zip(value_dim).map(|(values, dim)| Side::new(dim, [Arc::clone(values)]));
        let values = values.transpose()?;
        let rows = self.entry.rows as usize;
        for start in (0..rows).step_by(CHUNK) {
            let chunk: Vec<usize> = self.live_rows(start..rows.min(start + CHUNK)).collect();
            let copy = |side: &Side| side.select(chunk.len(), chunk.iter().copied());
            let (keys, values): (Patterns, _) = (copy(&keys)?, values.as_ref().map(copy).transpose()?);
            let ids: Vec<u64> = chunk.iter().map(|&row| self.ids.id(row)).collect();
            let labels: Option<Vec<&str>> = match self.labels.is_bare() {
                true => None,
                false => Some(chunk.iter().map(|&row| self.labels.get(row).unwrap_or_default()).collect()),
            };
            writer.push(&keys, values.as_ref(), 0..chunk.len(), RowIds::Listed(&ids), labels.as_deref())?;
            advance(chunk.len() as u64)?;
        }
        Ok(())
    }
}

impl Store {
    /// Merges segments and gives back the space of what was forgotten. What the store holds stays the same.
    ///
    /// `progress` is told of associations that were copied. Each merged segment is a commit of its own, so that a call
    /// which is stopped has done part of the work.
    ///
    /// Cost: all associations copied, but for those of segments that are full and whole; of disk space one segment at a
    /// time, 4 GiB at the most.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store) for a damaged segment, which stays as it is;
    /// [`Error::Io`](crate::Error::Io), [`Error::OutOfMemory`](crate::Error::OutOfMemory);
    /// [`Error::Interrupted`](crate::Error::Interrupted); [`Error::Poisoned`](crate::Error::Poisoned).
    pub fn compact(&mut self, progress: Progress<'_>) -> Result<()> {
        self.check()?;
        let steps = progress.begin(self.snapshot.len());
        let most = most_rows(self.snapshot.manifest.words(), self.snapshot.value_dim().is_some());
        let mut at = 0;
        while at < self.snapshot.segments.len() {
            let live = |s: usize| self.snapshot.segments[s].entry.live();
            let (mut end, mut total) = (at + 1, live(at));
            while end < self.snapshot.segments.len() && total + live(end) <= most {
                (end, total) = (end + 1, total + live(end));
            }
            if end - at > 1 || self.snapshot.segments[at].entry.forgotten_rows() > 0 {
                self.rewrite(at..end, &steps)?;
            } else {
                steps.advance(total)?;
            }
            at += 1;
        }
        Ok(())
    }

    /// Merges neighbours of which the second is not much smaller than the first, until there are none.
    pub(super) fn tidy(&mut self) -> Result<()> {
        let most = most_rows(self.snapshot.manifest.words(), self.snapshot.value_dim().is_some());
        loop {
            let live = |s: usize| self.snapshot.segments[s].entry.live();
            let pairs = 1..self.snapshot.segments.len();
            let small = |&s: &usize| live(s - 1) <= 2 * live(s) && live(s - 1) + live(s) <= most;
            let Some(second) = pairs.rev().find(small) else { return Ok(()) };
            self.rewrite(second - 1..second + 1, &Progress::NONE.begin(0))?;
        }
    }

    /// Commits the segments `range` as one.
    fn rewrite(&mut self, range: Range<usize>, steps: &Steps<'_>) -> Result<()> {
        let written = self.write_merged(range.clone(), steps);
        let merged = self.or_sweep(written)?;
        let mut manifest = self.next();
        manifest.next_segment += 1;
        let files: Vec<String> = merged.entry.files().collect();
        manifest.segments.splice(range.clone(), [merged.entry.clone()]);
        self.commit(manifest, &files)?;
        self.snapshot.segments.splice(range, [merged]);
        Ok(())
    }

    fn write_merged(&mut self, range: Range<usize>, steps: &Steps<'_>) -> Result<Opened> {
        let (dim, value_dim) = (self.snapshot.dim(), self.snapshot.value_dim());
        let number = self.snapshot.manifest.next_segment;
        let mut writer = Writer::new(Arc::clone(&self.snapshot.disk), number, dim, value_dim)?;
        for segment in &self.snapshot.segments[range] {
            segment.copy_to(&mut writer, &self.snapshot, &|rows| steps.advance(rows))?;
        }
        let entry = self.syncing(|_| writer.finish())?;
        Opened::new(&*self.snapshot.disk, &self.snapshot.manifest, &entry, Backend::Mmap, UNDER_WAY)
    }
}

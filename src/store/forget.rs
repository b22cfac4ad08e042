//! Forgetting: rows stay where they are, and are told to be gone.

use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::patterns::ids::each_once;
use crate::scan::scope::Missing;
use crate::store::commit::Store;
use crate::store::manifest::{Bitmap, Digest, Hash, bitmap_file};
use crate::{Error, Result};

/// Rows that a manifest lists as forgotten, of all segments together, before they are folded into bitmaps.
const LISTED: usize = 64;

impl Store {
    /// Forgets the associations `ids`; once this returns, that lasts. How many they were. Their space is given back by
    /// [`compact`](Self::compact), and where small segments are merged.
    ///
    /// Cost: a manifest, and from time to time bitmaps of some segments.
    ///
    /// # Errors
    /// [`Error::Id`] for an id that comes again, and for one that no association has unless `missing` allows it;
    /// [`Error::Io`], and nothing has changed; [`Error::Poisoned`].
    pub fn forget(&mut self, ids: &[u64], missing: Missing) -> Result<u64> {
        self.check()?;
        let sorted = each_once("ids to forget", ids)?;
        let mut rows: Vec<RoaringBitmap> = vec![RoaringBitmap::new(); self.snapshot.segments.len()];
        let mut absent = None;
        for &(id, place) in &sorted {
            let at = self.snapshot.segments.iter().enumerate().find_map(|(s, segment)| Some((s, segment.row_of(id)?)));
            match at {
                Some((s, row)) => {
                    rows[s].insert(row as u32);
                }
                None => absent = Some(absent.map_or(place, |before: usize| before.min(place))),
            }
        }
        if let (Some(place), Missing::Refuse) = (absent, missing) {
            let expected = "the id of an association".into();
            return Err(Error::Id { what: "ids to forget", place, expected, found: ids[place] });
        }
        let count = rows.iter().map(RoaringBitmap::len).sum();
        if count > 0 {
            self.note_forgotten(rows)?;
        }
        Ok(count)
    }

    /// Commits that `rows`, of each segment, are forgotten too.
    fn note_forgotten(&mut self, rows: Vec<RoaringBitmap>) -> Result<()> {
        let mut manifest = self.next();
        let listed: u64 = manifest.segments.iter().map(|entry| entry.forgotten.len() as u64).sum();
        let folds = listed + rows.iter().map(RoaringBitmap::len).sum::<u64>() > LISTED as u64;
        let mut segments = self.snapshot.segments.clone();
        let mut names = Vec::new();
        for (segment, more) in segments.iter_mut().zip(&rows).filter(|(_, more)| !more.is_empty()) {
            *Arc::make_mut(&mut segment.forgotten) |= more;
            segment.entry.forgotten.extend(more);
            segment.entry.forgotten.sort_unstable();
        }
        segments.retain(|segment| segment.forgotten.len() < segment.entry.rows);
        for segment in segments.iter_mut().filter(|segment| folds && !segment.entry.forgotten.is_empty()) {
            let name = bitmap_file(segment.entry.number, manifest.generation);
            let written = self.write_bitmap(&name, &segment.forgotten, manifest.generation);
            segment.entry.bitmap = Some(self.or_sweep(written)?);
            segment.entry.forgotten.clear();
            names.push(name);
        }
        manifest.segments = segments.iter().map(|segment| segment.entry.clone()).collect();
        self.commit(manifest, &names)?;
        self.snapshot.segments = segments;
        Ok(())
    }

    fn write_bitmap(&mut self, name: &str, rows: &RoaringBitmap, generation: u64) -> Result<Bitmap> {
        let mut bytes = Vec::with_capacity(rows.serialized_size());
        rows.serialize_into(&mut bytes)?;
        self.write_file(name, &bytes)?;
        let digest = Digest { bytes: bytes.len() as u64, blake3: Hash(blake3::hash(&bytes)) };
        Ok(Bitmap { generation, rows: rows.len(), digest })
    }
}

//! Around each key: how many others stand at each distance within the radius, and which is the nearest.

use std::ops::Range;

use crate::Result;
use crate::basins::Basin;
use crate::error::room_for;
use crate::patterns::ids::Ids;
use crate::patterns::segments::Side;
use crate::patterns::{Queries, Stored};
use crate::scan::hunt::near;
use crate::scan::keys::Scan;
use crate::scan::plan::Plan;
use crate::scan::shortlist::Neighbor;
use crate::scan::tiles::{TILE, each_tile};
use crate::scan::watch::{Visit, Watch};

/// Keys that are asked about at a time.
const CHUNK: usize = 64 * TILE;

/// The basins of `keys`, which are what `scan` may answer by and are called `ids`. `values` are those beside all keys,
/// where keys are not their own. The scan's steps are told of each key.
pub(crate) fn basins(
    scan: Scan<'_>,
    keys: Stored<'_>,
    values: Option<&Side>,
    ids: &mut dyn Iterator<Item = u64>,
    radius: u32,
) -> Result<Vec<Basin>> {
    let mut basins = room_for(keys.len(), "basins")?;
    for start in (0..keys.len()).step_by(CHUNK) {
        let queries = Queries::from(keys.range(start..start + CHUNK)?);
        let plan = Plan::new(scan, &queries)?;
        let tile = |tile: Range<usize>| {
            let indices: Vec<usize> = tile.collect();
            let around = near(scan, &queries, &indices, &plan, |_| Around::new(scan.ids(), radius))?;
            scan.steps().advance(indices.len() as u64)?;
            Ok(around.into_iter().map(|watched| watched.watcher.basin(values)).collect())
        };
        let found: Vec<Basin> = each_tile(scan.side().len(), queries.len(), tile)?;
        basins.extend(found.into_iter().zip(&mut *ids).map(|(basin, id)| Basin { id, ..basin }));
    }
    Ok(basins)
}

/// Counts the keys around one of them.
struct Around<'a> {
    ids: &'a Ids,
    radius: u32,
    /// Keys at each distance up to the radius.
    counts: Vec<u64>,
    /// The places of those at distance 0.
    copies: Vec<usize>,
    /// The nearest of the others; its id is as yet an [`ordinal`](Ids::ordinal).
    nearest: Option<Neighbor>,
}

impl<'a> Around<'a> {
    fn new(ids: &'a Ids, radius: u32) -> Self {
        Self { ids, radius, counts: vec![0; radius as usize + 1], copies: Vec::new(), nearest: None }
    }

    fn note(&mut self, other: Neighbor) {
        self.nearest = Some(self.nearest.map_or(other, |nearest| nearest.min(other)));
    }

    /// What it has come to; the id is not known here.
    fn basin(self, values: Option<&Side>) -> Basin {
        let value =
            |side: &Side, place: usize| -> Vec<u64> { (0..side.words()).map(|w| side.word(place, w)).collect() };
        let values_agree = values.is_none_or(|side| {
            let first = self.copies.first().map(|&place| value(side, place));
            self.copies.iter().all(|&place| Some(value(side, place)) == first)
        });
        let near =
            (0..).zip(&self.counts).skip(1).filter(|near| *near.1 > 0).map(|(distance, &count)| (distance, count));
        Basin {
            id: 0,
            copies: self.counts[0],
            values_agree,
            nearest: self.nearest.map(|nearest| Neighbor { id: self.ids.of_ordinal(nearest.id), ..nearest }),
            near: near.collect(),
        }
    }
}

impl Watch for Around<'_> {
    fn wants(&self) -> u32 {
        self.radius.saturating_add(1)
    }

    fn would_want(&self, _: u32) -> u32 {
        self.wants()
    }

    fn meet(&mut self, place: usize, distance: u32) {
        // What a damaged file holds beyond the dimension may bring a key here that lies beyond the radius.
        if let Some(count) = self.counts.get_mut(distance as usize) {
            *count += 1;
            match distance {
                0 => self.copies.push(place),
                distance => self.note(Neighbor { distance, id: self.ids.ordinal(place) }),
            }
        }
    }
}

impl Visit for Around<'_> {
    fn visit(&mut self, first: usize, distances: &[u32]) {
        for (place, &distance) in (first..).zip(distances) {
            if distance <= self.radius {
                self.meet(place, distance);
            }
        }
    }

    fn merge(&mut self, later: Self) {
        self.counts.iter_mut().zip(&later.counts).for_each(|(count, more)| *count += more);
        self.copies.extend(later.copies);
        if let Some(other) = later.nearest {
            self.note(other);
        }
    }
}

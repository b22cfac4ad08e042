//! Around each key: how many others stand at each distance within the radius, and which is the nearest; and how many
//! around its complement.

use std::ops::Range;

use crate::Result;
use crate::basins::basin::Basin;
use crate::basins::found::Found;
use crate::basins::look::Look;
use crate::patterns::Queries;
use crate::patterns::ids::Ids;
use crate::patterns::segments::Side;
use crate::scan::hunt::near;
use crate::scan::keys::Scan;
use crate::scan::plan::Plan;
use crate::scan::shortlist::Neighbor;
use crate::scan::tiles::{TILE, each_tile};
use crate::scan::watch::{Visit, Watch};

/// Keys that are asked about at a time.
pub(super) const CHUNK: usize = 64 * TILE;

/// Has those keys that have not met all do so, whichever `look` names; after each step `kept` is called.
pub(crate) fn all(
    scan: Scan<'_>,
    found: &mut Found<'_>,
    look: &Look<'_>,
    kept: &mut dyn FnMut(&Found<'_>) -> Result<()>,
    advance: &(dyn Fn(Range<usize>) -> Result<()> + Sync),
) -> Result<()> {
    while found.done < found.keys().len() {
        let start = found.done;
        let queries = Queries::from(found.keys().range(start..start + CHUNK)?);
        let plan = Plan::new(scan, &queries)?;
        let values = found.values();
        let tile = |tile: Range<usize>| {
            let indices: Vec<usize> = tile.clone().collect();
            let around = near(scan, &queries, &indices, &plan, |_| Around::new(scan, look))?;
            advance(start + tile.start..start + tile.end)?;
            let id = |query: usize| scan.ids().id(found.place(start + query));
            Ok(around.into_iter().zip(tile).map(|(watched, query)| watched.watcher.basin(id(query), values)).collect())
        };
        let basins: Vec<Basin> = each_tile(scan.side().len(), queries.len(), tile)?;
        found.have_met_all(basins);
        kept(found)?;
    }
    Ok(())
}

/// Counts the keys around one of them.
struct Around<'a> {
    ids: &'a Ids,
    dim: u32,
    /// Keys at each distance up to the radius.
    near: Vec<u64>,
    /// Keys at each distance from the complement up to the radius, if they are asked for.
    far: Option<Vec<u64>>,
    /// The places of those at distance 0.
    copies: Vec<usize>,
    /// The nearest of the others; its id is as yet an [`ordinal`](Ids::ordinal).
    nearest: Option<Neighbor>,
}

impl<'a> Around<'a> {
    fn new(scan: Scan<'a>, look: &Look<'_>) -> Self {
        let none = || vec![0; look.radius as usize + 1];
        Self {
            ids: scan.ids(),
            dim: scan.side().dim() as u32,
            near: none(),
            far: look.far.then(none),
            copies: Vec::new(),
            nearest: None,
        }
    }

    fn note(&mut self, other: Neighbor) {
        self.nearest = Some(self.nearest.map_or(other, |nearest| nearest.min(other)));
    }

    /// What it has come to around the key `id`; the id of the nearest is still an ordinal.
    fn basin(self, id: u64, values: Option<&Side>) -> Basin {
        let value =
            |side: &Side, place: usize| -> Vec<u64> { (0..side.words()).map(|w| side.word(place, w)).collect() };
        let values_agree = values.is_none_or(|side| {
            let first = self.copies.first().map(|&place| value(side, place));
            self.copies.iter().all(|&place| Some(value(side, place)) == first)
        });
        let counted = |counts: &[u64], first: usize| -> Vec<(u32, u64)> {
            (0..).zip(counts.iter().copied()).skip(first).filter(|counted| counted.1 > 0).collect()
        };
        Basin {
            id,
            copies: self.near[0],
            values_agree,
            nearest: self.nearest,
            near: counted(&self.near, 1),
            far: self.far.map(|far| counted(&far, 0)),
        }
    }
}

impl Watch for Around<'_> {
    fn wants(&self) -> u32 {
        if self.far.is_some() { self.dim + 1 } else { self.near.len() as u32 }
    }

    fn would_want(&self, _: u32) -> u32 {
        self.wants()
    }

    fn meet(&mut self, place: usize, distance: u32) {
        // What a damaged file holds beyond the dimension may bring a key here that lies beyond the radius and it.
        if let Some(count) = self.near.get_mut(distance as usize) {
            *count += 1;
            match distance {
                0 => self.copies.push(place),
                distance => self.note(Neighbor { distance, id: self.ids.ordinal(place) }),
            }
        }
        if let (Some(far), Some(distance)) = (&mut self.far, self.dim.checked_sub(distance))
            && let Some(count) = far.get_mut(distance as usize)
        {
            *count += 1;
        }
    }
}

impl Visit for Around<'_> {
    fn visit(&mut self, first: usize, distances: &[u32]) {
        for (place, &distance) in (first..).zip(distances) {
            self.meet(place, distance);
        }
    }

    fn merge(&mut self, later: Self) {
        let add =
            |counts: &mut [u64], more: &[u64]| counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        add(&mut self.near, &later.near);
        if let (Some(far), Some(more)) = (&mut self.far, &later.far) {
            add(far, more);
        }
        self.copies.extend(later.copies);
        if let Some(other) = later.nearest {
            self.note(other);
        }
    }
}

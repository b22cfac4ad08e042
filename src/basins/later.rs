//! Around all keys at once: each meets those that come later, so that a pair is met once for both.

use std::ops::Range;

use crate::Result;
use crate::basins::found::{Found, Way};
use crate::basins::near::CHUNK;
use crate::patterns::Queries;
use crate::scan::hunt::near;
use crate::scan::keys::Scan;
use crate::scan::plan::Plan;
use crate::scan::tiles::each_tile;
use crate::scan::watch::{Visit, Watch};

/// A key with more neighbours than one in so many of all stands in a crowd, and they are counted rather than listed.
const CROWD: usize = 1024;

/// Meets all keys within `radius` of one another, from those on that have been met; after each step `kept` is called.
/// Where keys stand in crowds it leaves off: then those that are left are to meet all ([`Way::All`]).
///
/// Cost: half a scan for each key, on average.
pub(crate) fn later(
    scan: Scan<'_>,
    found: &mut Found<'_>,
    radius: u32,
    kept: &mut dyn FnMut(&Found<'_>) -> Result<()>,
) -> Result<()> {
    let all = found.keys().len();
    let most = all / CROWD + CROWD;
    while found.done < all {
        let start = found.done;
        let queries = Queries::from(found.keys().range(start..start + CHUNK)?);
        let plan = Plan::new(scan, &queries)?;
        let tile = |tile: Range<usize>| {
            let place = |query: usize| found.place(start + query);
            let indices: Vec<usize> = tile.clone().collect();
            let beginning = scan.from(place(tile.start));
            let watcher = |at: usize| Later { after: place(tile.start + at), radius, most, met: Some(Vec::new()) };
            let met = near(beginning, &queries, &indices, &plan, watcher)?;
            Ok(met.into_iter().map(|met| met.watcher).collect())
        };
        let met: Vec<Later> = each_tile(scan.side().len(), queries.len(), tile)?;
        if met.iter().any(|later| later.met.is_none()) {
            found.way = Way::All;
            return Ok(());
        }
        for (rank, later) in (start..).zip(met) {
            let place = found.place(rank);
            for (other, distance) in later.met.into_iter().flatten() {
                found.meet([place, other], distance)?;
            }
        }
        found.done = (start + CHUNK).min(all);
        kept(found)?;
        scan.steps().advance(done_of(found.done, all) - done_of(start, all))?;
    }
    Ok(())
}

/// How far the first `keys` of `all` have come: the later a key, the fewer it has to meet.
pub(crate) fn done_of(keys: usize, all: usize) -> u64 {
    let (all, left) = (all as u128, (all - keys) as u128);
    (all - left * left / all.max(1)) as u64
}

/// The keys that come later than one, within a radius of it.
struct Later {
    after: usize,
    radius: u32,
    most: usize,
    /// Their places, and how far they are; `None` if there were more than `most`.
    met: Option<Vec<(usize, u32)>>,
}

impl Watch for Later {
    fn wants(&self) -> u32 {
        if self.met.is_some() { self.radius + 1 } else { 0 }
    }

    fn would_want(&self, _: u32) -> u32 {
        self.wants()
    }

    fn meet(&mut self, place: usize, distance: u32) {
        let Some(met) = &mut self.met else { return };
        if place <= self.after || distance > self.radius {
            return;
        }
        match met.len() < self.most {
            true => met.push((place, distance)),
            false => self.met = None,
        }
    }
}

impl Visit for Later {
    fn visit(&mut self, first: usize, distances: &[u32]) {
        for (place, &distance) in (first..).zip(distances) {
            self.meet(place, distance);
        }
    }

    fn merge(&mut self, later: Self) {
        self.met = match (self.met.take(), later.met) {
            (Some(mut met), Some(more)) if met.len() + more.len() <= self.most => {
                met.extend(more);
                Some(met)
            }
            _ => None,
        };
    }
}

//! One pass over the keys that reads each no further than it must.

use std::ops::Range;

use popfield_kernels::{LANES, Near, QueryPanel, Screen, Tier};
use rayon::prelude::*;

use crate::scan::tiles::pieces;
use crate::scan::watch::Watch;
use crate::{Patterns, Result};

/// One scan of all keys. Returns what the watchers became, and how many words were read for them together.
pub(crate) fn pass<W: Watch>(
    tier: Tier,
    keys: &Patterns,
    panel: &QueryPanel,
    screen: Screen,
    limits: &[u32],
    watcher: impl Fn(usize) -> W + Sync,
) -> Result<(Vec<W>, u64)> {
    let start = || -> Vec<W> { (0..panel.queries()).map(&watcher).collect() };
    let scan = |piece: Range<usize>| -> Result<(Vec<W>, u64)> {
        let mut watchers = start();
        let mut bounds: Vec<u32> = limits.iter().zip(&watchers).map(|(&limit, w)| limit.min(w.wants())).collect();
        let mut found: Vec<Near> = Vec::new();
        let mut words_read = 0;
        for (first, slab) in keys.slabs(piece, usize::MAX) {
            words_read += tier.near(slab?, panel, screen, &bounds, &mut found)?;
            for near in found.drain(..) {
                let (id, query) = (first * LANES + near.pattern as usize, near.query as usize);
                // The bound may have shrunk since; and the last block may have lanes without a key.
                if near.distance < bounds[query] && id < keys.len() {
                    watchers[query].meet(id, near.distance);
                    bounds[query] = limits[query].min(watchers[query].wants());
                }
            }
        }
        Ok((watchers, words_read))
    };
    let merged = pieces(keys).into_par_iter().map(scan).try_reduce_with(|(mut a, read), (b, more)| {
        a.iter_mut().zip(b).for_each(|(a, b)| a.merge(b));
        Ok((a, read + more))
    });
    merged.unwrap_or_else(|| Ok((start(), 0)))
}

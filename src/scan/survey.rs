//! The survey: the scan that brings every key's distance past whoever asks.
//!
//! One pass over the keys serves a tile of queries: slabs of keys small enough to stay in the L2 cache go through the
//! kernel once for the whole tile, and each query's visitor ([`Visit`]) sees the slab's distances while they are hot.
//! No n × batch matrix is ever stored.

use std::ops::Range;

use popfield_kernels::{LANES, QueryPanel, Tier};
use rayon::prelude::*;

use crate::error::room_for;
use crate::scan::tiles::pieces;
use crate::scan::watch::Visit;
use crate::{Patterns, Queries, Result};

/// Bytes of keys in a slab: with the tile's distances beside it, well within an L2 cache.
const SLAB_BYTES: usize = 64 << 10;

/// Patterns in a slab at the most, so that a tile's distances stay small too.
const SLAB_PATTERNS: usize = 512;

/// Blocks that go through a kernel in one call.
fn kernel_step(keys: &Patterns) -> usize {
    (SLAB_BYTES / (keys.words() * LANES * 8)).clamp(1, SLAB_PATTERNS / LANES)
}

/// Shows every key's distance to each query of `panel`, and returns what their visitors became.
///
/// Cost: queries × n × ⌈d/64⌉ word operations, one read of the keys; a slab's distances a thread, and what the visitors
/// remember, of which there is one for each query and piece.
pub(crate) fn survey<V: Visit>(
    tier: Tier,
    keys: &Patterns,
    panel: &QueryPanel,
    visitor: impl Fn(usize) -> V + Sync,
) -> Result<Vec<V>> {
    let start = || -> Vec<V> { (0..panel.queries()).map(&visitor).collect() };
    let step = kernel_step(keys);
    let scan = |piece: Range<usize>| -> Result<Vec<V>> {
        let mut visitors = start();
        let mut distances = vec![0u32; panel.queries() * step * LANES];
        for (first, slab) in keys.slabs(piece, step) {
            let slab = slab?;
            let patterns = slab.patterns();
            let present = patterns.min(keys.len() - first * LANES);
            let distances = &mut distances[..panel.queries() * patterns];
            tier.distances(slab, panel, distances)?;
            for (visitor, row) in visitors.iter_mut().zip(distances.chunks_exact(patterns)) {
                visitor.visit(first * LANES, &row[..present]);
            }
        }
        Ok(visitors)
    };
    let merged = pieces(keys).into_par_iter().map(scan).try_reduce_with(|mut a, b| {
        a.iter_mut().zip(b).for_each(|(a, b)| a.merge(b));
        Ok(a)
    });
    merged.unwrap_or_else(|| Ok(start()))
}

/// The distances of all keys to query `index`, in storing order; n × 4 bytes.
pub(crate) fn distances(tier: Tier, keys: &Patterns, queries: &Queries, index: usize) -> Result<Vec<u32>> {
    let panel = queries.panel([index])?;
    let step = keys.page_blocks();
    let padded = keys.blocks() * LANES;
    let mut distances = room_for(padded, "distances")?;
    distances.resize(padded, 0);
    distances.par_chunks_mut(step * LANES).enumerate().try_for_each(|(s, out)| -> Result<()> {
        let start = s * step;
        keys.slabs(start..start + out.len() / LANES, step)
            .try_for_each(|(_, slab)| Ok(tier.distances(slab?, &panel, out)?))
    })?;
    distances.truncate(keys.len());
    Ok(distances)
}

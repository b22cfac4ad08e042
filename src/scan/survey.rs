//! The survey: the scan that brings every key's distance past whoever asks.
//!
//! One pass over the keys serves a tile of queries: slabs of keys small enough to stay in the L2 cache go through the
//! kernel once for the whole tile, and each query's visitor ([`Visit`]) sees the slab's distances while they are hot.
//! No n × batch matrix is ever stored.

use std::ops::Range;

use popfield_kernels::{LANES, QueryPanel};
use rayon::prelude::*;

use crate::error::room_for;
use crate::patterns::bits::Share;
use crate::patterns::segments::Side;
use crate::scan::keys::Scan;
use crate::scan::watch::{ABSENT, Visit};
use crate::{Queries, Result};

/// Bytes of keys in a slab: with the tile's distances beside it, well within an L2 cache.
const SLAB_BYTES: usize = 64 << 10;

/// Patterns in a slab at the most, so that a tile's distances stay small too.
const SLAB_PATTERNS: usize = 512;

/// Blocks that go through a kernel in one call.
fn kernel_step(keys: &Side) -> usize {
    (SLAB_BYTES / (keys.words() * LANES * 8)).clamp(1, SLAB_PATTERNS / LANES)
}

/// Shows every key's distance to each query of `panel`, and returns what their visitors became. Keys out of scope are
/// shown as [`ABSENT`](crate::scan::watch::ABSENT), if at all.
///
/// Cost: queries × n × ⌈d/64⌉ word operations, one read of the keys; a slab's distances a thread, and what the visitors
/// remember, of which there is one for each query and piece.
pub(crate) fn survey<V: Visit>(
    scan: Scan<'_>,
    panel: &QueryPanel,
    visitor: impl Fn(usize) -> V + Sync,
) -> Result<Vec<V>> {
    let start = || -> Vec<V> { (0..panel.queries()).map(&visitor).collect() };
    let step = kernel_step(scan.side());
    let of_piece = |piece: Range<usize>| -> Result<Vec<V>> {
        let mut visitors = start();
        let mut distances = vec![0u32; panel.queries() * step * LANES];
        for (run, whole) in scan.runs(piece, step) {
            scan.steps().check()?;
            let distances = &mut distances[..panel.queries() * run.lanes()];
            scan.tier().distances(run.slab()?, panel, distances)?;
            for (visitor, row) in visitors.iter_mut().zip(distances.chunks_exact_mut(run.lanes())) {
                let row = &mut row[..run.present];
                if !whole {
                    scan.mask(run.first, row);
                }
                visitor.visit(run.first, row);
            }
        }
        Ok(visitors)
    };
    let merged = scan.pieces().into_par_iter().map(of_piece).try_reduce_with(|mut a, b| {
        a.iter_mut().zip(b).for_each(|(a, b)| a.merge(b));
        Ok(a)
    });
    merged.unwrap_or_else(|| Ok(start()))
}

/// The distances of all keys to query `index`, in storing order, [`ABSENT`](crate::scan::watch::ABSENT) where one is
/// out of scope; n × 4 bytes.
pub(crate) fn distances(scan: Scan<'_>, queries: &Queries, index: usize) -> Result<Vec<u32>> {
    let panel = queries.panel([index])?;
    let keys = scan.side();
    let mut distances = room_for(keys.len(), "distances")?;
    distances.resize(keys.len(), 0);
    // A part of the answer for each run.
    let mut rest = distances.as_mut_slice();
    let mut parts = Vec::new();
    for run in keys.runs(0..keys.blocks(), usize::MAX) {
        let (part, others) = rest.split_at_mut(run.present);
        parts.push((run, part));
        rest = others;
    }
    parts.into_par_iter().try_for_each(|(run, part)| -> Result<()> {
        scan.steps().check()?;
        let share = scan.share(&run);
        if share == Share::Nothing {
            part.fill(ABSENT);
            return Ok(());
        }
        if run.lanes() == part.len() {
            scan.tier().distances(run.slab()?, &panel, part)?;
        } else {
            let mut padded = vec![0; run.lanes()];
            scan.tier().distances(run.slab()?, &panel, &mut padded)?;
            part.copy_from_slice(&padded[..run.present]);
        }
        if share == Share::Some {
            scan.mask(run.first, part);
        }
        Ok(())
    })?;
    Ok(distances)
}

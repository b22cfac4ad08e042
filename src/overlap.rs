//! Overlaps: the scan that brings every key's distance past whoever asks.
//!
//! One pass over the keys serves a tile of queries: slabs of keys small enough to stay in the L2 cache go through the
//! kernel once for the whole tile, and each query's visitor ([`Visit`]) sees the slab's distances while they are hot.
//! No n × batch matrix is ever stored.

use std::ops::Range;

use popfield_kernels::{LANES, QueryPanel, Tier};
use rayon::prelude::*;

use crate::error::room_for;
use crate::watch::Visit;
use crate::{Patterns, Queries, Result};

/// Queries of a batch that share one pass over the keys: enough that the scan computes rather than waits for memory.
pub const TILE: usize = 64;

/// Bytes of keys in a slab: with the tile's distances beside it, well within an L2 cache.
const SLAB_BYTES: usize = 64 << 10;

/// Patterns in a slab at the most, so that a tile's distances stay small too.
const SLAB_PATTERNS: usize = 512;

/// Patterns below which splitting a scan among threads costs more than it gains.
const MIN_PIECE: usize = 4096;

/// Keys of the largest memory in which several queries of a tile may hold all distances at once: half a megabyte each.
const MAX_KEYS_AT_ONCE: usize = 1 << 17;

/// What `answer` makes of each tile of `queries` queries, in order.
///
/// The others run side by side only where the memory is small: a large one keeps all threads busy with one tile, and
/// what the queries of a tile remember stands in memory once.
pub(crate) fn each_tile<T: Send>(
    keys: usize,
    queries: usize,
    answer: impl Fn(Range<usize>) -> Result<Vec<T>> + Sync,
) -> Result<Vec<T>> {
    let tile = |t: usize| t * TILE..queries.min((t + 1) * TILE);
    // The first tile by itself: others may learn from it.
    let mut answers = if queries == 0 { Vec::new() } else { answer(tile(0))? };
    let others = 1..queries.div_ceil(TILE).max(1);
    let others: Vec<Vec<T>> = if keys <= MAX_KEYS_AT_ONCE {
        others.into_par_iter().map(|t| answer(tile(t))).collect::<Result<_>>()?
    } else {
        others.map(|t| answer(tile(t))).collect::<Result<_>>()?
    };
    answers.extend(others.into_iter().flatten());
    Ok(answers)
}

/// Blocks that go through a kernel in one call.
fn slab_blocks(keys: &Patterns) -> usize {
    (SLAB_BYTES / (keys.words() * LANES * 8)).clamp(1, SLAB_PATTERNS / LANES)
}

/// The key blocks cut into pieces, several for each of two threads or more where the memory is large enough.
pub(crate) fn pieces(keys: &Patterns) -> Vec<Range<usize>> {
    let threads = rayon::current_num_threads();
    let count = if threads == 1 { 1 } else { (4 * threads).min(keys.len() / MIN_PIECE).max(1) };
    let blocks = keys.blocks();
    let size = blocks.div_ceil(count).next_multiple_of(keys.slab_blocks());
    (0..blocks).step_by(size.max(1)).map(|start| start..blocks.min(start + size)).collect()
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
    let step = slab_blocks(keys);
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

/// Finishes each of some queries.
///
/// A query may need the distances of all keys once more: among large memories queries go one after the other and the
/// threads share each, so that few such arrays stand at a time.
pub(crate) fn each_query<V: Send, T: Send>(
    keys: usize,
    queries: Vec<V>,
    finish: impl Fn(V) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    if keys <= MAX_KEYS_AT_ONCE {
        queries.into_par_iter().map(finish).collect()
    } else {
        queries.into_iter().map(finish).collect()
    }
}

/// The distances of all keys to query `index`, in storing order; n × 4 bytes.
pub(crate) fn distances(tier: Tier, keys: &Patterns, queries: &Queries, index: usize) -> Result<Vec<u32>> {
    let panel = queries.panel([index])?;
    let step = keys.slab_blocks();
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

//! Tiles of queries that are answered together.

use std::ops::Range;

use rayon::prelude::*;

use crate::Result;

/// Queries of a batch that share one pass over the keys: enough that the scan computes rather than waits for memory.
pub const TILE: usize = 64;

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
    let others: Vec<usize> = (1..queries.div_ceil(TILE)).collect();
    let others: Vec<Vec<T>> = each_query(keys, others, |t| answer(tile(t)))?;
    answers.extend(others.into_iter().flatten());
    Ok(answers)
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
    if keys <= MAX_KEYS_AT_ONCE { side_by_side(queries, finish) } else { queries.into_iter().map(finish).collect() }
}

/// What `finish` makes of each of some queries, on all threads.
///
/// One by itself stays on this thread: asking others takes longer than a query of a small memory.
pub(crate) fn side_by_side<V: Send, T: Send>(
    queries: Vec<V>,
    finish: impl Fn(V) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    if queries.len() > 1 {
        return queries.into_par_iter().map(finish).collect();
    }
    // As much room as it takes: what results are collected in begins with more, beyond what an allocator hands out fast.
    let mut finished = Vec::with_capacity(queries.len());
    for query in queries {
        finished.push(finish(query)?);
    }
    Ok(finished)
}

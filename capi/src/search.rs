//! Search: the nearest keys themselves.

use popfield::Neighbor;

use crate::call::{Call, popfield_call};
use crate::memory::popfield_memory;
use crate::rows::{popfield_rows, read, room, write};
use crate::status::{Outcome, caught, here, popfield_status, run};

/// What a search by radius has found.
pub struct popfield_found {
    offsets: Vec<usize>,
    ids: Vec<u64>,
    distances: Vec<u32>,
}

/// The `k` nearest keys of each query by Hamming distance over the known positions, nearest first, equal ones by lower
/// id. Ids and distances are (queries, k) row by row; where there are fewer keys than k, the rest of a row is UINT64_MAX
/// and UINT32_MAX.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_search(
    memory: *const popfield_memory,
    queries: *const popfield_rows,
    k: usize,
    call: *const popfield_call,
    ids: *mut u64,
    distances: *mut u32,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let state = unsafe { read(memory, "memory") }?.0.state();
        // SAFETY: the caller's word.
        let (call, queries) = unsafe { Call::with_queries(call, queries, state.dim()) }?;
        let count = queries.len().saturating_mul(k);
        // SAFETY: the caller's word.
        let (ids, distances) =
            unsafe { (room(ids, count, Some(count), "ids")?, room(distances, count, Some(count), "distances")?) };
        let found = call.ask(&state, queries.len(), 1, |view| view.search_top(&queries, k))?;
        ids.fill(u64::MAX);
        distances.fill(u32::MAX);
        // k is at least 1, or the search has refused it.
        for ((ids, distances), row) in ids.chunks_mut(k).zip(distances.chunks_mut(k)).zip(&found) {
            for ((id, distance), neighbor) in ids.iter_mut().zip(distances).zip(row) {
                (*id, *distance) = (neighbor.id, neighbor.distance);
            }
        }
        Ok(())
    })
}

/// All keys within `radius` of each query, nearest first. What was found is read by the functions below, and freed by
/// popfield_found_free; *out is NULL on failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_search_radius(
    memory: *const popfield_memory,
    queries: *const popfield_rows,
    radius: u32,
    call: *const popfield_call,
    out: *mut *mut popfield_found,
) -> popfield_status {
    caught(|| {
        // SAFETY: the caller's word.
        let out = unsafe { write(out, "out") }?;
        *out = std::ptr::null_mut();
        here()?;
        // SAFETY: the caller's word.
        let state = unsafe { read(memory, "memory") }?.0.state();
        // SAFETY: the caller's word.
        let (call, queries) = unsafe { Call::with_queries(call, queries, state.dim()) }?;
        let found = call.ask(&state, queries.len(), 1, |view| view.search_radius(&queries, radius))?;
        *out = Box::into_raw(Box::new(flat(&found)?));
        Ok(())
    })
}

fn flat(found: &[Vec<Neighbor>]) -> Outcome<popfield_found> {
    let mut offsets = Vec::with_capacity(found.len() + 1);
    offsets.push(0);
    let mut end = 0;
    offsets.extend(found.iter().map(|row| {
        end += row.len();
        end
    }));
    let ids = found.iter().flatten().map(|neighbor| neighbor.id).collect();
    let distances = found.iter().flatten().map(|neighbor| neighbor.distance).collect();
    Ok(popfield_found { offsets, ids, distances })
}

/// Where the keys found for each query begin, queries + 1 numbers, the last being how many there are in all. NULL for
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_found_offsets(found: *const popfield_found) -> *const usize {
    // SAFETY: the caller's word.
    unsafe { found.as_ref() }.map_or(std::ptr::null(), |found| found.offsets.as_ptr())
}

/// The ids of the keys found, query after query. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_found_ids(found: *const popfield_found) -> *const u64 {
    // SAFETY: the caller's word.
    unsafe { found.as_ref() }.map_or(std::ptr::null(), |found| found.ids.as_ptr())
}

/// The distances of the keys found, query after query. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_found_distances(found: *const popfield_found) -> *const u32 {
    // SAFETY: the caller's word.
    unsafe { found.as_ref() }.map_or(std::ptr::null(), |found| found.distances.as_ptr())
}

/// Frees what was found; NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_found_free(found: *mut popfield_found) {
    if !found.is_null() {
        // SAFETY: it came from a box, and nobody has it any more, by the caller's word.
        drop(unsafe { Box::from_raw(found) });
    }
}

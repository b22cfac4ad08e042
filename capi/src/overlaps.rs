//! All overlaps and distances, into arrays of the caller's.

use popfield::{Queries, View};

use crate::call::{Call, popfield_call};
use crate::memory::popfield_memory;
use crate::rows::{popfield_rows, read, room};
use crate::status::{popfield_status, run};

/// Fills the matrix of queries, or where there are none of the memory's own keys, with its keys.
///
/// # Safety
/// `memory` is of this library; all pointers point to as much as is said.
unsafe fn fill<T: Send>(
    memory: *const popfield_memory,
    queries: Option<*const popfield_rows>,
    call: *const popfield_call,
    out: (*mut T, usize),
    fill: fn(View<'_>, Option<&Queries>, &mut [T]) -> popfield::Result<()>,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let state = unsafe { read(memory, "memory") }?.0.state();
        let (call, queries) = if let Some(queries) = queries {
            // SAFETY: the caller's word.
            let (call, queries) = unsafe { Call::with_queries(call, queries, state.dim()) }?;
            (call, Some(queries))
        } else {
            // SAFETY: the caller's word.
            (unsafe { Call::asked(call) }?, None)
        };
        let rows = queries.as_ref().map_or(state.len(), Queries::len);
        // SAFETY: the caller's word.
        let out = unsafe { room(out.0, out.1, rows.checked_mul(state.len()), "out") }?;
        call.ask(&state, rows, 1, |view| fill(view, queries.as_ref(), out))
    })
}

fn overlaps(view: View<'_>, queries: Option<&Queries>, out: &mut [i32]) -> popfield::Result<()> {
    match queries {
        Some(queries) => view.overlaps_into(queries, out),
        None => view.mutual_overlaps_into(out),
    }
}

fn distances(view: View<'_>, queries: Option<&Queries>, out: &mut [u32]) -> popfield::Result<()> {
    match queries {
        Some(queries) => view.distances_into(queries, out),
        None => view.mutual_distances_into(out),
    }
}

/// The overlaps <query, x_i> of all queries with all keys in storing order, (queries, n) row by row, `count` numbers in
/// all. The call may not name a scope.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_overlaps(
    memory: *const popfield_memory,
    queries: *const popfield_rows,
    call: *const popfield_call,
    out: *mut i32,
    count: usize,
) -> popfield_status {
    // SAFETY: the caller's word.
    unsafe { fill(memory, Some(queries), call, (out, count), overlaps) }
}

/// The Hamming distances of all queries to all keys, as popfield_overlaps.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_distances(
    memory: *const popfield_memory,
    queries: *const popfield_rows,
    call: *const popfield_call,
    out: *mut u32,
    count: usize,
) -> popfield_status {
    // SAFETY: the caller's word.
    unsafe { fill(memory, Some(queries), call, (out, count), distances) }
}

/// The overlaps of all pairs of keys, (n, n) row by row, `count` numbers in all. The call may not name a scope.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_mutual_overlaps(
    memory: *const popfield_memory,
    call: *const popfield_call,
    out: *mut i32,
    count: usize,
) -> popfield_status {
    // SAFETY: the caller's word.
    unsafe { fill(memory, None, call, (out, count), overlaps) }
}

/// The Hamming distances of all pairs of keys, as popfield_mutual_overlaps.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_mutual_distances(
    memory: *const popfield_memory,
    call: *const popfield_call,
    out: *mut u32,
    count: usize,
) -> popfield_status {
    // SAFETY: the caller's word.
    unsafe { fill(memory, None, call, (out, count), distances) }
}

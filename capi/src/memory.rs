//! Handles of memories: made, opened, changed, saved, asked what they hold, and freed.

use std::ffi::c_char;

use popfield::shared::Shared;
use popfield::store::Backend;
use popfield::{Memory, Missing, Patterns, Progress};

use crate::call::{Call, SMALL_BYTES};
use crate::rows::{
    Associations, check_unless_null, path, popfield_associations, popfield_encoding, read, room, slice, write,
};
use crate::status::{Failure, Outcome, caught, here, popfield_status, run};

/// A memory, in RAM or in a store. Any calls on it may run at the same time, from any threads, but for its freeing: each
/// sees one state, and changes go one after the other.
pub struct popfield_memory(pub(crate) Shared);

/// What a memory is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct popfield_info {
    /// Associations; a store may have none.
    pub count: usize,
    /// Positions of a key.
    pub dim: usize,
    /// Positions of a value.
    pub value_dim: usize,
    /// Bytes that the patterns take, in memory or in files that are mapped.
    pub bytes: usize,
    /// Which commit of a store it is; 0 in RAM.
    pub generation: u64,
    /// Whether keys are their own values.
    pub auto_associative: bool,
    /// Whether it is a store.
    pub stored: bool,
}

/// Hands a new memory out.
///
/// # Safety
/// `out` is null, or may be written.
unsafe fn hand_out(out: *mut *mut popfield_memory, make: impl FnOnce() -> Outcome<Shared>) -> popfield_status {
    caught(|| {
        // SAFETY: the caller's word.
        let out = unsafe { write(out, "out") }?;
        *out = std::ptr::null_mut();
        here()?;
        *out = Box::into_raw(Box::new(popfield_memory(make()?)));
        Ok(())
    })
}

/// A call of its own, on all cores.
fn on_all_cores<T: Send>(work: impl FnOnce() -> popfield::Result<T> + Send) -> Outcome<T> {
    on_threads(false, work)
}

/// As [`on_all_cores`], or here if it is small.
fn on_threads<T: Send>(small: bool, work: impl FnOnce() -> popfield::Result<T> + Send) -> Outcome<T> {
    // SAFETY: null is a call.
    unsafe { Call::asked(std::ptr::null()) }?.run(small, work)
}

/// A memory in RAM; nothing is written before popfield_memory_save. What was read is copied. *out is NULL on failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_new(
    associations: *const popfield_associations,
    out: *mut *mut popfield_memory,
) -> popfield_status {
    let make = || {
        // SAFETY: the caller's word.
        let given = unsafe { read(associations, "associations")?.given() }?;
        on_threads(given.bytes() <= SMALL_BYTES, || {
            let Associations { keys, values, ids, labels } = given.associations()?;
            let mut memory = match values {
                None => Memory::auto_associative(keys)?,
                Some(values) => Memory::hetero_associative(keys, values)?,
            };
            if let Some(ids) = ids {
                memory = memory.with_ids(ids)?;
            }
            if let Some(labels) = labels {
                memory = memory.with_labels(&labels)?;
            }
            Ok(Shared::in_ram(memory))
        })
    };
    // SAFETY: the caller's word.
    unsafe { hand_out(out, make) }
}

/// Makes a store, a folder at `path`, where nothing may stand yet, and opens it. What is appended to it and forgotten
/// from it lasts once the call has returned. *out is NULL on failure, and nothing is left behind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_create(
    path: *const c_char,
    associations: *const popfield_associations,
    out: *mut *mut popfield_memory,
) -> popfield_status {
    let make = || {
        // SAFETY: the caller's word.
        let (path, given) = unsafe { (self::path(path)?, read(associations, "associations")?.given()?) };
        on_all_cores(|| {
            let read = given.associations()?;
            let value_dim = read.values.as_ref().map(Patterns::dim);
            Shared::create(path, read.keys.dim(), value_dim, Some(read.batch()))
        })
    };
    // SAFETY: the caller's word.
    unsafe { hand_out(out, make) }
}

/// Makes an empty store for keys of `dim` positions and values of `value_dim`, 0 where keys are their own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_create_empty(
    path: *const c_char,
    dim: usize,
    value_dim: usize,
    out: *mut *mut popfield_memory,
) -> popfield_status {
    let make = || {
        // SAFETY: the caller's word.
        let path = unsafe { self::path(path) }?;
        on_all_cores(|| Shared::create(path, dim, (value_dim > 0).then_some(value_dim), None))
    };
    // SAFETY: the caller's word.
    unsafe { hand_out(out, make) }
}

/// Opens a memory that is a file, which is checked and read into RAM, or a store, which is mapped; with `verify` every
/// byte of a store is checked first. *out is NULL on failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_open(
    path: *const c_char,
    verify: bool,
    out: *mut *mut popfield_memory,
) -> popfield_status {
    let make = || {
        // SAFETY: the caller's word.
        let path = unsafe { self::path(path) }?;
        on_all_cores(|| Shared::open(path, Backend::Mmap, verify, Progress::NONE))
    };
    // SAFETY: the caller's word.
    unsafe { hand_out(out, make) }
}

/// Frees a memory, which no call may be using; NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_free(memory: *mut popfield_memory) {
    if !memory.is_null() {
        // SAFETY: it came from a box, and nobody has it any more, by the caller's word.
        let owned = unsafe { Box::from_raw(memory) };
        run(|| {
            drop(owned);
            Ok(())
        });
    }
}

/// Writes a memory to one file, which popfield_memory_open and the command line read. What stood there is replaced at
/// once and whole, or not at all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_save(memory: *const popfield_memory, path: *const c_char) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let (memory, path) = unsafe { (read(memory, "memory")?, self::path(path)?) };
        on_all_cores(|| memory.0.save(path, Progress::NONE))
    })
}

/// Stores more associations. In a store they last once this returns. Their ids, as many as keys, are written to
/// `ids` unless it is NULL. On failure nothing has changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_append(
    memory: *const popfield_memory,
    associations: *const popfield_associations,
    ids: *mut u64,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let (memory, given) = unsafe { (read(memory, "memory")?, read(associations, "associations")?.given()?) };
        let read = on_threads(given.bytes() <= SMALL_BYTES, || given.associations())?;
        let count = read.keys.len();
        let room = if ids.is_null() {
            None
        } else {
            // SAFETY: the caller's word.
            Some(unsafe { room(ids, count, Some(count), "ids") }?)
        };
        let changing = memory.0.change();
        let counted = on_all_cores(|| changing.append(read.batch()))?;
        if let Some(room) = room {
            match &read.ids {
                Some(own) => room.copy_from_slice(own),
                None => room.iter_mut().zip(counted).for_each(|(room, id)| *room = id),
            }
        }
        Ok(())
    })
}

/// Forgets associations by their ids. An id that none has is refused, or with `missing_ok` passed over; on failure
/// nothing has changed. How many they were is written to `forgotten` unless it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_forget(
    memory: *const popfield_memory,
    ids: *const u64,
    count: usize,
    missing_ok: bool,
    forgotten: *mut u64,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let (memory, ids) = unsafe { (read(memory, "memory")?, slice(ids, count, "ids")?) };
        // Before anything is forgotten.
        check_unless_null(forgotten, "forgotten")?;
        let missing = if missing_ok { Missing::Allow } else { Missing::Refuse };
        let changing = memory.0.change();
        let were = on_all_cores(|| changing.forget(ids, missing))?;
        if !forgotten.is_null() {
            // SAFETY: the caller's word.
            *unsafe { write(forgotten, "forgotten") }? = were;
        }
        Ok(())
    })
}

/// Sees what other processes have committed to the store since; whether that was anything is written to `changed`
/// unless it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_refresh(
    memory: *const popfield_memory,
    changed: *mut bool,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let memory = unsafe { read(memory, "memory") }?;
        check_unless_null(changed, "changed")?;
        let changing = memory.0.change();
        let anything = on_all_cores(|| changing.refresh())?;
        if !changed.is_null() {
            // SAFETY: the caller's word.
            *unsafe { write(changed, "changed") }? = anything;
        }
        Ok(())
    })
}

/// What a memory is now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_info(
    memory: *const popfield_memory,
    info: *mut popfield_info,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let (memory, info) = unsafe { (read(memory, "memory")?, write(info, "info")?) };
        let state = memory.0.state();
        *info = popfield_info {
            count: state.len(),
            dim: state.dim(),
            value_dim: state.value_dim().unwrap_or(state.dim()),
            bytes: state.memory().map_or(0, Memory::bytes),
            generation: state.generation(),
            auto_associative: state.value_dim().is_none(),
            stored: memory.0.store().is_some(),
        };
        Ok(())
    })
}

/// The ids in storing order, of which there are `count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_ids(
    memory: *const popfield_memory,
    ids: *mut u64,
    count: usize,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let state = unsafe { read(memory, "memory") }?.0.state();
        // SAFETY: the caller's word.
        let room = unsafe { room(ids, count, Some(state.len()), "ids") }?;
        let ids = state.memory().into_iter().flat_map(Memory::ids);
        room.iter_mut().zip(ids).for_each(|(room, id)| *room = id);
        Ok(())
    })
}

/// The key and the value of association `id`, one row each in `encoding`; either may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_get(
    memory: *const popfield_memory,
    id: u64,
    encoding: u32,
    key: *mut u8,
    value: *mut u8,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let state = unsafe { read(memory, "memory") }?.0.state();
        let encoding = popfield_encoding::asked(encoding, "row")?;
        let absent = || Failure::input("id", "that of an association", id);
        let (own, other) = state.memory()?.get(id).ok_or_else(absent)?;
        let other = other.unwrap_or_else(|| own.clone());
        for (place, pattern, out) in [("key", own, key), ("value", other, value)] {
            if !out.is_null() {
                let mut one = Patterns::new(pattern.dim())?;
                one.push(&pattern)?;
                let row = encoding.row(pattern.dim());
                // SAFETY: the caller's word.
                encoding.write(&one, unsafe { room(out, row, Some(row), place) }?)?;
            }
        }
        Ok(())
    })
}

/// The label of association `id`: as much of it as `size` bytes hold is written to `text`, with a zero byte at the end,
/// and its whole length in bytes, without that, to `length`. Length 0 is no label. Either may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_memory_label(
    memory: *const popfield_memory,
    id: u64,
    text: *mut c_char,
    size: usize,
    length: *mut usize,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let state = unsafe { read(memory, "memory") }?.0.state();
        let whole = state.memory()?;
        if !whole.contains(id) {
            return Err(Failure::input("id", "that of an association", id));
        }
        let label = whole.label(id).unwrap_or_default().as_bytes();
        if !text.is_null() && size > 0 {
            // SAFETY: the caller's word.
            let out = unsafe { room(text, size, Some(size), "text") }?;
            let fits = label.len().min(size - 1);
            out.iter_mut().zip(&label[..fits]).for_each(|(out, &byte)| *out = byte as c_char);
            out[fits] = 0;
        }
        if !length.is_null() {
            // SAFETY: the caller's word.
            *unsafe { write(length, "length") }? = label.len();
        }
        Ok(())
    })
}

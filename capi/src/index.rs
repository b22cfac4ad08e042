//! The index of a memory, by which calls answer without a scan what they can prove; and basins, which it may keep.

use std::ffi::c_char;

use popfield::basins::Look;
use popfield::index::IndexOptions;
use popfield::{Memory, Progress};

use crate::call::{Call, popfield_call};
use crate::memory::popfield_memory;
use crate::recall::{popfield_recall_defaults, popfield_recall_options};
use crate::rows::{path, read, room, write};
use crate::status::{Outcome, popfield_status, run};

/// The noise that the radius of basins reaches for unless it is given.
const COVERED: f64 = 0.1;

/// How an index is made. All zeros, or NULL in its place: all of it is chosen.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct popfield_index_options {
    /// Tables; 0 for as many as there are chunks, 64 at the most.
    pub tables: usize,
    /// Bits of a chunk, 4 to 30; 0 for near log2 of the keys, and more where they have much in common.
    pub chunk: u32,
    /// Bytes that the tables take at the most; 0 for as many as they need.
    pub budget: u64,
}

/// What the index of a memory is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct popfield_index {
    /// Tables; 0 where there is no index that is asked, and then all else is 0 too.
    pub tables: usize,
    /// Keys that it covers; those appended since are met one by one.
    pub covered: usize,
    /// Bytes that tables and basins take.
    pub bytes: u64,
    /// Bits of the values by which a table finds keys.
    pub chunk: u32,
    /// Positions of the chunk that it looks at; more than that where few are ever set.
    pub positions: u32,
    /// How far basins tell what stands around each key; 0 without basins.
    pub radius: u32,
    /// The degree K of s^K of which budgets are kept, and serve every larger one; 0 for none.
    pub degree: u32,
}

/// What stands around a key.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct popfield_basin {
    /// Id of the key.
    pub id: u64,
    /// The nearest other key; UINT64_MAX where none is within the radius.
    pub nearest_id: u64,
    /// Keys that are equal to it, itself included.
    pub copies: u64,
    /// Every query with 2 h + u no more than this, h of its known elements flipped and u unknown, recalls the key's value in
    /// every bit; -1 where nothing is certain.
    pub budget: i64,
    /// The distance of the nearest other key; UINT32_MAX where none is within the radius.
    pub nearest_distance: u32,
    /// Whether equal keys have one value.
    pub values_agree: bool,
}

/// Changes the index of a memory; calls under way go on with the one that they began with.
///
/// # Safety
/// As the functions below have it.
unsafe fn change(
    memory: *const popfield_memory,
    call: *const popfield_call,
    change: impl FnOnce(&mut Memory, Progress<'_>) -> popfield::Result<()> + Send,
) -> Outcome<()> {
    // SAFETY: the caller's word.
    let (memory, call) = unsafe { (read(memory, "memory")?, Call::asked(call)?) };
    call.check_whole()?;
    let mut indexed = memory.0.state().memory()?.clone();
    call.watch(|progress| change(&mut indexed, progress))?;
    Ok(memory.0.change().set_index(&indexed)?)
}

impl popfield_index_options {
    fn made(self) -> IndexOptions {
        let mut made = IndexOptions::default();
        made.tables = (self.tables > 0).then_some(self.tables);
        made.chunk = (self.chunk > 0).then_some(self.chunk);
        made.budget = (self.budget > 0).then_some(self.budget);
        made
    }
}

/// Makes an index of all keys, by which calls answer without a scan what they can prove: what they answer stays the same to
/// the bit. One that there was is replaced. Keys appended since are met one by one, up to 4096 of them. `options` NULL for
/// what is best; of `call` threads and progress are heeded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_build_index(
    memory: *const popfield_memory,
    options: *const popfield_index_options,
    call: *const popfield_call,
) -> popfield_status {
    run(|| {
        let made = if options.is_null() {
            IndexOptions::default()
        } else {
            // SAFETY: the caller's word.
            unsafe { read(options, "options") }?.made()
        };
        // SAFETY: the caller's word.
        unsafe { change(memory, call, |memory, progress| memory.build_index(made, progress)) }
    })
}

/// Takes keys that were appended since into the index, and into the basins in it: a scan of all keys for each. Nothing
/// happens without an index, or where it is up to date.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_update_index(
    memory: *const popfield_memory,
    call: *const popfield_call,
) -> popfield_status {
    // SAFETY: the caller's word.
    run(|| unsafe { change(memory, call, Memory::update_index) })
}

/// Drops the index. One that is written stays where it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_drop_index(memory: *const popfield_memory) -> popfield_status {
    let drop_it = |memory: &mut Memory, _: Progress<'_>| {
        memory.drop_index();
        Ok(())
    };
    // SAFETY: the caller's word.
    run(|| unsafe { change(memory, std::ptr::null(), drop_it) })
}

/// Writes the index beside the store, or beside the file at `path` to which the memory was saved, where popfield_memory_open
/// and the command line find it. What stood there is replaced at once and whole, or not at all. `path` NULL for the store.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_write_index(memory: *const popfield_memory, path: *const c_char) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let memory = unsafe { read(memory, "memory") }?;
        // SAFETY: the caller's word.
        let path = if path.is_null() { None } else { Some(unsafe { self::path(path) }?) };
        let changing = memory.0.change();
        // SAFETY: null is a call.
        unsafe { Call::asked(std::ptr::null()) }?.run(false, || changing.write_index(path))
    })
}

/// What the index of a memory is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_index_info(
    memory: *const popfield_memory,
    info: *mut popfield_index,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let (memory, info) = unsafe { (read(memory, "memory")?, write(info, "info")?) };
        let state = memory.0.state();
        // One that lies in a file and was not asked yet is read.
        let look = || Ok(state.memory().ok().and_then(Memory::index_info));
        // SAFETY: null is a call.
        let found = unsafe { Call::asked(std::ptr::null()) }?.run(false, look)?;
        *info = popfield_index {
            tables: found.map_or(0, |found| found.tables),
            covered: found.map_or(0, |found| found.covered),
            bytes: found.map_or(0, |found| found.bytes),
            chunk: found.map_or(0, |found| found.chunk),
            positions: found.map_or(0, |found| found.positions as u32),
            radius: found.and_then(|found| found.radius).unwrap_or(0),
            degree: found.and_then(|found| found.degree).unwrap_or(0),
        };
        Ok(())
    })
}

/// What stands around each key as far as `radius`, 0 for far enough for a noise of a tenth, and how much noise its recall
/// provably survives under the separation of `options`, NULL for the defaults. Basins are written in storing order, `count`
/// of them, one for each association that there is for the call. With `keep` the index, which there must be, keeps them, so
/// that queries within budgets are proven without a scan, which takes those of all associations: under a linear or polynomial
/// separation for that degree and every larger one too. A scan of all keys for each key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_basins(
    memory: *const popfield_memory,
    radius: u32,
    options: *const popfield_recall_options,
    keep: bool,
    call: *const popfield_call,
    basins: *mut popfield_basin,
    count: usize,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let (memory, call) = unsafe { (read(memory, "memory")?, Call::asked(call)?) };
        let options = if options.is_null() {
            popfield_recall_defaults()
        } else {
            // SAFETY: the caller's word.
            *unsafe { read(options, "options") }?
        };
        let separation = options.separation()?;
        if keep {
            call.check_whole()?;
        }
        let state = memory.0.state();
        // SAFETY: the caller's word.
        let out = unsafe { room(basins, count, Some(call.count(&state)?), "basins") }?;
        let all = state.len();
        let found = call.ask(&state, all, 1, |view| {
            let radius = if radius > 0 { radius } else { Look::reach(view.len(), state.dim(), separation, COVERED) };
            let look = Look::new(radius);
            view.basins_of(&if separation.power().is_some() { look.far() } else { look })
        })?;
        let budgets = found.budgets(separation)?;
        for ((out, basin), budget) in out.iter_mut().zip(found.all()).zip(budgets) {
            *out = popfield_basin {
                id: basin.id,
                nearest_id: basin.nearest.map_or(u64::MAX, |nearest| nearest.id),
                copies: basin.copies,
                budget: budget.map_or(-1, i64::from),
                nearest_distance: basin.nearest.map_or(u32::MAX, |nearest| nearest.distance),
                values_agree: basin.values_agree,
            };
        }
        if keep {
            keep_basins(memory, &state, &found, separation)?;
        }
        Ok(())
    })
}

/// Keeps basins in the index of the memory that they were taken of.
fn keep_basins(
    memory: &popfield_memory,
    state: &popfield::shared::State,
    basins: &popfield::basins::Basins,
    separation: popfield::Separation,
) -> Outcome<()> {
    let mut indexed = state.memory()?.clone();
    indexed.index_basins(basins, separation)?;
    Ok(memory.0.change().set_index(&indexed)?)
}

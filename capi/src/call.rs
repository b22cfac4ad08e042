//! How a call runs: which associations answer, on how many threads, and who watches.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use popfield::shared::{State, alone};
use popfield::{Memory, Missing, Progress, Queries, Scope, View};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::rows::{popfield_rows, read, slice};
use crate::status::{Failure, Outcome, telling};

/// Told of (done, total) and what was given as data; false stops the call. It is called from any of the call's threads,
/// perhaps from several at once, and must not throw, jump out or call popfield, which refuses that.
pub type popfield_progress = Option<unsafe extern "C" fn(done: u64, total: u64, data: *mut c_void) -> bool>;

/// How a call runs. All zeros, or NULL in its place: all associations answer, on all cores, and nobody watches.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct popfield_call {
    /// The ids of the associations that exist for the call; NULL for all.
    pub only: *const u64,
    pub only_count: usize,
    /// The ids of those that do not exist for it.
    pub exclude: *const u64,
    pub exclude_count: usize,
    /// Ids that no association has are passed over, instead of refused.
    pub missing_ok: bool,
    /// Threads, 1 to max(256, 4 x cores); 0 for all cores. No bit depends on it.
    pub threads: u32,
    /// An index is not asked: all that the call answers is scanned for. No bit depends on it.
    pub scan: bool,
    /// NULL for nobody.
    pub progress: popfield_progress,
    pub data: *mut c_void,
}

/// Who watches, as threads share it.
#[derive(Clone, Copy)]
struct Watcher {
    progress: popfield_progress,
    data: *mut c_void,
}

// SAFETY: the caller has said that `progress` may be called from any thread with `data`.
unsafe impl Send for Watcher {}
// SAFETY: as above, from several at once.
unsafe impl Sync for Watcher {}

impl Watcher {
    fn tell(&self, done: u64, total: u64) -> bool {
        // SAFETY: it is a function of this type, by the caller's word.
        self.progress.is_none_or(|progress| telling(|| unsafe { progress(done, total, self.data) }))
    }
}

/// A call that was read.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    only: Option<&'a [u64]>,
    exclude: &'a [u64],
    missing: Missing,
    scan: bool,
    threads: usize,
    watcher: Watcher,
}

/// Words of keys that a call may look at on the calling thread: handing less to others takes longer than it saves.
const SMALL_WORDS: usize = 1 << 17;

/// Bytes of rows that are read on the calling thread.
pub const SMALL_BYTES: usize = 1 << 18;

/// Pools that are kept for calls to come, unless more are in use.
const KEPT: usize = 4;

impl<'a> Call<'a> {
    /// # Safety
    /// `call` is null, or points to a call whose pointers point to as much as is said.
    pub unsafe fn asked(call: *const popfield_call) -> Outcome<Self> {
        let nobody = Watcher { progress: None, data: std::ptr::null_mut() };
        if call.is_null() {
            return Ok(Self {
                only: None,
                exclude: &[],
                missing: Missing::Refuse,
                scan: false,
                threads: 0,
                watcher: nobody,
            });
        }
        // SAFETY: the caller's word.
        let call = unsafe { read(call, "call") }?;
        let only = if call.only.is_null() && call.only_count == 0 {
            None
        } else {
            // SAFETY: the caller's word.
            Some(unsafe { slice(call.only, call.only_count, "only") }?)
        };
        // SAFETY: the caller's word.
        let exclude = unsafe { slice(call.exclude, call.exclude_count, "exclude") }?;
        let missing = if call.missing_ok { Missing::Allow } else { Missing::Refuse };
        let most = (4 * cores()).max(256);
        let threads = call.threads as usize;
        if threads > most {
            return Err(Failure::input("threads", format!("at most {most}, or 0 for all cores"), threads));
        }
        let watcher = Watcher { progress: call.progress, data: call.data };
        Ok(Self { only, exclude, missing, scan: call.scan, threads, watcher })
    }

    /// A call and its queries, of `dim` positions.
    ///
    /// # Safety
    /// As [`asked`](Self::asked); `queries` is null, or points to rows whose pointers point to as much as is said.
    pub unsafe fn with_queries(
        call: *const popfield_call,
        queries: *const popfield_rows,
        dim: usize,
    ) -> Outcome<(Self, Queries)> {
        // SAFETY: the caller's word.
        let (queries, call) = unsafe { (read(queries, "queries")?.prompts(dim)?, Self::asked(call)?) };
        let queries = call.run(queries.bytes() <= SMALL_BYTES, || queries.queries())?;
        Ok((call, queries))
    }

    fn scope(&self, memory: &Memory) -> Outcome<Option<Scope>> {
        if self.only.is_none() && self.exclude.is_empty() {
            return Ok(None);
        }
        Ok(Some(memory.scope(self.only, self.exclude, self.missing)?))
    }

    /// Runs what is asked of a memory by `queries` queries, `steps` times over.
    pub fn ask<T: Send>(
        &self,
        state: &State,
        queries: usize,
        steps: u32,
        ask: impl FnOnce(View<'_>) -> popfield::Result<T> + Send,
    ) -> Outcome<T> {
        let memory = state.memory()?;
        let scope = self.scope(memory)?;
        let words = state.len().saturating_mul(state.dim().div_ceil(64)).saturating_mul(queries);
        let small = words.saturating_mul(steps as usize) <= SMALL_WORDS;
        let watcher = self.watcher;
        let tell = move |done, total| watcher.tell(done, total);
        let progress = if watcher.progress.is_some() { Progress::new(&tell) } else { Progress::NONE };
        let view = scope.as_ref().map_or_else(|| memory.view(), |scope| memory.within(scope)).watched(progress);
        self.run(small, || ask(view.indexed(!self.scan)))
    }

    /// Runs some long work, of which the call's watcher is told.
    pub fn watch<T: Send>(&self, work: impl FnOnce(Progress<'_>) -> popfield::Result<T> + Send) -> Outcome<T> {
        let watcher = self.watcher;
        let tell = move |done, total| watcher.tell(done, total);
        let progress = if watcher.progress.is_some() { Progress::new(&tell) } else { Progress::NONE };
        self.run(false, || work(progress))
    }

    /// Refuses a call for which there are not all associations.
    pub fn check_whole(&self) -> Outcome<()> {
        if self.only.is_none() && self.exclude.is_empty() {
            return Ok(());
        }
        Err(Failure::input("call", "one of all associations", "a scope"))
    }

    /// How many associations there are for it.
    pub fn count(&self, state: &State) -> Outcome<usize> {
        let memory = state.memory()?;
        Ok(self.scope(memory)?.map_or(memory.len(), |scope| scope.len()))
    }

    /// Runs some work on the call's threads, or here if it is small.
    pub fn run<T: Send>(&self, small: bool, work: impl FnOnce() -> popfield::Result<T> + Send) -> Outcome<T> {
        let answer = match small {
            true => alone(work).or_else(|work| Ok::<_, Failure>(pool(1)?.install(work)))?,
            false => pool(self.threads)?.install(work),
        };
        Ok(answer?)
    }
}

/// Cores that this process may use, asked once.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, Into::into))
}

/// A pool of so many threads, which is kept for a while; 0 for all cores.
fn pool(threads: usize) -> Outcome<Arc<ThreadPool>> {
    static POOLS: OnceLock<Mutex<HashMap<usize, Arc<ThreadPool>>>> = OnceLock::new();
    let threads = if threads == 0 { cores() } else { threads };
    let mut pools = POOLS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = pools.get(&threads) {
        return Ok(Arc::clone(pool));
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("popfield-{i}")).build();
    let pool = Arc::new(pool.map_err(|error| Failure::resource(format!("{threads} threads: {error}")))?);
    if pools.len() >= KEPT {
        // The threads of those that nobody uses end.
        pools.retain(|&of, pool| of == cores() || Arc::strong_count(pool) > 1);
    }
    pools.insert(threads, Arc::clone(&pool));
    Ok(pool)
}

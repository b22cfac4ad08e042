//! Threads: pools of the binding's own, one set a process.
//!
//! A process that forks leaves its threads behind, so a pool is good in the process that made it alone: a child makes
//! its own, and leaks its parent's, whose locks may be held by threads that are gone. Where a call was under way as the
//! process forked, the memories themselves may be locked or half changed: that child is refused.
//!
//! Small work runs on the calling thread, as the one thread of a pool: handing it to another costs more than it takes.

use std::collections::HashMap;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use popfield::shared::alone;
use pyo3::PyResult;
use pyo3::exceptions::{PyMemoryError, PyRuntimeError, PyValueError};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// What belongs to one process.
struct Process {
    /// How many forks it has behind it since the module was loaded.
    forks: usize,
    /// Calls under way; those of a parent as it forked are seen by its child.
    calls: AtomicUsize,
    /// Whether it was forked during a call.
    refused: bool,
    pools: Mutex<HashMap<usize, Arc<ThreadPool>>>,
}

/// Of this process or, until it is first asked for, of the one it was forked from. Never freed.
static PROCESS: AtomicPtr<Process> = AtomicPtr::new(null_mut());

/// Forks that this process has behind it since the module was loaded. A process number would tell it apart as well, but to
/// ask the system for it takes longer than to pack a query.
static FORKS: AtomicUsize = AtomicUsize::new(0);

/// Has forks counted from now on, by those who were forked.
///
/// # Errors
/// MemoryError where the system has no room to note it.
pub fn count_forks() -> PyResult<()> {
    extern "C" fn forked() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: what runs in a child after the fork, before anything else, adds to a number, which no lock guards.
    match unsafe { libc::pthread_atfork(None, None, Some(forked)) } {
        0 => Ok(()),
        _ => Err(PyMemoryError::new_err("popfield: no room to note that forks are to be counted")),
    }
}

/// Threads of a call that does not say; 0 for all cores.
static THREADS: AtomicUsize = AtomicUsize::new(0);

fn process() -> &'static Process {
    loop {
        let known = PROCESS.load(Ordering::Acquire);
        // SAFETY: what stands there came from a box that was leaked, and is only ever read, or null.
        let before = unsafe { known.as_ref() };
        let forks = FORKS.load(Ordering::Relaxed);
        if let Some(process) = before.filter(|process| process.forks == forks) {
            return process;
        }
        // Locks of the parent's are not touched, only a number.
        let refused = before.is_some_and(|parent| parent.refused || parent.calls.load(Ordering::Relaxed) > 0);
        let new =
            Box::into_raw(Box::new(Process { forks, calls: AtomicUsize::new(0), refused, pools: Mutex::default() }));
        if PROCESS.compare_exchange(known, new, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: another thread was first, so nobody has seen this one.
            drop(unsafe { Box::from_raw(new) });
        }
    }
}

/// A call under way.
pub struct Call(&'static Process);

impl Call {
    /// # Errors
    /// RuntimeError in a process that was forked during a call.
    pub fn begin() -> PyResult<Self> {
        let process = process();
        if process.refused {
            return Err(PyRuntimeError::new_err(
                "popfield: expected a process that was not forked during a call, found one that was, where memories may \
                 be locked for ever; fork while no call runs, or start processes by spawn or forkserver",
            ));
        }
        process.calls.fetch_add(1, Ordering::AcqRel);
        Ok(Self(process))
    }

    /// A pool of so many threads, or as many as were set.
    ///
    /// # Errors
    /// ValueError for a number out of range; RuntimeError where the system has no threads left.
    pub fn pool(&self, threads: Option<usize>) -> PyResult<Arc<ThreadPool>> {
        let threads = count(threads)?;
        let mut pools = self.0.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&threads) {
            return Ok(Arc::clone(pool));
        }
        let name = |i| format!("popfield-{i}");
        let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(name).build();
        let pool = pool.map_err(|error| PyRuntimeError::new_err(format!("{threads} threads: {error}")))?;
        let pool = Arc::new(pool);
        pools.insert(threads, Arc::clone(&pool));
        Ok(pool)
    }

    /// Runs `work` on this thread alone.
    pub fn here<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        alone(work).unwrap_or_else(|work| match self.pool(Some(1)) {
            Ok(pool) => pool.install(work),
            // It takes no thread at all where it is small enough.
            Err(_) => work(),
        })
    }

    /// Runs `work`, which handles so many bytes, here or on the threads that were set.
    pub fn install<T: Send>(&self, bytes: usize, work: impl FnOnce() -> T + Send) -> PyResult<T> {
        Ok(if bytes <= SMALL_BYTES { self.here(work) } else { self.pool(None)?.install(work) })
    }
}

/// Bytes that are handled on the calling thread.
pub const SMALL_BYTES: usize = 1 << 18;

impl Drop for Call {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Cores that this process may use, asked once: the system takes longer to tell than a small call takes.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, Into::into))
}

/// As many threads as a call asks for, or as were set.
///
/// # Errors
/// ValueError for a number out of range.
pub fn count(threads: Option<usize>) -> PyResult<usize> {
    let most = (4 * cores()).max(256);
    match threads {
        None => Ok(match THREADS.load(Ordering::Relaxed) {
            0 => cores(),
            threads => threads,
        }),
        Some(threads) if (1..=most).contains(&threads) => Ok(threads),
        Some(threads) => Err(PyValueError::new_err(format!("threads: expected 1 to {most}, found {threads}"))),
    }
}

/// Sets the threads of calls that do not say; all cores for `None`.
pub fn set(threads: Option<usize>) -> PyResult<()> {
    let threads = threads.map(|threads| count(Some(threads))).transpose()?;
    THREADS.store(threads.unwrap_or(0), Ordering::Relaxed);
    Ok(())
}

/// The threads of calls that do not say.
pub fn get() -> usize {
    count(None).unwrap_or(1)
}

//! Long calls: run without the GIL, watched for Ctrl-C and by whoever asked to be told how far they have come.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use popfield::Progress;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::errors::{Interrupted, raised};
use crate::threads::Call;

/// How often a call looks for signals and tells how far it has come.
const TICK: Duration = Duration::from_millis(20);

/// Words of keys that a call may look at on the calling thread: less than a millisecond of them.
const SMALL_WORDS: usize = 1 << 17;

/// Words of keys in which a call is over before another thread could have had the GIL: some microseconds of them.
const TINY_WORDS: usize = 1 << 12;

/// Who is told how far a call has come.
pub enum Told {
    /// Nobody.
    Nobody,
    /// A bar on standard error.
    Bar,
    /// A callable of (done, total), which may stop the call by returning False or raising.
    Callable(Py<PyAny>),
}

impl Told {
    /// What a `progress=` argument asks for.
    pub fn asked(progress: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        match progress {
            None => Ok(Self::Nobody),
            Some(asked) => match asked.cast::<PyBool>() {
                Ok(asked) => Ok(if asked.is_true() { Self::Bar } else { Self::Nobody }),
                Err(_) if asked.is_callable() => Ok(Self::Callable(asked.clone().unbind())),
                Err(_) => {
                    let found = asked.get_type().name()?;
                    Err(PyTypeError::new_err(format!("progress: expected True or a callable, found {found}")))
                }
            },
        }
    }

    fn tell(&self, py: Python<'_>, done: u64, total: u64) -> PyResult<()> {
        match self {
            Self::Nobody => Ok(()),
            Self::Callable(callable) => {
                let answer = callable.bind(py).call1((done, total))?;
                match answer.cast::<PyBool>() {
                    Ok(answer) if !answer.is_true() => Err(Interrupted::new_err("stopped by its progress callable")),
                    _ => Ok(()),
                }
            }
            Self::Bar => {
                let share = if total == 0 { 1.0 } else { done as f64 / total as f64 };
                let full = "#".repeat((share * 30.0) as usize);
                let end = if done == total { "\n" } else { "" };
                let line = format!("\r[{full:<30}] {done} of {total}{end}");
                let stderr = py.import("sys")?.getattr("stderr")?;
                stderr.call_method1("write", (line,))?;
                stderr.call_method0("flush").map(|_| ())
            }
        }
    }
}

/// How a call runs.
pub struct How {
    pub threads: Option<usize>,
    pub told: Told,
}

impl How {
    pub fn asked(threads: Option<usize>, progress: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        crate::threads::count(threads)?;
        Ok(Self { threads, told: Told::asked(progress)? })
    }

    /// On the threads that were set, and nobody is told.
    pub fn plain() -> Self {
        Self { threads: None, told: Told::Nobody }
    }
}

/// Runs `work`, which looks at `words` of keys: here if that is little, and with the GIL if it is very little; else without
/// it, on a pool, while this thread looks for signals.
pub fn run<T: Send, E: Send>(
    py: Python<'_>,
    call: &Call,
    how: &How,
    words: usize,
    work: impl FnOnce(Progress<'_>) -> Result<T, E> + Send,
    raised: impl Fn(E) -> PyErr + Send,
) -> PyResult<T> {
    if words <= SMALL_WORDS && matches!(how.told, Told::Nobody) {
        let work = || call.here(|| work(Progress::NONE));
        return if words <= TINY_WORDS { work() } else { py.detach(work) }.map_err(raised);
    }
    let pool = call.pool(how.threads)?;
    let (done, total, stop) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let watcher = |now: u64, of: u64| {
        done.fetch_max(now, Ordering::Relaxed);
        total.store(of, Ordering::Relaxed);
        !stop.load(Ordering::Relaxed)
    };
    let look = |py: Python<'_>| {
        py.check_signals()?;
        how.told.tell(py, done.load(Ordering::Relaxed), total.load(Ordering::Relaxed))
    };
    let (answer, stopped) = py.detach(|| {
        let (send, receive) = channel();
        let (mut answer, mut stopped) = (None, None);
        pool.in_place_scope(|scope| {
            // Who hears of it may be gone only where this thread panics.
            scope.spawn(|_| drop(send.send(work(Progress::new(&watcher)))));
            loop {
                match receive.recv_timeout(TICK) {
                    Ok(came) => {
                        answer = Some(came);
                        break;
                    }
                    // It panicked, which the scope hands on.
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) if stopped.is_none() => {
                        stopped = Python::attach(look).err();
                        stop.store(stopped.is_some(), Ordering::Relaxed);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                }
            }
        });
        (answer, stopped)
    });
    match (answer, stopped) {
        // Whatever it has come to by then.
        (_, Some(stopped)) => Err(stopped),
        (Some(Ok(answer)), None) => {
            let total = total.load(Ordering::Relaxed);
            how.told.tell(py, total, total)?;
            Ok(answer)
        }
        (Some(Err(error)), None) => Err(raised(error)),
        (None, None) => Err(pyo3::exceptions::PyRuntimeError::new_err("the call ended without an answer")),
    }
}

/// As [`run`], of the engine.
pub fn run_engine<T: Send>(
    py: Python<'_>,
    call: &Call,
    how: &How,
    words: usize,
    work: impl FnOnce(Progress<'_>) -> popfield::Result<T> + Send,
) -> PyResult<T> {
    run(py, call, how, words, work, raised)
}

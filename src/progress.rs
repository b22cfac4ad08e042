//! Progress: how long calls are watched, and stopped.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use crate::{Error, Result};

/// Someone who is told how far a long call has come, and who may stop it: (done, total) → go on?
///
/// What is counted is told by each call that takes one: queries, runs, bytes. The watcher is called from whichever thread
/// has finished something, and in between with nothing new to tell, at the most once in ten milliseconds; so it should be
/// quick. `done` may be told late and out of order, is never above `total`, and may reach it a little before the call
/// ends. Once the watcher says no, it is not asked again: the call returns [`Error::Interrupted`] as soon as every thread
/// has come to where it would ask, which takes milliseconds but where one unit of exact arithmetic or linear algebra
/// takes longer. What the call would have changed is as it was; a writer that it was given has what was written so far.
///
/// # Example
/// ```
/// use popfield::Progress;
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// let stop = AtomicBool::new(false);
/// let watcher = |done: u64, total: u64| {
///     eprint!("\r{done} of {total}");
///     !stop.load(Ordering::Relaxed)
/// };
/// let progress = Progress::new(&watcher);
/// # let _ = progress;
/// ```
#[derive(Clone, Copy, Default)]
pub struct Progress<'a>(Option<&'a (dyn Fn(u64, u64) -> bool + Sync)>);

impl<'a> Progress<'a> {
    /// Nobody watches, and nothing stops the call.
    pub const NONE: Self = Self(None);

    /// `watcher` is told (done, total) and answers whether to go on.
    pub const fn new(watcher: &'a (dyn Fn(u64, u64) -> bool + Sync)) -> Self {
        Self(Some(watcher))
    }

    /// Begins a call of `total` things.
    pub fn begin(self, total: u64) -> Steps<'a> {
        Steps {
            progress: self,
            total,
            done: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            begun: self.0.map(|_| Instant::now()),
            due: AtomicU64::new(0),
        }
    }
}

impl fmt::Debug for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Progress(watched)" } else { "Progress(NONE)" })
    }
}

/// A long call under way, as its watcher is told of it.
#[derive(Debug)]
pub struct Steps<'a> {
    progress: Progress<'a>,
    total: u64,
    done: AtomicU64,
    /// The watcher has said no.
    stopped: AtomicBool,
    /// `None` where nobody watches: to ask the time takes a while as well.
    begun: Option<Instant>,
    /// When it is to be asked next, in milliseconds since the beginning.
    due: AtomicU64,
}

/// Milliseconds between two questions where nothing is done.
const BETWEEN: u64 = 10;

impl Steps<'_> {
    /// `more` things are done.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if the watcher stops the call.
    pub fn advance(&self, more: u64) -> Result<()> {
        // Only counted where somebody looks.
        let Some(watcher) = self.progress.0 else { return Ok(()) };
        let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
        self.ask(watcher, done)
    }

    /// Whether to go on, nothing being done since; the watcher is asked if it was not for ten milliseconds.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    pub fn check(&self) -> Result<()> {
        let (Some(watcher), Some(begun)) = (self.progress.0, self.begun) else { return Ok(()) };
        let (now, due) = (begun.elapsed().as_millis() as u64, self.due.load(Ordering::Relaxed));
        // Of several threads that find it due, one asks.
        if now >= due && self.due.compare_exchange(due, now + BETWEEN, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            return self.ask(watcher, self.done.load(Ordering::Relaxed));
        }
        if self.stopped.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }

    fn ask(&self, watcher: &(dyn Fn(u64, u64) -> bool + Sync), done: u64) -> Result<()> {
        // What turns out to be in vain, and is done once more, counts twice.
        if self.stopped.load(Ordering::Relaxed) || !watcher(done.min(self.total), self.total) {
            self.stopped.store(true, Ordering::Relaxed);
            return Err(Error::Interrupted);
        }
        Ok(())
    }
}

//! Progress: how long calls are watched, and stopped.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Error, Result};

/// Someone who is told how far a long call has come, and who may stop it: (done, total) → go on?
///
/// What is counted is told by each call that takes one: queries, runs, patterns. The watcher is called from whichever
/// thread has finished something, and now and then in between with nothing new to tell, several times in a tenth of a
/// second of work; so it should be quick. `done` may be told late and out of order, and reaches `total` only at the
/// end. Once it says no, the call returns [`Error::Interrupted`] as soon as every thread has seen it; what the call
/// would have changed is as it was.
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
        Steps { progress: self, total, done: AtomicU64::new(0) }
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
}

impl Steps<'_> {
    /// `more` things are done.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if the watcher stops the call.
    pub fn advance(&self, more: u64) -> Result<()> {
        // Only counted where somebody looks.
        let Some(watcher) = self.progress.0 else { return Ok(()) };
        let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
        if watcher(done, self.total) { Ok(()) } else { Err(Error::Interrupted) }
    }

    /// Asks whether to go on, nothing being done since.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    pub fn check(&self) -> Result<()> {
        self.advance(0)
    }
}

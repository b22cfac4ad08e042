//! Small work on the calling thread: handing it to other threads takes longer than it saves.

use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Threads of a process that may become pools of their own: what one leaves behind, some 7 KB, is never freed.
const MOST: usize = 64;

/// Runs `work` on this thread, as the one member of a pool of its own, which it stays.
///
/// # Errors
/// `work` itself, to be run in a pool: where the thread is a member of another, where it is ending, and where many threads
/// have done so before.
///
/// # Example
/// ```
/// assert_eq!(popfield::shared::alone(rayon::current_num_threads).ok(), Some(1));
/// ```
pub fn alone<T: Send, W: FnOnce() -> T + Send>(work: W) -> Result<T, W> {
    thread_local! {
        static POOL: Option<Rc<ThreadPool>> = {
            static THREADS: AtomicUsize = AtomicUsize::new(0);
            let pool = || ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().ok().map(Rc::new);
            let one_more = |threads| (threads < MOST).then_some(threads + 1);
            THREADS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok().and_then(|_| pool())
        };
    }
    match POOL.try_with(Option::clone) {
        Ok(Some(pool)) => Ok(pool.install(work)),
        _ => Err(work),
    }
}

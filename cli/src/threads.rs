//! The threads that a command runs on.

use crate::args::Threads;
use crate::failure::{Failure, Result};

/// Starts the threads, and returns their number: as many as asked for, or as there are cores.
pub fn use_threads(threads: Threads) -> Result<usize> {
    let threads = threads.count();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|error| Failure::threads(threads, &error))?;
    Ok(threads)
}

//! Whether to look up or to scan: by what either has taken, and how often a look-up answers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::Separation;
use crate::separation::Beta;

/// What keys are sought for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Purpose {
    Recall(Separation),
    Attend(Beta),
    List { top: usize, limit: u32 },
}

/// What look-ups and scans have taken, for each purpose of late.
#[derive(Debug, Default)]
pub(crate) struct Worth {
    of: Mutex<Vec<(Purpose, Measures)>>,
    /// Batches that were scanned since one was looked up.
    passed: AtomicU32,
}

/// Purposes that are remembered.
const REMEMBERED: usize = 16;

/// Batches after which one that would be scanned is looked up all the same, as things change.
const PASSED: u32 = 32;

/// Moving averages.
#[derive(Clone, Copy, Debug, Default)]
struct Measures {
    /// Nanoseconds of a look-up, and of a query that is scanned; 0 where none was.
    look: f64,
    scan: f64,
    /// Share of look-ups that answer.
    answered: f64,
    looks: u32,
}

impl Worth {
    /// Whether to look up a batch.
    pub(crate) fn is(&self, purpose: Purpose) -> bool {
        let measures = self.with(purpose, |measures| *measures);
        let tried = measures.looks < 4 || measures.scan == 0.0;
        // A look-up that answers spares a scan, one that does not comes on top of it.
        let worth = tried || measures.look < measures.answered * measures.scan;
        if !worth && self.passed.fetch_add(1, Ordering::Relaxed) >= PASSED {
            self.passed.store(0, Ordering::Relaxed);
            return true;
        }
        worth
    }

    /// `queries` were looked up, of which `answered` were answered.
    pub(crate) fn looked(&self, purpose: Purpose, queries: usize, answered: usize, took: Duration) {
        let (each, share) = (took.as_nanos() as f64 / queries as f64, answered as f64 / queries as f64);
        self.with(purpose, |measures| {
            let weight = if measures.looks == 0 { 1.0 } else { 0.25 };
            measures.look += weight * (each - measures.look);
            measures.answered += weight * (share - measures.answered);
            measures.looks = measures.looks.saturating_add(1);
        });
    }

    /// `queries` were scanned.
    pub(crate) fn scanned(&self, purpose: Purpose, queries: usize, took: Duration) {
        let each = took.as_nanos() as f64 / queries as f64;
        self.with(purpose, |measures| {
            let weight = if measures.scan == 0.0 { 1.0 } else { 0.25 };
            measures.scan += weight * (each - measures.scan);
        });
    }

    fn with<T>(&self, purpose: Purpose, change: impl FnOnce(&mut Measures) -> T) -> T {
        let mut of = self.of.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let at = match of.iter().position(|known| known.0 == purpose) {
            Some(at) => at,
            None => {
                if of.len() == REMEMBERED {
                    of.remove(0);
                }
                of.push((purpose, Measures::default()));
                of.len() - 1
            }
        };
        change(&mut of[at].1)
    }
}

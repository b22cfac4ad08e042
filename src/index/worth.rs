//! Whether to look up or to scan: by what either has taken, and how often a look-up answers.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::Separation;
use crate::separation::Beta;

/// What keys are sought for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Purpose {
    Recall(Separation),
    /// The limits of dynamics.
    Relax(Separation),
    Attend(Beta),
    List {
        top: usize,
        limit: u32,
    },
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

/// Look-ups that are measured before they count as known.
const TRIED: u32 = 16;

/// Of so many look-ups that a thread makes for the same purpose, one is measured once they are known: a clock and a lock
/// take as long as a part of the look-up itself.
const UNMEASURED: u32 = 16;

thread_local! {
    /// The purpose that this thread last looked up for where that is known to be worth it, for which index (by its
    /// address: should another stand there later, it is looked up for a while), and how often it is taken for granted yet.
    static KNOWN: Cell<Option<(usize, Purpose, u32)>> = const { Cell::new(None) };
}

/// What became of asking whether to look up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worthwhile {
    No,
    /// And how long it takes is to be told if it began at some time.
    Yes(Option<Instant>),
}

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
    pub(crate) fn is(&self, purpose: Purpose) -> Worthwhile {
        let own = std::ptr::from_ref(self).addr();
        if let Some((of, known, left @ 1..)) = KNOWN.get()
            && of == own
            && known == purpose
        {
            KNOWN.set(Some((of, known, left - 1)));
            return Worthwhile::Yes(None);
        }
        let measures = self.with(purpose, |measures| *measures);
        let tried = measures.looks < 4 || measures.scan == 0.0;
        // A look-up that answers spares a scan, one that does not comes on top of it.
        let worth = tried || measures.look < measures.answered * measures.scan;
        KNOWN.set((worth && measures.looks >= TRIED).then_some((own, purpose, UNMEASURED)));
        if !worth && self.passed.fetch_add(1, Ordering::Relaxed) < PASSED {
            return Worthwhile::No;
        }
        if !worth {
            self.passed.store(0, Ordering::Relaxed);
        }
        Worthwhile::Yes(Some(Instant::now()))
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

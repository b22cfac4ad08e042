//! Room for look-ups: who is sought for, where, and who was met.
//!
//! A look-up takes some hundred nanoseconds, as much as to ask for the memory that it needs would take. So each thread
//! keeps its room from one call to the next.

use std::cell::Cell;
use std::ops::Range;

/// Elements of a vector beyond which room is not kept.
const KEPT: usize = 1 << 12;

/// What one look-up of a group of queries works with.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) seekers: Vec<Seeker>,
    /// The queries that go on.
    pub(crate) open: Vec<usize>,
    pub(crate) buckets: Vec<Bucket>,
    pub(crate) candidates: Vec<Candidate>,
    /// Distances and counts of other keys.
    pub(crate) others: Vec<(u32, u64)>,
}

/// A query that is sought for.
#[derive(Debug, Default)]
pub(crate) struct Seeker {
    /// Positions that are unknown.
    pub(crate) unknown: u32,
    /// The word by which keys are judged, the query's own there and its known bits, and in how many of these a key that
    /// may be near differs at the most.
    pub(crate) judged: usize,
    pub(crate) signs: u64,
    pub(crate) known: u64,
    pub(crate) promising: u32,
    /// (distance, place) of the keys met within the limit, each once.
    pub(crate) met: Vec<(u32, u32)>,
    /// Those met that may be within it too, and are not measured yet.
    pub(crate) postponed: Vec<Postponed>,
    /// A key that was not met is this far or farther.
    pub(crate) bound: u32,
    pub(crate) probes: u32,
    pub(crate) words_read: u64,
    /// The keys of some bucket were too many.
    pub(crate) lost: bool,
}

/// A bucket that is looked up for a query.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) seeker: usize,
    pub(crate) table: usize,
    pub(crate) value: u32,
    pub(crate) range: Range<usize>,
}

/// A key that is in a bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// Among those looked up.
    pub(crate) bucket: u32,
    pub(crate) place: u32,
}

/// A key met that does not look near.
#[derive(Debug)]
pub(crate) struct Postponed {
    pub(crate) place: u32,
    /// Its distance in the word by which it was judged.
    pub(crate) least: u32,
}

thread_local! {
    /// What the last look-up of this thread has left.
    static LEFT: Cell<Option<Box<Room>>> = const { Cell::new(None) };
}

impl Room {
    /// Room that was used before, if there is any.
    pub(crate) fn take() -> Box<Self> {
        LEFT.take().unwrap_or_default()
    }

    /// For who comes next, unless it has grown out of measure.
    pub(crate) fn leave(self: Box<Self>) {
        let is_large = |seeker: &Seeker| seeker.met.capacity().max(seeker.postponed.capacity()) > KEPT;
        let large = self.buckets.capacity().max(self.others.capacity()).max(self.candidates.capacity()) > KEPT;
        if !large && !self.seekers.iter().any(is_large) {
            LEFT.set(Some(self));
        }
    }

    /// Makes ready for `count` queries.
    pub(crate) fn set_out(&mut self, count: usize) {
        self.seekers.resize_with(count.max(self.seekers.len()), Seeker::default);
        for seeker in &mut self.seekers[..count] {
            let Seeker { mut met, mut postponed, .. } = std::mem::take(seeker);
            met.clear();
            postponed.clear();
            *seeker = Seeker { met, postponed, ..Seeker::default() };
        }
        self.open.clear();
        self.open.extend(0..count);
    }
}

//! Watchers: those whom a scan shows the distances of keys.

/// Stands for the distance of a key that may not answer, being forgotten or out of scope: farther than any can be, and than anyone wants.
pub(crate) const ABSENT: u32 = u32::MAX;

/// Someone who watches the distances of one query go by.
pub(crate) trait Visit: Send {
    /// Distances of the keys at places `first`, `first + 1`, …; [`ABSENT`] is no key.
    fn visit(&mut self, first: usize, distances: &[u32]);
    /// Takes in what `later` saw of keys at later places.
    fn merge(&mut self, later: Self);
}

/// Two who watch the same.
impl<A: Visit, B: Visit> Visit for (A, B) {
    fn visit(&mut self, first: usize, distances: &[u32]) {
        self.0.visit(first, distances);
        self.1.visit(first, distances);
    }

    fn merge(&mut self, later: Self) {
        self.0.merge(later.0);
        self.1.merge(later.1);
    }
}

/// Someone who wants the near keys of one query. Shown all distances ([`Visit`]), it takes those that it wants.
pub(crate) trait Watch: Visit {
    /// Keys at this distance or beyond are not wanted. Never grows.
    fn wants(&self) -> u32;
    /// What it would want if the nearest key stood at distance `nearest`.
    fn would_want(&self, nearest: u32) -> u32;
    /// How far a scan need have gone to content it, which has met every key nearer than `bound`: as far as it wants keys,
    /// unless of those at its last distance some are wanted and others, met later, are not.
    fn sufficed(&self, bound: u32) -> u32 {
        bound
    }
    /// A key that is wanted, by its place. Keys come in ascending order.
    fn meet(&mut self, place: usize, distance: u32);
}

/// What became of a watcher.
#[derive(Debug)]
pub(crate) struct Watched<W> {
    pub(crate) watcher: W,
    /// Every key nearer than this was met; it is all that the watcher wants.
    pub(crate) bound: u32,
    /// Bits of keys that were read for it; shared evenly by a tile.
    pub(crate) bits_read: u64,
}

impl<W: Watch> Watched<W> {
    /// A watcher that saw every key.
    pub(crate) fn of_all(watcher: W, bits_read: u64) -> Self {
        Self { bound: watcher.wants(), watcher, bits_read }
    }
}

//! The census of one query: its nearest keys, those within a window of them, and a count of the rest.

use crate::overlap::Visit;

/// The nearest keys of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// Id of the nearest key; the lowest of them, where several are at that distance.
    pub id: u64,
    /// Its distance, over the query's known positions.
    pub distance: u32,
    /// Keys at that distance.
    pub count: u64,
}

impl Nearest {
    /// The nearest of two disjoint sets of keys.
    pub(crate) fn or(self, other: Self) -> Self {
        match self.distance.cmp(&other.distance) {
            std::cmp::Ordering::Less => self,
            std::cmp::Ordering::Greater => other,
            std::cmp::Ordering::Equal => Self { id: self.id.min(other.id), count: self.count + other.count, ..self },
        }
    }
}

/// What a scan remembers of one query.
///
/// Keys within `window` of the nearest seen so far are kept by id; of the others only a lower bound of their distance
/// is known. Should more fall into the window than is worth keeping, a `limit` shuts out the farthest of them, whole
/// distances at a time. It only ever shrinks, and what lies nearer is kept as before: a key that comes late and leaves
/// the crowd behind still closes the proof.
#[derive(Debug)]
pub(crate) struct Census {
    window: u32,
    capacity: usize,
    nearest: Option<Nearest>,
    /// (distance, id) of the keys in the window and below the limit, and perhaps of some that have fallen out of it.
    kept: Vec<(u32, usize)>,
    /// The first distance that is not kept, whatever the window.
    limit: u32,
    seen: u64,
}

/// What became of a census.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) nearest: Nearest,
    /// (distance, id) of every key nearer than `bound`.
    pub(crate) kept: Vec<(u32, usize)>,
    /// The first distance whose keys were not kept.
    pub(crate) bound: u32,
    /// Keys at `bound` or beyond.
    pub(crate) beyond: u64,
}

impl Census {
    /// A census of `keys` keys of dimension `dim` that keeps those within `window` of the nearest, the nearest
    /// `keys`/256 + 1024 of them at the most.
    pub(crate) fn new(window: u32, keys: usize, dim: usize) -> Self {
        let capacity = keys / 256 + 1024;
        // A window of everything needs no trial.
        let hopeless = window as usize >= dim && keys > capacity;
        let limit = if hopeless { 0 } else { u32::MAX };
        Self { window, capacity, nearest: None, kept: Vec::new(), limit, seen: 0 }
    }

    /// The first distance that is not kept.
    fn bound(&self) -> u32 {
        let edge = self.nearest.map_or(u32::MAX, |nearest| nearest.distance.saturating_add(self.window));
        edge.saturating_add(1).min(self.limit)
    }

    fn prune(&mut self) {
        let bound = self.bound();
        self.kept.retain(|key| key.0 < bound);
        if self.kept.len() > self.capacity {
            // The distance of the first key too many, and all at it, are one too far.
            self.limit = self.kept.select_nth_unstable(self.capacity).1.0;
            self.kept.retain(|key| key.0 < self.limit);
        }
    }

    /// What became of it, if there was any key.
    pub(crate) fn finish(mut self) -> Option<Counted> {
        self.prune();
        let nearest = self.nearest?;
        let beyond = self.seen - self.kept.len() as u64;
        Some(Counted { nearest, bound: self.bound().max(nearest.distance), kept: self.kept, beyond })
    }
}

impl Counted {
    /// Forgets the ids: every key is known to be no nearer than the nearest.
    pub(crate) fn forget(&mut self) {
        self.beyond += self.kept.len() as u64;
        self.kept = Vec::new();
        self.bound = self.nearest.distance;
    }
}

impl Visit for Census {
    fn visit(&mut self, first: usize, distances: &[u32]) {
        self.seen += distances.len() as u64;
        // The minimum is found in vector registers; most slabs hold nothing near and end here.
        let Some(least) = distances.iter().copied().min() else { return };
        if self.nearest.is_none_or(|nearest| least <= nearest.distance) {
            let at = distances.iter().position(|&h| h == least).unwrap_or(0);
            let count = distances.iter().filter(|&&h| h == least).count() as u64;
            let here = Nearest { id: (first + at) as u64, distance: least, count };
            self.nearest = Some(self.nearest.map_or(here, |nearest| nearest.or(here)));
        }
        let bound = self.bound();
        if least >= bound {
            return;
        }
        self.kept.extend((first..).zip(distances).filter(|key| *key.1 < bound).map(|(id, &h)| (h, id)));
        if self.kept.len() > 2 * self.capacity {
            self.prune();
        }
    }

    fn merge(&mut self, later: Self) {
        self.nearest = match (self.nearest, later.nearest) {
            (Some(a), Some(b)) => Some(a.or(b)),
            (a, b) => a.or(b),
        };
        self.seen += later.seen;
        self.limit = self.limit.min(later.limit);
        self.kept.extend(later.kept);
        self.prune();
    }
}

//! The census of one query: its nearest keys, those within a window of them, and a count of the rest.

use crate::patterns::ids::Ids;
use crate::scan::watch::{Visit, Watch, Watched};

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
/// Keys within `window` of the nearest met so far are kept by place; of the others only a lower bound of their distance
/// is known. Should more fall into the window than is worth keeping, a `limit` shuts out the farthest of them, whole
/// distances at a time. It only ever shrinks, and what lies nearer is kept as before: a key that comes late and leaves
/// the crowd behind still closes the proof.
#[derive(Debug)]
pub(crate) struct Census<'a> {
    /// Of all nearest keys the least id is told, of those too that are not kept.
    ids: &'a Ids,
    window: u32,
    capacity: usize,
    /// Its id is as yet an [`ordinal`](Ids::ordinal).
    nearest: Option<Nearest>,
    /// (distance, place) of the keys in the window and below the limit, and perhaps of some that have fallen out of it.
    kept: Vec<(u32, usize)>,
    /// The first distance that is not kept, whatever the window.
    limit: u32,
}

/// What became of a census.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) nearest: Nearest,
    /// (distance, place) of every key nearer than `bound`.
    pub(crate) kept: Vec<(u32, usize)>,
    /// The first distance whose keys were not kept.
    pub(crate) bound: u32,
    /// Keys at `bound` or beyond.
    pub(crate) beyond: u64,
    /// More keys lie within the window than were kept.
    pub(crate) shut: bool,
    /// Bits of keys that were read.
    pub(crate) bits_read: u64,
}

impl<'a> Census<'a> {
    /// A census of `keys` keys, called `ids`, that keeps those within `window` of the nearest, the nearest
    /// `keys`/256 + 1024 of them at the most.
    pub(crate) fn new(ids: &'a Ids, window: u32, keys: usize) -> Self {
        let capacity = keys / 256 + 1024;
        Self { ids, window, capacity, nearest: None, kept: Vec::new(), limit: u32::MAX }
    }

    /// This census where a key is known to stand at distance `nearest`: nothing beyond the window from there is kept.
    pub(crate) fn beside(self, nearest: u32) -> Self {
        Self { limit: self.edge(nearest), ..self }
    }

    fn count(&mut self, others: Nearest) {
        self.nearest = Some(self.nearest.map_or(others, |nearest| nearest.or(others)));
    }

    /// The first distance that is not kept.
    fn bound(&self) -> u32 {
        self.nearest.map_or(u32::MAX, |nearest| self.edge(nearest.distance)).min(self.limit)
    }

    /// The first distance beyond the window.
    fn edge(&self, nearest: u32) -> u32 {
        nearest.saturating_add(self.window).saturating_add(1)
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
}

impl Watched<Census<'_>> {
    /// What became of a census of `keys` keys, if it met any.
    pub(crate) fn counted(self, keys: usize) -> Option<Counted> {
        let Self { mut watcher, bound, bits_read } = self;
        watcher.limit = watcher.limit.min(bound);
        watcher.prune();
        let nearest = watcher.nearest?;
        let nearest = Nearest { id: watcher.ids.of_ordinal(nearest.id), ..nearest };
        let beyond = (keys - watcher.kept.len()) as u64;
        let shut = watcher.limit < watcher.edge(nearest.distance);
        let bound = watcher.bound().max(nearest.distance);
        Some(Counted { nearest, bound, kept: watcher.kept, beyond, shut, bits_read })
    }
}

impl Counted {
    /// Forgets the places: every key is known to be no nearer than the nearest.
    pub(crate) fn forget(&mut self) {
        self.beyond += self.kept.len() as u64;
        self.kept = Vec::new();
        self.bound = self.nearest.distance;
    }
}

impl Watch for Census<'_> {
    /// The nearest keys are always counted, even if they are too many to keep.
    fn wants(&self) -> u32 {
        self.bound().max(self.nearest.map_or(u32::MAX, |nearest| nearest.distance.saturating_add(1)))
    }

    fn would_want(&self, nearest: u32) -> u32 {
        self.edge(nearest)
    }

    fn meet(&mut self, place: usize, distance: u32) {
        self.count(Nearest { id: self.ids.ordinal(place), distance, count: 1 });
        if distance < self.bound() {
            self.kept.push((distance, place));
            if self.kept.len() > 2 * self.capacity {
                self.prune();
            }
        }
    }
}

/// A census among those who see every distance.
impl Visit for Census<'_> {
    fn visit(&mut self, first: usize, distances: &[u32]) {
        // The minimum is found in vector registers; most slabs hold nothing near and end here.
        let Some(least) = distances.iter().copied().min().filter(|&least| least < self.wants()) else { return };
        if self.nearest.is_none_or(|nearest| least <= nearest.distance) {
            let mut nearest = (first..).zip(distances).filter(|key| *key.1 == least).map(|key| key.0);
            let id = match self.ids.ascending() {
                true => nearest.next().map(|place| place as u64),
                false => nearest.map(|place| self.ids.id(place)).min(),
            };
            let count = distances.iter().map(|&distance| u64::from(distance == least)).sum();
            self.count(Nearest { id: id.unwrap_or_default(), distance: least, count });
        }
        // The nearest of all these is known before any is kept.
        let bound = self.bound();
        if least < bound {
            let near = (first..).zip(distances).filter(|key| *key.1 < bound);
            self.kept.extend(near.map(|(place, &distance)| (distance, place)));
            if self.kept.len() > 2 * self.capacity {
                self.prune();
            }
        }
    }

    fn merge(&mut self, later: Self) {
        self.nearest = match (self.nearest, later.nearest) {
            (Some(a), Some(b)) => Some(a.or(b)),
            (a, b) => a.or(b),
        };
        self.limit = self.limit.min(later.limit);
        self.kept.extend(later.kept);
        self.prune();
    }
}

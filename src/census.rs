//! The census of one query: its nearest keys, those within a window of them, and a count of the rest.

use std::collections::BTreeMap;

use crate::Field;
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
/// Keys within `window` of the nearest seen so far are kept by id; the others are known only to lie beyond. Should more
/// fall into the window than is worth keeping, the census gives up on ids and goes on with the nearest alone.
#[derive(Debug)]
pub(crate) struct Census {
    window: u32,
    capacity: usize,
    nearest: Option<Nearest>,
    /// (distance, id) of the keys in the window, and perhaps of some that have fallen out of it; `None` when given up.
    kept: Option<Vec<(u32, usize)>>,
    seen: u64,
}

impl Census {
    /// A census that keeps keys within `window` of the nearest, if they are not too many: a sixty-fourth of `keys` and
    /// 1024 beside.
    pub(crate) fn new(window: u32, keys: usize, dim: usize) -> Self {
        let capacity = keys / 64 + 1024;
        // A window of everything needs no trial.
        let hopeless = window as usize >= dim && keys > capacity;
        Self { window, capacity, nearest: None, kept: (!hopeless).then(Vec::new), seen: 0 }
    }

    pub(crate) fn nearest(&self) -> Option<Nearest> {
        self.nearest
    }

    /// The last distance within the window.
    fn edge(&self) -> u32 {
        self.nearest.map_or(u32::MAX, |nearest| nearest.distance.saturating_add(self.window))
    }

    fn prune(&mut self) {
        let edge = self.edge();
        if let Some(kept) = &mut self.kept {
            kept.retain(|key| key.0 <= edge);
            if kept.len() > self.capacity {
                self.kept = None;
            }
        }
    }

    /// What became of it: the keys in the window, and all others by a lower bound of their distance.
    pub(crate) fn finish(mut self) -> (Vec<(u32, usize)>, BTreeMap<u32, u64>) {
        self.prune();
        let edge = self.edge();
        let nearest = self.nearest.map_or(0, |nearest| nearest.distance);
        let (kept, bound) = match self.kept {
            Some(kept) => (kept, edge.saturating_add(1)),
            None => (Vec::new(), nearest),
        };
        let beyond = self.seen - kept.len() as u64;
        (kept, if beyond > 0 { BTreeMap::from([(bound, beyond)]) } else { BTreeMap::new() })
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
        let edge = self.edge();
        if least > edge {
            return;
        }
        if let Some(kept) = &mut self.kept {
            kept.extend((first..).zip(distances).filter(|key| *key.1 <= edge).map(|(id, &h)| (h, id)));
            if kept.len() > 2 * self.capacity {
                self.prune();
            }
        }
    }

    fn merge(&mut self, later: Self) {
        self.nearest = match (self.nearest, later.nearest) {
            (Some(a), Some(b)) => Some(a.or(b)),
            (a, b) => a.or(b),
        };
        self.seen += later.seen;
        self.kept = self.kept.take().zip(later.kept).map(|(mut kept, later)| {
            kept.extend(later);
            kept
        });
        self.prune();
    }
}

/// The window within which `field` is likely to be decided: for random keys those beyond it weigh less than e^−8
/// together.
pub(crate) fn window(field: &Field, keys: u64) -> u32 {
    match field.separation() {
        crate::Separation::Exponential(beta) => weight_window(beta.get(), keys, 8.0),
        crate::Separation::Max => 0,
        crate::Separation::Linear | crate::Separation::Polynomial(_) => u32::MAX,
    }
}

/// The distance beyond the nearest at which all of `keys` keys together weigh less than e^−`margin`.
pub(crate) fn weight_window(beta: f64, keys: u64, margin: f64) -> u32 {
    // Saturates: at the smallest β the window is wider than any pattern.
    (((keys as f64).ln() + margin) / (2.0 * beta)).ceil() as u32
}

//! Counts: how many keys stand at each distance.

use crate::scan::watch::{ABSENT, Visit};

/// Keys by distance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// The distance of the first count.
    first: usize,
    counts: Vec<u64>,
}

impl Counts {
    /// The distances that occur, ascending, and the keys at each.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        (self.first as u32..).zip(self.counts.iter().copied()).filter(|count| count.1 > 0)
    }

    /// The overlaps that occur, largest first, over `known` positions, and the keys at each.
    pub(crate) fn overlaps(&self, known: u32) -> impl Iterator<Item = (i64, u64)> + '_ {
        self.counts().map(move |(h, count)| (i64::from(known) - 2 * i64::from(h), count))
    }

    /// Makes room for the distances from `low` to `high`.
    fn span(&mut self, low: usize, high: usize) {
        if self.counts.is_empty() {
            self.first = low;
        }
        if low < self.first {
            self.counts.splice(0..0, std::iter::repeat_n(0, self.first - low));
            self.first = low;
        }
        self.counts.resize(self.counts.len().max(high + 1 - self.first), 0);
    }
}

impl Visit for Counts {
    fn visit(&mut self, _: usize, distances: &[u32]) {
        let (Some(&low), Some(&high)) = (distances.iter().min(), distances.iter().max()) else { return };
        if high == ABSENT {
            let present: Vec<u32> = distances.iter().copied().filter(|&h| h != ABSENT).collect();
            return self.visit(0, &present);
        }
        self.span(low as usize, high as usize);
        distances.iter().for_each(|&h| self.counts[h as usize - self.first] += 1);
    }

    fn merge(&mut self, later: Self) {
        for (h, count) in later.counts() {
            self.span(h as usize, h as usize);
            self.counts[h as usize - self.first] += count;
        }
    }
}

//! A look at an index: its tables, and what is known of the keys in them.

use crate::index::around::{Around, Learned};
use crate::index::tables::{Table, Tables};

/// Tables, and what is known of the keys in them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look<'a> {
    pub(crate) tables: &'a Tables,
    /// The arrays of all tables.
    pub(crate) numbers: &'a [u32],
    pub(crate) around: Option<&'a Around>,
    pub(crate) learned: &'a Learned,
    /// A key at this distance or beyond proves nothing; it is above twice the tables.
    pub(crate) limit: u32,
    /// Whether buckets of values that differ in one bit are worth their time.
    pub(crate) flips: bool,
}

impl<'a> Look<'a> {
    /// The arrays of one table.
    #[inline]
    pub(crate) fn table(&self, table: usize) -> Table<'a> {
        self.tables.table_of(self.numbers, table)
    }

    /// Keys in the tables of which `present` may answer, at the most.
    pub(crate) fn keys(&self, present: usize) -> u64 {
        present.min(self.tables.covered()) as u64
    }

    /// Has what is known of the key at `place` fetched into the cache; a hint.
    #[inline]
    pub(crate) fn prefetch(&self, place: usize) {
        self.learned.prefetch(place);
        if let Some(around) = self.around {
            around.prefetch(place);
        }
    }

    /// Sets `others` to bounds of how much farther than the key at `place` the others stand from a query that differs
    /// from it at a cost of 2h + u = `cost`; whether that is known, and none may be as near. `keys` others there are at
    /// the most.
    pub(crate) fn around(&self, place: usize, cost: u32, keys: u64, others: &mut Vec<(u32, u64)>) -> bool {
        others.clear();
        let stored = self.around.filter(|around| around.beyond(place) > 0);
        let nearest = stored.map_or(0, |around| around.nearest(place));
        let learned = self.learned.beyond(place);
        if nearest.max(learned) <= cost {
            return false;
        }
        if learned > nearest {
            others.extend((keys > 0).then_some((learned - cost, keys)));
            return true;
        }
        let Some(around) = stored else { return false };
        let mut left = keys;
        for (distance, count) in around.near(place) {
            // Fewer than there were may be left, and then the nearest are the heaviest.
            let count = count.min(left);
            if distance <= cost {
                return false;
            }
            others.extend((count > 0).then_some((distance - cost, count)));
            left -= count;
        }
        // A file may be damaged, and say that what is beyond is nearer than what is near.
        if around.beyond(place) <= cost {
            return false;
        }
        others.extend((left > 0).then_some((around.beyond(place) - cost, left)));
        true
    }
}

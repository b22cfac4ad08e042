//! The index: keys found by chunks of their bits, with the proof that no other key matters.
//!
//! A guess of the nearest key is worth nothing by itself. Two things make it an answer:
//!
//! - the key's *basin* (`basins/`): what stands around it. A query within its budget is nearest to it, and it outweighs
//!   all other keys whatever they are;
//! - the *pigeonhole*: a key that was met in none of T disjoint chunks, each looked up, differs from the query in at least
//!   one position of each, so that it is T or farther away.
//!
//! What neither proves is left to the scan, so that every answer is exact and only the time differs.
//!
//! ```text
//! query → chunks of its bits → buckets of the tables → keys met, at their distances (seek)
//!       → what the others may weigh, by basin or pigeonhole (proof) → a found key, or the scan
//! ```
//!
//! Source: multi-index hashing, Norouzi, Punjani and Fleet 2012; the basins are the triangle inequality.

mod around;
mod chunks;
#[cfg(feature = "store")]
mod file;
mod growth;
pub(crate) mod join;
mod look;
mod origin;
mod powers;
mod proof;
mod room;
mod round;
mod seek;
mod tables;
mod worth;

use std::sync::Arc;
use std::time::Instant;

pub(crate) use around::Around;
use around::Learned;
use look::Look;
pub(crate) use origin::Origin;
pub(crate) use powers::{Powers, WithinBudget};
pub(crate) use proof::{Dissent, Found, Listing, Outweighing, Proof, Within};
pub(crate) use seek::Goal;
use seek::Seeking;
pub use tables::IndexOptions;
pub(crate) use tables::{Tables, bytes_of};
pub(crate) use worth::Purpose;
use worth::{Worth, Worthwhile};

use crate::patterns::bits::Bits;
use crate::scan::hunt::near;
use crate::scan::keys::Scan;
use crate::scan::plan::Plan;
use crate::scan::tiles::side_by_side;
use crate::{Queries, Result};

/// Queries that a thread seeks at a time.
const BATCH: usize = 256;

/// Keys in the tables below which a scan is over before values that differ in a bit could be looked up.
const MANY: usize = 1 << 16;

/// Keys that are learned about after one call at the most, each by a scan.
const LEARNED_AT_ONCE: usize = 64;

/// Keys that no table holds, at the most: each query meets all of them.
pub(crate) const MOST_BEYOND: usize = 1 << 12;

/// What the index of a memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexInfo {
    /// Tables T.
    pub tables: usize,
    /// Bits of the values by which each of them finds keys.
    pub chunk: u32,
    /// Positions of the chunk of which each makes these values; more than they have bits where keys have much in common.
    pub positions: usize,
    /// Bytes that tables and basins take.
    pub bytes: u64,
    /// Places of keys that it covers; keys stored since are met one by one.
    pub covered: usize,
    /// How far basins tell what stands around each key, if they are in it.
    pub radius: Option<u32>,
    /// The degree K of s^K of which budgets are in it, if any; they serve every larger one.
    pub degree: Option<u32>,
}

/// An index of the keys of a memory. Clones share what they are made of and what they learn.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    tables: Arc<Tables>,
    around: Option<Arc<Around>>,
    powers: Option<Arc<Powers>>,
    learned: Arc<Learned>,
    worth: Arc<Worth>,
}

/// The places of keys that have come since something was counted.
#[derive(Debug)]
pub(crate) struct Newcomers {
    /// Since what stands around keys was.
    around: Vec<usize>,
    /// Since budgets under powers were.
    under_powers: Vec<usize>,
}

impl Newcomers {
    pub(crate) fn count(&self) -> usize {
        self.around.len() + self.under_powers.len()
    }
}

impl Index {
    /// Of `tables`, with what is known of the keys in them.
    pub(crate) fn new(tables: Tables, around: Option<Around>) -> Self {
        let learned = Arc::new(Learned::new(tables.covered()));
        let (tables, around) = (Arc::new(tables), around.map(Arc::new));
        Self { tables, around, powers: None, learned, worth: Arc::default() }
    }

    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(crate) fn around(&self) -> Option<&Around> {
        self.around.as_deref()
    }

    /// Budgets under s^K, if there are any.
    pub(crate) fn powers(&self) -> Option<&Powers> {
        self.powers.as_deref()
    }

    pub(crate) fn info(&self) -> IndexInfo {
        let of_basins = self.around().map_or(0, |around| around.numbers().len());
        let of_powers = self.powers().map_or(0, |powers| powers.numbers().len());
        let numbers = self.tables.numbers().len() + of_basins + of_powers;
        IndexInfo {
            tables: self.tables.chunks.len(),
            chunk: self.tables.chunks.bits(),
            positions: self.tables.chunks.length(),
            bytes: 4 * numbers as u64,
            covered: self.tables.covered(),
            radius: self.around().map(Around::radius),
            degree: self.powers().map(Powers::degree),
        }
    }

    /// This index with what is known of the keys around each.
    pub(crate) fn with_around(self, around: Around) -> Self {
        Self { around: Some(Arc::new(around)), ..self }
    }

    /// This index with budgets of the same keys under s^K.
    pub(crate) fn with_powers(self, powers: Powers) -> Self {
        Self { powers: Some(Arc::new(powers)), ..self }
    }

    /// Whether it is of so many keys, each at its place: its tables, and what is known around them.
    pub(crate) fn is_of(&self, keys: usize) -> bool {
        let powers_are = self.powers().is_none_or(|powers| powers.keys() == keys);
        self.tables_are_of(keys) && self.around().is_none_or(|around| around.is_of(keys)) && powers_are
    }

    fn tables_are_of(&self, keys: usize) -> bool {
        self.tables.covered() == keys && self.tables.made_of() == keys
    }

    /// This index for `live` keys of which some may not have been counted around the others, having been forgotten as that
    /// was done: from the first such key on all are beyond it.
    #[cfg(feature = "store")]
    pub(crate) fn cut_to_known(self, live: Option<&Bits>) -> Self {
        let mut live_places = (0..self.tables.covered()).filter(|&place| live.is_none_or(|live| live.contains(place)));
        let powers = self.powers.filter(|powers| live_places.clone().all(|place| powers.knows(place)));
        let this = Self { powers, ..self };
        let Some(around) = &this.around else { return this };
        let Some(first) = live_places.find(|&place| !around.knows(place)) else { return this };
        let (tables, around) = (Tables::clone(&this.tables).cut(first), Around::clone(around).cut(first));
        Self { tables: Arc::new(tables), around: Some(Arc::new(around)), ..this }
    }

    /// The places below which it tells of keys.
    pub(crate) fn span(&self) -> usize {
        let known = self.around().map_or(0, Around::known).max(self.powers().map_or(0, Powers::keys));
        self.tables.covered().max(known)
    }

    /// This index where only the keys at the places below `shared` are where they were; `before` tells of all `keys` keys
    /// of today where they were. What is known of each goes along, tables do not.
    pub(crate) fn moved(&self, shared: usize, keys: usize, before: impl Fn(usize) -> Option<usize>) -> Result<Self> {
        let tables = Arc::new(Tables::clone(&self.tables).cut(shared));
        let around = self.around().map(|around| around.moved(keys, &before)).transpose()?;
        let powers = self.powers().map(|powers| powers.moved(keys, before)).transpose()?;
        Ok(Self { tables, around: around.map(Arc::new), powers: powers.map(Arc::new), ..self.narrowed() })
    }

    /// This index of all keys of `scan`, by the same chunks; `newcomers` are those of whom nothing is known. What was learned
    /// is forgotten. The scan's steps are told of tables and of newcomers.
    pub(crate) fn grown(&self, scan: Scan<'_>, newcomers: &Newcomers) -> Result<Self> {
        let around = self.around().map(|around| around.grown(scan, &newcomers.around)).transpose()?;
        let powers = self.powers().map(|powers| powers.grown(scan, &newcomers.under_powers)).transpose()?;
        let tables = match self.tables_are_of(scan.side().len()) {
            true => Arc::clone(&self.tables),
            false => Arc::new(Tables::of_chunks(scan.side(), self.tables.chunks.clone(), scan.steps())?),
        };
        let learned = Arc::new(Learned::new(tables.covered()));
        let (around, powers, worth) = (around.map(Arc::new), powers.map(Arc::new), Arc::clone(&self.worth));
        Ok(Self { tables, around, powers, learned, worth })
    }

    /// Those of `keys` keys, or of the `live` ones, of whom it does not tell what it tells of others.
    pub(crate) fn newcomers(&self, keys: usize, live: Option<&Bits>) -> Result<Newcomers> {
        let around = self.around().map(|around| growth::newcomers(keys, live, |place| around.knows(place)));
        let under_powers = self.powers().map(|powers| growth::newcomers(keys, live, |place| powers.knows(place)));
        let (around, under_powers) = (around.transpose()?, under_powers.transpose()?);
        Ok(Newcomers { around: around.unwrap_or_default(), under_powers: under_powers.unwrap_or_default() })
    }

    /// This index where some keys are forgotten: what is learned from now on does not hold for those who still have them.
    pub(crate) fn narrowed(&self) -> Self {
        Self { learned: Arc::new(self.learned.copied()), ..self.clone() }
    }

    /// Whether it can be asked at all where `keys` are stored.
    pub(crate) fn serves(&self, keys: usize) -> bool {
        (self.tables.covered()..=self.tables.covered() + MOST_BEYOND).contains(&keys)
    }

    fn look(&self) -> Look<'_> {
        let (tables, around) = (&*self.tables, self.around.as_deref());
        let chunks = &tables.chunks;
        let of_powers = self.powers().map_or(0, Powers::most);
        let most = around.map_or(0, Around::most).max(self.learned.most()).max(of_powers);
        let limit = (2 * chunks.len() as u32 + 2).max(most / 2 + 1);
        let flips = tables.covered() >= MANY.max(16 * chunks.len() * chunks.length());
        Look { tables, numbers: tables.numbers(), around, learned: &self.learned, limit, flips }
    }

    /// What `goal` finds of each query, as far as it is worth while for `purpose`; what is left is for the scan,
    /// `None` for all where it is not.
    pub(crate) fn seek<G: Goal>(
        &self,
        scan: Scan<'_>,
        goal: &G,
        purpose: Purpose,
        queries: &Queries,
    ) -> Result<Option<Vec<Option<G::Found>>>> {
        if queries.is_empty() || !self.serves(scan.side().len()) {
            return Ok(None);
        }
        let Worthwhile::Yes(start) = self.worth.is(purpose) else { return Ok(None) };
        let seeking = Seeking::new(self.look(), scan);
        if queries.len() <= BATCH {
            return self.sought(purpose, start, seeking.seek(goal, queries, 0..queries.len())?);
        }
        let batches: Vec<usize> = (0..queries.len()).step_by(BATCH).collect();
        let found: Vec<Vec<Option<G::Found>>> = side_by_side(batches, |first| {
            scan.steps().check()?;
            seeking.seek(goal, queries, first..queries.len().min(first + BATCH))
        })?;
        self.sought(purpose, start, found.into_iter().flatten().collect())
    }

    /// `found`, and how long that took since `start` is remembered.
    fn sought<F>(
        &self,
        purpose: Purpose,
        start: Option<Instant>,
        found: Vec<Option<F>>,
    ) -> Result<Option<Vec<Option<F>>>> {
        if let Some(start) = start {
            let answered = found.iter().filter(|found| found.is_some()).count();
            self.worth.looked(purpose, found.len(), answered, start.elapsed());
        }
        Ok(Some(found))
    }

    /// What `found` makes of each query that `goal` finds something of, and `scanned` of the others, in order.
    pub(crate) fn or_scan<G: Goal, T: Send>(
        &self,
        scan: Scan<'_>,
        goal: &G,
        purpose: Purpose,
        queries: &Queries,
        found: impl Fn(usize, G::Found) -> Result<T> + Sync + Send,
        scanned: impl Fn(&Queries) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        let Some(sought) = self.seek(scan, goal, purpose, queries)? else {
            return self.timed(purpose, queries.len(), || scanned(queries));
        };
        let left: Vec<usize> = (0..sought.len()).filter(|&query| sought[query].is_none()).collect();
        let mut rest = Vec::new();
        if !left.is_empty() {
            rest = self.timed(purpose, left.len(), || scanned(&queries.select(&left)?))?;
        }
        let mut rest = rest.into_iter();
        let each = sought.into_iter().enumerate().filter_map(|(query, sought)| match sought {
            Some(one) => Some(scan.steps().advance(1).and_then(|()| found(query, one))),
            None => rest.next().map(Ok),
        });
        each.collect()
    }

    /// What `scanned` made of `queries` that were left; how long it takes is remembered.
    pub(crate) fn timed<T>(&self, purpose: Purpose, queries: usize, scanned: impl FnOnce() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let done = scanned()?;
        self.worth.scanned(purpose, queries.max(1), start.elapsed());
        Ok(done)
    }

    /// Learns of keys that scans have found, by their places: once one is found for the second time, a scan tells what is
    /// nearest to it. No more is ever spent on a key. All keys must be in scope.
    pub(crate) fn learn(&self, scan: Scan<'_>, found: impl Iterator<Item = usize>) -> Result<()> {
        let covered = self.tables.covered();
        let known =
            |place: usize| self.learned.beyond(place).max(self.around().map_or(0, |around| around.nearest(place)));
        let mut again: Vec<usize> =
            found.filter(|&place| place < covered && known(place) == 0 && self.learned.seen(place)).collect();
        again.sort_unstable();
        again.dedup();
        again.truncate(LEARNED_AT_ONCE);
        if again.is_empty() {
            return Ok(());
        }
        let keys = Queries::from(scan.side().select(again.len(), again.iter().copied())?);
        let plan = Plan::new(scan, &keys)?;
        let indices: Vec<usize> = (0..again.len()).collect();
        // Half of the positions are as good as all: beyond that queries are nearer to others.
        let radius = scan.dim() as u32 / 2;
        let others = near(scan, &keys, &indices, &plan, |_| around::Other::new(radius))?;
        for (&place, other) in again.iter().zip(&others) {
            // Both are distances that no other key met falls short of, and beyond the bound none need have been met.
            self.learned.learn(place, other.watcher.beyond().min(other.bound));
        }
        Ok(())
    }
}

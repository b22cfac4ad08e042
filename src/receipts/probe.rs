//! Chunks that are looked up: what a query that stands in no basin is proven by.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use crate::index::Index;
use crate::patterns::segments::Side;
use crate::receipts::line::{Lines, Object};
use crate::scan::keys::Scan;
use crate::{Pattern, Query, Result};

/// Keys that are told of one query at the most: with more, all of them are as good.
const MOST_MET: usize = 1 << 12;

/// The tables of an index, and the keys that a call may see.
#[derive(Debug)]
pub(super) struct Probing<'a> {
    index: &'a Index,
    scan: Scan<'a>,
    /// Places of the keys that the tables do not hold.
    read: Vec<usize>,
    told: bool,
}

/// What a query has met in the chunks that were looked up so far.
#[derive(Debug, Default)]
pub(super) struct Met {
    /// [which, how many positions may differ, unknown positions], ascending.
    chunks: Vec<[u32; 3]>,
    /// A key that was not met is this far or farther.
    pub(super) bound: u32,
    /// (distance, id), nearest first.
    pub(super) met: BTreeSet<(u32, u64)>,
    /// Of keys that are read one by one those that were not met, by their distances.
    pub(super) read: BTreeMap<u32, u64>,
    /// All others.
    pub(super) unseen: u64,
}

/// A key that the tables do not hold.
struct Beyond {
    place: usize,
    distance: u32,
    met: bool,
}

impl<'a> Probing<'a> {
    /// `None` where the index is not asked.
    pub(super) fn new(index: Option<&'a Index>, scan: Scan<'a>) -> Option<Self> {
        let keys = scan.side().len();
        let index = index.filter(|index| index.serves(keys))?;
        let read = (index.tables().covered()..keys).filter(|&place| scan.holds(place)).collect();
        Some(Self { index, scan, read, told: false })
    }

    /// Writes the chunks, once.
    pub(super) fn tell(&mut self, lines: &mut Lines<impl Write>) -> Result<()> {
        if std::mem::replace(&mut self.told, true) {
            return Ok(());
        }
        let chunks = &self.index.tables().chunks;
        let mut read: Vec<u64> = self.read.iter().map(|&place| self.scan.ids().id(place)).collect();
        read.sort_unstable();
        let positions = (0..chunks.len()).map(|table| chunks.of_table(table));
        lines.put(Object::record("chunks").lists("positions", positions).list("read", read))
    }

    /// Looks up chunks until what is met is `enough`; `None` if it never is.
    pub(super) fn meet(&self, query: &Query, enough: impl Fn(&Met) -> bool) -> Option<Met> {
        let side = self.scan.side();
        let beyond = |&place: &usize| Beyond { place, distance: distance(query, side, place), met: false };
        let mut beyond: Vec<Beyond> = self.read.iter().map(beyond).collect();
        let mut met = Met::default();
        // As the index does: each chunk, and then each again with one position differing.
        for differ in 0..2 {
            for table in 0..self.index.tables().chunks.len() {
                let Some(unknown) = self.look(query, table, differ, &mut met, &mut beyond) else { continue };
                if met.met.len() > MOST_MET {
                    return None;
                }
                met.bound += 1;
                match met.chunks.iter_mut().find(|chunk| chunk[0] == table as u32) {
                    Some(chunk) => chunk[1] = differ,
                    None => met.chunks.push([table as u32, differ, unknown]),
                }
                met.read.clear();
                for key in beyond.iter().filter(|key| !key.met) {
                    *met.read.entry(key.distance).or_insert(0) += 1;
                }
                met.unseen = (self.scan.len() - met.met.len()) as u64 - met.read.values().sum::<u64>();
                if enough(&met) {
                    return Some(met);
                }
            }
        }
        None
    }

    /// Meets the keys that differ from the query in just so many known positions of a chunk, or in none, as far as the index
    /// looks them up; returns how many positions there are not known.
    fn look(&self, query: &Query, table: usize, differ: u32, met: &mut Met, beyond: &mut [Beyond]) -> Option<u32> {
        let (tables, side, ids) = (self.index.tables(), self.scan.side(), self.scan.ids());
        let (signs, known) = (query.signs().words(), query.known().map(Pattern::words));
        // Keys of the same value may differ all the same.
        let shares = |place: usize| {
            let differing =
                |word: usize| (side.word(place, word) ^ signs[word]) & known.map_or(u64::MAX, |it| it[word]);
            tables.chunks.count(table, differing) <= differ
        };
        let bucket = |value: u32| {
            let of_table = tables.table(table);
            for &place in &of_table.places[of_table.bucket(value)] {
                let place = place as usize;
                if place < tables.covered() && self.scan.holds(place) && shares(place) {
                    met.met.insert((distance(query, side, place), ids.id(place)));
                }
            }
        };
        let unknown = tables.chunks.ask(table, signs, known, differ > 0, bucket)?;
        for key in beyond.iter_mut().filter(|key| !key.met && shares(key.place)) {
            key.met = true;
            met.met.insert((key.distance, ids.id(key.place)));
        }
        Some(unknown)
    }
}

impl Met {
    /// As it is written.
    pub(super) fn object(&self) -> Object {
        Object::default()
            .lists("chunks", self.chunks.iter().copied())
            .number("bound", self.bound)
            .lists("met", self.met.iter().map(|&(distance, id)| [id, distance.into()]))
            .lists("read", self.read.iter().map(|(&distance, &count)| [distance.into(), count]))
            .number("unseen", self.unseen)
    }
}

/// Known positions in which the key at `place` differs.
fn distance(query: &Query, side: &Side, place: usize) -> u32 {
    let differ = query.signs().words().iter().zip(side.row(place)).map(|(a, b)| a ^ b);
    match query.known() {
        None => differ.map(u64::count_ones).sum(),
        Some(known) => differ.zip(known.words()).map(|(differ, known)| (differ & known).count_ones()).sum(),
    }
}

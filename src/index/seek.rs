//! Seeking: from queries to the keys that share a chunk with them, and to those of which that proves an answer.
//!
//! Each step of a look-up waits for memory: where a bucket begins, who is in it, the words of those. So the steps are
//! taken for several tables and queries at a time, and what the next one reads is asked for before it.

use std::ops::Range;

use popfield_kernels::{QueryPanel, prefetch};

use crate::Result;
use crate::index::look::Look;
use crate::index::room::{Bucket, Room, Seeker};
use crate::patterns::Queries;
use crate::patterns::pages::View as Pages;
use crate::scan::keys::Scan;

/// Queries that are looked up together.
const GROUP: usize = 16;

/// Buckets that are looked up at a time.
const SIDE_BY_SIDE: usize = 32;

/// Buckets of a query by itself: more are asked for in vain where the first ones answer.
const BY_ITSELF: usize = 6;

/// The share of a word's known bits, as a fraction, in which a key that may be near differs from the query at the most:
/// three standard deviations below what random ones do.
const PROMISING: (u32, u32) = (5, 16);

/// What is sought of queries: what the keys met must prove.
pub(crate) trait Goal: Sync {
    type Found: Send;
    /// Whether a bound may prove something, of `keys` keys of which the nearest met so far is at `nearest`, once all keys
    /// nearer than it are met.
    fn may_reach(&self, nearest: Option<u32>, bound: u32, keys: u64) -> bool;

    /// What those met prove, if they do; `room` is for distances and counts. All that are nearer than the bound are among
    /// them.
    fn proven(&self, met: &Met<'_, '_>, room: &mut Vec<(u32, u64)>) -> Result<Option<Self::Found>>;
}

/// Keys, and the tables in which they are sought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seeking<'a> {
    pub(crate) look: Look<'a>,
    pub(crate) scan: Scan<'a>,
    /// The pages of all keys, where they lie in one segment.
    only: Option<Pages<'a>>,
}

/// The keys that a query has met.
pub(crate) struct Met<'a, 'b> {
    pub(crate) seeking: &'b Seeking<'a>,
    /// Among the queries of the panel.
    pub(crate) query: usize,
    pub(crate) panel: &'b QueryPanel,
    /// Positions that are unknown.
    pub(crate) unknown: u32,
    /// (distance, place) of those within the limit, each once.
    pub(crate) met: &'b [(u32, u32)],
    /// A key in the tables that was not met is this far or farther.
    pub(crate) bound: u32,
    pub(crate) probes: u32,
    pub(crate) bits_read: u64,
}

impl Met<'_, '_> {
    /// Keys in the tables that may answer, at the most.
    pub(crate) fn keys(&self) -> u64 {
        self.seeking.look.keys(self.seeking.scan.len())
    }

    /// Whether there are keys that the tables do not hold.
    pub(crate) fn is_beyond_tables(&self) -> bool {
        self.seeking.look.tables.covered() < self.seeking.scan.side().len()
    }

    /// Shows the (distance, place) of every key that the tables do not hold.
    pub(crate) fn beyond_tables(&self, mut show: impl FnMut(u32, usize)) -> Result<()> {
        let Seeking { look, scan, .. } = self.seeking;
        for place in (look.tables.covered()..scan.side().len()).filter(|&place| scan.holds(place)) {
            let (slab, index) = scan.side().page_of(place)?;
            show(scan.tier().distance(slab, index, self.panel, self.query, u32::MAX)?, place);
        }
        Ok(())
    }
}

impl<'a> Seeking<'a> {
    pub(crate) fn new(look: Look<'a>, scan: Scan<'a>) -> Self {
        Self { look, scan, only: scan.side().only() }
    }

    /// The pages that the key at `place` is in, and its place there.
    #[inline]
    pub(crate) fn pages_of(&self, place: usize) -> (Pages<'a>, usize) {
        match self.only {
            Some(pages) => (pages, place),
            None => self.scan.side().place(place),
        }
    }

    /// What `goal` makes of the keys that the queries `range` meet.
    pub(crate) fn seek<G: Goal>(
        &self,
        goal: &G,
        queries: &Queries,
        range: Range<usize>,
    ) -> Result<Vec<Option<G::Found>>> {
        let mut found: Vec<Option<G::Found>> = Vec::with_capacity(range.len());
        let mut room = Room::take();
        for start in range.clone().step_by(GROUP) {
            let end = range.end.min(start + GROUP);
            let panel = queries.panel(start..end)?;
            room.set_out(panel.queries());
            for (query, seeker) in room.seekers.iter_mut().enumerate().take(panel.queries()) {
                self.set_out(&panel, query, seeker);
            }
            let first = found.len();
            found.resize_with(first + panel.queries(), || None);
            self.group(goal, &panel, &mut room, &mut found[first..])?;
        }
        room.leave();
        Ok(found)
    }

    /// What a look-up has to know of a query.
    fn set_out(&self, panel: &QueryPanel, query: usize, seeker: &mut Seeker) {
        let (words, tail) = (self.scan.side().words(), self.scan.dim() % 64);
        // Of whole words the last, as the first tables look at the first ones.
        seeker.judged = if words > 1 && (1..48).contains(&tail) { words - 2 } else { words - 1 };
        seeker.known = self.scan.side().within(seeker.judged);
        if let Some(known) = panel.known(query) {
            let counts = || known.iter().map(|word| word.count_ones());
            seeker.unknown = self.scan.dim() as u32 - counts().sum::<u32>();
            seeker.judged = counts().enumerate().max_by_key(|count| count.1).map_or(0, |most| most.0);
            seeker.known = known[seeker.judged];
        }
        seeker.signs = panel.signs(query)[seeker.judged];
        seeker.promising = PROMISING.0 * seeker.known.count_ones() / PROMISING.1;
    }

    fn group<G: Goal>(
        &self,
        goal: &G,
        panel: &QueryPanel,
        room: &mut Room,
        found: &mut [Option<G::Found>],
    ) -> Result<()> {
        let tables = self.look.tables.chunks.len();
        let mut table = 0;
        while table < tables && !room.open.is_empty() {
            let most = if panel.queries() == 1 { BY_ITSELF } else { (SIDE_BY_SIDE / room.open.len()).max(1) };
            let end = tables.min(table + most);
            room.buckets.clear();
            for q in room.open.iter().copied() {
                for table in table..end {
                    room.seekers[q].bound += self.ask(panel, q, table, false, &mut room.buckets);
                }
            }
            self.round(goal, panel, room, found)?;
            table = end;
        }
        self.conclude(goal, panel, room, found)?;
        let mut table = 0;
        while self.look.flips && table < tables && !room.open.is_empty() {
            let Room { seekers, open, buckets, .. } = room;
            // Who is farther than the pigeonhole can reach need not be asked for.
            open.retain(|&q| seekers[q].nearest().is_some_and(|nearest| nearest < 2 * seekers[q].bound.max(1)));
            buckets.clear();
            for q in open.iter().copied() {
                seekers[q].bound += self.ask(panel, q, table, true, buckets);
            }
            self.round(goal, panel, room, found)?;
            table += 1;
        }
        self.conclude(goal, panel, room, found)
    }

    /// Adds the buckets of `table` that a query may share with its key, or where that is to differ in one position, `flipped`;
    /// by how much that raises the bound.
    #[inline]
    fn ask(&self, panel: &QueryPanel, query: usize, table: usize, flipped: bool, buckets: &mut Vec<Bucket>) -> u32 {
        let (signs, known) = (panel.signs(query), panel.known(query));
        let show = |value| self.ask_for(Bucket { seeker: query, table, value, range: 0..0 }, buckets);
        u32::from(self.look.tables.chunks.ask(table, signs, known, flipped, show).is_some())
    }

    #[inline]
    fn ask_for(&self, bucket: Bucket, buckets: &mut Vec<Bucket>) {
        prefetch(self.look.table(bucket.table).starts, bucket.value as usize);
        buckets.push(bucket);
    }
}

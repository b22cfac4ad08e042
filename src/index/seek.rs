//! Seeking: from queries to the keys that share a chunk with them, and to those of which that proves an answer.
//!
//! Each step of a look-up waits for memory: where a bucket begins, who is in it, the words of those. So the steps are
//! taken for several tables and queries at a time, and what the next one reads is asked for before it.

use std::ops::Range;

use popfield_kernels::{QueryPanel, Slab, prefetch};

use crate::Result;
use crate::index::look::Look;
use crate::patterns::Queries;
use crate::scan::keys::Scan;

/// Queries that are looked up together.
const GROUP: usize = 16;

/// Buckets that are looked up at a time.
const SIDE_BY_SIDE: usize = 32;

/// Buckets of a query by itself: more are asked for in vain where the first ones answer.
const BY_ITSELF: usize = 6;

/// Unknown bits of a chunk whose every filling is looked up.
const FILLED: u32 = 2;

/// Keys of a bucket that are looked at: who shares it with more is left to the scan.
const MOST_IN_BUCKET: usize = 1 << 12;

/// Keys met that are remembered of a query.
const MOST_MET: usize = 1 << 10;

/// Leading words of a key that are fetched before it is read; most keys met are too far by these.
const FETCHED: usize = 4;

/// What is sought of queries: what the keys met must prove.
pub(crate) trait Goal: Sync {
    type Found: Send;
    /// What those met prove, if they do; `room` is for distances and counts.
    fn proven(&self, met: &Met<'_, '_>, room: &mut Vec<(u32, u64)>) -> Result<Option<Self::Found>>;
}

/// Keys, and the tables in which they are sought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seeking<'a> {
    pub(crate) look: Look<'a>,
    pub(crate) scan: Scan<'a>,
}

/// The keys that a query has met.
pub(crate) struct Met<'a, 'b> {
    pub(crate) seeking: &'b Seeking<'a>,
    /// Among the queries of the panel.
    query: usize,
    panel: &'b QueryPanel,
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
        let Seeking { look, scan } = self.seeking;
        for place in (look.tables.covered()..scan.side().len()).filter(|&place| scan.holds(place)) {
            let (slab, index) = scan.side().page_of(place)?;
            show(scan.tier().distance(slab, index, self.panel, self.query, u32::MAX)?, place);
        }
        Ok(())
    }
}

/// A query that is sought for.
struct Seeker<F> {
    unknown: u32,
    /// (distance, place) of the keys met within the limit, each once.
    met: Vec<(u32, u32)>,
    /// A key that was not met is this far or farther.
    bound: u32,
    probes: u32,
    words_read: u64,
    /// The keys of some bucket were too many.
    lost: bool,
    found: Option<F>,
}

impl<F> Default for Seeker<F> {
    fn default() -> Self {
        let met = Vec::new();
        Self { unknown: 0, met, bound: 0, probes: 0, words_read: 0, lost: false, found: None }
    }
}

/// A bucket that is looked up for a query.
struct Bucket {
    seeker: usize,
    table: usize,
    value: u32,
    range: Range<usize>,
}

/// A key met.
struct Candidate<'a> {
    seeker: usize,
    place: u32,
    slab: Slab<'a>,
    /// Its place in the slab.
    index: usize,
}

impl<'a> Seeking<'a> {
    /// What `goal` makes of the keys that the queries `range` meet.
    pub(crate) fn seek<G: Goal>(
        &self,
        goal: &G,
        queries: &Queries,
        range: Range<usize>,
    ) -> Result<Vec<Option<G::Found>>> {
        let mut found = Vec::with_capacity(range.len());
        let mut seekers: Vec<Seeker<G::Found>> = (0..range.len().min(GROUP)).map(|_| Seeker::default()).collect();
        let mut room = Room::new(seekers.len());
        let mut start = range.start;
        while start < range.end {
            let end = range.end.min(start + GROUP);
            let panel = queries.panel(start..end)?;
            let seekers = &mut seekers[..end - start];
            for (query, seeker) in seekers.iter_mut().enumerate() {
                let known: Option<u32> =
                    panel.known(query).map(|known| known.iter().map(|word| word.count_ones()).sum());
                let unknown = known.map_or(0, |known| self.scan.dim() as u32 - known);
                seeker.met.clear();
                *seeker = Seeker { unknown, met: std::mem::take(&mut seeker.met), ..Seeker::default() };
            }
            self.group(goal, &panel, seekers, &mut room)?;
            found.extend(seekers.iter_mut().map(|seeker| seeker.found.take()));
            start = end;
        }
        Ok(found)
    }

    fn group<G: Goal>(
        &self,
        goal: &G,
        panel: &QueryPanel,
        seekers: &mut [Seeker<G::Found>],
        room: &mut Room<'a>,
    ) -> Result<()> {
        let tables = self.look.tables.chunks.len();
        room.open.clear();
        room.open.extend(0..seekers.len());
        let mut table = 0;
        while table < tables && !room.open.is_empty() {
            let most = if panel.queries() == 1 { BY_ITSELF } else { (SIDE_BY_SIDE / room.open.len()).max(1) };
            let end = tables.min(table + most);
            room.buckets.clear();
            for q in room.open.iter().copied() {
                for table in table..end {
                    seekers[q].bound += self.ask(panel, q, table, &mut room.buckets);
                }
            }
            self.round(goal, panel, seekers, room)?;
            table = end;
        }
        if self.look.flips {
            let mut table = 0;
            while table < tables && !room.open.is_empty() {
                room.buckets.clear();
                room.open.retain(|&q| {
                    // Who is farther than the pigeonhole can reach need not be asked for.
                    let nearest = seekers[q].met.iter().map(|met| met.0).min();
                    !seekers[q].lost && nearest.is_some_and(|nearest| nearest < 2 * seekers[q].bound.max(1))
                });
                for q in room.open.iter().copied() {
                    seekers[q].bound += self.ask_flipped(panel, q, table, &mut room.buckets);
                }
                self.round(goal, panel, seekers, room)?;
                table += 1;
            }
        }
        Ok(())
    }

    /// Adds the buckets of `table` that a query may share with its key; by how much that raises the bound.
    #[inline]
    fn ask(&self, panel: &QueryPanel, seeker: usize, table: usize, buckets: &mut Vec<Bucket>) -> u32 {
        let chunks = &self.look.tables.chunks;
        let signs = panel.signs(seeker);
        let value = chunks.value(table, |word| signs[word]);
        let mut unknown = 0;
        if let Some(known) = panel.known(seeker) {
            unknown = !chunks.value(table, |word| known[word]) & ((1u64 << chunks.bits()) - 1) as u32;
            if unknown.count_ones() > FILLED {
                return 0;
            }
        }
        let starts = self.look.tables.table(table).starts;
        // Every filling of the unknown bits.
        let mut filling = unknown;
        loop {
            let value = value | filling;
            prefetch(starts, value as usize);
            buckets.push(Bucket { seeker, table, value, range: 0..0 });
            if filling == 0 {
                return 1;
            }
            filling = (filling - 1) & unknown;
        }
    }

    /// Adds the buckets of values that differ from the query's in one bit; a chunk with unknown bits has none.
    fn ask_flipped(&self, panel: &QueryPanel, seeker: usize, table: usize, buckets: &mut Vec<Bucket>) -> u32 {
        let chunks = &self.look.tables.chunks;
        let full = ((1u64 << chunks.bits()) - 1) as u32;
        if panel.known(seeker).is_some_and(|known| chunks.value(table, |word| known[word]) != full) {
            return 0;
        }
        let signs = panel.signs(seeker);
        let value = chunks.value(table, |word| signs[word]);
        let starts = self.look.tables.table(table).starts;
        for bit in 0..chunks.bits() {
            let value = value ^ 1 << bit;
            prefetch(starts, value as usize);
            buckets.push(Bucket { seeker, table, value, range: 0..0 });
        }
        1
    }

    /// Looks up the buckets asked for; those of whom that proves an answer leave.
    fn round<G: Goal>(
        &self,
        goal: &G,
        panel: &QueryPanel,
        seekers: &mut [Seeker<G::Found>],
        room: &mut Room<'a>,
    ) -> Result<()> {
        let Room { open, buckets, candidates, others, .. } = room;
        for bucket in &mut *buckets {
            let table = self.look.tables.table(bucket.table);
            bucket.range = table.bucket(bucket.value);
            seekers[bucket.seeker].probes += 1;
            if bucket.range.len() > MOST_IN_BUCKET {
                seekers[bucket.seeker].lost = true;
                bucket.range = 0..0;
            }
            prefetch(table.places, bucket.range.start);
        }
        candidates.clear();
        let side = self.scan.side();
        for bucket in &*buckets {
            for &place in &self.look.tables.table(bucket.table).places[bucket.range.clone()] {
                // Keys of the past, or of a file that is damaged, are none.
                if place as usize >= self.look.tables.covered() || !self.scan.holds(place as usize) {
                    continue;
                }
                let (slab, index) = side.page_of(place as usize)?;
                slab.prefetch(index, FETCHED);
                candidates.push(Candidate { seeker: bucket.seeker, place, slab, index });
            }
        }
        let (tier, limit) = (self.scan.tier(), self.look.limit);
        for candidate in &*candidates {
            let seeker = &mut seekers[candidate.seeker];
            if seeker.met.iter().any(|met| met.1 == candidate.place) {
                continue;
            }
            let distance = tier.distance(candidate.slab, candidate.index, panel, candidate.seeker, limit)?;
            seeker.words_read += side.words() as u64;
            if distance < limit {
                if seeker.met.len() >= MOST_MET {
                    seeker.lost = true;
                    continue;
                }
                seeker.met.push((distance, candidate.place));
            }
        }
        let mut failed = None;
        open.retain(|&q| {
            let seeker = &mut seekers[q];
            if seeker.lost {
                return false;
            }
            let met = Met {
                seeking: self,
                query: q,
                panel,
                unknown: seeker.unknown,
                met: &seeker.met,
                bound: seeker.bound,
                probes: seeker.probes,
                bits_read: 64 * seeker.words_read,
            };
            match goal.proven(&met, others) {
                Ok(found) => seeker.found = found,
                Err(error) => failed = Some(error),
            }
            seeker.found.is_none()
        });
        failed.map_or(Ok(()), Err)
    }
}

/// Room that groups of queries use one after the other.
struct Room<'a> {
    open: Vec<usize>,
    buckets: Vec<Bucket>,
    candidates: Vec<Candidate<'a>>,
    others: Vec<(u32, u64)>,
}

impl Room<'_> {
    /// For so many queries at a time.
    fn new(queries: usize) -> Self {
        let buckets = if queries == 1 { BY_ITSELF } else { 2 * SIDE_BY_SIDE };
        Self {
            open: Vec::with_capacity(queries),
            buckets: Vec::with_capacity(buckets),
            candidates: Vec::with_capacity(2 * buckets),
            others: Vec::new(),
        }
    }
}

//! A round of a look-up: buckets that were asked for, the keys in them, and what those prove.
//!
//! Most keys met are as far as any, and one word of a key tells. So a key is read whole only where that word promises that
//! it is near: if the query lies in its basin, the others need not be looked at. Where it is the pigeonhole that has to
//! prove, those that may be within its bound are read as well.

use popfield_kernels::{QueryPanel, prefetch};

use crate::Result;
use crate::index::room::{Candidate, Postponed, Room, Seeker};
use crate::index::seek::{Goal, Met, Seeking};

/// Keys of a bucket that are looked at: who shares it with more is left to the scan.
const MOST_IN_BUCKET: usize = 1 << 12;

/// Keys met that are remembered of a query.
const MOST_MET: usize = 1 << 10;

/// Words of a key that does not look near which are fetched before it is read; most are too far by these.
const FETCHED: usize = 4;

impl Seeking<'_> {
    /// Looks up the buckets asked for; those of whom that proves an answer leave.
    pub(crate) fn round<G: Goal>(
        &self,
        goal: &G,
        panel: &QueryPanel,
        room: &mut Room,
        found: &mut [Option<G::Found>],
    ) -> Result<()> {
        self.meet(room);
        self.judge(room);
        let mut candidates = std::mem::take(&mut room.candidates);
        // Whoever is promising may prove the answer by its basin, whatever the others are; its copies are in its bucket.
        for promising in candidates.chunk_by(|one, next| one.bucket == next.bucket) {
            let q = room.buckets[promising[0].bucket as usize].seeker;
            if found[q].is_some() {
                continue;
            }
            let before = room.seekers[q].met.len();
            for candidate in promising {
                self.measure(panel, &mut room.seekers[q], q, candidate.place)?;
            }
            if room.seekers[q].met.len() > before {
                found[q] = self.proven(goal, panel, room, q, 0)?;
            }
        }
        candidates.clear();
        room.candidates = candidates;
        room.let_go(found);
        let keys = self.look.keys(self.scan.len());
        for at in 0..room.open.len() {
            let q = room.open[at];
            let bound = room.seekers[q].bound;
            if goal.may_reach(room.seekers[q].nearest(), bound, keys) {
                self.measure_postponed(panel, &mut room.seekers[q], q, bound)?;
                found[q] = self.proven(goal, panel, room, q, bound)?;
            }
        }
        room.let_go(found);
        Ok(())
    }

    /// Tries once more what all keys met prove, those included that did not look near.
    pub(crate) fn conclude<G: Goal>(
        &self,
        goal: &G,
        panel: &QueryPanel,
        room: &mut Room,
        found: &mut [Option<G::Found>],
    ) -> Result<()> {
        for at in 0..room.open.len() {
            let q = room.open[at];
            self.measure_postponed(panel, &mut room.seekers[q], q, self.look.limit)?;
            found[q] = self.proven(goal, panel, room, q, room.seekers[q].bound)?;
        }
        room.let_go(found);
        Ok(())
    }

    /// Finds out who is in the buckets asked for.
    fn meet(&self, room: &mut Room) {
        let Room { seekers, buckets, candidates, .. } = room;
        for bucket in &mut *buckets {
            let table = self.look.table(bucket.table);
            bucket.range = table.bucket(bucket.value);
            seekers[bucket.seeker].probes += 1;
            if bucket.range.len() > MOST_IN_BUCKET {
                seekers[bucket.seeker].lost = true;
                bucket.range = 0..0;
            }
            prefetch(table.places, bucket.range.start);
        }
        let covered = self.look.tables.covered();
        for (nth, bucket) in buckets.iter().enumerate() {
            let word = seekers[bucket.seeker].judged;
            for &place in &self.look.table(bucket.table).places[bucket.range.clone()] {
                // Keys of the past, or of a file that is damaged, are none.
                if (place as usize) < covered && self.scan.holds(place as usize) {
                    let (pages, at) = self.pages_of(place as usize);
                    pages.prefetch(at, word);
                    candidates.push(Candidate { bucket: nth as u32, place });
                }
            }
        }
    }

    /// Leaves the candidates that promise to be near, by one word of theirs, and postpones the others.
    fn judge(&self, room: &mut Room) {
        let Room { seekers, buckets, candidates, .. } = room;
        candidates.retain(|&Candidate { bucket, place }| {
            let (pages, at) = self.pages_of(place as usize);
            let seeker = &mut seekers[buckets[bucket as usize].seeker];
            let least = ((pages.get(at, seeker.judged) ^ seeker.signs) & seeker.known).count_ones();
            seeker.words_read += 1;
            if least > seeker.promising {
                seeker.postponed.push(Postponed { place, least });
                return false;
            }
            // What comes next, and what proves it.
            self.look.prefetch(place as usize);
            self.scan.side().prefetch(place as usize).is_ok()
        });
    }

    /// Adds a candidate to those met, if it is within the limit.
    fn measure(&self, panel: &QueryPanel, seeker: &mut Seeker, query: usize, place: u32) -> Result<()> {
        if seeker.met.iter().any(|met| met.1 == place) {
            return Ok(());
        }
        let (slab, index) = self.scan.side().page_of(place as usize)?;
        let distance = self.scan.tier().distance(slab, index, panel, query, self.look.limit)?;
        seeker.words_read += slab.words() as u64;
        if distance < self.look.limit {
            seeker.lost |= seeker.met.len() >= MOST_MET;
            if !seeker.lost {
                seeker.met.push((distance, place));
            }
        }
        Ok(())
    }

    /// Adds those that did not look near, and may be nearer than `within` all the same.
    fn measure_postponed(&self, panel: &QueryPanel, seeker: &mut Seeker, query: usize, within: u32) -> Result<()> {
        let mut postponed = std::mem::take(&mut seeker.postponed);
        let side = self.scan.side();
        let wanted = |postponed: &&Postponed| postponed.least < within;
        for postponed in postponed.iter().filter(wanted) {
            let (slab, index) = side.page_of(postponed.place as usize)?;
            slab.prefetch(index, 0..slab.words().min(FETCHED));
        }
        for &Postponed { place, .. } in postponed.iter().filter(wanted) {
            self.measure(panel, seeker, query, place)?;
        }
        postponed.retain(|postponed| !wanted(&postponed));
        seeker.postponed = postponed;
        Ok(())
    }

    /// What those prove that `query` has met, where a key that was not met is at `bound` or beyond.
    fn proven<G: Goal>(
        &self,
        goal: &G,
        panel: &QueryPanel,
        room: &mut Room,
        query: usize,
        bound: u32,
    ) -> Result<Option<G::Found>> {
        let Seeker { unknown, ref met, probes, words_read, lost, .. } = room.seekers[query];
        if lost {
            return Ok(None);
        }
        let met = Met { seeking: self, query, panel, unknown, met, bound, probes, bits_read: 64 * words_read };
        goal.proven(&met, &mut room.others)
    }
}

impl Room {
    /// Lets those go whose answer is found, or who are lost.
    fn let_go<F>(&mut self, found: &[Option<F>]) {
        self.open.retain(|&q| found[q].is_none() && !self.seekers[q].lost);
    }
}

impl Seeker {
    /// The distance of the nearest key met.
    pub(crate) fn nearest(&self) -> Option<u32> {
        self.met.iter().map(|met| met.0).min()
    }
}

//! A round of a look-up: buckets that were asked for, the keys in them, and what those prove.
//!
//! Most keys met are as far as any, and one word of a key tells. So a key is read whole only where that word promises that
//! it is near: if the query lies in its basin, the others need not be looked at. Where it is the pigeonhole that has to
//! prove, those that may be within its bound are read as well.

use popfield_kernels::{QueryPanel, prefetch};

use crate::Result;
use crate::index::room::{Postponed, Room, Seeker};
use crate::index::seek::{Candidate, Goal, Group, Met, Seeking};

/// Keys of a bucket that are looked at: who shares it with more is left to the scan.
const MOST_IN_BUCKET: usize = 1 << 12;

/// Keys met that are remembered of a query.
const MOST_MET: usize = 1 << 10;

/// Words of a key that does not look near which are fetched before it is read; most are too far by these.
const FETCHED: usize = 4;

/// The share of a word's known bits, as a fraction, in which a key that may be near differs from the query at the most:
/// three standard deviations below what random ones do.
const PROMISING: (u32, u32) = (5, 16);

impl<'a> Seeking<'a> {
    /// Looks up the buckets asked for; those of whom that proves an answer leave.
    pub(crate) fn round<G: Goal>(
        &self,
        goal: &G,
        panel: &QueryPanel,
        group: &mut Group<'a>,
        found: &mut [Option<G::Found>],
    ) -> Result<()> {
        self.meet(group)?;
        self.judge(panel, group);
        let Group { room, candidates } = group;
        // Whoever is promising may prove the answer by its basin, whatever the others are.
        for promising in candidates.chunk_by(|one, next| one.seeker == next.seeker) {
            let q = promising[0].seeker;
            let before = room.seekers[q].met.len();
            for candidate in promising {
                self.measure(panel, &mut room.seekers[q], candidate)?;
            }
            if room.seekers[q].met.len() > before {
                found[q] = self.proven(goal, panel, room, q, 0)?;
            }
        }
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
    fn meet(&self, group: &mut Group<'a>) -> Result<()> {
        let Group { room, candidates } = group;
        for bucket in &mut room.buckets {
            let table = self.look.tables.table(bucket.table);
            bucket.range = table.bucket(bucket.value);
            room.seekers[bucket.seeker].probes += 1;
            if bucket.range.len() > MOST_IN_BUCKET {
                room.seekers[bucket.seeker].lost = true;
                bucket.range = 0..0;
            }
            prefetch(table.places, bucket.range.start);
        }
        candidates.clear();
        let side = self.scan.side();
        for bucket in &room.buckets {
            let word = room.seekers[bucket.seeker].judged;
            for &place in &self.look.tables.table(bucket.table).places[bucket.range.clone()] {
                // Keys of the past, or of a file that is damaged, are none.
                if place as usize >= self.look.tables.covered() || !self.scan.holds(place as usize) {
                    continue;
                }
                let (slab, index) = side.page_of(place as usize)?;
                slab.prefetch(index, word..word + 1);
                candidates.push(Candidate { seeker: bucket.seeker, place, slab, index });
            }
        }
        Ok(())
    }

    /// Leaves the candidates that promise to be near, by one word of theirs, and postpones the others.
    fn judge(&self, panel: &QueryPanel, group: &mut Group<'a>) {
        let Group { room, candidates } = group;
        candidates.retain(|&Candidate { seeker: query, place, slab, index }| {
            let seeker = &mut room.seekers[query];
            let word = seeker.judged;
            let known = panel.known(query).map_or_else(|| self.scan.side().within(word), |known| known[word]);
            let least = ((slab.word(index, word) ^ panel.signs(query)[word]) & known).count_ones();
            seeker.words_read += 1;
            let promising = PROMISING.1 * least <= PROMISING.0 * known.count_ones();
            if promising {
                slab.prefetch(index, 0..slab.words());
            } else {
                seeker.postponed.push(Postponed { place, least });
            }
            promising
        });
    }

    /// Adds a candidate to those met, if it is within the limit.
    fn measure(&self, panel: &QueryPanel, seeker: &mut Seeker, candidate: &Candidate<'_>) -> Result<()> {
        let &Candidate { seeker: query, place, slab, index } = candidate;
        if seeker.met.iter().any(|met| met.1 == place) {
            return Ok(());
        }
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
            let (slab, index) = side.page_of(place as usize)?;
            self.measure(panel, seeker, &Candidate { seeker: query, place, slab, index })?;
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

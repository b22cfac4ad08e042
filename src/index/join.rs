//! All pairs of keys within a radius, by the chunks that they agree in.
//!
//! Two keys that differ in R positions agree in one of R + 1 disjoint chunks at least: so keys are sorted by each chunk in
//! turn, and those of the same bits there are held against one another. A pair counts in the first chunk that it agrees
//! in. The more keys there are the longer chunks must be to tell them apart, and the shorter they are the larger R.

use std::ops::Range;

use rayon::prelude::*;

use crate::Result;
use crate::basins::found::Found;
use crate::error::room_for;
use crate::index::chunks::{BITS, Chunks};
use crate::scan::keys::Scan;

/// Keys that are scanned in the time in which two keys, each somewhere else in memory, are held against one another.
const PAIR: u128 = 1000;
/// Keys that are scanned in the time in which one is sorted.
const SORTED: u128 = 200;
/// Pairs that are held against one another before those found are noted: what they take is bounded so.
const AT_ONCE: usize = 1 << 22;

/// The chunks by which keys within `radius` of one another are to be found, if that promises to be faster than a scan.
pub(crate) fn chunks(scan: Scan<'_>, keys: usize, radius: u32) -> Result<Option<Chunks>> {
    let count = radius as usize + 1;
    let bits = ((scan.dim() / count) as u32).min(*BITS.end());
    if !BITS.contains(&bits) || u32::try_from(scan.side().len()).is_err() {
        return Ok(None);
    }
    // At the least: as many share a chunk as if its bits were random.
    let mut effort = Effort::new(keys);
    let pairs = (keys as u128 * keys as u128) >> (bits + 1);
    if !(0..count).all(|_| effort.allows(keys, pairs)) {
        return Ok(None);
    }
    Chunks::telling(scan.side(), count)
}

/// Has all keys within `radius` of one another meet, chunk by chunk and in each by the order of its bits, from where they
/// have come to; after each step `kept` is called. `false` if too many keys share their chunks, so that a scan is faster: what
/// was found is of no use then.
///
/// Cost: R + 1 sorts, and about 2^−b·n² / 2 pairs for each chunk of b bits, where bits are as good as random.
pub(crate) fn join(
    scan: Scan<'_>,
    found: &mut Found<'_>,
    chunks: &Chunks,
    radius: u32,
    kept: &mut dyn FnMut(&Found<'_>) -> Result<()>,
) -> Result<bool> {
    let keys = found.keys().len();
    let mut effort = Effort::new(keys);
    while found.done < chunks.len() * keys {
        let chunk = found.done / keys;
        let sorted = Sorted::new(scan, found, chunks, chunk)?;
        if !effort.allows(keys, sorted.pairs()) {
            return Ok(false);
        }
        while found.done / keys == chunk {
            scan.steps().check()?;
            let some = sorted.next(found.done % keys);
            let met = |one: usize| -> Vec<([usize; 2], u32)> {
                let own = sorted.keys[one].1;
                let pair = |other: &(u32, u32)| compare(scan, chunks, chunk, radius, [own, other.1]);
                sorted.others(one).iter().filter_map(pair).collect()
            };
            let met: Vec<_> = some.clone().into_par_iter().map(met).collect();
            for (places, distance) in met.into_iter().flatten() {
                found.meet(places, distance)?;
            }
            let before = found.done;
            found.done += some.len();
            scan.steps().advance(done_of(found.done, chunks) - done_of(before, chunks))?;
            kept(found)?;
        }
    }
    Ok(true)
}

/// How many keys have come to the end, as it were, when so many have in one chunk or another.
pub(crate) fn done_of(done: usize, chunks: &Chunks) -> u64 {
    (done / chunks.len()) as u64
}

/// These two places and their distance, if that is within `radius` and they agree in no chunk before this one.
fn compare(scan: Scan<'_>, chunks: &Chunks, chunk: usize, radius: u32, pair: [u32; 2]) -> Option<([usize; 2], u32)> {
    let places = pair.map(|place| place as usize);
    let side = scan.side();
    let mut distance = 0;
    for (a, b) in side.row(places[0]).zip(side.row(places[1])) {
        distance += (a ^ b).count_ones();
        if distance > radius {
            return None;
        }
    }
    let value = |chunk: usize, place: usize| chunks.value(chunk, |word| side.word(place, word));
    let met_before = (0..chunk).any(|before| value(before, places[0]) == value(before, places[1]));
    (!met_before).then_some((places, distance))
}

/// Keys by their bits in one chunk.
struct Sorted {
    /// Bits and place, ascending.
    keys: Vec<(u32, u32)>,
    /// Where the keys of the same bits as each end.
    ends: Vec<u32>,
}

impl Sorted {
    fn new(scan: Scan<'_>, found: &Found<'_>, chunks: &Chunks, chunk: usize) -> Result<Self> {
        let mut keys: Vec<(u32, u32)> = room_for(found.keys().len(), "pairs of keys")?;
        let of = |rank: usize| {
            let place = found.place(rank);
            (chunks.value(chunk, |word| scan.side().word(place, word)), place as u32)
        };
        (0..found.keys().len()).into_par_iter().map(of).collect_into_vec(&mut keys);
        keys.par_sort_unstable();
        let mut ends = room_for(keys.len(), "pairs of keys")?;
        for group in keys.chunk_by(|a, b| a.0 == b.0) {
            let end = ends.len() + group.len();
            ends.resize(end, end as u32);
        }
        Ok(Self { keys, ends })
    }

    /// Those of the same bits as one that come after it.
    fn others(&self, one: usize) -> &[(u32, u32)] {
        &self.keys[one + 1..self.ends[one] as usize]
    }

    /// Pairs of the same bits.
    fn pairs(&self) -> u128 {
        (0..self.keys.len()).map(|one| self.others(one).len() as u128).sum()
    }

    /// As many from `start` on as are held against others at once.
    fn next(&self, start: usize) -> Range<usize> {
        let mut pairs = 0;
        let full = |&one: &usize| {
            pairs += self.others(one).len();
            pairs >= AT_ONCE
        };
        (start..self.keys.len()).find(full).map_or(start..self.keys.len(), |last| start..last + 1)
    }
}

/// What is left of the time that a scan of every key with those that come later would take, counted in keys scanned.
struct Effort(u128);

impl Effort {
    fn new(keys: usize) -> Self {
        Self(keys as u128 * keys as u128 / 2)
    }

    /// Takes off what one chunk costs in which so many pairs agree; `false` if that is too much.
    fn allows(&mut self, keys: usize, pairs: u128) -> bool {
        let cost = SORTED * keys as u128 + PAIR.saturating_mul(pairs);
        let left = self.0.checked_sub(cost);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

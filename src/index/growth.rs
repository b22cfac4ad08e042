//! Growth: what stands around each key once others have come, counted from what was known and a scan for each newcomer.
//!
//! A newcomer's own scan meets every key within the radius, so that it tells what stands around the newcomer and what the
//! newcomer adds around each key that was there. Who is known was counted around all others who are ([`Around::knows`]);
//! so newcomers are those of whom nothing is known, each is added once to those who were known before it came, and
//! counts among newcomers are their own scans'. The outcome is, number for number, what counting anew would give; only
//! keys that were forgotten stay counted where they were.

use std::ops::Range;

use crate::error::room_for;
use crate::index::around::{ALONE, Around, KEPT, Writing};
use crate::patterns::Queries;
use crate::patterns::bits::Bits;
use crate::scan::hunt::near;
use crate::scan::keys::Scan;
use crate::scan::plan::Plan;
use crate::scan::tiles::each_tile;
use crate::scan::watch::{Visit, Watch};
use crate::{Error, Result};

/// Pairs of a newcomer and a key near it that wait to be counted, about as many at the most.
const PAIRS: usize = if cfg!(test) { 1 << 9 } else { 1 << 25 };

/// Newcomers that are scanned for before what they add is written down.
const TOGETHER: usize = if cfg!(test) { 24 } else { 1 << 10 };

/// The near distances around a key with the number of keys at each, the least of them, and where the next one is.
#[derive(Clone, Debug)]
pub(crate) struct Nearby {
    beyond: u32,
    near: Vec<(u32, u32)>,
}

impl Nearby {
    /// None within `radius`.
    fn new(radius: u32) -> Self {
        Self { beyond: radius.saturating_add(1), near: Vec::new() }
    }

    /// What `around` has of the key at `place`.
    fn of(around: &Around, place: usize) -> Self {
        let near = around.near(place).map(|(distance, count)| (distance, u32::try_from(count).unwrap_or(u32::MAX)));
        Self { beyond: around.beyond(place), near: near.collect() }
    }

    /// `count` more at `distance`.
    fn note(&mut self, distance: u32, count: u32) {
        if distance >= self.beyond {
            return;
        }
        match self.near.binary_search_by_key(&distance, |near| near.0) {
            Ok(at) => self.near[at].1 = self.near[at].1.saturating_add(count),
            Err(at) => self.near.insert(at, (distance, count)),
        }
        if self.near.len() > KEPT {
            self.beyond = self.near.pop().map_or(self.beyond, |farthest| farthest.0);
        }
    }

    /// Takes in those around the same key whom `other` has.
    fn merge(&mut self, other: &Self) {
        // Beyond the lesser of both, one of them does not tell.
        self.beyond = self.beyond.min(other.beyond);
        self.near.retain(|near| near.0 < self.beyond);
        other.near.iter().for_each(|&(distance, count)| self.note(distance, count));
    }
}

/// The places of those `keys` keys, or of the `live` ones, of whom nothing is known, `knows` being where something is.
pub(crate) fn newcomers(keys: usize, live: Option<&Bits>, knows: impl Fn(usize) -> bool) -> Result<Vec<usize>> {
    let is_new = |&place: &usize| !knows(place) && live.is_none_or(|live| live.contains(place));
    let mut newcomers = room_for((0..keys).filter(is_new).count(), "keys stored since")?;
    newcomers.extend((0..keys).filter(is_new));
    Ok(newcomers)
}

impl Around {
    /// What is known of the same keys at the places of today, of which there are `keys`: `before` tells where the key of
    /// a place was, if it was there.
    pub(crate) fn moved(&self, keys: usize, before: impl Fn(usize) -> Option<usize>) -> Result<Self> {
        let mut writing = Writing::new(keys, self.kept())?;
        for place in 0..keys {
            if let Some(was) = before(place).filter(|&was| self.knows(was)) {
                let near = self.near(was).map(|near| (near.0, u32::try_from(near.1).unwrap_or(u32::MAX)));
                writing.put(place, self.beyond(was), near);
            }
        }
        Ok(writing.done(self.radius()))
    }

    /// What stands around the keys of `scan`, all that may answer: of those of whom something is known, and of `newcomers`,
    /// who are all the others. The scan's steps are told of each newcomer.
    ///
    /// Cost: a scan for each newcomer, and a copy of all that is known for some hundreds of them.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::TooLarge`] for more near distances than can be numbered; [`Error::Interrupted`].
    pub(crate) fn grown(&self, scan: Scan<'_>, newcomers: &[usize]) -> Result<Self> {
        let keys = scan.side().len();
        let mut around = self.moved(keys, Some)?;
        // So many that all pairs with all keys find room.
        let least = (PAIRS / keys.max(1)).clamp(1, TOGETHER);
        let (mut at, mut together) = (0, least);
        while at < newcomers.len() {
            let some = &newcomers[at..newcomers.len().min(at + together)];
            let limit = if together <= least { usize::MAX } else { PAIRS / together };
            let Some(arrivals) = self.arrivals(&around, scan, some, limit)? else {
                if together == 1 {
                    return Err(Error::OutOfMemory { what: "keys near a new one", bytes: 8 * keys as u64 });
                }
                together = if together > least { least } else { 1 };
                continue;
            };
            let pairs: usize = arrivals.iter().map(|arrival| arrival.pairs.len()).sum();
            around = around.joined(keys, some, &arrivals)?;
            scan.steps().advance(some.len() as u64)?;
            at += some.len();
            together = (PAIRS / (2 * (pairs / some.len() + 1))).clamp(least, TOGETHER);
        }
        Ok(around)
    }

    /// What the scans for `newcomers` meet: what stands around them, and what they add to `so_far` around keys that were
    /// known before any came. `None` if there was no room.
    fn arrivals<'a>(
        &'a self,
        so_far: &'a Self,
        scan: Scan<'_>,
        newcomers: &[usize],
        limit: usize,
    ) -> Result<Option<Vec<Arrival<'a>>>> {
        let queries = Queries::from(scan.side().select(newcomers.len(), newcomers.iter().copied())?);
        let plan = Plan::new(scan, &queries)?;
        let tile = |tile: Range<usize>| {
            let indices: Vec<usize> = tile.collect();
            let met = near(scan, &queries, &indices, &plan, |_| Arrival::new(self, so_far, limit))?;
            Ok(met.into_iter().map(|watched| watched.watcher.told(scan.len())).collect())
        };
        let arrivals: Vec<Arrival<'_>> = each_tile(scan.side().len(), queries.len(), tile)?;
        Ok((!arrivals.iter().any(|arrival| arrival.lost)).then_some(arrivals))
    }

    /// What is known here, with what the `arrivals` of those at the places `newcomers` add.
    fn joined(&self, keys: usize, newcomers: &[usize], arrivals: &[Arrival<'_>]) -> Result<Self> {
        let mut pairs = room_for(arrivals.iter().map(|arrival| arrival.pairs.len()).sum(), "keys near new ones")?;
        arrivals.iter().for_each(|arrival| pairs.extend_from_slice(&arrival.pairs));
        pairs.sort_unstable();
        // Who was alone among equals is so no longer, unless all still are.
        let all_equal = arrivals.iter().any(|arrival| arrival.nearby.beyond == ALONE);
        let more = pairs.len() + KEPT * newcomers.len();
        let mut writing = Writing::new(keys, self.kept() + more)?;
        let (mut new, mut pairs) = (newcomers.iter().zip(arrivals).peekable(), &pairs[..]);
        for place in 0..keys {
            let of_place = pairs.iter().take_while(|pair| pair.0 as usize <= place).count();
            let (here, rest) = pairs.split_at(of_place);
            pairs = rest;
            if let Some((_, arrival)) = new.next_if(|new| *new.0 == place) {
                writing.put(place, arrival.nearby.beyond, arrival.nearby.near.iter().copied());
                continue;
            }
            if !self.knows(place) {
                continue;
            }
            let mut nearby = Nearby::of(self, place);
            if nearby.beyond == ALONE && !all_equal {
                nearby.beyond = self.radius().saturating_add(1);
            }
            here.iter().for_each(|pair| nearby.note(pair.1, 1));
            writing.put(place, nearby.beyond, nearby.near.iter().copied());
        }
        Ok(writing.done(self.radius()))
    }
}

/// Watches the scan for a newcomer.
struct Arrival<'a> {
    /// What was known before any newcomer came: around these keys it is added.
    known: &'a Around,
    /// The same with newcomers who were added since.
    so_far: &'a Around,
    /// Equal keys, itself among them.
    copies: usize,
    nearby: Nearby,
    /// (place, distance) of the keys around which it is to be counted.
    pairs: Vec<(u32, u32)>,
    limit: usize,
    /// There was no room for all of them.
    lost: bool,
}

impl<'a> Arrival<'a> {
    fn new(known: &'a Around, so_far: &'a Around, limit: usize) -> Self {
        let nearby = Nearby::new(known.radius());
        Self { known, so_far, copies: 0, nearby, pairs: Vec::new(), limit, lost: false }
    }

    /// Itself, all of `keys` keys having been shown.
    fn told(mut self, keys: usize) -> Self {
        if self.copies >= keys {
            self.nearby.beyond = ALONE;
        }
        self
    }
}

impl Watch for Arrival<'_> {
    fn wants(&self) -> u32 {
        self.known.radius().saturating_add(1)
    }

    fn would_want(&self, _: u32) -> u32 {
        self.wants()
    }

    fn meet(&mut self, place: usize, distance: u32) {
        if distance == 0 {
            self.copies += 1;
            return;
        }
        if distance > self.known.radius() {
            return;
        }
        self.nearby.note(distance, 1);
        if self.known.knows(place) && distance < self.so_far.beyond(place) && !self.lost {
            self.lost = self.pairs.len() >= self.limit || self.pairs.try_reserve(1).is_err();
            if !self.lost {
                self.pairs.push((place as u32, distance));
            }
        }
    }
}

impl Visit for Arrival<'_> {
    fn visit(&mut self, first: usize, distances: &[u32]) {
        for (place, &distance) in (first..).zip(distances) {
            self.meet(place, distance);
        }
    }

    fn merge(&mut self, later: Self) {
        self.copies += later.copies;
        self.nearby.merge(&later.nearby);
        self.lost |= later.lost || self.pairs.try_reserve(later.pairs.len()).is_err();
        if !self.lost {
            self.pairs.extend(later.pairs);
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_xoshiro::rand_core::Rng;

    use super::*;
    use crate::patterns::stream;

    /// Threads see parts of the keys, and what they saw is merged.
    #[test]
    fn parts_merge_to_the_whole() {
        let dice = &mut stream(3, "parts", 0);
        for _ in 0..500 {
            let mut draw = |bound: u64| (dice.next_u64() % bound) as u32;
            let (radius, most) = (1 + draw(60), 1 + u64::from(draw(80)));
            let mut parts = vec![Nearby::new(radius); 3];
            let mut whole = Nearby::new(radius);
            for _ in 0..draw(90) {
                let (part, distance) = (draw(3) as usize, 1 + draw(most));
                parts[part].note(distance, 1);
                whole.note(distance, 1);
            }
            let mut merged = parts[0].clone();
            parts[1..].iter().for_each(|part| merged.merge(part));
            assert_eq!((merged.beyond, merged.near), (whole.beyond, whole.near));
        }
    }
}

//! The proof that a key found is the nearest, and that no other can change a bit of the answer.

use std::cmp::Ordering;

use crate::Result;
use crate::index::seek::{Goal, Met};
use crate::patterns::segments::Side;
use crate::scan::census::{Counted, Nearest};
use crate::scan::shortlist::Neighbor;
use crate::separation::law::Law;

/// What proved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The query lies within the key's budget.
    Basin,
    /// Keys that were not met are too far, since they differ from the query in every chunk that was looked up.
    Probe,
}

/// A key found and proven.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Its place; of several copies that of the one with the lowest id.
    pub(crate) place: usize,
    /// It and its copies; by the pigeonhole, all at their distance.
    pub(crate) nearest: Nearest,
    /// All others together weigh no more than this, relative to one of the nearest.
    pub(crate) others: f64,
    pub(crate) proof: Proof,
    /// Buckets that were looked up.
    pub(crate) probes: u32,
    /// Bits of keys that were read.
    pub(crate) bits_read: u64,
    /// Where copies do not share their value, what their votes have to be held to; boxed, as that is seldom.
    pub(crate) dissent: Option<Box<Dissent>>,
}

/// Copies of a key whose values differ: no one of them decides, their votes may.
#[derive(Clone, Debug)]
pub(crate) struct Dissent {
    /// (distance, place) of the copies.
    pub(crate) copies: Vec<(u32, usize)>,
    /// How much farther the others are at the least, as (distance, count).
    pub(crate) others: Vec<(u32, u64)>,
}

/// Seeks the nearest key, where it outweighs all others together.
pub(crate) struct Outweighing<'a> {
    /// How others weigh, relative to the nearest.
    pub(crate) law: &'a dyn Law,
    /// The values.
    pub(crate) values: &'a Side,
    /// By how much others may come nearer yet: where a position's own bit is left out, one that opposes it may by 1.
    pub(crate) slack: u32,
}

impl Outweighing<'_> {
    /// What `others` weigh at the most, as [`outweighed`], once they are as near as they may come.
    fn weight(&self, dim: u32, others: &mut [(u32, u64)]) -> Option<f64> {
        if self.slack > 0 {
            if others.iter().any(|other| other.0 <= self.slack) {
                return None;
            }
            others.iter_mut().for_each(|other| other.0 -= self.slack);
        }
        outweighed(self.law, dim, others)
    }
}

impl Goal for Outweighing<'_> {
    type Found = Found;

    fn may_reach(&self, nearest: Option<u32>, bound: u32, keys: u64) -> bool {
        let gap = nearest.map_or(0, |nearest| bound.saturating_sub(nearest));
        gap > self.slack && self.law.weigh(&mut std::iter::once((gap - self.slack, keys)), 0)[0] < 1.0
    }

    fn proven(&self, met: &Met<'_, '_>, others: &mut Vec<(u32, u64)>) -> Result<Option<Found>> {
        let Some(&(distance, first)) = met.met.iter().min() else { return Ok(None) };
        let scan = met.seeking.scan;
        let cost = (2 * distance).saturating_add(met.unknown);
        // By its basin: then all met at its distance are its copies, and all copies were met, being in one bucket.
        let (mut proof, dim) = (Proof::Basin, scan.dim() as u32);
        let around = met.seeking.look.around(first as usize, cost, met.keys().saturating_sub(1), others);
        let mut weight = if around { self.weight(dim, others) } else { None };
        if weight.is_none() {
            if distance >= met.bound {
                return Ok(None);
            }
            // By the pigeonhole: all at its distance were met, and whoever was not is at the bound or beyond.
            proof = Proof::Probe;
            others.clear();
            let within = met.met.iter().filter(|key| key.0 < met.bound);
            let unmet = met.keys().saturating_sub(within.clone().count() as u64);
            others.extend(within.filter(|key| key.0 > distance).map(|key| (key.0 - distance, 1)));
            others.extend((unmet > 0).then_some((met.bound - distance, unmet)));
            weight = self.weight(dim, others);
        }
        if weight.is_some() && met.is_beyond_tables() {
            // Keys that the tables do not hold enter at their own distances.
            let mut nearer = false;
            met.beyond_tables(|other, _| match other.saturating_sub(distance).saturating_sub(self.slack) {
                0 => nearer = true,
                gap => others.push((gap, 1)),
            })?;
            weight = if nearer { None } else { outweighed(self.law, dim, others) };
        }
        let Some(weight) = weight else { return Ok(None) };
        let Some((nearest, place)) = copies(met, distance) else { return Ok(None) };
        let dissent = match agree(met, self.values, nearest, place) {
            true => None,
            false => {
                let copies = met.met.iter().filter(|key| key.0 == distance).map(|key| (key.0, key.1 as usize));
                // As they stand: whoever counts votes knows by how much they may come nearer.
                let others = others.iter().map(|&(gap, count)| (gap.saturating_add(self.slack), count));
                Some(Box::new(Dissent { copies: copies.collect(), others: others.collect() }))
            }
        };
        let (probes, bits_read) = (met.probes, met.bits_read);
        Ok(Some(Found { place, nearest, others: weight, proof, probes, bits_read, dissent }))
    }
}

/// The keys met at `distance`, which are all that are as near, and the place of the one with the lowest id.
pub(crate) fn copies(met: &Met<'_, '_>, distance: u32) -> Option<(Nearest, usize)> {
    let ids = met.seeking.scan.ids();
    let places = met.met.iter().filter(|key| key.0 == distance).map(|key| key.1 as usize);
    let (id, place) = places.clone().map(|place| (ids.id(place), place)).min()?;
    Some((Nearest { id, distance, count: places.count() as u64 }, place))
}

/// Whether all of the `nearest` keys have the value of the one at `place`.
pub(crate) fn agree(met: &Met<'_, '_>, values: &Side, nearest: Nearest, place: usize) -> bool {
    let mut places = met.met.iter().filter(|key| key.0 == nearest.distance).map(|key| key.1 as usize);
    let equal = |other: usize| (0..values.words()).all(|word| values.word(other, word) == values.word(place, word));
    nearest.count == 1 || places.all(equal)
}

/// Seeks the `top` nearest of the keys nearer than `limit`.
pub(crate) struct Listing {
    pub(crate) top: usize,
    pub(crate) limit: u32,
}

impl Goal for Listing {
    type Found = Vec<Neighbor>;

    fn may_reach(&self, nearest: Option<u32>, bound: u32, _: u64) -> bool {
        self.top > 1 || self.limit <= bound || nearest.is_some_and(|nearest| nearest < bound)
    }

    fn proven(&self, met: &Met<'_, '_>, room: &mut Vec<(u32, u64)>) -> Result<Option<Vec<Neighbor>>> {
        if let Some(&(distance, first)) = met.met.iter().min().filter(|_| self.top == 1) {
            // The nearest by its basin, as far as a key that its budget covers is within the limit.
            let cost = (2 * distance).saturating_add(met.unknown);
            let others = met.keys().saturating_sub(1);
            if met.seeking.look.around(first as usize, cost, others, room) {
                return self.listed(met, distance.saturating_add(1).min(self.limit)).map(Some);
            }
        }
        // All keys nearer than the bound were met.
        let near = met.met.iter().filter(|key| key.0 < met.bound).count();
        if self.limit > met.bound && near < self.top {
            return Ok(None);
        }
        self.listed(met, met.bound.min(self.limit)).map(Some)
    }
}

impl Listing {
    /// What is listed where all keys in the tables that are nearer than `bound` were met, and enough of them to leave no
    /// place for others.
    fn listed(&self, met: &Met<'_, '_>, bound: u32) -> Result<Vec<Neighbor>> {
        let ids = met.seeking.scan.ids();
        let near = met.met.iter().filter(|key| key.0 < bound);
        let mut found: Vec<Neighbor> =
            near.map(|key| Neighbor { distance: key.0, id: ids.id(key.1 as usize) }).collect();
        met.beyond_tables(|distance, place| {
            if distance < self.limit {
                found.push(Neighbor { distance, id: ids.id(place) });
            }
        })?;
        found.sort_unstable();
        found.truncate(self.top);
        Ok(found)
    }
}

/// Seeks all keys within `window` of the nearest.
pub(crate) struct Within {
    pub(crate) window: u32,
}

impl Goal for Within {
    type Found = Counted;

    fn may_reach(&self, nearest: Option<u32>, bound: u32, _: u64) -> bool {
        nearest.is_some_and(|nearest| nearest.saturating_add(self.window) < bound)
    }

    fn proven(&self, met: &Met<'_, '_>, others: &mut Vec<(u32, u64)>) -> Result<Option<Counted>> {
        let Some(&(distance, first)) = met.met.iter().min() else { return Ok(None) };
        let scan = met.seeking.scan;
        let cost = (2 * distance).saturating_add(met.unknown);
        let edge = distance.saturating_add(self.window);
        let alone = met.seeking.look.around(first as usize, cost, met.keys().saturating_sub(1), others)
            && others.iter().all(|other| other.0 > self.window);
        if !alone && edge >= met.bound {
            return Ok(None);
        }
        let mut kept: Vec<(u32, usize)> =
            met.met.iter().filter(|key| key.0 <= edge).map(|key| (key.0, key.1 as usize)).collect();
        let mut nearer = false;
        met.beyond_tables(|other, place| {
            nearer |= other < distance;
            if other <= edge {
                kept.push((other, place));
            }
        })?;
        let ids = scan.ids();
        let nearest = kept.iter().filter(|key| key.0 == distance).map(|key| ids.id(key.1));
        let Some(id) = nearest.clone().min().filter(|_| !nearer) else { return Ok(None) };
        let nearest = Nearest { id, distance, count: nearest.count() as u64 };
        let beyond = (scan.len() - kept.len()) as u64;
        Ok(Some(Counted {
            nearest,
            kept,
            bound: edge.saturating_add(1),
            beyond,
            shut: false,
            bits_read: met.bits_read,
        }))
    }
}

/// What keys at these distances beyond the nearest weigh together at the most, given as (distance, count), relative to one
/// of the nearest; `None` unless that is less than 1, in exact arithmetic where `f64` does not tell. Distances of 0 are of
/// keys as near as the nearest.
pub(crate) fn outweighed(law: &dyn Law, dim: u32, others: &mut [(u32, u64)]) -> Option<f64> {
    let [low, high] = law.weigh(&mut others.iter().copied(), 0);
    if high < 1.0 {
        return Some(high);
    }
    if low >= 1.0 {
        return None;
    }
    // Too close for `f64`. No two keys are farther apart than d; a distance beyond that is a bound, and to move it to d
    // makes it weigh more.
    others.iter_mut().for_each(|other| other.0 = other.0.min(dim));
    others.sort_unstable();
    let mut votes = vec![(0, 1)];
    for &(distance, count) in others.iter() {
        let against = i64::try_from(count).ok()?;
        match votes.last_mut().filter(|last| last.0 == distance) {
            Some(last) => last.1 -= against,
            None => votes.push((distance, -against)),
        }
    }
    (law.sign(dim, &mut std::iter::empty(), &mut votes) == Ordering::Greater).then_some(high)
}

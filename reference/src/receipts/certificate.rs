//! Certificates: whether what an answer rests on is so, and proves it.

use std::collections::BTreeSet;

use super::bits::Packed;
use super::law::{Asked, outpowers, outweighs};
use super::pass::{Looked, Seen};
use super::record::{Chunks, Key, Probe};
use super::verdict::{Fault, same, same_list};
use crate::Separation;

/// A key whose basin is told.
pub(super) struct Around {
    /// The line that tells it.
    pub(super) line: u64,
    /// Whether an answer rests on it.
    pub(super) used: bool,
    pub(super) record: Key,
    pub(super) key: Vec<u64>,
    pub(super) value: Vec<u64>,
    /// Whether all of its copies have that value.
    pub(super) agree: bool,
    /// Whether what is told of it is so.
    pub(super) holds: bool,
}

impl Around {
    /// Holds what is told to what the keys say.
    pub(super) fn check(&self, seen: &Seen, dim: usize) -> Result<(), Fault> {
        let Key { id, copies, radius, near, rest, .. } = &self.record;
        same_list("copies", &seen.copies, copies)?;
        same("id", seen.copies.first().copied().unwrap_or(*id), *id)?;
        if *radius > dim as u64 {
            return Err(Fault::new("radius", format!("at most {dim}"), radius));
        }
        let at = *radius as usize;
        let of_radius = (0u64..).zip(seen.counts.iter().copied()).take(at + 1).skip(1);
        let expected: Vec<(u64, u64)> = of_radius.filter(|counted| counted.1 > 0).collect();
        same_list("near", &expected, near)?;
        let beyond: u64 = seen.counts[at + 1..].iter().sum();
        same("rest", beyond, *rest)?;
        // The nearest of the rest is where it is said to be: nearer would be true as well, and prove less.
        if beyond == 0 {
            return same("radius", dim as u64, *radius);
        }
        if seen.counts[at + 1] == 0 {
            return Err(Fault::new("radius", "one less than the distance of a key", radius));
        }
        Ok(())
    }

    /// What `query` costs the key, and its distance.
    pub(super) fn cost(&self, query: &Packed, unknown: u64) -> (u64, u64) {
        let distance = u64::from(query.distance(&self.key));
        (2 * distance + unknown, distance)
    }

    /// Whether a query that costs so much surely recalls the key, or of a search surely finds it.
    pub(super) fn proves(&self, cost: u64, separation: Option<Separation>, dim: u64) -> Result<(), Fault> {
        if !self.holds {
            let found = format!("{}, which is refused", self.record.id);
            return Err(Fault::new("key", "a key of which what is told holds", found));
        }
        let rest = (self.record.rest > 0).then_some((self.record.radius + 1, self.record.rest));
        let others = || self.record.near.iter().copied().chain(rest);
        if let Some((distance, _)) = others().find(|other| other.0 <= cost) {
            let expected = format!("less than {distance}, the distance of another key");
            return Err(Fault::new("cost", expected, cost));
        }
        let Some(separation) = separation else { return Ok(()) };
        if !self.agree {
            return Err(Fault::new("copies", "keys that have one value", "several values"));
        }
        let proven = match separation {
            Separation::Exponential(_) | Separation::Max => {
                outweighs(separation, 1, others().map(|(distance, count)| (distance - cost, count)))
            }
            // Where all overlaps weigh, all must be told.
            Separation::Linear | Separation::Polynomial(_) => {
                same("rest", 0, self.record.rest)?;
                outpowers(separation, dim, cost, others())
            }
        };
        if !proven {
            return Err(Fault::new("basin", LIGHTER, "they may weigh as much"));
        }
        Ok(())
    }
}

const LIGHTER: &str = "all other keys together to weigh less than one of the nearest";

/// A chunk: its positions as (word, bits).
pub(super) type Mask = Vec<(usize, u64)>;

/// The chunks that a file tells of.
pub(super) fn masks(chunks: &Chunks, dim: usize) -> Result<Vec<Mask>, Fault> {
    let mut seen = BTreeSet::new();
    let mut mask = |positions: &Vec<u64>| -> Result<Mask, Fault> {
        let mut words = std::collections::BTreeMap::new();
        for &position in positions {
            if position >= dim as u64 {
                return Err(Fault::new("positions", format!("less than {dim}"), position));
            }
            if !seen.insert(position) {
                return Err(Fault::new("positions", "each position once", format!("{position} again")));
            }
            *words.entry(position as usize / 64).or_insert(0) |= 1u64 << (position % 64);
        }
        match positions.is_empty() {
            true => Err(Fault::new("positions", "at least one of each chunk", "none")),
            false => Ok(words.into_iter().collect()),
        }
    };
    chunks.positions.iter().map(&mut mask).collect()
}

/// The chunks that `probe` looks at for `query`, and how many of their positions may differ.
pub(super) fn looked_at(probe: &Probe, query: &Packed, masks: &[Mask]) -> Result<Looked, Fault> {
    let (mut least, mut looked_at) = (0, Looked::default());
    for &(which, differ, unknown) in &probe.chunks {
        let Some(mask) = masks.get(which as usize).filter(|_| which >= least) else {
            let expected = format!("ascending numbers of chunks, of which there are {}", masks.len());
            return Err(Fault::new("chunks", expected, which));
        };
        least = which + 1;
        let size: u32 = mask.iter().map(|part| part.1.count_ones()).sum();
        if differ > u64::from(size) {
            return Err(Fault::new("chunks", format!("at most {size} positions of chunk {which} to differ"), differ));
        }
        let known = |word: usize| query.known.as_ref().map_or(u64::MAX, |known| known[word]);
        let erased: u32 = mask.iter().map(|&(word, bits)| (bits & !known(word)).count_ones()).sum();
        if u64::from(erased) != unknown {
            return Err(Fault::new("chunks", format!("{erased} unknown positions in chunk {which}"), unknown));
        }
        looked_at.add(mask, differ as u32);
    }
    same("bound", probe.chunks.iter().map(|chunk| chunk.1 + 1).sum(), probe.bound)?;
    Ok(looked_at)
}

impl Probe {
    /// Holds what is told to what the keys say, of which there are `keys`.
    pub(super) fn check(&self, seen: &Seen, keys: u64) -> Result<(), Fault> {
        let met: Vec<(u64, u64)> = seen.met.iter().map(|&(distance, id)| (id, distance.into())).collect();
        same_list("met", &met, &self.met)?;
        let read: Vec<(u64, u64)> = seen.read.iter().map(|(&distance, &count)| (distance.into(), count)).collect();
        same_list("read", &read, &self.read)?;
        let unseen = keys - met.len() as u64 - read.iter().map(|read| read.1).sum::<u64>();
        same("unseen", unseen, self.unseen)
    }

    /// Whether that proves the values of the nearest keys, which `seen` tells, to be the answer.
    pub(super) fn proves(&self, seen: &Seen, separation: Separation) -> Result<(), Fault> {
        let Some(nearest) = &seen.nearest else { return Ok(()) };
        let distance = u64::from(nearest.distance);
        if distance >= self.bound {
            return Err(Fault::new("bound", format!("more than {distance}, the nearest distance"), self.bound));
        }
        let met = self.met.iter().filter(|met| met.1 == distance).count() as u64;
        if met < seen.counts[nearest.distance as usize] {
            return Err(Fault::new("met", "all of the nearest keys", format!("{met} of them")));
        }
        if !nearest.agree {
            return Err(Fault::new("met", "nearest keys that have one value", "several values"));
        }
        let met = self.met.iter().filter(|met| met.1 > distance).map(|met| (met.1 - distance, 1));
        let read = self.read.iter().map(|read| (read.0 - distance, read.1));
        if !outweighs(separation, 1, met.chain(read).chain([(self.bound - distance, self.unseen)])) {
            return Err(Fault::new("probe", LIGHTER, "they may weigh as much"));
        }
        Ok(())
    }

    /// Whether that proves a list to be whole of which this is the last distance wanted.
    pub(super) fn lists(&self, last: u64) -> Result<(), Fault> {
        if self.unseen > 0 && last >= self.bound {
            return Err(Fault::new("bound", format!("more than {last}, the last distance that is listed"), self.bound));
        }
        Ok(())
    }
}

/// The last distance that a list of keys has to be sure of.
pub(super) fn last_of(asked: Asked, found: &[(u64, u64)]) -> u64 {
    match asked {
        Asked::Radius(radius) => radius.into(),
        _ => found.last().map_or(0, |last| last.1),
    }
}

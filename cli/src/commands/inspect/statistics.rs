//! What patterns have in common: shares, constant positions, copies, closest pairs.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use popfield::{Memory, Pattern, Patterns, Progress, Queries};
use rayon::prelude::*;

use crate::failure::Result;
use crate::report::{progress, tell};

/// Bytes of patterns that are held at once, to be compared with one another.
const KEPT_BYTES: usize = 1 << 30;

/// Patterns that are, at the most: each takes a few words beside its own.
const KEPT: usize = 1 << 25;

/// Words that are compared for closest pairs at the most.
const WORK: u128 = 1 << 33;

/// Closest pairs that are told.
const PAIRS: usize = 3;

/// Patterns, some at a time, that are counted; the first of them are kept.
pub struct Statistics {
    counters: Counters,
    len: u64,
    /// Positions of +1 that a pattern has at the least and at the most.
    least: usize,
    most: usize,
    kept: Patterns,
    /// Whether patterns are kept to be compared with one another.
    keeps: bool,
}

impl Statistics {
    pub fn new(dim: usize) -> Result<Self> {
        Ok(Self { keeps: true, ..Self::counting(dim)? })
    }

    /// Those that take no comparisons.
    pub fn counting(dim: usize) -> Result<Self> {
        let kept = Patterns::new(dim)?;
        Ok(Self { counters: Counters::new(dim), len: 0, least: dim, most: 0, kept, keeps: false })
    }

    pub fn add(&mut self, patterns: impl Iterator<Item = Pattern>) -> Result<()> {
        for pattern in patterns {
            let ones = pattern.words().iter().map(|word| word.count_ones() as usize).sum();
            (self.least, self.most) = (self.least.min(ones), self.most.max(ones));
            self.counters.add(pattern.words());
            if self.keeps
                && self.len == self.kept.len() as u64
                && self.kept.len() < KEPT
                && self.kept.bytes() < KEPT_BYTES
            {
                self.kept.push(&pattern)?;
            }
            self.len += 1;
        }
        Ok(())
    }

    /// The first patterns, of which there may be more.
    pub fn kept(&self) -> &Patterns {
        &self.kept
    }

    /// What was counted, and what the patterns that were kept have in common.
    pub fn finish(mut self) -> Result<Common> {
        let dim = self.kept.dim();
        let ones = self.counters.finish();
        let all: u64 = ones.iter().sum();
        let constant = |count: u64| (0..dim).filter(|&j| ones[j] == count).collect::<Vec<usize>>();
        let share = |ones: usize| ones as f64 / dim as f64;
        let (copies, distinct) = copies_of(&self.kept)?;
        Ok(Common {
            len: self.len,
            dim,
            plus: all as f64 / (self.len as f64 * dim as f64),
            plus_of_patterns: [share(self.least), share(self.most)],
            always_plus: constant(self.len),
            always_minus: constant(0),
            compared: self.kept.len(),
            closest: closest_of(&self.kept, distinct)?,
            copies,
        })
    }
}

/// What patterns have in common.
pub struct Common {
    pub len: u64,
    pub dim: usize,
    /// The share of positions that are +1; the least and the largest that a pattern has.
    pub plus: f64,
    pub plus_of_patterns: [f64; 2],
    /// Positions at which all patterns are the same.
    pub always_plus: Vec<usize>,
    pub always_minus: Vec<usize>,
    /// How many patterns, the first ones, were compared with one another.
    pub compared: usize,
    pub copies: Copies,
    pub closest: Option<Closest>,
}

/// Patterns that repeat an earlier one.
pub struct Copies {
    pub count: usize,
    /// The first one that does, and which one it repeats.
    pub first: Option<(usize, usize)>,
    /// Of the pattern that is there most often, how often.
    pub most: usize,
}

/// How near different patterns are to one another.
pub struct Closest {
    /// The closest pairs, and how many positions they differ in.
    pub pairs: Vec<(usize, usize, u32)>,
    /// Half of the patterns have another that is no farther.
    pub median: u32,
    /// Of how many patterns the nearest was looked for, if not of all.
    pub sampled: Option<usize>,
}

/// How many patterns have each position at +1: added up in columns of bits, 64 positions an addition.
struct Counters {
    /// The bits of a count below 256, of 64 positions each.
    planes: Vec<[u64; 8]>,
    waiting: u8,
    counts: Vec<u64>,
    dim: usize,
}

impl Counters {
    fn new(dim: usize) -> Self {
        let words = dim.div_ceil(64);
        // 16 bytes a position, of which there are 2²⁴ at the most.
        Self { planes: vec![[0; 8]; words], waiting: 0, counts: vec![0; 64 * words], dim }
    }

    fn add(&mut self, words: &[u64]) {
        for (planes, &word) in self.planes.iter_mut().zip(words) {
            let mut carry = word;
            for plane in planes {
                (*plane, carry) = (*plane ^ carry, *plane & carry);
            }
        }
        self.waiting += 1;
        if self.waiting == u8::MAX {
            self.flush();
        }
    }

    fn flush(&mut self) {
        for (planes, counts) in self.planes.iter_mut().zip(self.counts.chunks_exact_mut(64)) {
            for (place, plane) in planes.iter().enumerate() {
                counts.iter_mut().enumerate().for_each(|(bit, count)| *count += (plane >> bit & 1) << place);
            }
            *planes = [0; 8];
        }
        self.waiting = 0;
    }

    fn finish(&mut self) -> &[u64] {
        self.flush();
        &self.counts[..self.dim]
    }
}

/// What repeats what, and the places of patterns that repeat none.
fn copies_of(patterns: &Patterns) -> Result<(Copies, Vec<usize>)> {
    let hash = |at: usize| {
        let mut hasher = DefaultHasher::new();
        patterns.get(at).hash(&mut hasher);
        hasher.finish()
    };
    let mut places: Vec<(u64, usize)> = (0..patterns.len()).into_par_iter().map(|at| (hash(at), at)).collect();
    places.par_sort_unstable();
    let (mut copies, mut distinct) = (Copies { count: 0, first: None, most: 1 }, Vec::new());
    for alike in places.chunk_by(|a, b| a.0 == b.0) {
        // What has one hash is most often one pattern: (its place, how often it is there).
        let mut originals: Vec<(usize, usize)> = Vec::new();
        for &(_, at) in alike {
            match originals.iter_mut().find(|(original, _)| patterns.get(*original) == patterns.get(at)) {
                None => originals.push((at, 1)),
                Some((original, count)) => {
                    *count += 1;
                    copies.count += 1;
                    copies.most = copies.most.max(*count);
                    if copies.first.is_none_or(|(first, _)| at < first) {
                        copies.first = Some((at, *original));
                    }
                }
            }
        }
        distinct.extend(originals.iter().map(|&(at, _)| at));
    }
    distinct.sort_unstable();
    Ok((copies, distinct))
}

/// How near those of the patterns at these places are to one another; `None` where there is one alone.
fn closest_of(patterns: &Patterns, distinct: Vec<usize>) -> Result<Option<Closest>> {
    if distinct.len() < 2 {
        return Ok(None);
    }
    let picked = |places: &mut dyn Iterator<Item = usize>| -> Result<Patterns> {
        let mut some = Patterns::new(patterns.dim())?;
        places.filter_map(|at| patterns.get(at)).try_for_each(|pattern| some.push(&pattern))?;
        Ok(some)
    };
    let keys = picked(&mut distinct.iter().copied())?;
    let words = keys.len() as u128 * patterns.dim().div_ceil(64) as u128;
    let asked = usize::try_from(WORK / words).unwrap_or(usize::MAX).clamp(1, keys.len());
    let places: Vec<usize> = (0..asked).map(|i| (i as u128 * keys.len() as u128 / asked as u128) as usize).collect();
    let mut queries = places.iter().map(|&place| distinct[place]);
    let queries = Queries::from(picked(&mut queries)?);
    let memory = Memory::auto_associative(keys)?.with_ids(distinct.iter().map(|&at| at as u64).collect())?;
    let bar = progress(queries.len() as u64, "looking for closest pairs");
    let watcher = tell(&bar);
    let found = memory.watched(Progress::new(&watcher)).search_top(&queries, 2)?;
    bar.finish_and_clear();
    let (mut pairs, mut distances) = (BTreeSet::new(), Vec::with_capacity(asked));
    for (&place, nearest) in places.iter().zip(&found) {
        let own = distinct[place];
        let Some(other) = nearest.iter().find(|other| other.id != own as u64) else { continue };
        let at = other.id as usize;
        distances.push(other.distance);
        pairs.insert((other.distance, own.min(at), own.max(at)));
        if pairs.len() > PAIRS {
            pairs.pop_last();
        }
    }
    distances.sort_unstable();
    Ok(Some(Closest {
        pairs: pairs.into_iter().map(|(distance, a, b)| (a, b, distance)).collect(),
        median: distances.get((distances.len() - 1) / 2).copied().unwrap_or(0),
        sampled: (asked < distinct.len()).then_some(asked),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Held to counts of bits, one by one, beyond what the planes hold at once.
    #[test]
    fn statistics_are_those_of_loops() {
        for (len, dim) in [(1, 1), (3, 64), (255, 65), (256, 7), (1000, 130)] {
            let mut patterns = Patterns::random(len, dim, 5, "keys").unwrap();
            // Copies, one of them of a copy, and positions that are the same.
            for (from, to) in [(0, len - 1), (len - 1, len / 2)] {
                patterns.set_words(to, patterns.get(from).unwrap().words().to_vec().as_slice()).unwrap();
            }
            (0..len).for_each(|row| {
                patterns.set(row, 0, true);
            });
            let mut statistics = Statistics::new(dim).unwrap();
            statistics.add(patterns.iter()).unwrap();
            let common = statistics.finish().unwrap();
            let ones = |j: usize| patterns.iter().filter(|pattern| pattern.bits()[j]).count();
            let all: usize = (0..dim).map(ones).sum();
            assert_eq!(common.plus, all as f64 / (len * dim) as f64);
            assert_eq!(common.always_plus, (0..dim).filter(|&j| ones(j) == len).collect::<Vec<_>>());
            assert_eq!(common.always_minus, (0..dim).filter(|&j| ones(j) == 0).collect::<Vec<_>>());
            let all: Vec<Pattern> = patterns.iter().collect();
            let repeats: Vec<Option<usize>> =
                (0..len).map(|at| (0..at).find(|&before| all[before] == all[at])).collect();
            assert_eq!(common.copies.count, repeats.iter().flatten().count());
            assert_eq!(common.copies.first, (0..len).find_map(|at| Some((at, repeats[at]?))));
            let mut pairs: Vec<(u32, usize, usize)> = Vec::new();
            for (a, b) in (0..len).flat_map(|a| (a + 1..len).map(move |b| (a, b))) {
                let distance = all[a].distance(&all[b]).unwrap();
                if distance > 0 && repeats[a].is_none() && repeats[b].is_none() {
                    pairs.push((distance, a, b));
                }
            }
            match common.closest {
                None => assert!(pairs.is_empty()),
                Some(closest) => {
                    let least = pairs.iter().min().unwrap();
                    let (a, b, distance) = closest.pairs[0];
                    assert!(distance == least.0 && pairs.contains(&(distance, a, b)), "{len} {dim}");
                    assert_eq!(closest.sampled, None);
                }
            }
        }
    }
}

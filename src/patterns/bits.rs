//! Bits: which of some places are taken.

use std::ops::Range;

use crate::error::room_for;
use crate::{Error, Result};

/// A bit for each of `of` places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
    of: usize,
    /// Bits that are set.
    len: usize,
}

/// How much of a range is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    Nothing,
    Some,
    All,
}

impl Bits {
    /// All of `of` places set, or none.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(crate) fn filled(of: usize, set: bool, what: &'static str) -> Result<Self> {
        let count = of.div_ceil(64);
        let mut words: Vec<u64> = room_for(count, what)?;
        words.resize(count, if set { u64::MAX } else { 0 });
        if let Some(tail) = words.last_mut().filter(|_| !of.is_multiple_of(64)) {
            *tail &= (1 << (of % 64)) - 1;
        }
        Ok(Self { words, of, len: if set { of } else { 0 } })
    }

    /// Bits that are set.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Places that there are.
    pub(crate) fn of(&self) -> usize {
        self.of
    }

    #[inline]
    pub(crate) fn contains(&self, place: usize) -> bool {
        place < self.of && self.words[place / 64] >> (place % 64) & 1 == 1
    }

    /// Makes the bit of `place` what `set` says; out of range nothing.
    pub(crate) fn set(&mut self, place: usize, set: bool) {
        if place < self.of && self.contains(place) != set {
            self.words[place / 64] ^= 1 << (place % 64);
            self.len = if set { self.len + 1 } else { self.len - 1 };
        }
    }

    /// Adds one more place, and whether it is set.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], and nothing has changed.
    pub(crate) fn push(&mut self, set: bool, what: &'static str) -> Result<()> {
        if self.of.is_multiple_of(64) {
            let bytes = size_of_val(self.words.as_slice()) as u64 + 8;
            self.words.try_reserve(1).map_err(|_| Error::OutOfMemory { what, bytes })?;
            self.words.push(0);
        }
        self.of += 1;
        self.set(self.of - 1, set);
        Ok(())
    }

    /// The places that are set, ascending.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> {
        self.places_from(0)
    }

    /// The places that are set, ascending, but for the first `rank` of them.
    ///
    /// Cost: a 64th of the places that are passed over.
    pub(crate) fn places_from(&self, rank: usize) -> impl Iterator<Item = usize> {
        let (mut before, mut first) = (0, self.words.len());
        for (word, bits) in self.words.iter().enumerate() {
            let here = bits.count_ones() as usize;
            if before + here > rank {
                first = word;
                break;
            }
            before += here;
        }
        let rest = self.words[first..].iter().zip(first..);
        let places = rest.flat_map(|(&bits, word)| {
            std::iter::successors(Some(bits), |&rest| Some(rest & rest.wrapping_sub(1)))
                .take_while(|&rest| rest != 0)
                .map(move |rest| word * 64 + rest.trailing_zeros() as usize)
        });
        places.skip(rank - before.min(rank))
    }

    /// How much of `range`, which is not empty and within the places, is set.
    pub(crate) fn share(&self, range: Range<usize>) -> Share {
        let (mut any, mut all) = (false, true);
        for word in range.start / 64..range.end.div_ceil(64) {
            let from = range.start.saturating_sub(word * 64).min(64);
            let to = (range.end - word * 64).min(64);
            let mask = (u64::MAX >> (64 - (to - from))) << from;
            any |= self.words[word] & mask != 0;
            all &= self.words[word] & mask == mask;
        }
        match (any, all) {
            (false, _) => Share::Nothing,
            (true, true) => Share::All,
            (true, false) => Share::Some,
        }
    }

    /// `count` of the places that are set, spread evenly over them.
    pub(crate) fn spread(&self, count: usize) -> Vec<usize> {
        let ranks = (0..count).map(|i| (i as u128 * self.len as u128 / count as u128) as usize);
        self.of_ranks(ranks)
    }

    /// The places that are set of these ranks among them, whatever their order, all below [`len`](Self::len).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(crate) fn at_ranks(&self, ranks: &[usize]) -> Result<Vec<usize>> {
        let mut order: Vec<usize> = room_for(ranks.len(), "places")?;
        order.extend(0..ranks.len());
        order.sort_unstable_by_key(|&at| ranks[at]);
        let mut places: Vec<usize> = room_for(ranks.len(), "places")?;
        places.resize(ranks.len(), 0);
        let found = self.of_ranks(order.iter().map(|&at| ranks[at]));
        order.into_iter().zip(found).for_each(|(at, place)| places[at] = place);
        Ok(places)
    }

    /// The places that are set of these ranks among them, which ascend and are below [`len`](Self::len).
    pub(crate) fn of_ranks(&self, ranks: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut wanted = ranks.peekable();
        let (mut chosen, mut before) = (Vec::with_capacity(wanted.size_hint().0), 0);
        for (word, &bits) in self.words.iter().enumerate() {
            let here = bits.count_ones() as usize;
            let mut rest = bits;
            let mut passed = 0;
            while let Some(rank) = wanted.next_if(|&rank| rank < before + here) {
                for _ in passed..rank - before {
                    rest &= rest - 1;
                }
                passed = rank - before;
                chosen.push(word * 64 + rest.trailing_zeros() as usize);
            }
            before += here;
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_ranks_and_spreads_are_those_of_the_places() {
        for of in [1, 63, 64, 65, 200, 1000] {
            for step in [1, 2, 7, 63, 64, 500] {
                let set: Vec<usize> = (0..of).step_by(step).collect();
                let mut bits = Bits::filled(of, false, "bits").unwrap();
                set.iter().for_each(|&place| bits.set(place, true));
                assert_eq!((bits.len(), bits.of()), (set.len(), of));
                assert!(bits.places().eq(set.iter().copied()));
                for rank in [0, 1, set.len() / 2, set.len() - 1, set.len(), of] {
                    assert!(bits.places_from(rank).eq(set.iter().copied().skip(rank)), "{rank}");
                }
                for start in (0..of).step_by(3) {
                    for end in [start + 1, (start + 64).min(of), of] {
                        let inside = (start..end).filter(|place| place % step == 0).count();
                        let expected = match inside {
                            0 => Share::Nothing,
                            _ if inside == end - start => Share::All,
                            _ => Share::Some,
                        };
                        assert_eq!(bits.share(start..end), expected, "{step}: {start}..{end} of {of}");
                    }
                }
                for count in [1, set.len().div_ceil(2), set.len()] {
                    let expected: Vec<usize> = (0..count).map(|i| set[i * set.len() / count]).collect();
                    assert_eq!(bits.spread(count), expected);
                }
                // In any order, and again.
                let ranks = [set.len() - 1, 0, set.len() / 2, set.len() - 1];
                assert_eq!(bits.at_ranks(&ranks).unwrap(), ranks.map(|rank| set[rank]));
            }
        }
    }

    #[test]
    fn places_come_and_go() {
        let mut bits = Bits::filled(63, true, "bits").unwrap();
        for place in 63..130 {
            bits.push(place % 3 == 0, "bits").unwrap();
        }
        let expected = |place: &usize| *place < 63 || place.is_multiple_of(3);
        assert!(bits.places().eq((0..130).filter(expected)));
        assert_eq!((bits.len(), bits.of()), ((0..130).filter(expected).count(), 130));
        bits.set(130, true);
        assert!(!bits.contains(130));
    }
}

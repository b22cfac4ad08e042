//! Bits: which of some places are taken.

use std::ops::Range;

use crate::Result;
use crate::error::room_for;

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
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
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

    /// Clears the bits that are not set in `other`, which is of as many places.
    pub(crate) fn keep(&mut self, other: &Self) {
        debug_assert_eq!(self.of, other.of);
        self.words.iter_mut().zip(&other.words).for_each(|(mine, others)| *mine &= others);
        self.len = self.words.iter().map(|bits| bits.count_ones() as usize).sum();
    }

    /// The places that are set, ascending.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(word, &bits)| {
            std::iter::successors(Some(bits), |&rest| Some(rest & rest.wrapping_sub(1)))
                .take_while(|&rest| rest != 0)
                .map(move |rest| word * 64 + rest.trailing_zeros() as usize)
        })
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

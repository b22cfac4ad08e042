//! Evidence: the votes at hand for a query, what is known of the keys that they leave out, and the signs that follow.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The signs of one word of fields, as masks over its columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WordSigns {
    /// The field is above zero.
    pub(crate) plus: u64,
    /// The field is exactly zero.
    pub(crate) tied: u64,
    /// The votes at hand do not decide.
    pub(crate) open: u64,
}

/// The votes at hand for a query, and what is known of the keys that they leave out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    /// Known positions of the query.
    pub(crate) known: u32,
    /// The nearest distance of all; of a word of votes without the own bits, none is nearer in any column.
    pub(crate) nearest: u32,
    /// Distances with votes, ascending.
    pub(crate) distances: &'a [u32],
    /// The keys at each; of a word of votes without the own bits, no column has more.
    pub(crate) keys: &'a [u64],
    /// Keys without votes, by a lower bound of their distance.
    pub(crate) beyond: &'a BTreeMap<u32, u64>,
}

impl Evidence<'_> {
    /// The distances at which there are keys with votes, ascending, and how many.
    pub(crate) fn census(&self) -> impl Iterator<Item = (u32, u64)> {
        self.distances.iter().copied().zip(self.keys.iter().copied()).filter(|keys| keys.1 > 0)
    }
}

impl WordSigns {
    /// What was decided of other columns.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { plus: self.plus | other.plus, tied: self.tied | other.tied, open: self.open | other.open }
    }

    pub(crate) fn note(&mut self, column: usize, sign: Ordering) {
        match sign {
            Ordering::Greater => self.plus |= 1 << column,
            Ordering::Equal => self.tied |= 1 << column,
            Ordering::Less => {}
        }
    }
}

/// Positions of the set bits of `mask`, ascending.
pub(crate) fn set_bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize);
        mask &= mask.wrapping_sub(1);
        bit
    })
}

/// Lower bounds of distance and the keys at each.
pub(crate) fn by_distance(keys: &BTreeMap<u32, u64>) -> impl Iterator<Item = (u32, u64)> + Clone {
    keys.iter().map(|(&distance, &count)| (distance, count))
}

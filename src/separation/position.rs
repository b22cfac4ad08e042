//! What a sweep asks of a separation: the sign of one position, from the overlaps of all keys.

use std::cmp::Ordering;

use crate::sign::self_term::SelfTerm;

/// How the sign of a position is found from the overlaps of all keys.
#[derive(Debug)]
pub(crate) enum Sweeping {
    /// The weight of a key is its overlap.
    Overlaps,
    /// It is a function of its overlap.
    Weights(OverlapWeights),
    /// From the keys and the votes at each distance: the weight of a key is no function of its overlap alone.
    Counts,
    /// By nearest keys alone: no bit left out or turned brings two overlaps nearer by more than two.
    Nearest(fn(SelfTerm, &[NearKey]) -> Ordering),
}

/// A key that may be nearest, at a position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NearKey {
    pub(crate) overlap: i32,
    /// The overlap without this position.
    pub(crate) rest: i32,
    /// The key's bit here, +1 or −1.
    pub(crate) bit: i32,
}

/// Weights by overlap, in `f64`, as entry `base − s`.
#[derive(Debug)]
pub(crate) struct OverlapWeights {
    entries: Vec<Entry>,
    relative: f64,
    /// `None` where entries are relative to the largest overlap: that is the base.
    base: Option<i32>,
}

/// The weights of a key of some overlap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// A(s).
    pub(crate) agree: f64,
    /// B(s).
    pub(crate) oppose: f64,
    /// Neither is off by more than this times `relative` times 2⁻⁵².
    pub(crate) magnitude: f64,
}

impl OverlapWeights {
    /// Weights as a function of how far the overlap is below the largest.
    pub(crate) fn to_largest(dim: usize, relative: f64, entry: impl Fn(i32) -> Entry) -> Self {
        Self { entries: depths(dim).map(entry).collect(), relative, base: None }
    }

    /// Weights as a function of the overlap.
    pub(crate) fn of_overlap(dim: usize, relative: f64, entry: impl Fn(i32) -> Entry) -> Self {
        let base = dim as i32;
        Self { entries: depths(dim).map(|t| entry(base - t)).collect(), relative, base: Some(base) }
    }

    /// What overlaps are taken from to find their entries, the largest of them being `largest`.
    pub(crate) fn base(&self, largest: i32) -> i32 {
        self.base.unwrap_or(largest)
    }

    /// The entry of an overlap that lies `below` the base.
    #[inline]
    pub(crate) fn entry(&self, below: i32) -> Entry {
        self.entries[below as usize]
    }

    /// A bound on the roundings in each entry, in its magnitude times 2⁻⁵².
    pub(crate) fn relative(&self) -> f64 {
        self.relative
    }
}

/// How far an overlap may lie below another: twice the bits of all words, since those beyond the dimension are zero only
/// where no file is damaged.
fn depths(dim: usize) -> std::ops::RangeInclusive<i32> {
    0..=2 * dim.next_multiple_of(64) as i32
}

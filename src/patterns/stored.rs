//! What a memory stores on one side, as those see it who ask: the patterns that are there, in storing order.

use std::fmt;
use std::ops::Range;

use crate::Result;
use crate::error::room_for;
use crate::patterns::bits::Bits;
use crate::patterns::ids::Ids;
use crate::patterns::segments::Side;
use crate::patterns::{Pattern, Patterns};

/// The keys or the values of a memory, in storing order: those of all associations, or of those in a scope.
///
/// A pattern's *rank* is its place among them, from 0. Nothing is copied until it is asked for.
#[derive(Clone, Copy)]
pub struct Stored<'a> {
    side: &'a Side,
    ids: &'a Ids,
    /// The places that count; `None` for all.
    present: Option<&'a Bits>,
}

impl<'a> Stored<'a> {
    /// The patterns of `side` at the places `present`, or at all; their ids are `ids`.
    pub(crate) fn new(side: &'a Side, ids: &'a Ids, present: Option<&'a Bits>) -> Self {
        Self { side, ids, present }
    }

    /// Patterns n.
    pub fn len(self) -> usize {
        self.present.map_or(self.side.len(), Bits::len)
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Positions d of each.
    pub fn dim(self) -> usize {
        self.side.dim()
    }

    /// The pattern of rank `rank`, or `None` beyond the end.
    ///
    /// Cost: ⌈d/64⌉ words, and where associations were forgotten or left out n/64 more: see [`iter`](Self::iter).
    pub fn get(self, rank: usize) -> Option<Pattern> {
        let place = match self.present {
            None => Some(rank),
            Some(present) if rank < present.len() => present.of_ranks(std::iter::once(rank)).first().copied(),
            Some(_) => None,
        };
        place.and_then(|place| self.side.get(place))
    }

    /// The patterns in order.
    pub fn iter(self) -> impl Iterator<Item = Pattern> + 'a {
        self.places().filter_map(move |place| self.side.get(place))
    }

    /// A copy of the patterns of the ranks `range`, which is cut to those that exist.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn range(self, range: Range<usize>) -> Result<Patterns> {
        let range = range.start.min(self.len())..range.end.min(self.len());
        match self.present {
            None => self.side.range(range),
            Some(present) => self.side.select(range.len(), present.places_from(range.start).take(range.len())),
        }
    }

    /// A copy of all patterns.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn to_patterns(self) -> Result<Patterns> {
        self.range(0..self.len())
    }

    /// Copies of the patterns, `rows` after `rows`.
    pub(crate) fn pieces(self, rows: usize) -> impl Iterator<Item = Result<Patterns>> + 'a {
        let (mut places, mut left) = (self.places(), self.len());
        std::iter::from_fn(move || {
            let count = left.min(rows);
            left -= count;
            (count > 0).then(|| self.side.select(count, places.by_ref().take(count)))
        })
    }

    /// Whether every place counts, so that ranks are places.
    pub(crate) fn is_everything(self) -> bool {
        self.present.is_none()
    }

    /// The patterns, where they lie in one segment in memory and there is nothing beside them.
    pub(crate) fn whole(self) -> Option<&'a Patterns> {
        if self.present.is_none() { self.side.whole() } else { None }
    }

    /// The places that count, ascending.
    pub(crate) fn places(self) -> impl Iterator<Item = usize> + 'a {
        let all = if self.present.is_none() { 0..self.side.len() } else { 0..0 };
        all.chain(self.present.into_iter().flat_map(Bits::places))
    }

    /// Copies of the patterns of these ranks, all in range.
    pub(crate) fn select(self, ranks: &[usize]) -> Result<Patterns> {
        match self.present {
            None => self.side.select(ranks.len(), ranks.iter().copied()),
            Some(present) => self.side.select(ranks.len(), present.at_ranks(ranks)?),
        }
    }

    /// The ids of the patterns of these ranks, all in range.
    pub(crate) fn ids_of(self, ranks: &[usize]) -> Result<Vec<u64>> {
        let mut ids = room_for(ranks.len(), "ids")?;
        match self.present {
            None => ids.extend(ranks.iter().map(|&place| self.ids.id(place))),
            Some(present) => ids.extend(present.at_ranks(ranks)?.into_iter().map(|place| self.ids.id(place))),
        }
        Ok(ids)
    }
}

impl fmt::Debug for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stored({} of dimension {})", self.len(), self.dim())
    }
}

/// The same patterns in the same order.
impl PartialEq for Stored<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.dim() == other.dim() && self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Stored<'_> {}

impl PartialEq<Patterns> for Stored<'_> {
    fn eq(&self, other: &Patterns) -> bool {
        self.dim() == other.dim() && self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl PartialEq<Stored<'_>> for Patterns {
    fn eq(&self, other: &Stored<'_>) -> bool {
        other == self
    }
}

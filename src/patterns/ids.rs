//! Ids: what the associations of a memory are called, by their places.
//!
//! Most ids are counted, and then take no room: a run of places has consecutive ids. Others are listed, 8 bytes each; a
//! list that does not ascend has its order beside it, by which ids are looked up.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::error::room_for;
use crate::{Error, Result};

/// Some numbers that lie together: in memory, or in a file that is mapped.
pub(crate) trait Numbers: fmt::Debug + Send + Sync {
    fn numbers(&self) -> &[u64];
}

impl Numbers for Vec<u64> {
    fn numbers(&self) -> &[u64] {
        self
    }
}

/// The ids of some places that follow each other.
#[derive(Clone, Debug)]
pub(crate) enum IdRun {
    /// Consecutive ones.
    Counted {
        /// The first.
        first: u64,
        /// How many.
        len: usize,
    },
    /// Any.
    Listed {
        ids: Arc<dyn Numbers>,
        /// Places within the run by ascending id (equal ids by ascending place); `None` where `ids` ascends.
        order: Option<Arc<dyn Numbers>>,
    },
}

impl IdRun {
    /// The ids of `list`, whatever their order.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(crate) fn listed(list: Vec<u64>) -> Result<Self> {
        let order: Option<Arc<dyn Numbers>> = match list.is_sorted_by(|a, b| a < b) {
            true => None,
            false => Some(Arc::new(order_of(&list)?)),
        };
        Ok(Self::Listed { ids: Arc::new(list), order })
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Counted { len, .. } => *len,
            Self::Listed { ids, .. } => ids.numbers().len(),
        }
    }

    /// The id of the run's place `index`, which is in range.
    #[inline]
    pub(crate) fn id(&self, index: usize) -> u64 {
        match self {
            Self::Counted { first, .. } => first + index as u64,
            Self::Listed { ids, .. } => ids.numbers()[index],
        }
    }

    fn ascends(&self) -> bool {
        matches!(self, Self::Counted { .. } | Self::Listed { order: None, .. })
    }

    /// The `rank`-th id by ascending value, and its place within the run; `rank` is in range.
    pub(crate) fn sorted(&self, rank: usize) -> (u64, usize) {
        match self {
            Self::Listed { ids, order: Some(order) } => {
                let place = order.numbers()[rank] as usize;
                // A damaged order names places that are not there: they have no id.
                (ids.numbers().get(place).copied().unwrap_or(u64::MAX), place)
            }
            _ => (self.id(rank), rank),
        }
    }

    /// The first rank from `from` on whose id is not below `id`.
    ///
    /// Cost: 2 log₂ of how far it lies.
    pub(crate) fn seek(&self, from: usize, id: u64) -> usize {
        let below = |rank: usize| self.sorted(rank).0 < id;
        let (mut low, mut step) = (from, 1);
        while low + step <= self.len() && below(low + step - 1) {
            (low, step) = (low + step, step * 2);
        }
        let mut high = self.len().min(low + step - 1).max(low);
        while low < high {
            let middle = low + (high - low) / 2;
            if below(middle) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The places within the run that have `id`: several only where all but one are of the past.
    pub(crate) fn places(&self, id: u64) -> impl Iterator<Item = usize> + '_ {
        let (range, order) = match self {
            Self::Counted { first, len } => match id.checked_sub(*first) {
                Some(at) if at < *len as u64 => (at as usize..at as usize + 1, None),
                _ => (0..0, None),
            },
            Self::Listed { ids, order } => {
                let ids = ids.numbers();
                match order {
                    None => {
                        let at = ids.partition_point(|&other| other < id);
                        (at..at + usize::from(ids.get(at) == Some(&id)), None)
                    }
                    Some(order) => {
                        let order = order.numbers();
                        // A damaged order names places that are not there: they have no id.
                        let id_at = |&place: &u64| ids.get(place as usize).copied();
                        let start = order.partition_point(|place| id_at(place) < Some(id));
                        let count = order[start..].iter().take_while(|place| id_at(place) == Some(id)).count();
                        (start..start + count, Some(order))
                    }
                }
            }
        };
        range.map(move |at| order.map_or(at, |order| order[at] as usize))
    }
}

/// The places of `list` by ascending id, equal ones by place.
pub(crate) fn order_of(list: &[u64]) -> Result<Vec<u64>> {
    let mut order = room_for(list.len(), "the order of ids")?;
    order.extend(0..list.len() as u64);
    order.sort_unstable_by_key(|&place| (list[place as usize], place));
    Ok(order)
}

/// The ids of a memory's associations, by place.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    runs: Vec<IdRun>,
    /// The first place of each run, and the number of places.
    starts: Vec<usize>,
    /// Above every id that was ever given.
    next: u64,
    /// Whether ids ascend with their places.
    ascending: bool,
}

impl Ids {
    /// 0 to `len` − 1.
    pub(crate) fn counted(len: usize) -> Self {
        Self::new(vec![IdRun::Counted { first: 0, len }], len as u64)
    }

    /// The ids of `runs`, one run of places after the other; counting goes on at `next` or above all of them.
    pub(crate) fn new(runs: Vec<IdRun>, next: u64) -> Self {
        let mut this = Self { runs, starts: Vec::new(), next, ascending: true };
        this.runs.retain(|run| run.len() > 0);
        this.settle();
        this
    }

    /// What follows from the runs.
    fn settle(&mut self) {
        self.starts = vec![0];
        let (mut last, mut ascending) = (None, true);
        for run in &self.runs {
            self.starts.push(self.starts[self.starts.len() - 1] + run.len());
            ascending &= run.ascends() && last.is_none_or(|last| last < run.id(0));
            last = Some(run.id(run.len() - 1));
        }
        self.ascending = ascending;
    }

    pub(crate) fn len(&self) -> usize {
        self.starts[self.runs.len()]
    }

    /// Whether ids ascend with their places, so that places may be compared in their stead.
    pub(crate) fn ascending(&self) -> bool {
        self.ascending
    }

    /// The id that counting gives next.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    pub(crate) fn runs(&self) -> &[IdRun] {
        &self.runs
    }

    #[inline]
    fn run_of(&self, place: usize) -> usize {
        match self.runs.len() {
            1 => 0,
            _ => self.starts.partition_point(|&start| start <= place) - 1,
        }
    }

    /// The id of `place`, which is in range.
    #[inline]
    pub(crate) fn id(&self, place: usize) -> u64 {
        let run = self.run_of(place);
        self.runs[run].id(place - self.starts[run])
    }

    /// The places that have `id`: several only where all but one are of the past.
    pub(crate) fn places(&self, id: u64) -> impl Iterator<Item = usize> + '_ {
        self.runs.iter().zip(&self.starts).flat_map(move |(run, start)| run.places(id).map(move |at| start + at))
    }

    /// The ids of `range`, which is in range.
    pub(crate) fn iter(&self, range: Range<usize>) -> impl Iterator<Item = u64> + '_ {
        range.map(|place| self.id(place))
    }

    /// Gives the next place the next id.
    ///
    /// # Errors
    /// [`Error::Parameter`] where ids have run out: 2⁶⁴ − 1 is none.
    pub(crate) fn count_one(&mut self) -> Result<u64> {
        let id = self.next;
        if id == u64::MAX {
            let (expected, found) = ("ids below 2^64 - 1".into(), "none left above those given".into());
            return Err(Error::Parameter { what: "ids", expected, found });
        }
        match self.runs.last_mut() {
            Some(IdRun::Counted { first, len }) if *first + *len as u64 == id => *len += 1,
            _ => {
                self.runs.push(IdRun::Counted { first: id, len: 1 });
                self.starts.push(self.len());
            }
        }
        let last = self.starts.len() - 1;
        self.starts[last] += 1;
        self.next = id + 1;
        Ok(id)
    }

    /// Takes out `place`; those after it move up by one.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], and nothing has changed.
    pub(crate) fn remove(&mut self, place: usize) -> Result<()> {
        let run = self.run_of(place);
        let at = place - self.starts[run];
        let parts = match &self.runs[run] {
            &IdRun::Counted { first, len } => vec![
                IdRun::Counted { first, len: at },
                IdRun::Counted { first: first + at as u64 + 1, len: len - at - 1 },
            ],
            IdRun::Listed { ids, .. } => {
                let ids = ids.numbers();
                let mut rest = room_for(ids.len() - 1, "ids")?;
                rest.extend(ids.iter().enumerate().filter(|id| id.0 != at).map(|id| *id.1));
                vec![IdRun::listed(rest)?]
            }
        };
        self.runs.splice(run..=run, parts.into_iter().filter(|part| part.len() > 0));
        self.settle();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_where_they_are() {
        let runs = vec![
            IdRun::Counted { first: 10, len: 5 },
            IdRun::listed(vec![3, 1, 900, 2]).unwrap(),
            IdRun::listed(vec![20, 30]).unwrap(),
        ];
        let mut ids = Ids::new(runs, 901);
        let mut expected = vec![10, 11, 12, 13, 14, 3, 1, 900, 2, 20, 30];
        for removed in [3, 0, 5, 8, 2] {
            assert!(!ids.ascending());
            assert_eq!(ids.iter(0..ids.len()).collect::<Vec<_>>(), expected);
            for (place, &id) in expected.iter().enumerate() {
                assert_eq!(ids.places(id).collect::<Vec<_>>(), [place]);
            }
            assert!([0, 4, 15, 21, 901, u64::MAX].into_iter().all(|id| ids.places(id).next().is_none()));
            ids.remove(removed).unwrap();
            expected.remove(removed);
        }
        assert_eq!((ids.count_one().unwrap(), ids.count_one().unwrap()), (901, 902));
        expected.extend([901, 902]);
        assert_eq!(ids.iter(0..ids.len()).collect::<Vec<_>>(), expected);
        let mut counted = Ids::counted(4);
        counted.remove(1).unwrap();
        assert!(counted.ascending() && counted.iter(0..3).eq([0, 2, 3]) && counted.places(1).next().is_none());
        let mut full = Ids::new(vec![IdRun::Counted { first: u64::MAX - 1, len: 1 }], u64::MAX);
        assert!(full.count_one().is_err());
    }

    #[test]
    fn an_id_that_was_given_again_is_found_at_all_its_places() {
        let run = IdRun::listed(vec![5, 7, 5, 1, 5]).unwrap();
        assert_eq!(run.places(5).collect::<Vec<_>>(), [0, 2, 4]);
        assert_eq!(Ids::new(vec![run, IdRun::Counted { first: 5, len: 1 }], 8).places(5).count(), 4);
    }
}

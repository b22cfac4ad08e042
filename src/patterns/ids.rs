//! Ids: what the associations of a memory are called, by their places.
//!
//! Most ids are counted, and then take no room: a run of places has consecutive ids. Others are listed, 8 bytes each; a
//! list that does not ascend has its order beside it, by which ids are looked up.

use std::fmt;
use std::sync::Arc;

use crate::error::room_for;
use crate::patterns::bits::Bits;
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
    #[cfg(feature = "store")]
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

/// The ids of `list` with their places, ascending, each given once.
///
/// # Errors
/// [`Error::Id`] for one that comes again; [`Error::OutOfMemory`].
pub(crate) fn each_once(what: &'static str, list: &[u64]) -> Result<Vec<(u64, usize)>> {
    let mut sorted: Vec<(u64, usize)> = room_for(list.len(), what)?;
    sorted.extend(list.iter().zip(0..).map(|(&id, place)| (id, place)));
    sorted.sort_unstable();
    match sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0).min_by_key(|pair| pair[1].1) {
        None => Ok(sorted),
        Some(&[(_, before), (found, place)]) => {
            let expected = format!("an id not given before, as at place {before}");
            Err(Error::Id { what, place, expected, found })
        }
        Some(_) => Ok(sorted),
    }
}

/// The places of `list` by ascending id, equal ones by place.
pub(crate) fn order_of(list: &[u64]) -> Result<Vec<u64>> {
    let mut order = room_for(list.len(), "the order of ids")?;
    order.extend(0..list.len() as u64);
    order.sort_unstable_by_key(|&place| (list[place as usize], place));
    Ok(order)
}

/// Spans of consecutive ids among `ids`, as long as can be: the first of each, and how many.
pub(crate) fn each_span(ids: impl Iterator<Item = u64>) -> impl Iterator<Item = (u64, u64)> {
    let mut ids = ids.peekable();
    std::iter::from_fn(move || {
        let (first, mut len) = (ids.next()?, 1);
        // Whatever stands before, 2⁶⁴ − 1 is no id.
        while ids.next_if(|&id| first.checked_add(len) == Some(id)).is_some() {
            len += 1;
        }
        Some((first, len))
    })
}

/// The same, in a list.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub(crate) fn spans(ids: impl Iterator<Item = u64>) -> Result<Vec<(u64, u64)>> {
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for span in each_span(ids) {
        let bytes = size_of_val(spans.as_slice()) as u64 + 16;
        spans.try_reserve(1).map_err(|_| Error::OutOfMemory { what: "ids", bytes })?;
        spans.push(span);
    }
    Ok(spans)
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

    /// The ids of `list`, one for each place, which people chose; counting goes on above the largest.
    ///
    /// # Errors
    /// [`Error::Id`] for one that comes twice, and for 2⁶⁴ − 1; [`Error::OutOfMemory`].
    pub(crate) fn own(list: Vec<u64>) -> Result<Self> {
        let refused = |place: usize, expected: String, found| Error::Id { what: "ids", place, expected, found };
        if let Some(place) = list.iter().position(|&id| id == u64::MAX) {
            return Err(refused(place, "an id below 2^64 - 1".into(), u64::MAX));
        }
        let next = list.iter().max().map_or(0, |largest| largest + 1);
        let spans = spans(list.iter().copied())?;
        let run = IdRun::listed(list)?;
        let again = |rank: &usize| run.sorted(rank - 1).0 == run.sorted(*rank).0;
        if let Some(rank) = (1..run.len()).filter(again).min_by_key(|&rank| run.sorted(rank).1) {
            let ((_, before), (id, place)) = (run.sorted(rank - 1), run.sorted(rank));
            return Err(refused(place, format!("an id not given before, as at place {before}"), id));
        }
        Self::of_spans(&spans, next)
    }

    /// The ids of `spans` of consecutive ones, each given by its first id and how many there are: none comes twice, and
    /// all are below `next`, at which counting goes on.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(crate) fn of_spans(spans: &[(u64, u64)], next: u64) -> Result<Self> {
        let len: u64 = spans.iter().map(|span| span.1).sum();
        let ascending = spans.is_sorted_by(|a, b| a.0 < b.0);
        // A run takes as much as several ids do; and where runs do not ascend each is looked into for an id.
        let few = if ascending { len / 8 } else { 16 };
        if spans.len() as u64 <= few.max(1) {
            let runs = spans.iter().map(|&(first, len)| IdRun::Counted { first, len: len as usize });
            return Ok(Self::new(runs.collect(), next));
        }
        let mut list = room_for(len as usize, "ids")?;
        spans.iter().for_each(|&(first, len)| list.extend(first..first + len));
        Ok(Self::new(vec![IdRun::listed(list)?], next))
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

    /// A number that orders places as their ids do: where these ascend the place itself, which costs nothing.
    #[inline]
    pub(crate) fn ordinal(&self, place: usize) -> u64 {
        if self.ascending { place as u64 } else { self.id(place) }
    }

    /// The id of the place that has this [`ordinal`](Self::ordinal).
    pub(crate) fn of_ordinal(&self, ordinal: u64) -> u64 {
        if self.ascending { self.id(ordinal as usize) } else { ordinal }
    }

    /// The places that have `id`: several only where all but one are of the past.
    ///
    /// Cost: log n where ids ascend; else that for each run.
    pub(crate) fn places(&self, id: u64) -> impl Iterator<Item = usize> + '_ {
        let among = match self.ascending {
            true => {
                let after = self.runs.partition_point(|run| run.id(0) <= id);
                after.saturating_sub(1)..after
            }
            false => 0..self.runs.len(),
        };
        among.flat_map(move |run| self.runs[run].places(id).map(move |at| self.starts[run] + at))
    }

    /// The place that has `id`, of those that are `live` or of all.
    pub(crate) fn find(&self, id: u64, live: Option<&Bits>) -> Option<usize> {
        self.places(id).find(|&place| live.is_none_or(|live| live.contains(place)))
    }

    /// What an error says that an id should be, where those of all places are `live` or not.
    pub(crate) fn in_words(&self, all_live: bool) -> String {
        match self.runs.as_slice() {
            [IdRun::Counted { first, len }] if all_live => format!("an id of {first} to {}", first + (*len as u64 - 1)),
            _ => "an id that an association has".into(),
        }
    }

    /// The ids of `range`, which is in range.
    #[cfg(test)]
    pub(crate) fn iter(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = u64> + '_ {
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
                let len = self.len();
                self.starts.push(len);
                self.runs.push(IdRun::Counted { first: id, len: 1 });
            }
        }
        let last = self.starts.len() - 1;
        self.starts[last] += 1;
        self.next = id + 1;
        Ok(id)
    }

    /// These ids and, after them, those of `count` more places: `own` ones, which no place that is `live` may have, or
    /// counted ones.
    ///
    /// # Errors
    /// [`Error::Id`] as [`own`](Self::own), and for an id that is there; [`Error::Parameter`] where counted ids run out;
    /// [`Error::OutOfMemory`].
    pub(crate) fn appended(&self, count: usize, own: Option<&[u64]>, live: Option<&Bits>) -> Result<Self> {
        let mut runs = self.runs.clone();
        let Some(own) = own else {
            let first = self.next;
            let next = first.checked_add(count as u64).ok_or_else(|| {
                let (expected, found) = ("counted ids below 2^64 - 1".into(), format!("{count} more from {first} on"));
                Error::Parameter { what: "ids", expected, found }
            })?;
            match runs.last_mut() {
                Some(IdRun::Counted { first: start, len }) if *start + *len as u64 == first => *len += count,
                _ => runs.push(IdRun::Counted { first, len: count }),
            }
            return Ok(Self::new(runs, next));
        };
        let mut list = room_for(own.len(), "ids")?;
        list.extend_from_slice(own);
        let new = Self::own(list)?;
        if let Some(place) = own.iter().position(|&id| self.find(id, live).is_some()) {
            let expected = "an id that no association has".into();
            return Err(Error::Id { what: "ids", place, expected, found: own[place] });
        }
        // With them go the last runs that are not much longer, so that there are never many to look into.
        let mut total = count;
        while let Some(last) = runs.pop_if(|last| last.len() <= 2 * total) {
            total += last.len();
        }
        let first = self.len() + count - total;
        let together = (first..self.len()).map(|place| self.id(place)).chain(own.iter().copied());
        let next = self.next.max(new.next);
        runs.extend(Self::of_spans(&spans(together)?, next)?.runs);
        Ok(Self::new(runs, next))
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

    fn all(ids: &Ids) -> Vec<u64> {
        (0..ids.len()).map(|place| ids.id(place)).collect()
    }

    #[test]
    fn ids_are_found_where_they_are() {
        let runs = vec![
            IdRun::Counted { first: 10, len: 5 },
            IdRun::listed(vec![3, 1, 900, 2]).unwrap(),
            IdRun::listed(vec![20, 30]).unwrap(),
        ];
        let mut ids = Ids::new(runs, 901);
        let mut expected = vec![10, 11, 12, 13, 14, 3, 1, 900, 2, 20, 30];
        for removed in [3, 0, 5, 7, 2] {
            assert!(!ids.ascending());
            assert_eq!(all(&ids), expected);
            for (place, &id) in expected.iter().enumerate() {
                assert_eq!(ids.places(id).collect::<Vec<_>>(), [place]);
            }
            assert!([0, 4, 15, 21, 901, u64::MAX].into_iter().all(|id| ids.places(id).next().is_none()));
            ids.remove(removed).unwrap();
            expected.remove(removed);
            let again = Ids::of_spans(&spans(expected.iter().copied()).unwrap(), ids.next()).unwrap();
            assert!(all(&again) == expected && again.next() == 901);
        }
        assert_eq!((ids.count_one().unwrap(), ids.count_one().unwrap()), (901, 902));
        expected.extend([901, 902]);
        assert_eq!(all(&ids), expected);
        let mut counted = Ids::counted(4);
        counted.remove(1).unwrap();
        assert!(counted.ascending() && all(&counted) == [0, 2, 3] && counted.places(1).next().is_none());
        let mut full = Ids::new(vec![IdRun::Counted { first: u64::MAX - 1, len: 1 }], u64::MAX);
        assert!(full.count_one().is_err());
    }

    #[test]
    fn an_id_that_was_given_again_is_found_at_all_its_places() {
        let run = IdRun::listed(vec![5, 7, 5, 1, 5]).unwrap();
        assert_eq!(run.places(5).collect::<Vec<_>>(), [0, 2, 4]);
        assert_eq!(Ids::new(vec![run, IdRun::Counted { first: 5, len: 1 }], 8).places(5).count(), 4);
    }

    #[test]
    fn own_ids_are_each_given_once() {
        let says = |list: &[u64]| Ids::own(list.to_vec()).unwrap_err().to_string();
        assert_eq!(says(&[4, 9, 5, 9, 4]), "ids, place 3: expected an id not given before, as at place 1, found 9");
        assert_eq!(says(&[4, 5, 5]), "ids, place 2: expected an id not given before, as at place 1, found 5");
        assert_eq!(says(&[u64::MAX]), "ids, place 0: expected an id below 2^64 - 1, found 18446744073709551615");
        for list in [vec![7], vec![3, 4, 5, 6], vec![u64::MAX - 1, 0], (0..100).map(|i| i * 7919 % 101).collect()] {
            let ids = Ids::own(list.clone()).unwrap();
            assert_eq!(all(&ids), list);
            assert_eq!(ids.next(), list.iter().max().unwrap() + 1);
            assert_eq!(ids.ascending(), list.is_sorted());
            let by_ordinal: Vec<u64> = (0..list.len()).map(|place| ids.of_ordinal(ids.ordinal(place))).collect();
            assert_eq!(by_ordinal, list);
        }
    }
}

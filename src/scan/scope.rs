//! Scopes: which associations may answer a call.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::error::room_for;
use crate::names::named;
use crate::scan::watch::ABSENT;
use crate::{Error, Result};

/// Which associations of a memory exist for a call: answers, ties, counts and certificates are those of the memory that
/// holds these alone, under the ids that they have.
///
/// A scope is of the memory that it was made for ([`Memory::scope`](crate::Memory::scope)) and its clones, as long as
/// nothing is stored there or forgotten, and takes a bit for each of its associations. A key outside costs a call what
/// one inside costs the scan at the least; stretches of some hundred keys that all lie outside are not read.
///
/// # Example
/// ```
/// use popfield::{Memory, Missing, Patterns};
/// let memory = Memory::auto_associative(Patterns::random(100, 64, 5, "keys")?)?;
/// let scope = memory.scope(Some(&[3, 7, 42]), &[7], Missing::Refuse)?;
/// assert_eq!(scope.len(), 2);
/// let query = memory.keys().range(7..8)?.into();
/// let found = memory.within(&scope).search_top(&query, 3)?;
/// assert!(found[0].iter().all(|neighbor| [3, 42].contains(&neighbor.id)));
/// # Ok::<(), popfield::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// A bit for each association.
    present: Vec<u64>,
    len: usize,
    of: usize,
    /// Of the keys that it is of.
    generation: u64,
}

/// What becomes of ids that no association has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Missing {
    /// They are an error.
    #[default]
    Refuse,
    /// They name nothing.
    Allow,
}

named!(Missing, "missing ids",
    Missing::Refuse, Missing::Refuse => "refuse", "They are an error";
    Missing::Allow, Missing::Allow => "ok", "They name nothing";
);

/// How much of a run of associations is in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    Nothing,
    Some,
    All,
}

impl Scope {
    /// Of `of` associations those that `only` names, or all, less those that `exclude` names.
    pub(crate) fn new(
        of: usize,
        generation: u64,
        only: Option<&[u64]>,
        exclude: &[u64],
        missing: Missing,
    ) -> Result<Self> {
        let words = of.div_ceil(64);
        let mut present: Vec<u64> = room_for(words, "a scope")?;
        present.resize(words, if only.is_some() { 0 } else { u64::MAX });
        if let Some(tail) = present.last_mut().filter(|_| !of.is_multiple_of(64)) {
            *tail &= (1 << (of % 64)) - 1;
        }
        for (what, ids, keep) in [("ids to keep", only.unwrap_or_default(), true), ("ids to leave out", exclude, false)]
        {
            check_ids(what, ids, of, missing)?;
            for id in ids.iter().filter(|&&id| id < of as u64) {
                let (word, bit) = ((id / 64) as usize, 1 << (id % 64));
                present[word] = if keep { present[word] | bit } else { present[word] & !bit };
            }
        }
        let len = present.iter().map(|bits| bits.count_ones() as usize).sum();
        if len == 0 {
            let (expected, found) = ("at least one association".into(), "none".into());
            return Err(Error::Parameter { what: "scope", expected, found });
        }
        Ok(Self { present, len, of, generation })
    }

    /// Associations in the scope; at least one.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Never: a scope holds at least one association.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Associations of the memory that it is a scope of.
    pub fn of(&self) -> usize {
        self.of
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether association `id` is in the scope.
    #[inline]
    pub fn contains(&self, id: u64) -> bool {
        id < self.of as u64 && self.present[(id / 64) as usize] >> (id % 64) & 1 == 1
    }

    /// The ids in the scope, ascending.
    pub fn ids(&self) -> impl Iterator<Item = u64> {
        self.present
            .iter()
            .zip(0..)
            .flat_map(|(&bits, word)| (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word * 64 + bit))
    }

    /// How much of `range` is in the scope.
    pub(crate) fn share(&self, range: Range<usize>) -> Share {
        let words = range.start / 64..range.end.div_ceil(64);
        let (mut any, mut all) = (false, true);
        for word in words {
            let from = range.start.saturating_sub(word * 64).min(64);
            let to = (range.end - word * 64).min(64);
            let mask = (u64::MAX >> (64 - (to - from))) << from;
            any |= self.present[word] & mask != 0;
            all &= self.present[word] & mask == mask;
        }
        match (any, all) {
            (false, _) => Share::Nothing,
            (true, true) => Share::All,
            (true, false) => Share::Some,
        }
    }

    /// Makes the distances of associations `first`, `first + 1`, … that are not in the scope [`ABSENT`].
    pub(crate) fn mask(&self, first: usize, distances: &mut [u32]) {
        for (id, distance) in (first..).zip(distances) {
            if self.present[id / 64] >> (id % 64) & 1 == 0 {
                *distance = ABSENT;
            }
        }
    }

    /// The ids of `count` associations spread evenly over the scope.
    pub(crate) fn spread(&self, count: usize) -> Vec<usize> {
        let mut wanted = (0..count).map(|i| i * self.len / count).peekable();
        let (mut chosen, mut before) = (Vec::with_capacity(count), 0);
        for (word, &bits) in self.present.iter().enumerate() {
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

/// Refuses ids that are given twice, and unless they may be missing those that are not below `of`.
fn check_ids(what: &'static str, ids: &[u64], of: usize, missing: Missing) -> Result<()> {
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    for (place, &id) in ids.iter().enumerate() {
        if missing == Missing::Refuse && id >= of as u64 {
            return Err(Error::Id {
                what,
                place,
                expected: format!("an id of 0 to {}", of.saturating_sub(1)),
                found: id,
            });
        }
        if let Some(before) = places.insert(id, place) {
            return Err(Error::Id {
                what,
                place,
                expected: format!("an id not given before, as at place {before}"),
                found: id,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_masks_and_spreads_are_those_of_the_ids() {
        for of in [1, 63, 64, 65, 200, 1000] {
            for step in [1, 2, 7, 63, 64, 500] {
                let only: Vec<u64> = (0..of as u64).step_by(step).collect();
                let scope = Scope::new(of, 0, Some(&only), &[], Missing::Refuse).unwrap();
                assert_eq!(scope.len(), only.len());
                assert!(scope.ids().eq(only.iter().copied()));
                for start in (0..of).step_by(3) {
                    for end in [start + 1, (start + 64).min(of), of] {
                        let inside = (start..end).filter(|id| id % step == 0).count();
                        let expected = match inside {
                            0 => Share::Nothing,
                            _ if inside == end - start => Share::All,
                            _ => Share::Some,
                        };
                        assert_eq!(scope.share(start..end), expected, "{step}: {start}..{end} of {of}");
                        let mut distances = vec![5; end - start];
                        scope.mask(start, &mut distances);
                        assert!(
                            (start..end).zip(distances).all(|(id, h)| h == if id % step == 0 { 5 } else { ABSENT })
                        );
                    }
                }
                for count in [1, only.len().div_ceil(2), only.len()] {
                    let expected: Vec<usize> = (0..count).map(|i| only[i * only.len() / count] as usize).collect();
                    assert_eq!(scope.spread(count), expected);
                }
            }
        }
    }

    #[test]
    fn ids_that_make_no_sense_are_refused() {
        let says = |only: Option<&[u64]>, exclude: &[u64], missing| match Scope::new(10, 0, only, exclude, missing) {
            Ok(scope) => scope.ids().map(|id| id.to_string()).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        };
        assert_eq!(
            says(Some(&[3, 10]), &[], Missing::Refuse),
            "ids to keep, place 1: expected an id of 0 to 9, found 10"
        );
        assert_eq!(says(Some(&[3, u64::MAX]), &[], Missing::Allow), "3");
        assert_eq!(
            says(None, &[4, 5, 4], Missing::Allow),
            "ids to leave out, place 2: expected an id not given before, as at place 0, found 4"
        );
        assert_eq!(says(Some(&[3, 4]), &[4], Missing::Refuse), "3");
        assert_eq!(says(Some(&[3]), &[3], Missing::Refuse), "scope: expected at least one association, found none");
        assert_eq!(says(Some(&[]), &[], Missing::Refuse), "scope: expected at least one association, found none");
    }
}

//! Votes without the own bits: what is left of a word of votes once the self-term is taken out of it, as `sign/self_term.rs`
//! says.
//!
//! Keys then stand at other distances in each column. How many are at a distance is bounded for all columns at once,
//! which is all that weights by distance need; where weights depend on these numbers, a law is asked column by column,
//! with the numbers of each.

use std::collections::BTreeMap;

use crate::sign::evidence::{Evidence, WordSigns, set_bits};
use crate::sign::self_term::{OwnBits, SelfTerm};
use crate::votes::{COLUMNS, WordVotes};

/// The signs of one word of fields, once the own bits have been taken out of its votes; `by_column` if `law` is to be
/// asked with the keys of each column.
pub(crate) fn word_signs(
    self_term: SelfTerm,
    evidence: Evidence<'_>,
    votes: &WordVotes,
    columns: u64,
    own: OwnBits,
    by_column: bool,
    law: &dyn Fn(Evidence<'_>, &WordVotes, u64) -> WordSigns,
) -> WordSigns {
    let by_knowledge = |columns: u64, known: bool| {
        if columns == 0 {
            return WordSigns::default();
        }
        if !known && self_term != SelfTerm::Difference {
            return law(evidence, votes, columns);
        }
        let mut rest = Rest::new(self_term, known, evidence, votes, own.signs, by_column);
        if rest.keys_by_column.is_empty() {
            return law(rest.evidence(), &rest.votes, columns);
        }
        set_bits(columns).fold(WordSigns::default(), |signs, column| {
            rest.turn_to(column);
            signs.or(law(rest.evidence(), &rest.votes, 1 << column))
        })
    };
    by_knowledge(columns & own.known, true).or(by_knowledge(columns & !own.known, false))
}

/// The votes of a word without the own bits, and what is known of the keys that they leave out.
struct Rest {
    known: u32,
    nearest: u32,
    distances: Vec<u32>,
    /// A bound on |votes| at each distance; the number of keys once turned to a column, or where columns do not differ.
    keys: Vec<u64>,
    /// The number of keys `[distance][column]`, if they differ by column and were asked for.
    keys_by_column: Vec<[u64; COLUMNS]>,
    beyond: BTreeMap<u32, u64>,
    votes: WordVotes,
}

impl Rest {
    /// `known` says whether the columns that matter are known; the other columns' votes come out meaningless.
    fn new(
        self_term: SelfTerm,
        known: bool,
        evidence: Evidence<'_>,
        votes: &WordVotes,
        signs: u64,
        by_column: bool,
    ) -> Self {
        let difference = self_term == SelfTerm::Difference;
        // Distances that a key at h may come to stand at; one at 0 agrees everywhere.
        let around = |h: u32| {
            let nearer = h.checked_sub(1).filter(|_| known);
            let farther = (h < evidence.known + u32::from(!known)).then_some(h + 1).filter(|_| difference);
            [nearer, Some(h), farther].into_iter().flatten()
        };
        let mut distances: Vec<u32> = evidence.distances.iter().flat_map(|&h| around(h)).collect();
        distances.sort_unstable();
        distances.dedup();
        // How much nearer a key may come to stand.
        let nearer = u32::from(known);
        let mut rest = Self {
            known: if !known {
                evidence.known + 1
            } else if difference {
                evidence.known
            } else {
                evidence.known - 1
            },
            nearest: evidence.nearest.saturating_sub(nearer),
            keys: vec![0; distances.len()],
            // Where the position is not known, keys are at their distance or one farther, in every column.
            keys_by_column: vec![[0; COLUMNS]; if by_column && known { distances.len() } else { 0 }],
            votes: vec![[0; 64]; distances.len()],
            beyond: BTreeMap::new(),
            distances,
        };
        for (&bound, &keys) in evidence.beyond {
            *rest.beyond.entry(bound.saturating_sub(nearer)).or_insert(0) += keys;
        }
        for ((&h, &keys), votes) in evidence.distances.iter().zip(evidence.keys).zip(votes) {
            let mut add = |h: Option<u32>, votes_of: &dyn Fn(usize, i64) -> i64| {
                if let Some(Ok(at)) = h.map(|h| rest.distances.binary_search(&h)) {
                    rest.keys[at] += keys;
                    rest.votes[at].iter_mut().zip(votes).enumerate().for_each(|(c, (sum, &v))| *sum += votes_of(c, v));
                    // All keys that come to stand here from one distance vote alike.
                    if let Some(counts) = rest.keys_by_column.get_mut(at) {
                        let votes = counts.iter_mut().zip(votes).enumerate();
                        votes.for_each(|(c, (count, &v))| *count += votes_of(c, v).unsigned_abs());
                    }
                }
            };
            let count = keys as i64;
            let signed = |column: usize| if signs >> column & 1 == 1 { count } else { -count };
            match (known, difference) {
                (true, false) => {
                    // σ·a_h stays, σ·b_h is taken off one nearer.
                    add(Some(h), &|c, v| (signed(c) + v) / 2);
                    add(h.checked_sub(1), &|c, v| -((signed(c) - v) / 2));
                }
                (true, true) => {
                    add(Some(h), &|c, _| signed(c));
                    add(Some(h + 1), &|c, v| -((signed(c) + v) / 2));
                    add(h.checked_sub(1), &|c, v| -((signed(c) - v) / 2));
                }
                // A bit up brings keys that say plus a position of agreement, and the others one of opposition.
                (false, _) => {
                    add(Some(h), &|_, v| v);
                    add(Some(h + 1), &|_, v| -v);
                }
            }
        }
        rest
    }

    /// Makes the keys and the nearest distance those of `column`.
    fn turn_to(&mut self, column: usize) {
        self.keys.iter_mut().zip(&self.keys_by_column).for_each(|(keys, by_column)| *keys = by_column[column]);
        let mut occupied = self.distances.iter().zip(&self.keys).filter(|row| *row.1 > 0);
        self.nearest = occupied.next().map_or(self.nearest, |row| *row.0);
    }

    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            known: self.known,
            nearest: self.nearest,
            distances: &self.distances,
            keys: &self.keys,
            beyond: &self.beyond,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::segments::Side;
    use crate::votes::VoteTable;
    use crate::{Patterns, Queries};

    /// What a law is asked of each column, against the keys one by one; those from `cut` on are left out.
    fn check_columns(self_term: SelfTerm, dim: usize, cut: u32, seed: u64) {
        let drawn = |n, purpose| Patterns::random(n, dim, seed, purpose).unwrap();
        let keys = drawn(30, "keys");
        let query = Queries::with_known(drawn(1, "state"), drawn(1, "known")).unwrap().get(0).unwrap();
        let own = OwnBits::of(&query, 0);
        let known = own.known.count_ones();
        let distance = |key: u64, of: u64| ((key ^ own.signs) & own.known & of).count_ones();
        let keys: Vec<(u64, u32)> =
            (0..30).map(|i| keys.word(i, 0)).map(|key| (key, distance(key, u64::MAX))).collect();
        let near = |key: &(u64, u32)| key.1 < cut;
        let patterns = Side::from(drawn(30, "keys"));
        let mut kept: Vec<_> = keys.iter().enumerate().filter(|key| near(key.1)).map(|(i, key)| (key.1, i)).collect();
        let votes = VoteTable::gather(&patterns, &mut kept);
        let beyond = BTreeMap::from_iter((kept.len() < 30).then_some((cut, 30 - kept.len() as u64)));
        let Some(&nearest) = votes.distances.first() else { return };
        let evidence = Evidence { known, nearest, distances: &votes.distances, keys: &votes.keys, beyond: &beyond };

        let law = |evidence: Evidence<'_>, votes: &WordVotes, columns: u64| {
            for column in set_bits(columns) {
                let is_known = own.known >> column & 1 == 1;
                // Where the key stands, with the bit left out, or up and down, and how it votes there.
                let stands = |key: u64| {
                    let (rest, minus) = (distance(key, !(1 << column)), u32::from(key >> column & 1 == 0));
                    match self_term {
                        SelfTerm::Difference => vec![(rest + minus, 1), (rest + 1 - minus, -1)],
                        _ => vec![(rest, 1 - 2 * i64::from(minus))],
                    }
                };
                let mut expected = BTreeMap::new();
                for (h, vote) in keys.iter().filter(|key| near(key)).flat_map(|key| stands(key.0)) {
                    let row: &mut (u64, i64) = expected.entry(h).or_default();
                    *row = (row.0 + 1, row.1 + vote);
                }
                let positions = match self_term {
                    SelfTerm::Difference => known + u32::from(!is_known),
                    _ => known - u32::from(is_known),
                };
                assert_eq!(evidence.known, positions);
                assert_eq!(evidence.nearest, *expected.keys().next().unwrap());
                let counts: Vec<_> = expected.iter().map(|(&h, row)| (h, row.0)).collect();
                assert_eq!(evidence.census().collect::<Vec<_>>(), counts, "column {column}");
                for (h, votes) in evidence.distances.iter().zip(votes) {
                    assert_eq!(votes[column], expected.get(h).map_or(0, |row| row.1), "column {column}");
                }
                let far = || keys.iter().filter(|key| !near(key)).flat_map(|key| stands(key.0)).map(|key| key.0);
                assert_eq!(evidence.beyond.values().sum::<u64>(), 30 - kept.len() as u64);
                assert!(evidence.beyond.keys().all(|&bound| far().all(|h| bound <= h)));
            }
            WordSigns { plus: columns, ..WordSigns::default() }
        };
        let columns = u64::MAX >> (64 - dim);
        assert_eq!(word_signs(self_term, evidence, &votes.words[&0], columns, own, true, &law).plus, columns);
    }

    #[test]
    fn columns_are_asked_with_their_own_keys() {
        for seed in 0..20 {
            for (dim, cuts) in [(3, [1, 2, 4]), (20, [4, 6, 21]), (64, [13, 17, 65])] {
                for cut in cuts {
                    check_columns(SelfTerm::Zeroed, dim, cut, seed);
                    check_columns(SelfTerm::Difference, dim, cut, seed);
                }
            }
        }
    }
}

//! Votes without the own bits: what is left of a word of votes once the self-term is taken out of it, as `sign/self_term.rs`
//! says.

use std::collections::BTreeMap;

use crate::sign::evidence::{Evidence, WordSigns};
use crate::sign::self_term::{OwnBits, SelfTerm};
use crate::votes::WordVotes;

/// The signs of one word of fields, once the own bits have been taken out of its votes.
pub(crate) fn word_signs(
    self_term: SelfTerm,
    evidence: Evidence<'_>,
    votes: &WordVotes,
    columns: u64,
    own: OwnBits,
    law: &dyn Fn(Evidence<'_>, &WordVotes, u64) -> WordSigns,
) -> WordSigns {
    let by_knowledge = |columns: u64, known: bool| {
        if columns == 0 {
            return WordSigns::default();
        }
        if !known && self_term != SelfTerm::Difference {
            return law(evidence, votes, columns);
        }
        let rest = Rest::new(self_term, known, evidence, votes, own.signs);
        law(rest.evidence(), &rest.votes, columns)
    };
    by_knowledge(columns & own.known, true).or(by_knowledge(columns & !own.known, false))
}

/// The votes of a word without the own bits, and what is known of the keys that they leave out.
struct Rest {
    known: u32,
    nearest: u32,
    distances: Vec<u32>,
    /// A bound on |votes| at each distance.
    keys: Vec<u64>,
    beyond: BTreeMap<u32, u64>,
    votes: WordVotes,
}

impl Rest {
    /// `known` says whether the columns that matter are known; the other columns' votes come out meaningless.
    fn new(self_term: SelfTerm, known: bool, evidence: Evidence<'_>, votes: &WordVotes, signs: u64) -> Self {
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
        let mut rest = Self {
            known: if !known {
                evidence.known + 1
            } else if difference {
                evidence.known
            } else {
                evidence.known - 1
            },
            nearest: evidence.nearest.saturating_sub(1),
            keys: vec![0; distances.len()],
            votes: vec![[0; 64]; distances.len()],
            beyond: BTreeMap::new(),
            distances,
        };
        for (&bound, &keys) in evidence.beyond {
            *rest.beyond.entry(bound.saturating_sub(1)).or_insert(0) += keys;
        }
        for ((&h, &keys), votes) in evidence.distances.iter().zip(evidence.keys).zip(votes) {
            let mut add = |h: Option<u32>, votes_of: &dyn Fn(usize, i64) -> i64| {
                if let Some(Ok(at)) = h.map(|h| rest.distances.binary_search(&h)) {
                    rest.keys[at] += keys;
                    rest.votes[at].iter_mut().zip(votes).enumerate().for_each(|(c, (sum, &v))| *sum += votes_of(c, v));
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

//! The self-term: how the bit at a position enters the field of that same position.
//!
//! With y = x the sum Σ_i f(s_i) x_ij holds a vote of the query's own bit for itself, since s_i counts it. Recall keeps
//! that literal sum. Networks that run to a limit leave it out, in one of two ways, and both are again sums over votes
//! by distance. Let σ be the bit of the state at position j; of the keys at distance h, a_h agree with it there and
//! b_h oppose it: a_h + b_h = N_h and σ(a_h − b_h) = V[h][j].
//!
//! - *Zeroed* (W_jj = 0): overlaps run over the other positions. A key that agrees stays at its distance, one that
//!   opposes comes one nearer, so the votes are σ(a_h − b_{h+1}) over known − 1 positions.
//! - *Difference*: the energy with the bit down less that with the bit up. Turning the bit moves those that agree one
//!   farther and those that oppose one nearer, so the votes are σ(N_h − a_{h−1} − b_{h+1}), weighed by the energy's
//!   function F. Where F is s² or e^{βs} this is the zeroed field times a positive number.
//!
//! A position that is not known has no vote to leave out: the zeroed field is the literal one, and the difference asks
//! what either bit would add.

use std::collections::BTreeMap;

use crate::Query;
use crate::field::{Evidence, WordSigns};
use crate::votes::WordVotes;

/// How a position's own bit enters its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SelfTerm {
    /// Σ_i f(s_i) x_ij, the literal sum.
    Kept,
    /// The same with overlaps over the other positions.
    Zeroed,
    /// Energy with the bit down less energy with the bit up.
    Difference,
}

impl SelfTerm {
    /// The signs of one word of fields, once the own bits have been taken out of its votes.
    pub(crate) fn word_signs(
        self,
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
            if !known && self != Self::Difference {
                return law(evidence, votes, columns);
            }
            let rest = Rest::new(self, known, evidence, votes, own.signs);
            law(rest.evidence(), &rest.votes, columns)
        };
        by_knowledge(columns & own.known, true).or(by_knowledge(columns & !own.known, false))
    }
}

/// The query's bits at 64 columns.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OwnBits {
    pub(crate) signs: u64,
    /// Columns at which the query has a bit.
    pub(crate) known: u64,
}

impl OwnBits {
    /// The bits of `query` at the columns of `word`; none beyond its end.
    pub(crate) fn of(query: &Query, word: usize) -> Self {
        let signs = query.signs().words().get(word).copied();
        let known = query.known().map_or(Some(u64::MAX), |known| known.words().get(word).copied());
        signs.zip(known).map_or_else(Self::default, |(signs, known)| Self { signs, known })
    }
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

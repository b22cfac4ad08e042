//! Fields and their exact signs: votes by distance through a separation.
//!
//! A [`Field`] is a [`Law`], which is what a separation does (`separation/`), and a [`SelfTerm`], which says how a
//! position's own bit enters its own field. Recall keeps it, so that the votes go to the law as they are; dynamics may
//! take it out of the votes first (`self_term.rs`).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use crate::dynamics::{Histogram, Sweeping};
use crate::self_term::{OwnBits, SelfTerm};
use crate::votes::WordVotes;
use crate::{Diagonal, Energy, Separation};

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
    /// The nearest distance of all.
    pub(crate) nearest: u32,
    /// Distances with votes, ascending, and the keys at each.
    pub(crate) distances: &'a [u32],
    pub(crate) keys: &'a [u64],
    /// Keys without votes, by a lower bound of their distance.
    pub(crate) beyond: &'a BTreeMap<u32, u64>,
}

/// The rule by which a query's votes become the field of every position, and its exact sign.
#[derive(Debug)]
pub(crate) struct Field {
    separation: Separation,
    law: Box<dyn Law>,
    self_term: SelfTerm,
}

impl Field {
    /// The rule for keys of dimension `dim`.
    pub(crate) fn new(separation: Separation, self_term: SelfTerm, dim: usize) -> Self {
        let law = separation.law(self_term == SelfTerm::Difference, dim);
        let self_term = if self_term == SelfTerm::Difference { law.difference() } else { self_term };
        Self { separation, law, self_term }
    }

    pub(crate) fn separation(&self) -> Separation {
        self.separation
    }

    pub(crate) fn self_term(&self) -> SelfTerm {
        self.self_term
    }

    pub(crate) fn law(&self) -> &dyn Law {
        &*self.law
    }

    /// The window within which this rule is likely to be decided: those beyond weigh less than e^−`margin` together, if
    /// there are `keys` keys.
    pub(crate) fn window(&self, keys: u64, margin: f64) -> u32 {
        // Without the own bit a key stands up to one nearer, and the nearest may stand where it was.
        self.law.window(keys, margin).saturating_add(if self.self_term == SelfTerm::Kept { 0 } else { 2 })
    }

    /// What the own bit adds to a field for each key, where fields are to be had from [`Law::relative_weights`]: with
    /// linear weights the zeroed field is the literal one less the own bit, once a key.
    pub(crate) fn own_weight(&self) -> Option<i64> {
        match (self.self_term, self.separation) {
            (SelfTerm::Kept, _) => Some(0),
            (SelfTerm::Zeroed, Separation::Linear) => Some(1),
            _ => None,
        }
    }

    /// The weight below which all other keys must stay together, relative to the nearest, for the nearest alone to
    /// decide every bit.
    pub(crate) fn dominance(&self) -> f64 {
        if self.self_term == SelfTerm::Kept { 1.0 } else { self.law.dominance_without_own() }
    }

    /// The signs of one word of fields; a column is left open only if `evidence` leaves keys out. `own` are the bits
    /// of the query at these columns; they matter only where the self-term is not kept.
    pub(crate) fn word_signs(
        &self,
        evidence: Evidence<'_>,
        votes: &WordVotes,
        columns: u64,
        own: OwnBits,
    ) -> WordSigns {
        match self.self_term {
            SelfTerm::Kept => self.law.word_signs(evidence, votes, columns),
            self_term => self.law.word_signs_without_own(self_term, evidence, votes, columns, own),
        }
    }

    /// As [`Law::weigh`].
    pub(crate) fn weigh(&self, keys: impl IntoIterator<Item = (u32, u64)>, nearest: u32) -> [f64; 2] {
        self.law.weigh(&mut keys.into_iter(), nearest)
    }

    /// As [`Law::sign`].
    pub(crate) fn sign(&self, known: u32, votes: &mut Vec<(u32, i64)>) -> Ordering {
        self.law.sign(known, votes)
    }
}

/// Weights by distance.
#[derive(Debug)]
pub(crate) enum Relative {
    /// As they are.
    Exact(Vec<i64>),
    /// In any unit that is the same for all, each in error by less than 2⁻⁴² of itself; none exceeds 1 in magnitude.
    Real(Vec<f64>),
}

/// What a separation does: Σ_h f(known − 2h)·V[h][j] and its exact sign, and everything that follows from f.
pub(crate) trait Law: fmt::Debug + Send + Sync {
    /// The distance beyond the nearest at which all of `keys` keys together weigh less than e^−`margin` of one at the
    /// nearest. None is, unless told.
    fn window(&self, _keys: u64, _margin: f64) -> u32 {
        u32::MAX
    }

    /// The weights of keys at every distance from 0 to `known`, if fields are sums of them.
    fn relative_weights(&self, _known: u32, _nearest: u32) -> Option<Relative> {
        None
    }

    /// The weight of all of `keys`, given as (distance, count), relative to that of one key at `nearest`: an interval
    /// that holds it. A distance that is only a lower bound makes the upper end hold and the lower end meaningless.
    ///
    /// Where nothing can be left out the interval is [0, ∞].
    fn weigh(&self, _keys: &mut dyn Iterator<Item = (u32, u64)>, _nearest: u32) -> [f64; 2] {
        [0.0, f64::INFINITY]
    }

    /// The signs of one word of fields; a column is left open only if `evidence` leaves keys out.
    fn word_signs(&self, evidence: Evidence<'_>, votes: &WordVotes, columns: u64) -> WordSigns;

    /// The exact sign of one field, given all of its votes by ascending distance; changes `votes`.
    fn sign(&self, known: u32, votes: &mut Vec<(u32, i64)>) -> Ordering;

    /// How the own bit enters where the update is the difference of energies: as that, or zeroed where the signs are
    /// always the same.
    fn difference(&self) -> SelfTerm {
        SelfTerm::Zeroed
    }

    /// As [`word_signs`](Self::word_signs), the own bits left out as `self_term` says. The votes are made anew; a law
    /// that does not count votes has its own way.
    fn word_signs_without_own(
        &self,
        self_term: SelfTerm,
        evidence: Evidence<'_>,
        votes: &WordVotes,
        columns: u64,
        own: OwnBits,
    ) -> WordSigns {
        self_term.word_signs(evidence, votes, columns, own, &|evidence, votes, columns| {
            self.word_signs(evidence, votes, columns)
        })
    }

    /// As [`Field::dominance`], where the own bit is left out.
    fn dominance_without_own(&self) -> f64 {
        0.0
    }

    /// The energy of a state of `known` positions, to which keys have these distances.
    fn energy(&self, diagonal: Diagonal, known: u32, keys: &Histogram) -> Energy;

    /// How a sweep finds the sign of a position.
    fn sweep(&self, self_term: SelfTerm, dim: usize) -> Sweeping;
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

/// The exact signs of some columns, one by one, from votes of all keys.
pub(crate) fn exact_signs(law: &dyn Law, evidence: Evidence<'_>, votes: &WordVotes, columns: u64) -> WordSigns {
    let mut signs = WordSigns::default();
    let mut terms = Vec::with_capacity(votes.len());
    for column in set_bits(columns) {
        terms.clear();
        terms.extend(evidence.distances.iter().zip(votes).map(|(&h, votes)| (h, votes[column])));
        signs.note(column, law.sign(evidence.known, &mut terms));
    }
    signs
}

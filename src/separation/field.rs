//! Fields and their exact signs: votes by distance through a separation.
//!
//! A [`Field`] is a [`Law`], which is what a separation does (`separation/`), and a [`SelfTerm`], which says how a
//! position's own bit enters its own field. Recall keeps it, so that the votes go to the law as they are; dynamics may
//! take it out of the votes first (`without_own.rs`).

use std::cmp::Ordering;

use crate::Separation;
use crate::separation::law::Law;
use crate::sign::evidence::{Evidence, WordSigns};
use crate::sign::self_term::{OwnBits, SelfTerm};
use crate::votes::WordVotes;

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
        Self::by(separation.law(self_term == SelfTerm::Difference, dim), separation, self_term)
    }

    /// The rule by `law`, which is that of `separation`; in tests it may be one that no separation has.
    pub(crate) fn by(law: Box<dyn Law>, separation: Separation, self_term: SelfTerm) -> Self {
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

    /// As [`Law::own_weight`].
    pub(crate) fn own_weight(&self) -> Option<i64> {
        self.law.own_weight(self.self_term)
    }

    /// As [`Law::has_top_weight`].
    pub(crate) fn has_top_weight(&self) -> bool {
        self.law.has_top_weight()
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
    pub(crate) fn sign(
        &self,
        known: u32,
        keys: impl IntoIterator<Item = (u32, u64)>,
        votes: &mut Vec<(u32, i64)>,
    ) -> Ordering {
        self.law.sign(known, &mut keys.into_iter(), votes)
    }
}

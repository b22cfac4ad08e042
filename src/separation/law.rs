//! What a separation does, whatever it is: the signs of its fields, what may be left out of them, its energy, and what a
//! sweep asks of it.

use std::cmp::Ordering;
use std::fmt;

use crate::separation::energy::Energy;
use crate::separation::position::Sweeping;
use crate::separation::without_own;
use crate::sign::evidence::{Evidence, WordSigns, set_bits};
use crate::sign::self_term::{Diagonal, OwnBits, SelfTerm};
use crate::votes::WordVotes;
use crate::votes::counts::Counts;

/// Weights by distance.
#[derive(Debug)]
pub(crate) enum Relative {
    /// As they are.
    Exact(Vec<i64>),
    /// In any unit that is the same for all, each in error by less than 2⁻⁴² of itself; none exceeds 1 in magnitude.
    Real(Vec<f64>),
}

/// What a separation does: Σ_h w(h)·V[h][j] and its exact sign, and everything that follows from the weights.
///
/// A weight may be a function f(known − 2h) of the distance alone, or depend on how many keys stand at each distance,
/// as sparsemax's threshold does. What a law does not tell stands for the second: every key matters, and every column
/// is asked for with its own counts.
pub(crate) trait Law: fmt::Debug + Send + Sync {
    /// Whether the weight of a key is a function of its distance alone. Else [`word_signs`](Self::word_signs) is asked
    /// column by column where own bits are left out, since keys then stand elsewhere in each.
    fn weighs_by_distance(&self) -> bool {
        false
    }

    /// The distance beyond the nearest at which all of `keys` keys together weigh less than e^−`margin` of one at the
    /// nearest. None is, unless told.
    fn window(&self, _keys: u64, _margin: f64) -> u32 {
        u32::MAX
    }

    /// The weights of keys at every distance from 0 to `known`, if fields are sums of them.
    fn relative_weights(&self, _known: u32, _nearest: u32) -> Option<Relative> {
        None
    }

    /// What the own bit adds to a field for each key, where fields are to be had from
    /// [`relative_weights`](Self::relative_weights) though it is left out as `self_term` says.
    fn own_weight(&self, self_term: SelfTerm) -> Option<i64> {
        (self_term == SelfTerm::Kept).then_some(0)
    }

    /// Whether weights are positive and their shares add up to 1, so that the share of the nearest keys says something.
    fn has_top_weight(&self) -> bool {
        false
    }

    /// The weight of all of `keys`, given as (distance, count), relative to that of one key at `nearest`: an interval
    /// that holds it. A distance that is only a lower bound makes the upper end hold and the lower end meaningless.
    ///
    /// Where nothing can be left out the interval is [0, ∞].
    fn weigh(&self, _keys: &mut dyn Iterator<Item = (u32, u64)>, _nearest: u32) -> [f64; 2] {
        [0.0, f64::INFINITY]
    }

    /// The signs of one word of fields; a column is left open only if `evidence` leaves keys out. A law that does not
    /// [weigh by distance](Self::weighs_by_distance) is told how many keys are at each distance and which is the
    /// nearest, others what bounds them.
    fn word_signs(&self, evidence: Evidence<'_>, votes: &WordVotes, columns: u64) -> WordSigns;

    /// The exact sign of one field, given the number of keys at each distance and all of their votes; changes `votes`.
    ///
    /// Both ascend by distance. Distances without keys are left out of `keys`; of votes that cancel each other, or of
    /// distances without keys, there may be a 0 or none. Of a difference of energies, keys are counted with the bit up
    /// and with the bit down, and vote for plus and for minus: so U keys with the bit up and D with the bit down are
    /// U + D keys and U − D votes.
    ///
    /// A law that [weighs by distance](Self::weighs_by_distance) may be given bounds for the numbers of keys.
    fn sign(&self, known: u32, keys: &mut dyn Iterator<Item = (u32, u64)>, votes: &mut Vec<(u32, i64)>) -> Ordering;

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
        let by_column = !self.weighs_by_distance();
        without_own::word_signs(self_term, evidence, votes, columns, own, by_column, &|evidence, votes, columns| {
            self.word_signs(evidence, votes, columns)
        })
    }

    /// The weight below which all other keys must stay together, relative to the nearest, for the nearest alone to
    /// decide every bit where the own bit is left out.
    fn dominance_without_own(&self) -> f64 {
        0.0
    }

    /// The energy of a state of `known` positions, to which keys have these distances.
    fn energy(&self, diagonal: Diagonal, known: u32, keys: &Counts) -> Energy;

    /// How a sweep finds the sign of a position. By its counts and votes, unless told.
    fn sweep(&self, _self_term: SelfTerm, _dim: usize) -> Sweeping {
        Sweeping::Counts
    }
}

/// The exact signs of some columns, one by one, from votes of all keys.
pub(crate) fn exact_signs(law: &dyn Law, evidence: Evidence<'_>, votes: &WordVotes, columns: u64) -> WordSigns {
    let mut signs = WordSigns::default();
    let mut terms = Vec::with_capacity(votes.len());
    for column in set_bits(columns) {
        terms.clear();
        terms.extend(evidence.distances.iter().zip(votes).map(|(&h, votes)| (h, votes[column])));
        signs.note(column, law.sign(evidence.known, &mut evidence.census(), &mut terms));
    }
    signs
}

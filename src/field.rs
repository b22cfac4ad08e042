//! Fields and their exact signs: votes by distance through a separation.
//!
//! A [`Field`] is a [`Law`], which is the separation made ready to decide signs, and a [`SelfTerm`], which says how a
//! position's own bit enters its own field. Recall keeps it, so that the votes go to the law as they are; dynamics may
//! take it out of the votes first (`self_term.rs`).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::exact::{ExponentialSign, ULP, UNDERFLOW, decay, polynomial_sign};
use crate::self_term::{OwnBits, SelfTerm};
use crate::votes::{COLUMNS, WordVotes};
use crate::{Beta, Separation};

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
    law: Law,
    self_term: SelfTerm,
}

impl Field {
    /// The rule for keys of dimension `dim`.
    pub(crate) fn new(separation: Separation, self_term: SelfTerm, dim: usize) -> Self {
        let law = match separation {
            Separation::Exponential(beta) => Law::Exponential(beta, ExponentialSign::new(beta.get(), dim as u32)),
            // The energy of degree K + 1 is what the difference is of.
            Separation::Polynomial(degree) if self_term == SelfTerm::Difference => Law::Polynomial(degree.get() + 1),
            Separation::Polynomial(degree) => Law::Polynomial(degree.get()),
            Separation::Linear => Law::Linear,
            Separation::Max => Law::Max,
        };
        Self { separation, law, self_term }
    }

    pub(crate) fn separation(&self) -> Separation {
        self.separation
    }

    pub(crate) fn self_term(&self) -> SelfTerm {
        self.self_term
    }

    /// The window within which this rule is likely to be decided: for random keys, `keys` of them, those beyond weigh
    /// less than e^−4 together.
    pub(crate) fn window(&self, keys: u64) -> u32 {
        let window = match self.law {
            Law::Exponential(beta, _) => weight_window(beta, keys, 4.0),
            Law::Max => 0,
            Law::Linear | Law::Polynomial(_) => u32::MAX,
        };
        // Without the own bit a key stands up to one nearer, and the nearest may stand where it was.
        window.saturating_add(if self.self_term == SelfTerm::Kept { 0 } else { 2 })
    }

    /// The weight below which all other keys must stay together, relative to the nearest, for the nearest alone to
    /// decide every bit.
    pub(crate) fn dominance(&self) -> f64 {
        match (self.self_term, &self.law) {
            (SelfTerm::Kept, _) => 1.0,
            // Every other key may gain a bit on the nearest.
            (_, Law::Exponential(beta, _)) => decay(2.0 * beta.get()) * (1.0 - 1e-9),
            _ => 0.0,
        }
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
            self_term => self_term.word_signs(&self.law, evidence, votes, columns, own),
        }
    }

    /// As [`Law::weigh`].
    pub(crate) fn weigh(&self, keys: impl IntoIterator<Item = (u32, u64)>, nearest: u32) -> [f64; 2] {
        self.law.weigh(keys, nearest)
    }

    /// As [`Law::sign`].
    pub(crate) fn sign(&self, known: u32, votes: &mut Vec<(u32, i64)>) -> Ordering {
        self.law.sign(known, votes)
    }
}

/// Σ_h f(known − 2h)·V[h][j], and its exact sign.
#[derive(Debug)]
pub(crate) enum Law {
    Exponential(Beta, ExponentialSign),
    /// The degree, up to 65.
    Polynomial(u32),
    Linear,
    Max,
}

impl Law {
    /// The weight of all of `keys`, given as (distance, count), relative to that of one key at `nearest`: an interval
    /// that holds it. A distance that is only a lower bound makes the upper end hold and the lower end meaningless.
    ///
    /// Of linear and polynomial weights nothing can be left out: their interval is [0, ∞].
    fn weigh(&self, keys: impl IntoIterator<Item = (u32, u64)>, nearest: u32) -> [f64; 2] {
        let weight: &dyn Fn(u32) -> (f64, f64) = match self {
            Self::Exponential(beta, _) => &|t| {
                let x = 2.0 * beta.get() * f64::from(t);
                (decay(x), decay(x) * (x.min(745.0) + 8.0) * ULP + UNDERFLOW)
            },
            Self::Max => &|t| (if t == 0 { 1.0 } else { 0.0 }, 0.0),
            Self::Linear | Self::Polynomial(_) => return [0.0, f64::INFINITY],
        };
        let (mut terms, mut low, mut high) = (1.0, 0.0, 0.0);
        for (distance, count) in keys {
            let (weight, error) = weight(distance.saturating_sub(nearest));
            low += count as f64 * (weight - error).max(0.0);
            high += count as f64 * (weight + error);
            terms += 1.0;
        }
        [low * (1.0 - 4.0 * terms * ULP), high * (1.0 + 4.0 * terms * ULP)]
    }

    /// The signs of one word of fields; a column is left open only if `evidence` leaves keys out.
    pub(crate) fn word_signs(&self, evidence: Evidence<'_>, votes: &WordVotes, columns: u64) -> WordSigns {
        let complete = evidence.beyond.is_empty();
        let exact = |undecided: u64, mut signs: WordSigns| {
            let mut terms = Vec::with_capacity(votes.len());
            for column in set_bits(undecided) {
                terms.clear();
                terms.extend(evidence.distances.iter().zip(votes).map(|(&h, votes)| (h, votes[column])));
                signs.note(column, self.sign(evidence.known, &mut terms));
            }
            signs
        };
        match self {
            Self::Max => {
                if evidence.beyond.keys().next().is_some_and(|&bound| bound <= evidence.nearest) {
                    return WordSigns { open: columns, ..WordSigns::default() };
                }
                let mut signs = WordSigns::default();
                for column in set_bits(columns) {
                    signs.note(column, votes.first().map_or(0, |votes| votes[column]).cmp(&0));
                }
                signs
            }
            Self::Exponential(beta, _) => {
                let (fields, error) = approximate(beta.get(), evidence, votes);
                let [_, tail] = self.weigh(by_distance(evidence.beyond), evidence.nearest);
                let (mut signs, mut undecided) = (WordSigns::default(), 0);
                for column in set_bits(columns) {
                    if fields[column].abs() > tail + error {
                        signs.note(column, fields[column].total_cmp(&0.0));
                    } else {
                        undecided |= 1 << column;
                    }
                }
                if complete { exact(undecided, signs) } else { WordSigns { open: undecided, ..signs } }
            }
            Self::Linear | Self::Polynomial(_) if !complete => WordSigns { open: columns, ..WordSigns::default() },
            Self::Linear => {
                let mut fields = [0i128; COLUMNS];
                for (&h, votes) in evidence.distances.iter().zip(votes) {
                    let overlap = i128::from(evidence.known) - 2 * i128::from(h);
                    fields.iter_mut().zip(votes).for_each(|(field, &vote)| *field += overlap * i128::from(vote));
                }
                let mut signs = WordSigns::default();
                for column in set_bits(columns) {
                    signs.note(column, fields[column].cmp(&0));
                }
                signs
            }
            Self::Polynomial(_) => exact(columns, WordSigns::default()),
        }
    }

    /// The exact sign of one field, given all of its votes by ascending distance; changes `votes`.
    fn sign(&self, known: u32, votes: &mut Vec<(u32, i64)>) -> Ordering {
        match self {
            Self::Exponential(_, sign) => sign.sign(votes),
            Self::Polynomial(degree) => polynomial_sign(known, *degree, votes),
            Self::Linear => polynomial_sign(known, 1, votes),
            Self::Max => votes.first().map_or(Ordering::Equal, |vote| vote.1.cmp(&0)),
        }
    }
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

/// Exponential fields in `f64`, relative to the weight of one nearest key, and a bound on the error of each.
///
/// With k terms, each weight off by (x + 8)·2⁻⁵² relative and each product and sum rounded once, the error is below
/// Σ N_h w_h (x_h + k + 16)·2⁻⁵²; every |V[h][j]| ≤ N_h, so one bound serves all columns.
fn approximate(beta: f64, evidence: Evidence<'_>, votes: &WordVotes) -> ([f64; COLUMNS], f64) {
    let mut fields = [0.0; COLUMNS];
    let mut error = 0.0;
    let terms = evidence.distances.len() as f64;
    for ((&h, &keys), votes) in evidence.distances.iter().zip(evidence.keys).zip(votes) {
        let x = 2.0 * beta * f64::from(h.saturating_sub(evidence.nearest));
        let weight = decay(x);
        error += keys as f64 * (weight * (x.min(745.0) + terms + 16.0) + UNDERFLOW / ULP);
        fields.iter_mut().zip(votes).for_each(|(field, &vote)| *field += weight * vote as f64);
    }
    (fields, error * ULP * 1.001)
}

/// The distance beyond the nearest at which all of `keys` keys together weigh less than e^−`margin`.
pub(crate) fn weight_window(beta: Beta, keys: u64, margin: f64) -> u32 {
    // `libm`, so that the window is the same on every platform. Saturates: at the smallest β it is wider than any
    // pattern.
    ((libm::log(keys as f64) + margin) / (2.0 * beta.get())).ceil() as u32
}

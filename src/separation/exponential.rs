//! f(s) = e^{βs}: what is beyond the nearest keys seldom matters.

use std::cmp::Ordering;

use crate::separation::Beta;
use crate::separation::energy::Energy;
use crate::separation::law::{Law, Relative, exact_signs};
use crate::separation::position::{Entry, OverlapWeights, Sweeping};
use crate::sign::evidence::{Evidence, WordSigns, by_distance};
use crate::sign::exact::{ExponentialSign, ULP, UNDERFLOW, decay};
use crate::sign::self_term::Diagonal;
use crate::sign::self_term::SelfTerm;
use crate::votes::counts::Counts;
use crate::votes::{COLUMNS, WordVotes};

#[derive(Debug)]
pub(super) struct Exponential {
    beta: Beta,
    sign: ExponentialSign,
}

impl Exponential {
    pub(super) fn new(beta: Beta, dim: usize) -> Self {
        Self { beta, sign: ExponentialSign::new(beta.get(), dim as u32) }
    }
}

impl Law for Exponential {
    fn weighs_by_distance(&self) -> bool {
        true
    }

    fn window(&self, keys: u64, margin: f64) -> u32 {
        weight_window(self.beta, keys, margin)
    }

    fn relative_weights(&self, known: u32, nearest: u32) -> Option<Relative> {
        // No key is nearer than the nearest.
        let weight = |h: u32| h.checked_sub(nearest).map_or(0.0, |t| decay(2.0 * self.beta.get() * f64::from(t)));
        Some(Relative::Real((0..=known).map(weight).collect()))
    }

    fn has_top_weight(&self) -> bool {
        true
    }

    fn weigh(&self, keys: &mut dyn Iterator<Item = (u32, u64)>, nearest: u32) -> [f64; 2] {
        let (mut terms, mut low, mut high) = (1.0, 0.0, 0.0);
        for (distance, count) in keys {
            let x = 2.0 * self.beta.get() * f64::from(distance.saturating_sub(nearest));
            let (weight, error) = (decay(x), decay(x) * (x.min(745.0) + 8.0) * ULP + UNDERFLOW);
            low += count as f64 * (weight - error).max(0.0);
            high += count as f64 * (weight + error);
            terms += 1.0;
        }
        [low * (1.0 - 4.0 * terms * ULP), high * (1.0 + 4.0 * terms * ULP)]
    }

    fn word_signs(&self, evidence: Evidence<'_>, votes: &WordVotes, columns: u64) -> WordSigns {
        let (fields, error) = approximate(self.beta.get(), evidence, votes);
        let [_, tail] = self.weigh(&mut by_distance(evidence.beyond), evidence.nearest);
        let doubt = tail + error;
        let (mut plus, mut decided) = (0, 0);
        for (column, field) in fields.into_iter().enumerate() {
            plus |= u64::from(field > doubt) << column;
            decided |= u64::from(field.abs() > doubt) << column;
        }
        let signs = WordSigns { plus: plus & columns, ..WordSigns::default() };
        let undecided = columns & !decided;
        match evidence.beyond.is_empty() {
            true => signs.or(exact_signs(self, evidence, votes, undecided)),
            false => WordSigns { open: undecided, ..signs },
        }
    }

    fn sign(&self, _: u32, _: &mut dyn Iterator<Item = (u32, u64)>, votes: &mut Vec<(u32, i64)>) -> Ordering {
        self.sign.sign(votes)
    }

    fn dominance_without_own(&self) -> f64 {
        // Every other key may gain a bit on the nearest.
        decay(2.0 * self.beta.get()) * (1.0 - 1e-9)
    }

    fn energy(&self, _: Diagonal, known: u32, keys: &Counts) -> Energy {
        let (beta, nearest) = (self.beta.get(), keys.counts().next().map_or(0, |(h, _)| h));
        let weigh = |(h, count): (u32, u64)| decay(2.0 * beta * f64::from(h - nearest)) * count as f64;
        let sum: f64 = keys.counts().map(weigh).sum();
        let overlap = f64::from(known) - 2.0 * f64::from(nearest);
        Energy::real(-(overlap + libm::log(sum) / beta))
    }

    fn sweep(&self, self_term: SelfTerm, dim: usize) -> Sweeping {
        let weight = |t: i32| decay(self.beta.get() * f64::from(t));
        // Relative to an overlap one above the largest, which without the own bit may occur.
        let farther = if self_term == SelfTerm::Kept { 0 } else { 2 };
        let entry = |t: i32| Entry { agree: weight(t + farther), oppose: weight(t), magnitude: weight(t) };
        // Exponents up to 745 count.
        Sweeping::Weights(OverlapWeights::to_largest(dim, 760.0, entry))
    }
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

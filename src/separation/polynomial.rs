//! f(s) = s^K: fields are integers of any length, and every key counts.

use std::cmp::Ordering;

use dashu_int::IBig;

use crate::separation::Degree;
use crate::separation::energy::Energy;
use crate::separation::law::{Law, Relative, exact_signs};
use crate::separation::position::{Entry, OverlapWeights, Sweeping};
use crate::sign::evidence::{Evidence, WordSigns};
use crate::sign::exact::polynomial_sign;
use crate::sign::self_term::Diagonal;
use crate::sign::self_term::SelfTerm;
use crate::votes::WordVotes;
use crate::votes::counts::Counts;

#[derive(Debug)]
pub(super) struct Polynomial {
    degree: u32,
    /// Of the votes: K, or K + 1 where they are differences of the energy Σ s^{K+1}.
    power: u32,
}

impl Polynomial {
    pub(super) fn new(degree: Degree, difference: bool) -> Self {
        let degree = degree.get();
        Self { degree, power: degree + u32::from(difference) }
    }
}

impl Law for Polynomial {
    fn weighs_by_distance(&self) -> bool {
        true
    }

    fn relative_weights(&self, known: u32, _: u32) -> Option<Relative> {
        let scale = f64::from(known.max(1));
        // A rounding for the quotient and one for each product.
        let power = |s: f64| (0..self.power).fold(1.0, |product, _| product * (s / scale));
        Some(Relative::Real((0..=known).map(|h| power(f64::from(known) - 2.0 * f64::from(h))).collect()))
    }

    fn word_signs(&self, evidence: Evidence<'_>, votes: &WordVotes, columns: u64) -> WordSigns {
        match evidence.beyond.is_empty() {
            true => exact_signs(self, evidence, votes, columns),
            false => WordSigns { open: columns, ..WordSigns::default() },
        }
    }

    fn sign(&self, known: u32, _: &mut dyn Iterator<Item = (u32, u64)>, votes: &mut Vec<(u32, i64)>) -> Ordering {
        polynomial_sign(known, self.power, votes)
    }

    fn difference(&self) -> SelfTerm {
        SelfTerm::Difference
    }

    fn energy(&self, _: Diagonal, known: u32, keys: &Counts) -> Energy {
        let power = |s: i64| IBig::from(s).pow(self.degree as usize + 1);
        let sum: IBig = keys.overlaps(known).map(|(s, count)| power(s) * IBig::from(count)).sum();
        Energy::halves(sum * IBig::from(-2))
    }

    fn sweep(&self, self_term: SelfTerm, dim: usize) -> Sweeping {
        let scale = dim as f64;
        let power = |s: i32, k: u32| (0..k).fold(1.0, |product, _| product * (f64::from(s) / scale));
        let entry = |s: i32| match self_term {
            SelfTerm::Kept => {
                let weight = power(s, self.degree);
                Entry { agree: weight, oppose: weight, magnitude: weight.abs() }
            }
            SelfTerm::Zeroed => {
                let (agree, oppose) = (power(s - 1, self.degree), power(s + 1, self.degree));
                Entry { agree, oppose, magnitude: agree.abs() + oppose.abs() }
            }
            SelfTerm::Difference => {
                let energy = |s| power(s, self.degree + 1);
                let (below, here, above) = (energy(s - 2), energy(s), energy(s + 2));
                let magnitude = below.abs() + here.abs() + above.abs();
                Entry { agree: here - below, oppose: above - here, magnitude }
            }
        };
        // A rounding for each quotient and product, and a few.
        Sweeping::Weights(OverlapWeights::of_overlap(dim, 4.0 * f64::from(self.degree) + 16.0, entry))
    }
}

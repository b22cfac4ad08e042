//! Exact solutions of integer systems: lifting modulo powers of a prime, then fractions.
//!
//! A u = b with integer A, b has a rational solution. It is found modulo p, p², p³, … (Dixon 1982), and read as
//! fractions with one denominator as soon as such fractions, put back into the system, solve it exactly. Keys with much
//! structure have small denominators and need a few digits; at worst, by Hadamard's bound on determinants, it takes
//! about 2·Σ log_p A_ii digits for a positive definite A.

use std::cmp::Ordering;

use dashu_int::IBig;
use dashu_int::ops::{Abs, BitTest, DivRem, UnsignedAbs};

use rayon::prelude::*;

use super::modular::Prime;
use crate::{Result, Steps};

/// An exact solution: u_i = numerators[i] / denominator, the denominator being positive.
#[derive(Clone, Debug)]
pub(crate) struct Fractions {
    pub(crate) numerators: Vec<IBig>,
    pub(crate) denominator: IBig,
}

/// A nonsingular integer matrix, ready to solve systems exactly.
#[derive(Debug)]
pub(crate) struct Lifting {
    prime: Prime,
    order: usize,
    /// Row by row.
    matrix: Vec<i64>,
    /// Modulo the prime.
    inverse: Vec<u64>,
}

impl Lifting {
    /// Of the matrix of this order, row by row, whose elements lie below 2⁵⁰. `None` if it is singular modulo every
    /// prime tried.
    ///
    /// Cost: 2·order³ multiplications modulo a prime.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted) if `steps` says so.
    pub(crate) fn new(matrix: Vec<i64>, order: usize, steps: &Steps<'_>) -> Result<Option<Self>> {
        for prime in Prime::all() {
            let reduced = matrix.iter().map(|&element| prime.reduce(i128::from(element))).collect();
            if let Some(inverse) = prime.inverse(reduced, order, steps)? {
                return Ok(Some(Self { prime, order, matrix, inverse }));
            }
        }
        Ok(None)
    }

    /// The exact solution for this right-hand side, whose elements lie below 2⁵⁰.
    ///
    /// Cost: order² multiplications a digit.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted) if `steps` says so, which is asked for every digit, and not while
    /// fractions are read off.
    pub(crate) fn solve(&self, right: &[i64], steps: &Steps<'_>) -> Result<Fractions> {
        let p = IBig::from(self.prime.get());
        let mut rest: Vec<i128> = right.iter().map(|&element| i128::from(element)).collect();
        let mut solution = vec![IBig::ZERO; self.order];
        let mut modulus = IBig::ONE;
        let mut next_look = 2usize;
        for digits in 1usize.. {
            steps.check()?;
            let digit = self.digit(&rest);
            // The rest after this digit. Before the division it is below 2¹³ · 2⁵⁰ · 2⁶¹ for the largest order.
            rest.par_iter_mut().zip(self.matrix.par_chunks_exact(self.order)).with_min_len(64).for_each(
                |(rest, row)| {
                    let product: i128 = row.iter().zip(&digit).map(|(&a, &u)| i128::from(a) * i128::from(u)).sum();
                    *rest = (*rest - product) / i128::from(self.prime.get());
                },
            );
            for (solution, &digit) in solution.iter_mut().zip(&digit) {
                *solution += &modulus * IBig::from(digit);
            }
            modulus *= &p;
            if digits == next_look {
                if let Some(fractions) = fractions(&solution, &modulus)
                    && self.solves(&fractions, right)
                {
                    return Ok(fractions);
                }
                next_look = digits + digits.div_ceil(2);
            }
        }
        unreachable!("enough digits tell the fractions")
    }

    /// The next digit of the solution: A⁻¹·rest modulo the prime.
    fn digit(&self, rest: &[i128]) -> Vec<u64> {
        let rest: Vec<u64> = rest.iter().map(|&rest| self.prime.reduce(rest)).collect();
        let dot = |row: &[u64]| {
            let sum: u128 = row.iter().zip(&rest).map(|(&a, &b)| u128::from(self.prime.multiply(a, b))).sum();
            (sum % u128::from(self.prime.get())) as u64
        };
        self.inverse.par_chunks_exact(self.order).with_min_len(64).map(dot).collect()
    }

    fn solves(&self, fractions: &Fractions, right: &[i64]) -> bool {
        self.matrix.par_chunks_exact(self.order).with_min_len(16).zip(right).all(|(row, &right)| {
            let products = row.iter().zip(&fractions.numerators).filter(|pair| *pair.0 != 0);
            let sum: IBig = products.map(|(&a, u)| u * IBig::from(a)).sum();
            sum == &fractions.denominator * IBig::from(right)
        })
    }
}

/// Fractions with one denominator that equal `residues` modulo `modulus`, if some exist with numerators and denominator
/// below half the root of the modulus.
fn fractions(residues: &[IBig], modulus: &IBig) -> Option<Fractions> {
    let bits = modulus.unsigned_abs().bit_len();
    let bound = IBig::ONE << (bits / 2).saturating_sub(2);
    let mut denominator = IBig::ONE;
    let mut numerators: Vec<IBig> = Vec::with_capacity(residues.len());
    for residue in residues {
        let scaled = symmetric(residue * &denominator, modulus);
        let numerator = if (&scaled).abs() <= bound {
            scaled
        } else {
            let (numerator, factor) = fraction(scaled, modulus, &bound)?;
            numerators.iter_mut().for_each(|before| *before *= &factor);
            denominator *= factor;
            numerator
        };
        if denominator > bound || (&numerator).abs() > bound {
            return None;
        }
        numerators.push(numerator);
    }
    numerators.iter().all(|numerator| numerator.abs() <= bound).then_some(Fractions { numerators, denominator })
}

/// The representative of `number` nearest to 0.
fn symmetric(number: IBig, modulus: &IBig) -> IBig {
    let (_, rest) = number.div_rem(modulus);
    match (&rest + &rest).abs().cmp(modulus) {
        Ordering::Greater if rest > IBig::ZERO => rest - modulus,
        Ordering::Greater => rest + modulus,
        _ => rest,
    }
}

/// The fraction (numerator, denominator > 0) that equals `residue` modulo `modulus` with a numerator of at most
/// `bound`: Euclid's algorithm, stopped half-way (Wang 1981).
fn fraction(residue: IBig, modulus: &IBig, bound: &IBig) -> Option<(IBig, IBig)> {
    let (mut before, mut here) = ((modulus.clone(), IBig::ZERO), (residue, IBig::ONE));
    while (&here.0).abs() > *bound {
        let (quotient, rest) = (&before.0).div_rem(&here.0);
        let cofactor = before.1 - quotient * &here.1;
        before = (std::mem::replace(&mut here.0, rest), std::mem::replace(&mut here.1, cofactor));
    }
    let (numerator, denominator) = here;
    match denominator.cmp(&IBig::ZERO) {
        Ordering::Greater => Some((numerator, denominator)),
        Ordering::Less => Some((-numerator, -denominator)),
        Ordering::Equal => None,
    }
}

/// Bits of the largest element, for statements of cost.
#[cfg(test)]
fn bits(numbers: &[IBig]) -> usize {
    numbers.iter().map(|number| number.unsigned_abs().bit_len()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Progress;

    #[test]
    fn solutions_solve() {
        let steps = Progress::NONE.begin(0);
        // 8·I: one denominator, few digits.
        let eight = |i: usize| if i.is_multiple_of(5) { 8 } else { 0 };
        let lifting = Lifting::new((0..16).map(eight).collect(), 4, &steps).unwrap().unwrap();
        let solution = lifting.solve(&[4, -1, 0, 16], &steps).unwrap();
        let ratio = |i: usize| (solution.numerators[i].clone() * IBig::from(8), solution.denominator.clone());
        for (i, expected) in [4, -1, 0, 16].into_iter().enumerate() {
            assert_eq!(ratio(i).0, ratio(i).1 * IBig::from(expected));
        }
        // A Hilbert-like matrix, whose inverse is far from integral.
        for order in [3, 8, 20] {
            let element = |k: usize| 1_000_003 / (1 + k / order + k % order) as i64 + (k % 7) as i64;
            let lifting = Lifting::new((0..order * order).map(element).collect(), order, &steps).unwrap().unwrap();
            let right: Vec<i64> = (0..order as i64).map(|i| i * i - 5).collect();
            let solution = lifting.solve(&right, &steps).unwrap();
            assert!(lifting.solves(&solution, &right));
            assert!(solution.denominator > IBig::ZERO && bits(&solution.numerators) > 20);
        }
        assert!(Lifting::new(vec![2, 4, 1, 2], 2, &steps).unwrap().is_none());
    }
}

//! Associative memories as the formulas say them: naive, exact and slow.
//!
//! The oracle that popfield is tested against. It shares no code with the engine: patterns are vectors of ±1 (queries
//! may hold 0 for an erased position), overlaps are sums of products, and every field is a sum over all stored
//! associations.
//!
//! field_j = Σ_i f(⟨query, x_i⟩) · y_ij, recalled_j = sign(field_j).
//!
//! [`dynamics`] iterates the recall of a pattern by itself, and [`learning`] recalls through a matrix of weights.
//! [`receipts`] checks what proves answers, of memories of millions of keys too.

pub mod dynamics;
pub mod learning;
pub mod receipts;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use num_bigint::BigInt;

/// The separation f.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Separation {
    /// f(s) = s.
    Linear,
    /// f(s) = s^K.
    Polynomial(u32),
    /// f(s) = e^{βs}.
    Exponential(f64),
    /// The keys of largest overlap vote.
    Max,
}

/// What sign(0) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// +1.
    Plus,
    /// −1.
    Minus,
    /// The query's own element; +1 where it is erased.
    Stay,
}

/// ⟨a, b⟩, an erased element counting nothing.
pub fn overlap(a: &[i8], b: &[i8]) -> i64 {
    a.iter().zip(b).map(|(&a, &b)| i64::from(a) * i64::from(b)).sum()
}

/// Positions at which the two differ, among those known in both.
pub fn distance(a: &[i8], b: &[i8]) -> u32 {
    a.iter().zip(b).filter(|&(&a, &b)| a * b == -1).count() as u32
}

/// (distance, id) of the `top` keys nearest to the query, equal distances by lower id.
pub fn search(keys: &[Vec<i8>], query: &[i8], top: usize) -> Vec<(u32, usize)> {
    let mut all: Vec<_> = keys.iter().enumerate().map(|(id, key)| (distance(query, key), id)).collect();
    all.sort_unstable();
    all.truncate(top);
    all
}

/// Decides the signs of fields.
#[derive(Debug, Default)]
pub struct Oracle {
    /// Intervals of e^{−β·gap}, by the bits of β, gap and precision: the same few are asked for again and again.
    exponentials: HashMap<(u64, u64, u64), (BigInt, BigInt)>,
}

impl Oracle {
    /// sign[Σ_i f(⟨query, x_i⟩) y_i], and at how many positions the sum is exactly 0.
    pub fn recall(
        &mut self,
        keys: &[Vec<i8>],
        values: &[Vec<i8>],
        query: &[i8],
        separation: Separation,
        tie: Tie,
    ) -> (Vec<i8>, u64) {
        let overlaps: Vec<i64> = keys.iter().map(|key| overlap(query, key)).collect();
        let mut tied = 0;
        let recalled = (0..values[0].len())
            .map(|j| {
                // Σ y_ij over the keys of each overlap s.
                let mut votes = BTreeMap::new();
                for (&s, value) in overlaps.iter().zip(values) {
                    *votes.entry(s).or_insert(0i64) += i64::from(value[j]);
                }
                match self.sign(&votes, separation) {
                    Ordering::Greater => 1,
                    Ordering::Less => -1,
                    Ordering::Equal => {
                        tied += 1;
                        match tie {
                            Tie::Plus => 1,
                            Tie::Minus => -1,
                            Tie::Stay => {
                                if query[j] == 0 {
                                    1
                                } else {
                                    query[j]
                                }
                            }
                        }
                    }
                }
            })
            .collect();
        (recalled, tied)
    }

    /// The sign of Σ_s f(s)·v_s, the votes v_s being given by overlap s.
    pub fn sign(&mut self, votes: &BTreeMap<i64, i64>, separation: Separation) -> Ordering {
        match separation {
            Separation::Max => votes.last_key_value().map_or(0, |(_, &v)| v).cmp(&0),
            Separation::Linear => self.sign(votes, Separation::Polynomial(1)),
            Separation::Polynomial(degree) => {
                let field: BigInt = votes.iter().map(|(&s, &v)| BigInt::from(s).pow(degree) * v).sum();
                field.cmp(&BigInt::ZERO)
            }
            Separation::Exponential(beta) => {
                // e^{βs} for different s are linearly independent over the rationals (Lindemann–Weierstrass).
                let Some(&largest) = votes.iter().rev().find(|vote| *vote.1 != 0).map(|vote| vote.0) else {
                    return Ordering::Equal;
                };
                for precision in (0..).map(|k| 128 << k) {
                    let (mut low, mut high) = (BigInt::ZERO, BigInt::ZERO);
                    for (&s, &v) in votes.iter().filter(|vote| *vote.1 != 0) {
                        let (l, h) = self.exponential(beta, (largest - s) as u64, precision);
                        low += if v > 0 { l } else { h } * v;
                        high += if v > 0 { h } else { l } * v;
                    }
                    if low > BigInt::ZERO {
                        return Ordering::Greater;
                    }
                    if high < BigInt::ZERO {
                        return Ordering::Less;
                    }
                }
                unreachable!("a sum that is not zero shows its sign in some precision")
            }
        }
    }

    /// Bounds of e^{−β·gap}·2^precision.
    fn exponential(&mut self, beta: f64, gap: u64, precision: u64) -> (&BigInt, &BigInt) {
        let (low, high) = self
            .exponentials
            .entry((beta.to_bits(), gap, precision))
            .or_insert_with(|| bounds_of_exp(beta, gap, precision));
        (low, high)
    }
}

/// e^{−x}, x = β·gap, by Taylor's series at x/2^k ≤ 1, whose partial sums bracket the value in turn, squared k times;
/// every rounding goes outward.
fn bounds_of_exp(beta: f64, gap: u64, precision: u64) -> (BigInt, BigInt) {
    let one = BigInt::from(1) << precision;
    let x = beta * gap as f64;
    if x > precision as f64 {
        // e^{−x} < 2^{−precision}.
        return (BigInt::ZERO, BigInt::from(1));
    }
    let mut halvings = 0u64;
    while x > 2f64.powi(halvings as i32) {
        halvings += 1;
    }
    // One more than f64 says, lest x was rounded down.
    halvings += 1;
    // β·gap/2^halvings = mantissa·gap·2^(exponent − halvings), exactly.
    let bits = beta.to_bits();
    let mantissa = BigInt::from((bits & ((1 << 52) - 1)) | (1 << 52)) * gap;
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1075 - halvings as i64;
    let scaled = |extra: i64| -> BigInt {
        let shift = precision as i64 + exponent;
        if shift >= 0 { &mantissa << shift as u64 } else { (&mantissa >> (-shift) as u64) + extra }
    };
    let (low_y, high_y) = (scaled(0), scaled(1));
    // Powers y^m/m!, from below and from above.
    let (mut low_term, mut high_term) = (one.clone(), one.clone());
    let (mut low, mut high) = (one.clone(), one.clone());
    let mut m = 1u32;
    loop {
        low_term = ((&low_term * &low_y) >> precision) / m;
        high_term = (((&high_term * &high_y) >> precision) + 1) / m + 1;
        if m % 2 == 1 {
            low -= &high_term;
            high -= &low_term;
        } else {
            low += &low_term;
            high += &high_term;
        }
        // An even partial sum lies above the value and an odd one below: stop once both bounds have one term to spare.
        if high_term <= BigInt::from(3) {
            low -= 4;
            high += 4;
            break;
        }
        m += 1;
    }
    for _ in 0..halvings {
        low = (&low * &low) >> precision;
        high = ((&high * &high) >> precision) + 1;
    }
    (low.max(BigInt::ZERO), high.min(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_bracketed() {
        for (beta, gap) in [(1.0, 0), (1.0, 1), (0.3, 7), (1e-9, 3), (5.5, 20), (1.0, 600)] {
            let (low, high) = bounds_of_exp(beta, gap, 2048);
            assert!(low <= high);
            // To f64: 2^-2048 · integer.
            let as_f64 = |n: &BigInt| (n >> 1988u32).to_string().parse::<f64>().unwrap() * 2f64.powi(-60);
            let expected = (-beta * gap as f64).exp();
            assert!((as_f64(&low) - expected).abs() < 1e-15 && (as_f64(&high) - expected).abs() < 1e-15);
            assert!((high - low).bits() < 700, "β {beta}, gap {gap}");
        }
        assert_eq!(bounds_of_exp(1e9, 1000, 128), (BigInt::ZERO, BigInt::from(1)));
    }

    #[test]
    fn signs_by_hand() {
        let mut oracle = Oracle::default();
        let votes = |pairs: &[(i64, i64)]| pairs.iter().copied().collect::<BTreeMap<_, _>>();
        assert_eq!(oracle.sign(&votes(&[(5, 0), (3, 0)]), Separation::Exponential(1.0)), Ordering::Equal);
        assert_eq!(oracle.sign(&votes(&[(5, 0), (-595, 1)]), Separation::Exponential(1.0)), Ordering::Greater);
        // 3 < e² · 1 but 8 > e².
        assert_eq!(oracle.sign(&votes(&[(2, 1), (0, -3)]), Separation::Exponential(1.0)), Ordering::Greater);
        assert_eq!(oracle.sign(&votes(&[(2, 1), (0, -8)]), Separation::Exponential(1.0)), Ordering::Less);
        assert_eq!(oracle.sign(&votes(&[(3, 1), (-3, -1)]), Separation::Polynomial(2)), Ordering::Equal);
        assert_eq!(oracle.sign(&votes(&[(3, 1), (-3, -1)]), Separation::Linear), Ordering::Greater);
        assert_eq!(oracle.sign(&votes(&[(3, 0), (-3, -1)]), Separation::Max), Ordering::Equal);
    }
}

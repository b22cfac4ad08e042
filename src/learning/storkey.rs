//! Storkey's rule: each pattern is added with what the network makes of it already taken off.
//!
//! The rounding of one pattern's step goes on through all later ones. With P = ξξᵀ/d, and D the diagonal of an error Δ
//! of the weights and O the rest of it, the next pattern makes of it D + (O − PO − OP) + (2/d)·O. In the Frobenius norm
//! O − PO − OP = (I − P)O(I − P) − POP is no larger than O, and its product with D is that of O with D − PD − DP, at
//! most (2/√d)·‖D‖·‖O‖: so Δ grows by at most √(1 + 2/√d) + 2/d. Fields are known to within √d times the bound that
//! follows, and those that it leaves open are decided by the same steps in finer numbers: `f64`, then 128-bit fixed
//! point, then exact integers over dⁿ.

use std::cmp::Ordering;
use std::ops::{Add, Neg, Sub};
use std::sync::OnceLock;

use dashu_int::IBig;
use rayon::prelude::*;

use super::{FieldSigns, Network, Rule, Weights, check, elements, signs};
use crate::error::room_for;
use crate::exact::ULP;
use crate::{Diagonal, Error, Memory, Pattern, Queries, Query, Result};

/// The largest dimension: W takes 8·d² bytes.
const MOST_DIM: usize = 8192;

/// The most bytes that exact weights may take.
const EXACT_BYTES: u64 = 4 << 30;

/// Bits after the point in fixed point.
const POINT: u32 = 96;

/// Fixed-point weights stay below this, so that sums of 8192 of them do not overflow.
const LARGEST: i128 = 1 << 110;

/// W_ij += (ξ_i ξ_j − ξ_i h_ji − h_ij ξ_j)/d for each pattern ξ in storing order, h_ij = Σ_{k≠i,j} W_ik ξ_k (Storkey
/// 1997): local and incremental like Hebb's rule, with a capacity of d/√(2 ln d) instead of d/(2 ln d).
///
/// W depends on the order of storing. Its diagonal is what the formula gives for i = j.
///
/// Learning takes about 8·n·d² operations and 8·d² bytes, in `f64`. Its error bound grows by about 1 + 1/√d a pattern;
/// once it leaves fields open, as it does beyond some 15·√d patterns, the same is done in fixed point of 96 bits (16·d²
/// bytes, some three times the time; good for about 40·√d patterns), and where that leaves any open (ties, and very
/// many patterns), in integers of n·log₂ d bits.
///
/// # Errors
/// [`Error::HeteroAssociative`] unless keys are their own values; [`Error::TooLarge`] for d above 8192;
/// [`Error::OutOfMemory`].
#[derive(Clone, Copy, Debug)]
pub struct Storkey;

impl Rule for Storkey {
    fn name(&self) -> &'static str {
        "storkey"
    }

    fn about(&self) -> &'static str {
        "Each pattern with what the network makes of it taken off"
    }

    fn learn<'a>(&self, memory: &'a Memory) -> Result<Box<dyn Network + 'a>> {
        if !memory.is_auto_associative() {
            return Err(Error::HeteroAssociative { what: "Storkey's rule" });
        }
        let dim = memory.dim();
        if dim > MOST_DIM {
            return Err(Error::TooLarge {
                what: "Storkey's rule",
                expected: format!("dimension of at most {MOST_DIM}"),
                found: dim.to_string(),
                bytes: 8 * (dim as u64).pow(2),
            });
        }
        Ok(Box::new(Learned::new(memory)?))
    }
}

#[derive(Debug)]
struct Learned<'a> {
    memory: &'a Memory,
    /// (d, d), row by row; symmetric.
    weights: Vec<f64>,
    /// Bound on the Frobenius norm of their error.
    error: f64,
    /// Bound on the rounding of a field's sum.
    roundings: f64,
    /// The same in fixed point, with the bound on its error, if that is any good; and over dⁿ. Made when first needed.
    fixed: OnceLock<Option<(Vec<i128>, f64)>>,
    exact: OnceLock<Vec<IBig>>,
}

/// The bound on the Frobenius norm after one more pattern, every element of which was rounded by `rounding`.
fn grown(error: f64, dim: usize, rounding: f64) -> f64 {
    let d = dim as f64;
    (error * ((1.0 + 2.0 / d.sqrt()).sqrt() + 2.0 / d) + d * rounding) * 1.001
}

/// Adds one pattern to `weights`, whose products with it are `sums`: `settle` makes the new weight of the old one and
/// of d times its change. Symmetric weights stay so, to the bit.
fn add_pattern<T>(weights: &mut [T], pattern: &Pattern, one: &T, sums: &[T], settle: impl Fn(&T, T) -> T + Sync)
where
    T: Clone + Send + Sync + Add<Output = T> + Sub<Output = T> + Neg<Output = T>,
{
    let plus: Vec<bool> = pattern.bits().iter().by_vals().collect();
    let dim = plus.len();
    let diagonal: Vec<T> = (0..dim).map(|i| weights[i * dim + i].clone()).collect();
    let signed = |positive: bool, number: T| if positive { number } else { -number };
    let sum = |a: &T, b: &T| a.clone() + b.clone();
    weights.par_chunks_exact_mut(dim).enumerate().for_each(|(i, row)| {
        for (j, weight) in row.iter_mut().enumerate() {
            // ξ_i ξ_j − ξ_i h_ji − h_ij ξ_j, with h_ij = (Wξ)_i − W_ii ξ_i − W_ij ξ_j; for i = j that is taken off
            // once.
            let change = if i == j {
                one.clone() - signed(plus[i], sum(&sums[i], &sums[i]))
            } else {
                let own = one.clone() + sum(&diagonal[i], &diagonal[j]);
                let crossing = signed(plus[i], sums[j].clone()) + signed(plus[j], sums[i].clone());
                signed(plus[i] == plus[j], own) - crossing
            };
            *weight = settle(weight, change + sum(weight, weight));
        }
    });
}

impl<'a> Learned<'a> {
    fn new(memory: &'a Memory) -> Result<Self> {
        let dim = memory.dim();
        let d = dim as f64;
        let mut weights: Vec<f64> = room_for(dim * dim, "Storkey's weights")?;
        weights.resize(dim * dim, 0.0);
        let mut error = 0.0;
        for pattern in memory.keys().iter() {
            let xi: Vec<f64> = signs(&pattern).collect();
            let sums: Vec<(f64, f64)> = weights.par_chunks_exact(dim).map(|row| dot(row, &xi)).collect();
            // What each element's update is rounded by: sums of d products, and a dozen operations.
            let size = sums.iter().fold(0.0, |max: f64, sum| max.max(sum.1));
            let element = weights.par_iter().map(|weight| weight.abs()).reduce(|| 0.0, f64::max);
            let rounding = 4.0 * element + (2.0 * (d + 8.0) * size + 16.0 * (1.0 + 4.0 * element + 2.0 * size)) / d;
            error = grown(error, dim, rounding * ULP);
            let sums: Vec<f64> = sums.into_iter().map(|sum| sum.0).collect();
            add_pattern(&mut weights, &pattern, &1.0, &sums, |weight, change| weight + change / d);
        }
        let size = weights.par_chunks_exact(dim).map(|row| row.iter().map(|w| w.abs()).sum()).reduce(|| 0.0, f64::max);
        let roundings = (d + 8.0) * ULP * size;
        Ok(Self { memory, weights, error, roundings, fixed: OnceLock::new(), exact: OnceLock::new() })
    }

    /// The weights in fixed point, and a bound on the Frobenius norm of their error; `None` if that is worth nothing.
    fn fixed(&self) -> Result<Option<&(Vec<i128>, f64)>> {
        if self.fixed.get().is_none() {
            // Another thread may have been first; what it found is the same.
            let _ = self.fixed.set(self.learn_fixed()?);
        }
        Ok(self.fixed.get().and_then(Option::as_ref))
    }

    fn learn_fixed(&self) -> Result<Option<(Vec<i128>, f64)>> {
        let dim = self.memory.dim();
        // Sums are exact; each element is rounded once a pattern.
        let rounding = 0.5f64.powi(POINT as i32);
        let error = (0..self.memory.len()).fold(0.0, |error, _| grown(error, dim, rounding));
        if error * (dim as f64).sqrt() > 1e-4 {
            return Ok(None);
        }
        let mut weights: Vec<i128> = room_for(dim * dim, "Storkey's weights in fixed point")?;
        weights.resize(dim * dim, 0);
        let d = dim as i128;
        for pattern in self.memory.keys().iter() {
            if weights.par_iter().any(|weight| weight.abs() >= LARGEST) {
                return Ok(None);
            }
            let sums = products(&weights, &pattern);
            add_pattern(&mut weights, &pattern, &(1 << POINT), &sums, |weight, change| {
                weight + (2 * change + d).div_euclid(2 * d)
            });
        }
        let small = weights.par_iter().all(|weight| weight.abs() < LARGEST);
        Ok(small.then_some((weights, error)))
    }

    /// dⁿ·W, in integers.
    fn exact(&self) -> Result<&[IBig]> {
        let dim = self.memory.dim();
        if self.exact.get().is_none() {
            let bits = self.memory.len() as u64 * u64::from(usize::BITS - dim.leading_zeros());
            let bytes = (dim as u64).pow(2) * (24 + if bits > 120 { bits / 8 + 16 } else { 0 });
            if bytes > EXACT_BYTES {
                return Err(Error::TooLarge {
                    what: "exact weights of Storkey's rule, to decide a field that f64 leaves open",
                    expected: format!("at most {EXACT_BYTES} bytes"),
                    found: format!("{} patterns of dimension {dim}", self.memory.len()),
                    bytes,
                });
            }
            let mut weights: Vec<IBig> = room_for(dim * dim, "Storkey's weights in integers")?;
            weights.resize(dim * dim, IBig::ZERO);
            let (d, mut scale) = (IBig::from(dim), IBig::ONE);
            for pattern in self.memory.keys().iter() {
                let sums = products(&weights, &pattern);
                add_pattern(&mut weights, &pattern, &scale, &sums, |weight, change| weight * &d + change);
                scale *= &d;
            }
            // Another thread may have been first; what it found is the same.
            let _ = self.exact.set(weights);
        }
        Ok(self.exact.get().map_or(&[], Vec::as_slice))
    }

    /// What `f64` tells of the signs of one query, and the positions that it leaves open.
    fn clear(&self, query: Query, diagonal: Diagonal) -> Result<Undecided> {
        let dim = self.memory.dim();
        let (mut plus, mut open) = (Pattern::new(dim)?, Vec::new());
        let elements: Vec<f64> = elements(&query).collect();
        let error = (self.error * (dim as f64).sqrt() + 2.0 * self.roundings) * 1.01;
        for (j, row) in self.weights.chunks_exact(dim).enumerate() {
            let own = if diagonal == Diagonal::Zero { row[j] * elements[j] } else { 0.0 };
            let field = dot(row, &elements).0 - own;
            if field.abs() > error {
                plus.bits_mut().set(j, field > 0.0);
            } else {
                open.push(j);
            }
        }
        Ok(Undecided { query, plus, tied: Pattern::new(dim)?, open })
    }
}

/// A query whose signs are known but for some.
struct Undecided {
    query: Query,
    plus: Pattern,
    tied: Pattern,
    open: Vec<usize>,
}

impl Undecided {
    /// Decides the open positions whose sign `decide` finds in the field that finer weights give.
    fn decide<T: Clone + Neg<Output = T> + std::iter::Sum>(
        &mut self,
        weights: &[T],
        diagonal: Diagonal,
        decide: impl Fn(T) -> Option<Ordering>,
    ) {
        let dim = self.plus.dim();
        let elements: Vec<f64> = elements(&self.query).collect();
        self.open.retain(|&j| {
            let terms = weights[j * dim..(j + 1) * dim].iter().zip(&elements).enumerate();
            let terms = terms.filter(|&(k, (_, &x))| x != 0.0 && (k != j || diagonal == Diagonal::Keep));
            let field = terms.map(|(_, (weight, &x))| if x > 0.0 { weight.clone() } else { -weight.clone() }).sum();
            if let Some(sign) = decide(field) {
                self.plus.bits_mut().set(j, sign == Ordering::Greater);
                self.tied.bits_mut().set(j, sign == Ordering::Equal);
                return false;
            }
            true
        });
    }
}

/// W·ξ, exactly.
fn products<T: Clone + Send + Sync + Neg<Output = T> + std::iter::Sum>(weights: &[T], pattern: &Pattern) -> Vec<T> {
    let plus: Vec<bool> = pattern.bits().iter().by_vals().collect();
    let signed = |(weight, &plus): (&T, &bool)| if plus { weight.clone() } else { -weight.clone() };
    weights.par_chunks_exact(plus.len()).map(|row| row.iter().zip(&plus).map(signed).sum()).collect()
}

impl Network for Learned<'_> {
    fn memory(&self) -> &Memory {
        self.memory
    }

    fn field_signs(&self, queries: &Queries, diagonal: Diagonal) -> Result<Vec<FieldSigns>> {
        check(self.memory, queries, diagonal)?;
        let clear = |q| self.clear(queries.get(q).ok_or(Error::Empty { what: "queries" })?, diagonal);
        let mut cleared: Vec<Undecided> = (0..queries.len()).into_par_iter().map(clear).collect::<Result<_>>()?;
        let any_open = |cleared: &[Undecided]| cleared.iter().any(|query| !query.open.is_empty());
        // Finer weights are made before the threads part again, lest each make its own.
        if any_open(&cleared)
            && let Some((weights, error)) = self.fixed()?
        {
            let dim = self.memory.dim() as f64;
            let bound = (error * dim.sqrt() * 1.01 * 2f64.powi(POINT as i32)).ceil() as i128;
            let sign = |field: i128| (field.abs() > bound).then(|| field.cmp(&0));
            cleared.par_iter_mut().for_each(|query| query.decide(weights, diagonal, sign));
        }
        if any_open(&cleared) {
            let weights = self.exact()?;
            let sign = |field: IBig| Some(field.cmp(&IBig::ZERO));
            cleared.par_iter_mut().for_each(|query| query.decide(weights, diagonal, sign));
        }
        Ok(cleared.into_iter().map(|Undecided { plus, tied, .. }| FieldSigns { plus, tied }).collect())
    }

    fn weights(&self) -> Result<Weights> {
        let dim = self.memory.dim();
        // No sum of d elements exceeds √d times the norm of their row.
        let row_error = 1.01 * self.error * (dim as f64).sqrt();
        Ok(Weights { value_dim: dim, dim, elements: self.weights.clone(), error: self.error, row_error })
    }

    fn facts(&self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }
}

/// Σ w_k x_k in a fixed order, and Σ |w_k|.
fn dot(row: &[f64], x: &[f64]) -> (f64, f64) {
    let (mut sums, mut sizes) = ([0.0; 8], [0.0; 8]);
    for (row, x) in row.chunks(8).zip(x.chunks(8)) {
        for (((sum, size), w), x) in sums.iter_mut().zip(&mut sizes).zip(row).zip(x) {
            *sum += w * x;
            *size += w.abs();
        }
    }
    (sums.iter().sum(), sizes.iter().sum())
}

//! Storkey's rule: each pattern is added with what the network makes of it already taken off.

use std::cmp::Ordering;
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

/// W_ij += (ξ_i ξ_j − ξ_i h_ji − h_ij ξ_j)/d for each pattern ξ in storing order, h_ij = Σ_{k≠i,j} W_ik ξ_k (Storkey
/// 1997): local and incremental like Hebb's rule, with a capacity of d/√(2 ln d) instead of d/(2 ln d).
///
/// W depends on the order of storing. Its diagonal is what the formula gives for i = j.
///
/// Learning takes about 8·n·d² operations and 8·d² bytes. In `f64` the rounding of each step goes on through the later
/// ones, growing by at most 1 + 2/√d + 4/d a step in the Frobenius norm; a field that this bound leaves open is decided
/// by weights in exact integers over dⁿ, made when first needed: n·d² operations on numbers of n·log₂ d bits.
///
/// # Errors
/// [`Error::HeteroAssociative`] unless keys are their own values; [`Error::TooLarge`] for d above 8192.
#[derive(Clone, Copy, Debug)]
pub struct Storkey;

impl Rule for Storkey {
    fn name(&self) -> &'static str {
        "storkey"
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
    exact: OnceLock<Vec<IBig>>,
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
            let diagonal: Vec<f64> = (0..dim).map(|i| weights[i * dim + i]).collect();
            // What each element's update is rounded by: sums of d products, and a dozen operations.
            let size = sums.iter().fold(0.0, |max: f64, sum| max.max(sum.1));
            let element = weights.par_iter().map(|weight| weight.abs()).reduce(|| 0.0, f64::max);
            let rounding = 4.0 * element + (2.0 * (d + 8.0) * size + 16.0 * (1.0 + 4.0 * element + 2.0 * size)) / d;
            error = (error * (1.0 + 2.0 / d.sqrt() + 4.0 / d) + d * rounding * ULP) * 1.001;
            weights.par_chunks_exact_mut(dim).enumerate().for_each(|(i, row)| {
                for (j, weight) in row.iter_mut().enumerate() {
                    *weight += if i == j {
                        (1.0 - 2.0 * xi[i] * sums[i].0 + 2.0 * *weight) / d
                    } else {
                        let crossing = xi[i] * sums[j].0 + xi[j] * sums[i].0;
                        (xi[i] * xi[j] * (1.0 + (diagonal[i] + diagonal[j])) - crossing + 2.0 * *weight) / d
                    };
                }
            });
        }
        let size = weights.par_chunks_exact(dim).map(|row| row.iter().map(|w| w.abs()).sum()).reduce(|| 0.0, f64::max);
        let roundings = (d + 8.0) * ULP * size;
        Ok(Self { memory, weights, error, roundings, exact: OnceLock::new() })
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
                let plus = pattern.bits();
                let signed = |positive: bool, number: &IBig| if positive { number.clone() } else { -number };
                let sums: Vec<IBig> = weights
                    .par_chunks_exact(dim)
                    .map(|row| row.iter().zip(plus.iter().by_vals()).map(|(w, plus)| signed(plus, w)).sum())
                    .collect();
                let diagonal: Vec<IBig> = (0..dim).map(|i| weights[i * dim + i].clone()).collect();
                weights.par_chunks_exact_mut(dim).enumerate().for_each(|(i, row)| {
                    for (j, weight) in row.iter_mut().enumerate() {
                        let twice = &*weight + &*weight;
                        let change = if i == j {
                            &scale - signed(plus[i], &(&sums[i] + &sums[i])) + twice
                        } else {
                            let own = &scale + &diagonal[i] + &diagonal[j];
                            signed(plus[i] == plus[j], &own) - signed(plus[i], &sums[j]) - signed(plus[j], &sums[i])
                                + twice
                        };
                        *weight = &*weight * &d + change;
                    }
                });
                scale *= &d;
            }
            // Another thread may have been first; what it found is the same.
            let _ = self.exact.set(weights);
        }
        Ok(self.exact.get().map_or(&[], Vec::as_slice))
    }

    /// What `f64` tells of the signs of one query, and the positions that it leaves open.
    fn clear(&self, query: &Query, diagonal: Diagonal) -> Result<(Pattern, Vec<usize>)> {
        let dim = self.memory.dim();
        let (mut plus, mut open) = (Pattern::new(dim)?, Vec::new());
        let elements: Vec<f64> = elements(query).collect();
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
        Ok((plus, open))
    }

    /// The sign of the field at `j`, from exact weights.
    fn exact_sign(&self, exact: &[IBig], query: &Query, j: usize, diagonal: Diagonal) -> Ordering {
        let dim = self.memory.dim();
        let terms = exact[j * dim..(j + 1) * dim].iter().zip(elements(query)).enumerate();
        let terms = terms.filter(|&(k, (_, x))| x != 0.0 && (k != j || diagonal == Diagonal::Keep));
        let field: IBig = terms.map(|(_, (weight, x))| if x > 0.0 { weight.clone() } else { -weight }).sum();
        field.cmp(&IBig::ZERO)
    }
}

impl Network for Learned<'_> {
    fn memory(&self) -> &Memory {
        self.memory
    }

    fn field_signs(&self, queries: &Queries, diagonal: Diagonal) -> Result<Vec<FieldSigns>> {
        check(self.memory, queries, diagonal)?;
        let clear = |q| {
            let query = queries.get(q).ok_or(Error::Empty { what: "queries" })?;
            self.clear(&query, diagonal).map(|(plus, open)| (query, plus, open))
        };
        let cleared: Vec<(Query, Pattern, Vec<usize>)> =
            (0..queries.len()).into_par_iter().map(clear).collect::<Result<_>>()?;
        // Before the threads part again, lest each make its own.
        let exact = if cleared.iter().all(|query| query.2.is_empty()) { &[] } else { self.exact()? };
        let decide = |(query, mut plus, open): (Query, Pattern, Vec<usize>)| {
            let mut tied = Pattern::new(plus.dim())?;
            for j in open {
                let sign = self.exact_sign(exact, &query, j, diagonal);
                plus.bits_mut().set(j, sign == Ordering::Greater);
                tied.bits_mut().set(j, sign == Ordering::Equal);
            }
            Ok(FieldSigns { plus, tied })
        };
        cleared.into_par_iter().map(decide).collect()
    }

    fn weights(&self) -> Result<Weights> {
        let dim = self.memory.dim();
        // No sum of d elements exceeds √d times the norm of their row.
        let row_error = 1.01 * self.error * (dim as f64).sqrt();
        Ok(Weights { value_dim: dim, dim, elements: self.weights.clone(), error: self.error, row_error })
    }

    fn facts(&self) -> Vec<(&'static str, f64)> {
        vec![("error of the weights at most", self.error)]
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

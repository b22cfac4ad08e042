//! Storkey's rule: each pattern is added with what the network makes of it already taken off.
//!
//! # The recursion
//!
//! With c_i = Σ_{k≠i} ξ_i W_ik ξ_k, the rule's sums are those of [`Storkey`]'s formula in other words: a pattern ξ adds
//! (ξ_i ξ_j (1 − c_i − c_j) + 2 W_ij)/d to W_ij off the diagonal, and (1 − 2c_i)/d on it. So the diagonal follows from
//! the rest and never acts on it.
//!
//! # Errors and sizes
//!
//! Let O be W off the diagonal and P = ξξᵀ/d. The next pattern makes of O, in itself, the part off the diagonal of
//! (O − PO − OP) + (2/d)·O, and O − PO − OP = (I − P)O(I − P) − POP is no larger than O in the Frobenius norm. So an
//! error E of O grows by at most 1 + 2/d a pattern and by what that pattern was rounded by; and the diagonal's grows by
//! (2/√d)·E and its own rounding. No field is off by more than √d·E and the diagonal's error.
//!
//! A pattern adds no more than 1 to the norm of O. With G = (d/2)(1 + 2/d)ⁿ, the sum of (1 + 2/d)^k over k < n is below
//! G, and so is n: no field is larger than √d·G + n/d + √d·G; and if each of the d² elements is rounded by at most ρ a
//! pattern, no field is off by more than (√d·dG + n + √d·dG)·ρ.
//!
//! # Three kinds of numbers
//!
//! `f64` while its bound is good. Else, and where it leaves a field open, integers over a scale near 2^p with p chosen
//! by the bound above, so that fields are known to within 2⁻⁴⁰: some 2·n·log₂(1 + 2/d) bits in all, half of them for
//! the growth of W and half for that of its error. Where that leaves one open (hardly ever but for ties), the same
//! integers over dⁿ.

use std::cmp::Ordering;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::limbs::{extend, ratio, scale_and_add, sign_and_bits, signed_sum};
use super::rule::{FieldSigns, Network, Rule, Weights, check, elements, signs};
use crate::error::room_for;
use crate::sign::exact::ULP;
use crate::sign::self_term::Diagonal;
use crate::{Error, Memory, Pattern, Progress, Queries, Query, Result};

/// The largest dimension: W takes 8·d² bytes.
const MOST_DIM: usize = 8192;

/// The most bytes that weights in integers may take.
const INTEGER_BYTES: u64 = 4 << 30;

/// Rounded integers know fields to within 2 to the minus this.
const GUARD: usize = 40;

/// Weights in `f64` that let fields be off by more than this are not used.
const LOOSE: f64 = 1e-4;

/// Fewer limbs or floats than this are not worth a thread of their own.
const SMALL: usize = 1 << 15;

/// W_ij += (ξ_i ξ_j − ξ_i h_ji − h_ij ξ_j)/d for each pattern ξ in storing order, h_ij = Σ_{k≠i,j} W_ik ξ_k (Storkey
/// 1997): local and incremental like Hebb's rule, with a capacity of d/√(2 ln d) instead of d/(2 ln d).
///
/// W depends on the order of storing. Its diagonal is what the formula gives for i = j.
///
/// Learning takes about 12·n·d² operations and 8·d² bytes, in `f64`. Where that is too rough for a field, and from the
/// start beyond some 4·d to 8·d patterns, it is done in integers of about 6·n/d + 5·log₂ d + 60 bits; and where those
/// leave a field open, which hardly ever is but a tie, in integers that grow to n·log₂ d bits. Each 64 bits of an
/// element take some 30 instructions a pattern. Who watches is told of patterns learned, from the first again where
/// integers take the place of `f64`.
///
/// # Errors
/// [`Error::HeteroAssociative`] unless keys are their own values; [`Error::TooLarge`] for d above 8192, or if the
/// integers would take more than 4 GiB; [`Error::OutOfMemory`].
#[derive(Clone, Copy, Debug)]
pub struct Storkey;

impl Rule for Storkey {
    fn name(&self) -> &'static str {
        "storkey"
    }

    fn about(&self) -> &'static str {
        "Each pattern with what the network makes of it taken off"
    }

    fn learn_watched(&self, memory: &Memory, progress: Progress<'_>) -> Result<Box<dyn Network>> {
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
        Ok(Box::new(Learned::new(memory.settled()?.as_ref(), progress)?))
    }
}

#[derive(Debug)]
struct Learned {
    memory: Memory,
    floats: Floats,
    /// Made when first needed.
    rounded: OnceLock<Integers>,
    exact: OnceLock<Integers>,
}

/// Calls `work` with the index of each row of `weights`, the row, and its part of `sums`, side by side if there is
/// `much` to do.
fn each_row<T: Send>(
    much: bool,
    (weights, row): (&mut [T], usize),
    (sums, part): (&mut [T], usize),
    work: impl Fn(usize, &mut [T], &mut [T]) + Sync,
) {
    if much {
        let rows = weights.par_chunks_exact_mut(row).zip(sums.par_chunks_exact_mut(part));
        rows.enumerate().for_each(|(i, (row, sums))| work(i, row, sums));
    } else {
        let rows = weights.chunks_exact_mut(row).zip(sums.chunks_exact_mut(part));
        rows.enumerate().for_each(|(i, (row, sums))| work(i, row, sums));
    }
}

fn zeros<T: Clone + Default>(len: usize) -> Result<Vec<T>> {
    let mut zeros = room_for(len, "Storkey's weights")?;
    zeros.resize(len, T::default());
    Ok(zeros)
}

/// Weights in `f64`.
#[derive(Debug)]
struct Floats {
    /// (d, d), row by row, symmetric; 0 on the diagonal.
    weights: Vec<f64>,
    diagonal: Vec<f64>,
    /// No element is off by more.
    error: f64,
    /// The elements of no row together are off by more.
    row_error: f64,
    /// Bound on the rounding of a field's sum.
    roundings: f64,
}

impl Floats {
    fn new(weights: Vec<f64>, diagonal: Vec<f64>, error: f64, row_error: f64) -> Self {
        let dim = diagonal.len();
        let size = largest_row(&weights, &diagonal);
        let roundings = (dim as f64 / 8.0 + 10.0) * ULP * size;
        Self { weights, diagonal, error, row_error, roundings }
    }

    /// What `f64` makes of the rule, while that is good for anything.
    fn learn(memory: &Memory, progress: Progress<'_>) -> Result<Option<Self>> {
        let steps = progress.begin(memory.len() as u64);
        let dim = memory.dim();
        let (d, root) = (dim as f64, (dim as f64).sqrt());
        let (mut weights, mut diagonal) = (zeros(dim * dim)?, vec![0.0; dim]);
        // For each row, c and the square of its norm.
        let (mut sums, mut next): (Vec<f64>, Vec<f64>) = (vec![0.0; 2 * dim], vec![0.0; 2 * dim]);
        let (mut norm, mut error, mut own_error) = (0.0f64, 0.0, 0.0);
        let inverse = 1.0 / d;
        let mut patterns = memory.keys().iter().map(|pattern| signs(&pattern).collect::<Vec<f64>>()).peekable();
        while let Some(xi) = patterns.next() {
            steps.check()?;
            let c: Vec<f64> = sums.iter().step_by(2).copied().collect();
            let after = patterns.peek();
            each_row(dim * dim > SMALL, (&mut weights, dim), (&mut next, 2), |i, row, next| {
                for ((weight, x), other) in row.iter_mut().zip(&xi).zip(&c) {
                    *weight += xi[i] * x * (1.0 - (c[i] + other)) * inverse + 2.0 * *weight * inverse;
                }
                row[i] = 0.0;
                next[0] = after.map_or(0.0, |after| after[i] * dot(row, after));
                next[1] = dot(row, row);
            });
            for (own, c) in diagonal.iter_mut().zip(&c) {
                *own += (1.0 - 2.0 * c) * inverse;
            }
            std::mem::swap(&mut sums, &mut next);
            let norm_after = sums.iter().skip(1).step_by(2).sum::<f64>().sqrt();
            norm = norm.max(norm_after);
            // c_i is a sum in chains of d/8 + 9 at most, of elements whose absolute values sum to √d times the norm of
            // their row at most; as vectors, c and its rounding are no larger than √d·norm and (d/8 + 9)·√d·norm
            // roundings. Of an element's new value, all but its last sum are 5 roundings of (1 + |c_i| + |c_j| +
            // 2|W_ij|)/d. Together less than (d/4 + 40)·norm + 5 roundings; one is half a ULP, and the other half is
            // more than what is of second order and what the norm itself is off by.
            own_error += 2.0 / root * error;
            error = error * (1.0 + 2.0 / d) + ULP * ((d / 4.0 + 40.0) * norm + 5.0);
            // Likewise.
            let own = diagonal.iter().fold(0.0, |max: f64, own| max.max(own.abs()));
            own_error += ULP * (own + 3.0 / d + (d / 4.0 + 24.0) * norm / root);
            if root * error + own_error > LOOSE {
                return Ok(None);
            }
            steps.advance(1)?;
        }
        // One in a hundred is more than what these bounds were rounded by themselves.
        let (error, row_error) = ((error + own_error) * 1.01, (root * error + own_error) * 1.01);
        Ok(Some(Self::new(weights, diagonal, error, row_error)))
    }
}

/// Weights in integers over a scale.
#[derive(Debug)]
struct Integers {
    dim: usize,
    patterns: usize,
    /// (d, d), row by row, symmetric, each of `limbs` limbs.
    weights: Vec<u64>,
    /// What stands for 1.
    scale: Vec<u64>,
    limbs: usize,
    /// If bits were dropped: p, where the scale is at least 2^p and below 2^(p + 1).
    dropped: Option<usize>,
    /// Then fields of no more bits than this may be of any sign.
    doubt: usize,
}

impl Integers {
    /// The base-2 logarithm of 3·(1 + n/d)·d^(5/2)·(1 + 2/d)ⁿ, rounded up.
    ///
    /// Let V be the integers, s the one for 1, and σ = dⁿ/2ᵗ the true scale, t being the bits dropped. As s is rounded by
    /// ½ a pattern, |s − σ| ≤ ½·n·σ/2^p; so an element is rounded by ½ itself, and in σ/d of the next scale for s: by
    /// ρ = (½ + n/d)/2^p at most in W, and fields by (1 + 2n/d)·3·d^(3/2)·G of the last scale. That leaves a tenth for
    /// what is left out here, such as the difference of s and σ in that of p.
    ///
    /// The same times 2^p is more than d times any field, and 8 times it more than what one is made of before bits are
    /// dropped, (d + 2)·V_ij + ξ_i ξ_j (s − c_i − c_j).
    fn doubt(patterns: usize, dim: usize) -> usize {
        let (n, d) = (patterns as f64, dim as f64);
        ((3.0 * (1.0 + n / d)).log2() + 2.5 * d.log2() + n * (1.0 + 2.0 / d).log2()).ceil() as usize + 1
    }

    /// How many limbs are enough after so many patterns, with a sign.
    fn limbs_for(patterns: usize, dim: usize, point: Option<usize>) -> usize {
        let exact = (patterns as f64 * (dim as f64).log2()).ceil() as usize + 1;
        (point.map_or(exact, |point| exact.min(point + 1)) + Self::doubt(patterns, dim) + 4) / 64 + 1
    }

    /// The weights over dⁿ, or with all but what [`GUARD`] asks for dropped.
    fn learn(memory: &Memory, exact: bool, progress: Progress<'_>) -> Result<Self> {
        let steps = progress.begin(memory.len() as u64);
        let (dim, patterns) = (memory.dim(), memory.len());
        let doubt = Self::doubt(patterns, dim);
        let point = (!exact).then_some(doubt + GUARD);
        let stride = Self::limbs_for(patterns, dim, point);
        let bytes = (dim as u64).pow(2).saturating_mul(8 * stride as u64);
        if bytes > INTEGER_BYTES {
            return Err(Error::TooLarge {
                what: "weights of Storkey's rule in integers, to decide a field that f64 leaves open",
                expected: format!("at most {INTEGER_BYTES} bytes"),
                found: format!("{patterns} patterns of dimension {dim}"),
                bytes,
            });
        }
        let mut weights: Vec<u64> = zeros(dim * dim * stride)?;
        // See `Step`.
        let (mut sums, mut negated): (Vec<u64>, Vec<u64>) = (zeros(dim * stride)?, zeros(dim * stride)?);
        let (mut up, mut down, mut next): (Vec<u64>, Vec<u64>, Vec<u64>) =
            (zeros(dim * stride)?, zeros(dim * stride)?, zeros(dim * stride)?);
        let mut scale: Vec<u64> = zeros(stride)?;
        scale[0] = 1;
        let (mut limbs, mut dropped) = (1, false);
        let factor = dim as u64;
        let at = |i: usize, limbs: usize| i * stride..i * stride + limbs;
        let mut keys = memory.keys().iter().map(|pattern| pattern.to_signs()).peekable();
        let mut learned = 0;
        while let Some(xi) = keys.next() {
            learned += 1;
            steps.check()?;
            let more = Self::limbs_for(learned, dim, point);
            if more > limbs {
                for number in weights.chunks_exact_mut(stride).chain(sums.chunks_exact_mut(stride)) {
                    extend(&mut number[..more], limbs);
                }
                limbs = more;
            }
            let zero = vec![0; limbs];
            let (one, mut half) = (scale[..limbs].to_vec(), zero.clone());
            scale_and_add(&mut scale[..limbs], factor, &zero, &zero, 0);
            let bits = sign_and_bits(&scale[..limbs]).1;
            let shift = point.map_or(0, |point| bits.saturating_sub(point + 1)) as u32;
            if shift > 0 {
                dropped = true;
                half[0] = 1 << (shift - 1);
                scale_and_add(&mut scale[..limbs], 1, &half, &zero, shift);
            }
            let mut minus_one = zero.clone();
            signed_sum(&mut minus_one, &one, limbs, |_| -1);
            for (i, &x) in xi.iter().enumerate() {
                let at = at(i, limbs);
                signed_sum(&mut negated[at.clone()], &sums[at.clone()], limbs, |_| -1);
                let (own, opposed) = if x > 0 { (&one, &minus_one) } else { (&minus_one, &one) };
                up[at.clone()].copy_from_slice(own);
                scale_and_add(&mut up[at.clone()], 1, &negated[at.clone()], &half, 0);
                down[at.clone()].copy_from_slice(opposed);
                scale_and_add(&mut down[at.clone()], 1, &sums[at], &half, 0);
            }
            let (xi, after) = (&xi[..], keys.peek().map(Vec::as_slice));
            let (up, down, sums_now, negated) = (&up[..], &down[..], &sums[..], &negated[..]);
            let step = Step { stride, factor, shift, xi, after, up, down, sums: sums_now, negated };
            each_row(dim * dim * limbs > SMALL, (&mut weights, dim * stride), (&mut next, stride), |i, row, next| {
                // The same for each, but compiled for few limbs without their loops.
                match limbs {
                    1 => step.row(1, i, row, next),
                    2 => step.row(2, i, row, next),
                    3 => step.row(3, i, row, next),
                    4 => step.row(4, i, row, next),
                    5 => step.row(5, i, row, next),
                    6 => step.row(6, i, row, next),
                    _ => step.row(limbs, i, row, next),
                }
            });
            std::mem::swap(&mut sums, &mut next);
            steps.advance(1)?;
        }
        let dropped = point.filter(|_| dropped);
        Ok(Self { dim, patterns, weights, scale, limbs: stride, dropped, doubt })
    }

    /// The nearest that `f64` comes to them.
    fn floats(&self) -> Result<Floats> {
        let mut weights: Vec<f64> = zeros(self.dim * self.dim)?;
        for (weight, number) in weights.iter_mut().zip(self.weights.chunks_exact(self.limbs)) {
            *weight = ratio(number, &self.scale);
        }
        let own = |i: usize| std::mem::take(&mut weights[i * (self.dim + 1)]);
        let diagonal: Vec<f64> = (0..self.dim).map(own).collect();
        // The rounding of the quotient, that of the scale, and what the integers themselves are off by.
        let lost = |p: usize| (self.patterns as f64 * 0.5f64.powi(p as i32), 0.5f64.powi((p - self.doubt) as i32));
        let (relative, absolute) = self.dropped.map_or((0.0, 0.0), lost);
        let size = largest_row(&weights, &diagonal);
        let error = ((8.0 * ULP + relative) * size + absolute) * 1.01;
        Ok(Floats::new(weights, diagonal, error, error))
    }

    /// The sign of the field of `position`, where it is known.
    fn sign(&self, position: usize, query: &[i8], diagonal: Diagonal) -> Option<Ordering> {
        let row = self.dim * self.limbs;
        let mut field = vec![0; self.limbs];
        signed_sum(&mut field, &self.weights[position * row..][..row], self.limbs, |k| {
            if k == position && diagonal == Diagonal::Zero { 0 } else { query[k] }
        });
        let (sign, bits) = sign_and_bits(&field);
        (self.dropped.is_none() || bits > self.doubt).then_some(sign)
    }
}

/// What one pattern does to integers.
struct Step<'a> {
    /// Limbs from one number to the next.
    stride: usize,
    /// d.
    factor: u64,
    /// Bits to drop.
    shift: u32,
    xi: &'a [i8],
    /// The pattern after this one.
    after: Option<&'a [i8]>,
    /// For each row, ξ_i s − (Wξ)_i and its negative, rounding included.
    up: &'a [u64],
    down: &'a [u64],
    /// W·ξ off the diagonal, and its negative.
    sums: &'a [u64],
    negated: &'a [u64],
}

impl Step<'_> {
    /// Changes a row, and makes its product with the next pattern.
    #[inline(always)]
    fn row(&self, limbs: usize, i: usize, row: &mut [u64], next: &mut [u64]) {
        // ξ_i ξ_j (s − c_i − c_j) = ξ_j (ξ_i s − (Wξ)_i) − ξ_i (Wξ)_j; on the diagonal W_ij itself does not add.
        let (up, down) = (&self.up[i * self.stride..][..limbs], &self.down[i * self.stride..][..limbs]);
        let crossing = if self.xi[i] > 0 { self.negated } else { self.sums };
        let numbers = row.chunks_exact_mut(self.stride).zip(crossing.chunks_exact(self.stride)).zip(self.xi);
        for (j, ((number, crossing), &x)) in numbers.enumerate() {
            let factor = if i == j { self.factor } else { self.factor + 2 };
            let own = if x > 0 { up } else { down };
            scale_and_add(&mut number[..limbs], factor, own, &crossing[..limbs], self.shift);
        }
        if let Some(after) = self.after {
            signed_sum(&mut next[..limbs], row, self.stride, |k| if k == i { 0 } else { after[k] });
        }
    }
}

impl Learned {
    fn new(memory: &Memory, progress: Progress<'_>) -> Result<Self> {
        let (rounded, exact) = (OnceLock::new(), OnceLock::new());
        if let Some(floats) = Floats::learn(memory, progress)? {
            return Ok(Self { memory: memory.clone(), floats, rounded, exact });
        }
        let integers = Integers::learn(memory, false, progress)?;
        let floats = integers.floats()?;
        Ok(Self { memory: memory.clone(), floats, rounded: OnceLock::from(integers), exact })
    }

    /// The weights in integers, made when first needed.
    fn integers(&self, exact: bool) -> Result<Option<&Integers>> {
        let made = if exact { &self.exact } else { &self.rounded };
        if made.get().is_none() {
            // Another thread may have been first; what it found is the same.
            let _ = made.set(Integers::learn(&self.memory, exact, Progress::NONE)?);
        }
        Ok(made.get())
    }

    /// What `f64` tells of the signs of one query, and the positions that it leaves open.
    fn clear(&self, query: Query, diagonal: Diagonal) -> Result<Undecided> {
        let dim = self.memory.dim();
        let (mut plus, mut tied, mut open) = (Pattern::new(dim)?, Pattern::new(dim)?, Vec::new());
        let floats = &self.floats;
        let elements: Vec<f64> = elements(&query).collect();
        let known = elements.iter().filter(|&&x| x != 0.0).count();
        let error = (floats.row_error + 2.0 * floats.roundings) * 1.01;
        for (j, row) in floats.weights.chunks_exact(dim).enumerate() {
            let own = if diagonal == Diagonal::Keep { floats.diagonal[j] * elements[j] } else { 0.0 };
            let field = dot(row, &elements) + own;
            let terms = known - usize::from(diagonal == Diagonal::Zero && elements[j] != 0.0);
            if terms == 0 {
                tied.bits_mut().set(j, true);
            } else if field.abs() > error {
                plus.bits_mut().set(j, field > 0.0);
            } else {
                open.push(j);
            }
        }
        Ok(Undecided { query: elements.iter().map(|&x| x as i8).collect(), plus, tied, open })
    }
}

/// A query whose signs are known but for some.
struct Undecided {
    query: Vec<i8>,
    plus: Pattern,
    tied: Pattern,
    open: Vec<usize>,
}

impl Undecided {
    /// Decides what these weights can of the open positions.
    fn decide(&mut self, weights: &Integers, diagonal: Diagonal) {
        self.open.retain(|&j| {
            let Some(sign) = weights.sign(j, &self.query, diagonal) else { return true };
            self.plus.bits_mut().set(j, sign == Ordering::Greater);
            self.tied.bits_mut().set(j, sign == Ordering::Equal);
            false
        });
    }
}

impl Network for Learned {
    fn memory(&self) -> &Memory {
        &self.memory
    }

    fn field_signs(&self, queries: &Queries, diagonal: Diagonal) -> Result<Vec<FieldSigns>> {
        check(&self.memory, queries, diagonal)?;
        let clear = |q| self.clear(queries.get(q).ok_or(Error::Empty { what: "queries" })?, diagonal);
        let mut cleared: Vec<Undecided> = (0..queries.len()).into_par_iter().map(clear).collect::<Result<_>>()?;
        for exact in [false, true] {
            // Finer weights are made before the threads part again, lest each make its own.
            if cleared.iter().any(|query| !query.open.is_empty())
                && let Some(weights) = self.integers(exact)?
            {
                cleared.par_iter_mut().for_each(|query| query.decide(weights, diagonal));
            }
        }
        Ok(cleared.into_iter().map(|Undecided { plus, tied, .. }| FieldSigns { plus, tied }).collect())
    }

    fn weights(&self) -> Result<Weights> {
        let (dim, floats) = (self.memory.dim(), &self.floats);
        let mut elements = floats.weights.clone();
        elements.iter_mut().step_by(dim + 1).zip(&floats.diagonal).for_each(|(element, own)| *element = *own);
        Ok(Weights { value_dim: dim, dim, elements, error: floats.error, row_error: floats.row_error })
    }

    fn facts(&self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }
}

/// The largest sum of a row's absolute values.
fn largest_row(weights: &[f64], diagonal: &[f64]) -> f64 {
    let sum = |(row, own): (&[f64], &f64)| row.iter().map(|weight| weight.abs()).sum::<f64>() + own.abs();
    weights.chunks_exact(diagonal.len()).zip(diagonal).map(sum).fold(0.0, f64::max)
}

/// Σ w_k x_k in a fixed order: 8 chains, added in turn.
fn dot(w: &[f64], x: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    for (w, x) in w.chunks(8).zip(x.chunks(8)) {
        for ((sum, w), x) in sums.iter_mut().zip(w).zip(x) {
            *sum += w * x;
        }
    }
    sums.iter().sum()
}

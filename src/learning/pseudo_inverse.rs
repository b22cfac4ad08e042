//! The pseudo-inverse rule: W = Y X⁺, the network of least weights that maps every key to its value.
//!
//! W is not formed for recall. A field is Σ_i c_i y_ij with coefficients c = X⁺q, which are found from a positive
//! definite integer system, whichever of these there is:
//!
//! - keys independent: G u = s, c = u, with the Gram matrix G = XᵀX and the overlaps s = Xᵀq;
//! - keys that span all of space: X Xᵀ u = q, c = Xᵀu;
//! - neither: with B the first independent keys, (G²)_BB u = s_B, c = G_·B u, since c is then in the range of G and
//!   solves G c = s.

use std::cmp::Ordering;
use std::sync::OnceLock;

use dashu_int::IBig;
use faer::Mat;
use rayon::prelude::*;

use super::modular::Prime;
use super::rational::Fractions;
use super::system::{LARGEST, System};
use super::{FieldSigns, Network, Rule, Weights, check, elements};
use crate::dynamics::{Plane, weight_of_plus};
use crate::error::room_for;
use crate::exact::ULP;
use crate::{Diagonal, Error, Memory, Pattern, Patterns, Queries, Query, Result};

/// The largest system that is solved: the smaller of n and d.
pub(crate) const MOST_KEYS: usize = 8192;

/// Queries whose systems are solved together.
const BATCH: usize = 64;

/// What becomes of keys that are linear combinations of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dependence {
    /// They are an error that names one of them.
    #[default]
    Refuse,
    /// W is Moore and Penrose's, which maps every key as near to its value as can be: repeated keys recall the mean.
    MoorePenrose,
}

/// W = Y X⁺ (Kohonen 1972; Personnaz, Guyon and Dreyfus 1985): recalls n = d linearly independent keys exactly, the
/// diagonal kept.
///
/// Learning takes 3n³ operations and 16n² bytes for n independent keys; dependent keys another n²·d. A recall takes n²
/// operations beside the overlaps. A field too close to 0 for `f64` takes an exact solution: the first one 2n³
/// operations more, each about n² for every digit of 61 bits; few where keys have much structure, as Hadamard rows
/// have, and up to n·log₂ d bits for fields of random keys that are exactly 0.
///
/// # Errors
/// [`Error::Dependent`] for keys that depend on others, unless Moore and Penrose's is asked for; [`Error::TooLarge`] if
/// both n and d exceed 8192, or if elements would exceed 2⁵⁰.
#[derive(Clone, Copy, Debug, Default)]
pub struct PseudoInverse {
    /// What becomes of dependent keys.
    pub dependence: Dependence,
}

impl Rule for PseudoInverse {
    fn name(&self) -> &'static str {
        "pseudo-inverse"
    }

    fn learn<'a>(&self, memory: &'a Memory) -> Result<Box<dyn Network + 'a>> {
        Ok(Box::new(Solver::new(memory, self.dependence)?))
    }
}

/// Where coefficients come from.
#[derive(Debug)]
enum Form {
    /// G u = s, c = u.
    Keys,
    /// X Xᵀ u = q, c = Xᵀ u.
    Positions,
    /// (G²)_BB u = s_B, c = G_·B u.
    Basis { ids: Vec<usize>, cross: Mat<f64> },
}

#[derive(Debug)]
struct Solver<'a> {
    memory: &'a Memory,
    form: Form,
    system: System,
    rank: usize,
    /// The values, position by position.
    values: Plane,
    /// W_jj and a bound on their errors; `None` if `f64` knows none.
    diagonal: OnceLock<Option<(Vec<f64>, f64)>>,
}

impl<'a> Solver<'a> {
    fn new(memory: &'a Memory, dependence: Dependence) -> Result<Self> {
        let (keys, dim) = (memory.keys(), memory.dim());
        let smaller = keys.len().min(dim);
        if smaller > MOST_KEYS {
            return Err(Error::TooLarge {
                what: "pseudo-inverse",
                expected: format!("n or d of at most {MOST_KEYS}"),
                found: format!("{} keys of dimension {dim}", keys.len()),
                bytes: 16 * (smaller as u64).pow(2),
            });
        }
        let values = Plane::new(memory.values(), 0..memory.values().words())?;
        let finish =
            |form, system: System, rank| Ok(Self { memory, form, system, rank, values, diagonal: OnceLock::new() });
        if keys.len() <= dim {
            let system = System::new(gram(memory, &(0..keys.len()).collect::<Vec<_>>(), keys)?);
            if system.is_certified() {
                return finish(Form::Keys, system, keys.len());
            }
        }
        let basis = independent(keys, smaller);
        if basis.len() == keys.len() {
            // Independent, though f64 cannot tell: every field will be decided exactly.
            let system = System::new(gram(memory, &basis, keys)?);
            return finish(Form::Keys, system, keys.len());
        }
        let dependent = |id: &usize| basis.binary_search(id).is_err();
        let first = (0..keys.len()).find(dependent).unwrap_or(0);
        let count = keys.len() - basis.len();
        if dependence == Dependence::Refuse {
            return Err(depends(memory, &basis, first, count)?);
        }
        if basis.len() == dim {
            return finish(Form::Positions, System::new(scatter(keys)?), dim);
        }
        let largest = keys.len() as u64 * (dim as u64).pow(2);
        if largest >= LARGEST as u64 {
            return Err(Error::TooLarge {
                what: "pseudo-inverse of dependent keys",
                expected: format!("n·d² below {LARGEST}"),
                found: largest.to_string(),
                bytes: 8 * (keys.len() * basis.len()) as u64,
            });
        }
        // Whatever stands outside the basis must be shown to depend on it; its remainder is then exactly zero.
        let cross = gram(memory, &basis, keys)?;
        let square = System::new(Mat::from_fn(basis.len(), basis.len(), |i, k| cross[(basis[i], k)]));
        let outside: Vec<usize> = (0..keys.len()).filter(dependent).collect();
        for &id in &outside {
            combination(memory, &square, &basis, &cross, id)?;
        }
        let system = System::new(cross.transpose() * &cross);
        let rank = basis.len();
        finish(Form::Basis { ids: basis, cross }, system, rank)
    }

    /// The right-hand sides of a batch: overlaps or elements.
    fn right(&self, queries: &Queries) -> Result<Mat<f64>> {
        let overlaps = |queries: &Queries| -> Result<Mat<f64>> {
            let n = self.memory.len();
            let overlaps = self.memory.overlaps(queries)?;
            Ok(match &self.form {
                Form::Basis { ids, .. } => {
                    Mat::from_fn(ids.len(), queries.len(), |i, q| f64::from(overlaps[q * n + ids[i]]))
                }
                _ => Mat::from_fn(n, queries.len(), |i, q| f64::from(overlaps[q * n + i])),
            })
        };
        match self.form {
            Form::Positions => {
                let elements: Vec<Vec<f64>> = queries.iter().map(|query| elements(&query).collect()).collect();
                Ok(Mat::from_fn(self.memory.dim(), queries.len(), |j, q| elements[q][j]))
            }
            Form::Keys | Form::Basis { .. } => overlaps(queries),
        }
    }

    /// Coefficients of every key from solutions of the system, and a bound on the error of each, given that of the
    /// solution's elements.
    fn coefficients(&self, solution: &Mat<f64>, errors: &[f64]) -> (Mat<f64>, Vec<f64>) {
        let n = self.memory.len();
        let largest = |column: usize| solution.col(column).iter().fold(0.0, |max: f64, u| max.max(u.abs()));
        let spread = |row_sum: f64, order: usize| {
            let rounding = (order as f64 + 8.0) * ULP * row_sum;
            errors.iter().enumerate().map(|(q, error)| (row_sum * error + rounding * largest(q)) * 1.01).collect()
        };
        match &self.form {
            Form::Keys => (solution.clone(), errors.to_vec()),
            Form::Positions => {
                let dim = self.memory.dim();
                let keys: Vec<Pattern> = self.memory.keys().iter().collect();
                let keys = Mat::from_fn(n, dim, |i, j| if keys[i].bits()[j] { 1.0 } else { -1.0 });
                (keys * solution, spread(dim as f64, dim))
            }
            Form::Basis { cross, .. } => {
                let row_sum = |i: usize| cross.row(i).iter().map(|element| element.abs()).sum::<f64>();
                let row_sum = (0..n).map(row_sum).fold(0.0, f64::max);
                (cross * solution, spread(row_sum, cross.ncols()))
            }
        }
    }

    /// The same exactly, but for a positive common factor.
    fn exact_coefficients(&self, query: &Query) -> Result<Vec<IBig>> {
        let queries = Queries::from(query.clone());
        let right = self.right(&queries)?;
        let right: Vec<i64> = right.col(0).iter().map(|&element| element as i64).collect();
        let Fractions { numerators, .. } = self.system.solve_exactly(&right)?;
        Ok(match &self.form {
            Form::Keys => numerators,
            Form::Positions => {
                let all: IBig = numerators.iter().sum();
                let plus = |key: Pattern| key.bits().iter_ones().map(|j| &numerators[j]).sum::<IBig>();
                self.memory.keys().iter().map(|key| plus(key) * IBig::from(2) - &all).collect()
            }
            Form::Basis { cross, .. } => (0..self.memory.len())
                .map(|i| cross.row(i).iter().zip(&numerators).map(|(&g, u)| u * IBig::from(g as i64)).sum())
                .collect(),
        })
    }

    /// The sign of the field at `position`, from exact coefficients.
    fn exact_sign(&self, coefficients: &[IBig], position: usize) -> Ordering {
        let column = self.values.column(position);
        let signed = coefficients
            .iter()
            .enumerate()
            .map(|(i, c)| if column[i / 64] >> (i % 64) & 1 == 1 { c.clone() } else { -c });
        signed.sum::<IBig>().cmp(&IBig::ZERO)
    }

    /// Σ_i c_i y_ij for each of `positions`, and a bound on the error of all.
    fn fields(&self, coefficients: &[f64], error: f64) -> (Vec<f64>, f64) {
        let n = coefficients.len();
        let all: f64 = coefficients.iter().sum();
        let size: f64 = coefficients.iter().map(|c| c.abs()).sum();
        let mut padded = coefficients.to_vec();
        padded.resize(n.next_multiple_of(64), 0.0);
        let field = |position| 2.0 * weight_of_plus(&padded, self.values.column(position)) - all;
        let fields = (0..self.memory.value_dim()).map(field).collect();
        (fields, (n as f64 * error + 4.0 * (n as f64 + 8.0) * ULP * size) * 1.01)
    }

    /// W_jj, and a bound on the error of all; found when first asked for.
    fn diagonal(&self) -> Result<Option<&(Vec<f64>, f64)>> {
        if self.diagonal.get().is_none() {
            let dim = self.memory.dim();
            let mut found = Some((Vec::with_capacity(dim), 0.0f64));
            for start in (0..dim).step_by(BATCH) {
                let units = units(dim, start..dim.min(start + BATCH))?;
                let Some((solution, errors)) = self.system.solve(self.right(&units)?.as_ref()) else {
                    found = None;
                    break;
                };
                let (coefficients, errors) = self.coefficients(&solution, &errors);
                if let Some((diagonal, worst)) = &mut found {
                    for (q, error) in errors.into_iter().enumerate() {
                        let column: Vec<f64> = coefficients.col(q).iter().copied().collect();
                        let (fields, error) = self.fields_at(&column, error, start + q);
                        diagonal.push(fields);
                        *worst = worst.max(error);
                    }
                }
            }
            // Another thread may have been first; what it found is the same.
            let _ = self.diagonal.set(found);
        }
        Ok(self.diagonal.get().and_then(Option::as_ref))
    }

    /// The field at one position.
    fn fields_at(&self, coefficients: &[f64], error: f64, position: usize) -> (f64, f64) {
        let column = self.values.column(position);
        let signed =
            coefficients.iter().enumerate().map(|(i, c)| if column[i / 64] >> (i % 64) & 1 == 1 { *c } else { -c });
        let (n, size) = (coefficients.len() as f64, coefficients.iter().map(|c| c.abs()).sum::<f64>());
        (signed.sum(), (n * error + (n + 8.0) * ULP * size) * 1.01)
    }

    /// The signs of one query, of which `approximate` tells coefficients and their error, if anything.
    fn signs(&self, query: &Query, approximate: Option<(Vec<f64>, f64)>, diagonal: Diagonal) -> Result<FieldSigns> {
        let dim = self.memory.value_dim();
        let (mut plus, mut tied) = (Pattern::new(dim)?, Pattern::new(dim)?);
        let own = match diagonal {
            Diagonal::Keep => None,
            Diagonal::Zero => Some(elements(query).collect::<Vec<_>>()),
        };
        let weights = if own.is_some() { self.diagonal()? } else { None };
        // Positions that the approximation leaves open.
        let mut open: Vec<usize> = Vec::new();
        match approximate {
            Some((coefficients, error)) if own.is_none() || weights.is_some() => {
                let (mut fields, mut error) = self.fields(&coefficients, error);
                if let (Some(own), Some((weights, worst))) = (&own, weights) {
                    for ((field, own), weight) in fields.iter_mut().zip(own).zip(weights) {
                        *field -= own * weight;
                        error = error.max(8.0 * ULP * (field.abs() + weight.abs()));
                    }
                    error = 2.0 * error + worst;
                }
                for (j, field) in fields.into_iter().enumerate() {
                    if field.abs() > error {
                        plus.bits_mut().set(j, field > 0.0);
                    } else {
                        open.push(j);
                    }
                }
            }
            _ => open.extend(0..dim),
        }
        let mut decide = |j: usize, coefficients: &[IBig]| match self.exact_sign(coefficients, j) {
            Ordering::Greater => plus.bits_mut().set(j, true),
            Ordering::Equal => tied.bits_mut().set(j, true),
            Ordering::Less => {}
        };
        if own.is_none() {
            if !open.is_empty() {
                let coefficients = self.exact_coefficients(query)?;
                open.into_iter().for_each(|j| decide(j, &coefficients));
            }
            return Ok(FieldSigns { plus, tied });
        }
        // Without W_jj the query is one in which position j is erased.
        let without = |j: usize| self.exact_coefficients(&erased(query, j)?);
        let coefficients: Vec<(usize, Vec<IBig>)> =
            open.into_par_iter().map(|j| without(j).map(|c| (j, c))).collect::<Result<_>>()?;
        coefficients.iter().for_each(|(j, coefficients)| decide(*j, coefficients));
        Ok(FieldSigns { plus, tied })
    }
}

impl Network for Solver<'_> {
    fn memory(&self) -> &Memory {
        self.memory
    }

    fn field_signs(&self, queries: &Queries, diagonal: Diagonal) -> Result<Vec<FieldSigns>> {
        check(self.memory, queries, diagonal)?;
        let mut signs = Vec::with_capacity(queries.len());
        for start in (0..queries.len()).step_by(BATCH) {
            let batch = queries.range(start..start + BATCH);
            let solved = self.system.solve(self.right(&batch)?.as_ref());
            let solved = solved.map(|(solution, errors)| self.coefficients(&solution, &errors));
            let part: Vec<FieldSigns> = (0..batch.len())
                .into_par_iter()
                .map(|q| {
                    let query = batch.get(q).ok_or(Error::Empty { what: "queries" })?;
                    let approximate = solved
                        .as_ref()
                        .map(|(coefficients, errors)| (coefficients.col(q).iter().copied().collect(), errors[q]));
                    self.signs(&query, approximate, diagonal)
                })
                .collect::<Result<_>>()?;
            signs.extend(part);
        }
        Ok(signs)
    }

    fn weights(&self) -> Result<Weights> {
        let (value_dim, dim) = (self.memory.value_dim(), self.memory.dim());
        Weights::check("weights of the pseudo-inverse", value_dim, dim)?;
        let mut elements = room_for(value_dim * dim, "weights")?;
        elements.resize(value_dim * dim, 0.0);
        let mut worst = 0.0f64;
        for start in (0..dim).step_by(BATCH) {
            let units = units(dim, start..dim.min(start + BATCH))?;
            let solved = self.system.solve(self.right(&units)?.as_ref());
            let (solution, errors) = solved.ok_or_else(|| Error::Parameter {
                what: "weights of the pseudo-inverse",
                expected: "a Gram matrix that f64 can invert".into(),
                found: "one too close to singular".into(),
            })?;
            let (coefficients, errors) = self.coefficients(&solution, &errors);
            for (q, error) in errors.into_iter().enumerate() {
                let column: Vec<f64> = coefficients.col(q).iter().copied().collect();
                let (fields, error) = self.fields(&column, error);
                fields.into_iter().enumerate().for_each(|(j, field)| elements[j * dim + start + q] = field);
                worst = worst.max(error);
            }
        }
        Ok(Weights { value_dim, dim, elements, error: worst, row_error: 1.01 * dim as f64 * worst })
    }

    fn facts(&self) -> Vec<(&'static str, f64)> {
        let condition = self.system.condition().map(|condition| ("condition number at most", condition));
        [Some(("rank", self.rank as f64)), condition].into_iter().flatten().collect()
    }
}

/// `query` with position `j` erased.
fn erased(query: &Query, j: usize) -> Result<Query> {
    let dim = query.signs().dim();
    let mut known = query.known().map_or_else(|| Pattern::filled(dim, true), |known| Ok(known.clone()))?;
    known.bits_mut().set(j, false);
    let known: Patterns = [&known].into_iter().collect::<Result<_>>()?;
    let signs: Patterns = [query.signs()].into_iter().collect::<Result<_>>()?;
    Queries::with_known(signs, known)?.get(0).ok_or(Error::Empty { what: "queries" })
}

/// Queries of which one position each is known, and +1.
fn units(dim: usize, positions: std::ops::Range<usize>) -> Result<Queries> {
    let mut known = Patterns::filled(positions.len(), dim, false)?;
    for (row, position) in positions.enumerate() {
        known.set(row, position, true);
    }
    Queries::with_known(known.clone(), known)
}

/// ⟨x_i, x_k⟩ for every key i and every k of `columns`: (n, columns).
fn gram(memory: &Memory, columns: &[usize], keys: &Patterns) -> Result<Mat<f64>> {
    let mut gram = Mat::zeros(keys.len(), columns.len());
    for (k, &id) in columns.iter().enumerate() {
        let overlaps = memory.overlaps(&keys.range(id..id + 1).into())?;
        gram.col_mut(k).iter_mut().zip(overlaps).for_each(|(element, overlap)| *element = f64::from(overlap));
    }
    Ok(gram)
}

/// X Xᵀ = Σ x_i x_iᵀ: (d, d).
fn scatter(keys: &Patterns) -> Result<Mat<f64>> {
    let elements = super::spectrum::agreements(keys, keys)?;
    let dim = keys.dim();
    Ok(Mat::from_fn(dim, dim, |j, k| elements[j * dim + k]))
}

/// The first keys that are independent, modulo a prime, of those before; `most` at the most. They are independent; that
/// the others are not is for [`combination`] to prove.
fn independent(keys: &Patterns, most: usize) -> Vec<usize> {
    let prime = Prime::first();
    let elements =
        |key: Pattern| key.bits().iter().by_vals().map(|bit| if bit { 1 } else { prime.get() - 1 }).collect();
    prime.independent(keys.iter().map(elements), most)
}

/// Keys of the basis that key `id` is a combination of, which is proven here.
fn combination(memory: &Memory, square: &System, basis: &[usize], cross: &Mat<f64>, id: usize) -> Result<Vec<usize>> {
    let right: Vec<i64> = basis.iter().enumerate().map(|(k, _)| cross[(id, k)] as i64).collect();
    let Fractions { numerators, denominator } = square.solve_exactly(&right)?;
    // ‖x − Σ c_k x_k‖² = d − Σ c_k ⟨x, x_k⟩, which is 0 if and only if x is the combination.
    let explained: IBig = numerators.iter().zip(&right).map(|(c, &g)| c * IBig::from(g)).sum();
    if explained != denominator * IBig::from(memory.dim()) {
        return Err(Error::Parameter {
            what: "rank of the keys",
            expected: "the same modulo 2^61 - 1 as over the rationals".into(),
            found: format!("key {id}, which depends on others only modulo that prime"),
        });
    }
    Ok(basis.iter().zip(&numerators).filter(|pair| *pair.1 != IBig::ZERO).map(|pair| *pair.0).collect())
}

/// The error that names key `id`, one of `count` that depend on the others.
fn depends(memory: &Memory, basis: &[usize], id: usize, count: usize) -> Result<Error> {
    let keys = memory.keys();
    let before: Vec<usize> = basis.iter().copied().take_while(|&other| other < id).collect();
    let cross = gram(memory, &before, keys)?;
    let same = (0..before.len()).find(|&k| cross[(id, k)].abs() == memory.dim() as f64);
    let of = match same {
        Some(k) => vec![before[k]],
        None => {
            let square = System::new(Mat::from_fn(before.len(), before.len(), |i, k| cross[(before[i], k)]));
            combination(memory, &square, &before, &cross, id)?
        }
    };
    let opposed = same.is_some_and(|k| cross[(id, k)] < 0.0);
    Ok(Error::Dependent { id, of, opposed, count })
}

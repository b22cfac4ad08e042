//! The pseudo-inverse rule: W = Y X⁺, the network of least weights that comes nearest to mapping every key to its
//! value.
//!
//! W is not formed for recall. A field is a linear form of the solution of a positive definite integer system,
//! whichever of these there is:
//!
//! - keys independent: G u = s, field = Y u, with the Gram matrix G = XᵀX and the overlaps s = Xᵀq;
//! - else, with *features* φ of a query such that least squares on them is W: (Σ φ_i φ_iᵀ) u = φ(q), field =
//!   (Σ y_i φ_iᵀ) u. Where the keys span all of space the features are the d positions themselves; where they do not,
//!   the overlaps with the first independent keys B: with c = G_·B u the system says (G²)_BB u = s_B, so that c is in
//!   the range of G and solves G c = s, which is what X⁺q does.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use dashu_int::IBig;
use dashu_int::ops::{BitTest, UnsignedAbs};
use faer::Mat;
use rayon::prelude::*;

use super::modular::Prime;
use super::rational::Fractions;
use super::rule::{FieldSigns, Network, Rule, Weights, check, elements, signs};
use super::system::{LARGEST, System};
use crate::dynamics::Plane;
use crate::error::room_for;
use crate::patterns::segments::Side;
use crate::sign::exact::ULP;
use crate::sign::self_term::Diagonal;
use crate::{Error, Memory, Pattern, Patterns, Progress, Queries, Query, Result, Steps};

/// The largest system that the pseudo-inverse rule solves: the smaller of n and d.
pub const MOST_KEYS: usize = 8192;

/// More keys than dimensions are not looked at one by one beyond this dimension.
const MOST_NAMED: usize = 1024;

const MORE_THAN_DIMENSIONS: &str =
    "linearly independent keys of this dimension (more take Moore and Penrose's pseudo-inverse)";

/// Queries whose systems are solved together.
const BATCH: usize = 64;

/// Keys whose features stand in memory together.
const BLOCK: usize = 1024;

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
/// Cost of learning, with m the smaller of n and d and r the rank: n·m·⌈d/64⌉ word operations, 3m³ others, 40·m² bytes
/// (of which 16·m² stay) and n·d′ bits. Dependent keys take n·r·d multiplications modulo a prime on one thread, some
/// n·r·d′ and n·r² operations for the features, and to prove the dependence of each key that is no repetition an exact
/// solution as below.
///
/// A recall takes m² operations beside the overlaps. A field too close to 0 for `f64` takes an exact solution: the
/// first one 2m³ multiplications modulo a prime, each about m² for every digit of 61 bits; few where keys have much
/// structure, as Hadamard rows have, and up to m·log₂ d bits for fields of random keys that are exactly 0. Under a
/// zeroed diagonal each position that was ever left open takes one more.
///
/// Who watches is told of keys by the column of the inverse of their Gram matrix, or where there are more than dimensions,
/// of those that stand in the sums. The one step that cannot be stopped is the factorisation of the m × m matrix, m³/3
/// operations: seconds for m of several thousand.
///
/// # Errors
/// [`Error::Dependent`] for keys that depend on others, [`Error::Count`] for more than d of them where d > 1024, unless
/// Moore and Penrose's is asked for; [`Error::TooLarge`] if both n and d exceed 8192, or if elements would exceed 2⁵⁰;
/// [`Error::OutOfMemory`]; [`Error::Parameter`] for keys that depend on others modulo 2⁶¹ − 1 but not over the
/// rationals: never seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct PseudoInverse {
    /// What becomes of dependent keys.
    pub dependence: Dependence,
}

impl Rule for PseudoInverse {
    fn name(&self) -> &'static str {
        "pseudo-inverse"
    }

    fn about(&self) -> &'static str {
        "W = Y X⁺: recalls as many independent keys as there are positions"
    }

    fn learn_watched(&self, memory: &Memory, progress: Progress<'_>) -> Result<Box<dyn Network>> {
        let steps = progress.begin(memory.len() as u64);
        Ok(Box::new(Solver::new(memory.settled()?.as_ref(), self.dependence, &steps)?))
    }
}

/// What the system is about.
#[derive(Debug)]
enum Form {
    /// Coefficients of independent keys; the values, position by position.
    Keys(Plane),
    /// Features: overlaps with the keys of a basis, or without one the positions; Σ y_i φ_iᵀ, (value_dim, features),
    /// and the largest sum of a row's absolute values.
    Features { basis: Option<Side>, cross: Mat<f64>, row_sum: f64 },
}

/// Fields in `f64`, none of them off by more than the error.
struct Approximate {
    fields: Vec<f64>,
    error: f64,
}

#[derive(Debug)]
struct Solver {
    memory: Memory,
    form: Form,
    system: System,
    rank: usize,
    /// W_jj and a bound on their errors; `None` if `f64` knows none. Found when first asked for.
    diagonal: OnceLock<Option<(Vec<f64>, f64)>>,
    /// Exact W_jj, by position, of those that were asked for.
    exact_diagonal: Mutex<HashMap<usize, (IBig, IBig)>>,
}

impl Solver {
    fn new(memory: &Memory, dependence: Dependence, steps: &Steps<'_>) -> Result<Self> {
        let (keys, dim) = (memory.key_side(), memory.dim());
        let smaller = keys.len().min(dim);
        if smaller > MOST_KEYS {
            return Err(Error::TooLarge {
                what: "pseudo-inverse",
                expected: format!("n or d of at most {MOST_KEYS}"),
                found: format!("{} keys of dimension {dim}", keys.len()),
                bytes: 40 * (smaller as u64).pow(2),
            });
        }
        let finish = |form, system: System, rank| {
            Ok(Self {
                memory: memory.clone(),
                form,
                system,
                rank,
                diagonal: OnceLock::new(),
                exact_diagonal: Mutex::default(),
            })
        };
        let values = memory.value_side();
        let of_keys = |system, rank| finish(Form::Keys(Plane::new(values, 0..values.words())?), system, rank);
        let mut doubtful = None;
        if keys.len() <= dim {
            let system = System::new(gram(memory, keys, steps)?, |columns| steps.advance(columns as u64))?;
            if system.is_certified() {
                return of_keys(system, keys.len());
            }
            doubtful = Some(system);
        } else if dim > MOST_NAMED && dependence == Dependence::Refuse {
            let (expected, found) = (dim as u64, keys.len() as u64);
            return Err(Error::Count { what: MORE_THAN_DIMENSIONS, expected, found });
        }
        let basis = independent(keys, smaller, steps)?;
        if let Some(system) = doubtful.filter(|_| basis.len() == keys.len()) {
            // Independent, though f64 cannot tell: every field will be decided exactly.
            return of_keys(system, keys.len());
        }
        let dependent = |place: &usize| basis.binary_search(place).is_err();
        if dependence == Dependence::Refuse {
            let first = (0..keys.len()).find(dependent).unwrap_or(0);
            return Err(depends(memory, &basis, first, keys.len() - basis.len(), steps)?);
        }
        let largest = keys.len() as u64 * if basis.len() == dim { 1 } else { (dim as u64).pow(2) };
        if largest >= LARGEST as u64 {
            return Err(Error::TooLarge {
                what: "pseudo-inverse of dependent keys",
                expected: format!("n·d² below {LARGEST}"),
                found: format!("{} keys of dimension {dim}", keys.len()),
                bytes: 40 * (basis.len() as u64).pow(2),
            });
        }
        Weights::check("pseudo-inverse of dependent keys", memory.value_dim(), basis.len())?;
        let rank = basis.len();
        let basis = match rank == dim {
            // They span all of space, so that nothing is left to prove.
            true => None,
            false => {
                // Whatever stands outside the basis must be shown to depend on it.
                let span = Span::new(memory, &basis, steps)?;
                let outside: Vec<usize> = (0..keys.len()).filter(dependent).collect();
                outside.into_iter().try_for_each(|place| span.combination(place, steps).map(drop))?;
                Some(span.keys)
            }
        };
        // Where there were a column for each key, all were told of already.
        let summed = |keys: usize| steps.advance(if memory.len() > dim { keys as u64 } else { 0 });
        let (matrix, cross) = least_squares(memory, basis.as_ref(), steps, summed)?;
        let row_sum = |j: usize| cross.row(j).iter().map(|element| element.abs()).sum::<f64>();
        let row_sum = (0..cross.nrows()).map(row_sum).fold(0.0, f64::max);
        finish(Form::Features { basis, cross, row_sum }, System::new(matrix, |_| steps.check())?, rank)
    }

    /// The right-hand sides of a batch: overlaps or elements.
    fn right(&self, queries: &Queries) -> Result<Mat<f64>> {
        match &self.form {
            Form::Keys(_) => features(&self.memory, Some(self.memory.key_side()), queries, &unwatched()),
            Form::Features { basis, .. } => features(&self.memory, basis.as_ref(), queries, &unwatched()),
        }
    }

    /// Fields of every position from a solution whose elements are off by at most `error`, and a bound on the error of
    /// all.
    fn fields(&self, solution: &[f64], error: f64) -> Result<Approximate> {
        let order = solution.len() as f64;
        match &self.form {
            Form::Keys(values) => {
                let all: f64 = solution.iter().sum();
                let size: f64 = solution.iter().map(|c| c.abs()).sum();
                let mut padded = solution.to_vec();
                padded.resize(solution.len().next_multiple_of(64), 0.0);
                let tier = self.memory.tier();
                let field = |position| Ok(2.0 * tier.sum_selected_f64(&padded, values.column(position))? - all);
                let fields = (0..self.memory.value_dim()).map(field).collect::<Result<_>>()?;
                Ok(Approximate { fields, error: (order * error + 4.0 * (order + 8.0) * ULP * size) * 1.01 })
            }
            Form::Features { cross, row_sum, .. } => {
                let mut fields = vec![0.0; cross.nrows()];
                for (column, u) in cross.col_iter().zip(solution) {
                    fields.iter_mut().zip(column.iter()).for_each(|(field, element)| *field += element * u);
                }
                let largest = solution.iter().fold(0.0, |max: f64, u| max.max(u.abs()));
                Ok(Approximate { fields, error: row_sum * (error + (order + 8.0) * ULP * largest) * 1.01 })
            }
        }
    }

    /// Fields of each of a batch of queries and bounds on their errors; `None` if `f64` knows none.
    fn approximate(&self, queries: &Queries) -> Result<Option<Vec<Approximate>>> {
        let Some((solution, errors)) = self.system.solve(self.right(queries)?.as_ref()) else { return Ok(None) };
        let column = |q: usize| solution.col(q).iter().copied().collect::<Vec<_>>();
        let fields = (0..queries.len()).into_par_iter().map(|q| self.fields(&column(q), errors[q]));
        Ok(Some(fields.collect::<Result<_>>()?))
    }

    /// The exact solution for one query.
    fn exact(&self, query: &Query) -> Result<Fractions> {
        let right = self.right(&Queries::from(query.clone()))?;
        let right: Vec<i64> = right.col(0).iter().map(|&element| element as i64).collect();
        self.system.solve_exactly(&right, &unwatched())
    }

    /// The numerator of the exact field at `position`.
    fn exact_field(&self, solution: &Fractions, position: usize) -> IBig {
        match &self.form {
            Form::Keys(values) => {
                let column = values.column(position);
                let plus = |i: usize| column[i / 64] >> (i % 64) & 1 == 1;
                solution.numerators.iter().enumerate().map(|(i, c)| if plus(i) { c.clone() } else { -c }).sum()
            }
            Form::Features { cross, .. } => {
                let row = cross.row(position);
                row.iter().zip(&solution.numerators).map(|(&element, u)| u * IBig::from(element as i64)).sum()
            }
        }
    }

    /// W_jj, and a bound on the error of all.
    fn diagonal(&self) -> Result<Option<&(Vec<f64>, f64)>> {
        if self.diagonal.get().is_none() {
            let dim = self.memory.dim();
            let mut found = Some((Vec::with_capacity(dim), 0.0f64));
            for start in (0..dim).step_by(BATCH) {
                let columns = self.approximate(&units(dim, start..dim.min(start + BATCH))?)?;
                found = found.zip(columns).map(|((mut diagonal, worst), columns)| {
                    let bound = columns.iter().map(|column| column.error).fold(worst, f64::max);
                    diagonal.extend(columns.iter().enumerate().map(|(q, column)| column.fields[start + q]));
                    (diagonal, bound)
                });
                if found.is_none() {
                    break;
                }
            }
            // Another thread may have been first; what it found is the same.
            let _ = self.diagonal.set(found);
        }
        Ok(self.diagonal.get().and_then(Option::as_ref))
    }

    /// W_jj exactly: numerator and denominator.
    fn exact_weight(&self, j: usize) -> Result<(IBig, IBig)> {
        let known = || self.exact_diagonal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(weight) = known().get(&j) {
            return Ok(weight.clone());
        }
        let unit = units(self.memory.dim(), j..j + 1)?.get(0).ok_or(Error::Empty { what: "queries" })?;
        let solution = self.exact(&unit)?;
        let weight = (self.exact_field(&solution, j), solution.denominator);
        known().insert(j, weight.clone());
        Ok(weight)
    }

    /// W from exact solutions, each element rounded once: for systems that `f64` cannot solve.
    fn exact_weights(&self) -> Result<Weights> {
        let (value_dim, dim) = (self.memory.value_dim(), self.memory.dim());
        let mut elements = room_for(value_dim * dim, "weights")?;
        elements.resize(value_dim * dim, 0.0);
        for (k, unit) in units(dim, 0..dim)?.iter().enumerate() {
            let solution = self.exact(&unit)?;
            for j in 0..value_dim {
                elements[j * dim + k] = quotient(self.exact_field(&solution, j), &solution.denominator);
            }
        }
        let error = elements.iter().fold(0.0, |max: f64, weight| max.max(weight.abs())) * ULP;
        Ok(Weights { value_dim, dim, elements, error, row_error: dim as f64 * error })
    }

    /// What `f64` tells of the signs of one query, and the positions that it leaves open.
    fn clear(
        &self,
        query: &Query,
        approximate: Option<&Approximate>,
        diagonal: Diagonal,
    ) -> Result<(Pattern, Vec<usize>)> {
        let dim = self.memory.value_dim();
        let mut plus = Pattern::new(dim)?;
        let weights = if diagonal == Diagonal::Zero { self.diagonal()? } else { None };
        let (Some(Approximate { fields, error }), true) =
            (approximate, diagonal == Diagonal::Keep || weights.is_some())
        else {
            return Ok((plus, (0..dim).collect()));
        };
        let own: Vec<f64> = if weights.is_some() { elements(query).collect() } else { Vec::new() };
        let mut open = Vec::new();
        for (j, &field) in fields.iter().enumerate() {
            let (field, error) = match weights {
                None => (field, *error),
                Some((weights, worst)) => {
                    let rest = field - own[j] * weights[j];
                    (rest, error + worst + 8.0 * ULP * (field.abs() + weights[j].abs()))
                }
            };
            if field.abs() > error {
                plus.bits_mut().set(j, field > 0.0);
            } else {
                open.push(j);
            }
        }
        Ok((plus, open))
    }

    /// The signs of one query, of which `f64` left some positions open.
    fn decide(&self, query: &Query, mut plus: Pattern, open: &[usize], diagonal: Diagonal) -> Result<FieldSigns> {
        let mut tied = Pattern::new(plus.dim())?;
        let own: Vec<f64> = elements(query).collect();
        let mut note = |j: usize, sign: Ordering| {
            plus.bits_mut().set(j, sign == Ordering::Greater);
            tied.bits_mut().set(j, sign == Ordering::Equal);
        };
        if open.is_empty() {
            return Ok(FieldSigns { plus, tied });
        }
        if self.is_identity() {
            let element = |j: usize| if diagonal == Diagonal::Zero { 0.0 } else { own[j] };
            open.iter().for_each(|&j| note(j, element(j).total_cmp(&0.0)));
            return Ok(FieldSigns { plus, tied });
        }
        let solution = self.exact(query)?;
        for &j in open {
            let field = self.exact_field(&solution, j);
            let sign = match diagonal {
                Diagonal::Keep => field.cmp(&IBig::ZERO),
                Diagonal::Zero => {
                    let (weight, denominator) = self.exact_weight(j)?;
                    (field * denominator).cmp(&(weight * &solution.denominator * IBig::from(own[j] as i8)))
                }
            };
            note(j, sign);
        }
        Ok(FieldSigns { plus, tied })
    }
}

impl Network for Solver {
    fn memory(&self) -> &Memory {
        &self.memory
    }

    fn field_signs(&self, queries: &Queries, diagonal: Diagonal) -> Result<Vec<FieldSigns>> {
        check(&self.memory, queries, diagonal)?;
        if diagonal == Diagonal::Zero {
            // Before the threads part, lest each find it.
            self.diagonal()?;
        }
        let mut signs = Vec::with_capacity(queries.len());
        for start in (0..queries.len()).step_by(BATCH) {
            let batch = queries.range(start..start + BATCH)?;
            let fields = self.approximate(&batch)?;
            let clear = |q: usize| {
                let query = batch.get(q).ok_or(Error::Empty { what: "queries" })?;
                let fields = fields.as_ref().map(|fields| &fields[q]);
                self.clear(&query, fields, diagonal).map(|(plus, open)| (query, plus, open))
            };
            let cleared: Vec<_> = (0..batch.len()).into_par_iter().map(clear).collect::<Result<_>>()?;
            // One after the other: the threads share each exact solution.
            for (query, plus, open) in cleared {
                signs.push(self.decide(&query, plus, &open, diagonal)?);
            }
        }
        Ok(signs)
    }

    fn weights(&self) -> Result<Weights> {
        let (value_dim, dim) = (self.memory.value_dim(), self.memory.dim());
        Weights::check("weights of the pseudo-inverse", value_dim, dim)?;
        let mut elements = room_for(value_dim * dim, "weights")?;
        elements.resize(value_dim * dim, 0.0);
        let mut worst = 0.0f64;
        if self.is_identity() {
            elements.iter_mut().step_by(dim + 1).for_each(|weight| *weight = 1.0);
            return Ok(Weights { value_dim, dim, elements, error: 0.0, row_error: 0.0 });
        }
        for start in (0..dim).step_by(BATCH) {
            let Some(columns) = self.approximate(&units(dim, start..dim.min(start + BATCH))?)? else {
                return self.exact_weights();
            };
            for (q, Approximate { fields, error }) in columns.into_iter().enumerate() {
                fields.into_iter().enumerate().for_each(|(j, field)| elements[j * dim + start + q] = field);
                worst = worst.max(error);
            }
        }
        Ok(Weights { value_dim, dim, elements, error: worst, row_error: 1.01 * dim as f64 * worst })
    }

    /// Keys that are their own values and span all of space: W maps each of d independent ones to itself.
    fn is_identity(&self) -> bool {
        self.memory.is_auto_associative() && self.rank == self.memory.dim()
    }

    fn facts(&self) -> Vec<(&'static str, f64)> {
        let condition = self.system.condition().map(|condition| ("condition number at most", condition));
        [Some(("rank", self.rank as f64)), condition].into_iter().flatten().collect()
    }
}

/// `numerator` / `denominator`, to within 2⁻⁵².
fn quotient(numerator: IBig, denominator: &IBig) -> f64 {
    // An integer of at least 64 bits, scaled back.
    let bits = |number: &IBig| number.unsigned_abs().bit_len();
    let shift = 64 + bits(denominator).saturating_sub(bits(&numerator));
    let scaled = ((numerator << shift) / denominator).to_f64().value();
    scaled * 2f64.powi(-(shift.min(1000) as i32)) * 2f64.powi(-(shift.saturating_sub(1000).min(1000) as i32))
}

/// A call that nobody watches.
fn unwatched() -> Steps<'static> {
    Progress::NONE.begin(0)
}

/// Queries of which one position each is known, and +1.
fn units(dim: usize, positions: std::ops::Range<usize>) -> Result<Queries> {
    let mut known = Patterns::filled(positions.len(), dim, false)?;
    for (row, position) in positions.enumerate() {
        known.set(row, position, true);
    }
    Queries::with_known(known.clone(), known)
}

/// The features of queries, a column each: overlaps with the keys of a basis, or their elements.
fn features(memory: &Memory, basis: Option<&Side>, queries: &Queries, steps: &Steps<'_>) -> Result<Mat<f64>> {
    match basis {
        Some(basis) => {
            let basis_alone = Memory::of_sides(basis.clone(), None)?.with_tier(memory.tier());
            let go_on = |_, _| steps.check().is_ok();
            let overlaps = basis_alone.watched(Progress::new(&go_on)).overlaps(queries)?;
            Ok(Mat::from_fn(basis.len(), queries.len(), |i, q| f64::from(overlaps[q * basis.len() + i])))
        }
        None => {
            let elements: Vec<Vec<f64>> = queries.iter().map(|query| elements(&query).collect()).collect();
            Ok(Mat::from_fn(memory.dim(), queries.len(), |j, q| elements[q][j]))
        }
    }
}

/// Σ φ_i φ_iᵀ and Σ y_i φ_iᵀ over all associations: sums of integers below 2⁵³, so exact.
/// `summed` is told how many more stand in them.
fn least_squares(
    memory: &Memory,
    basis: Option<&Side>,
    steps: &Steps<'_>,
    summed: impl Fn(usize) -> Result<()>,
) -> Result<(Mat<f64>, Mat<f64>)> {
    let order = basis.map_or(memory.dim(), Side::len);
    let (mut matrix, mut cross) = (Mat::zeros(order, order), Mat::zeros(memory.value_dim(), order));
    for start in (0..memory.len()).step_by(BLOCK) {
        let keys = memory.key_side().range(start..start + BLOCK)?;
        let values: Vec<Vec<f64>> =
            memory.value_side().range(start..start + BLOCK)?.iter().map(|y| signs(&y).collect()).collect();
        let features = features(memory, basis, &keys.into(), steps)?;
        let values = Mat::from_fn(memory.value_dim(), values.len(), |j, i| values[i][j]);
        for (sums, factor) in [(&mut matrix, &features), (&mut cross, &values)] {
            steps.check()?;
            *sums += factor * features.transpose();
        }
        summed(features.ncols())?;
    }
    Ok((matrix, cross))
}

/// ⟨x_i, x_k⟩ of some keys.
fn gram(memory: &Memory, keys: &Side, steps: &Steps<'_>) -> Result<Mat<f64>> {
    features(memory, Some(keys), &keys.to_patterns()?.into(), steps)
}

/// The first keys that are independent, modulo a prime, of those before; `most` at the most. They are independent; that
/// the others are not is for [`Span`] to prove.
fn independent(keys: &Side, most: usize, steps: &Steps<'_>) -> Result<Vec<usize>> {
    let prime = Prime::first();
    let elements =
        |key: Pattern| key.bits().iter().by_vals().map(|bit| if bit { 1 } else { prime.get() - 1 }).collect();
    prime.independent(keys.iter().map(elements), most, steps)
}

/// What independent keys span.
struct Span<'a> {
    memory: &'a Memory,
    places: &'a [usize],
    keys: Side,
    system: System,
}

impl<'a> Span<'a> {
    fn new(memory: &'a Memory, places: &'a [usize], steps: &Steps<'_>) -> Result<Self> {
        let keys = Side::from(memory.key_side().select(places.len(), places.iter().copied())?);
        let system = System::new(gram(memory, &keys, steps)?, |_| steps.check())?;
        Ok(Self { memory, places, keys, system })
    }

    /// The keys that the key at `place` is a combination of, by their places, which is proven here.
    fn combination(&self, place: usize, steps: &Steps<'_>) -> Result<Vec<usize>> {
        let key: Queries = self.memory.key_side().range(place..place + 1)?.into();
        let overlaps = features(self.memory, Some(&self.keys), &key, steps)?;
        let right: Vec<i64> = overlaps.col(0).iter().map(|&overlap| overlap as i64).collect();
        let dim = self.memory.dim() as i64;
        if let Some(same) = right.iter().position(|overlap| overlap.abs() == dim) {
            return Ok(vec![self.places[same]]);
        }
        let Fractions { numerators, denominator } = self.system.solve_exactly(&right, steps)?;
        // ‖x − Σ c_k x_k‖² = d − Σ c_k ⟨x, x_k⟩, which is 0 if and only if x is the combination.
        let explained: IBig = numerators.iter().zip(&right).map(|(c, &g)| c * IBig::from(g)).sum();
        if explained != denominator * IBig::from(dim) {
            return Err(Error::Parameter {
                what: "rank of the keys",
                expected: "the same modulo 2^61 - 1 as over the rationals".into(),
                found: format!("key {}, which depends on others only modulo that prime", self.memory.id(place)),
            });
        }
        Ok(self.places.iter().zip(&numerators).filter(|pair| *pair.1 != IBig::ZERO).map(|pair| *pair.0).collect())
    }
}

/// The error that names the key at `place`, one of `count` that depend on the others.
fn depends(memory: &Memory, basis: &[usize], place: usize, count: usize, steps: &Steps<'_>) -> Result<Error> {
    let before = &basis[..basis.partition_point(|&other| other < place)];
    let of = Span::new(memory, before, steps)?.combination(place, steps)?;
    let keys = memory.key_side();
    let opposed = of.len() == 1 && keys.get(place) != keys.get(of[0]);
    let of = of.into_iter().map(|place| memory.id(place)).collect();
    Ok(Error::Dependent { id: memory.id(place), of, opposed, count })
}

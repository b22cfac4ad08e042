//! A positive definite integer system A u = b: solutions in `f64` with a proven bound, and exact ones.
//!
//! With R ≈ A⁻¹ from a Cholesky factorisation, ρ ≥ ‖I − RA‖ < 1 proves that A is invertible and ‖A⁻¹‖ ≤ ‖R‖/(1 − ρ),
//! however R was come by. A solution ũ = Rb is then off by at most ‖A⁻¹‖·‖b − Aũ‖, in the maximum norm. What this
//! takes for granted is that a product of matrices is summed as sums are (no Strassen), in any order.

use std::sync::OnceLock;

use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, MatRef, Side};

use super::rational::{Fractions, Lifting};
use crate::sign::exact::ULP;
use crate::{Error, Result, Steps};

/// Elements must stay below this, so that `f64` holds them and lifting does not overflow.
pub(super) const LARGEST: i64 = 1 << 50;

/// Columns of an inverse that are found together: enough that they are products of matrices, few enough that whoever
/// watches does not wait long.
const COLUMNS: usize = 256;

#[derive(Debug)]
pub(super) struct System {
    /// Integers, held exactly.
    matrix: Mat<f64>,
    /// `None` where `f64` cannot prove that the matrix is invertible.
    inverse: Option<Inverse>,
    /// Made when first needed.
    lifting: OnceLock<Option<Lifting>>,
}

#[derive(Debug)]
struct Inverse {
    matrix: Mat<f64>,
    /// Bound on ‖A⁻¹‖ in the maximum norm.
    norm: f64,
}

impl System {
    /// Of a symmetric matrix of integers below [`LARGEST`]. `done` is told how many more columns of its inverse are known,
    /// 0 being asked whether to go on.
    ///
    /// # Errors
    /// Those of `done`.
    pub(super) fn new(matrix: Mat<f64>, done: impl Fn(usize) -> Result<()>) -> Result<Self> {
        let inverse = invert(matrix.as_ref(), done)?;
        Ok(Self { matrix, inverse, lifting: OnceLock::new() })
    }

    pub(super) fn order(&self) -> usize {
        self.matrix.nrows()
    }

    /// Whether `f64` proves that the matrix is invertible.
    pub(super) fn is_certified(&self) -> bool {
        self.inverse.is_some()
    }

    /// A bound on the condition number ‖A‖·‖A⁻¹‖ in the maximum norm.
    pub(super) fn condition(&self) -> Option<f64> {
        self.inverse.as_ref().map(|inverse| inverse.norm * norm(self.matrix.as_ref()))
    }

    /// Solutions of the columns of `right`, and a bound on the error of every element of each; `None` if `f64` is not
    /// good enough to know any.
    pub(super) fn solve(&self, right: MatRef<'_, f64>) -> Option<(Mat<f64>, Vec<f64>)> {
        let inverse = self.inverse.as_ref()?;
        let solution = &inverse.matrix * right;
        let residual = right - &self.matrix * &solution;
        let roundings = (self.order() as f64 + 8.0) * ULP;
        let norm_of_matrix = norm(self.matrix.as_ref());
        let errors = (0..right.ncols()).map(|column| {
            let largest = |matrix: MatRef<'_, f64>| matrix.col(column).iter().fold(0.0, |max: f64, x| max.max(x.abs()));
            let (right, solution) = (largest(right), largest(solution.as_ref()));
            let residual = largest(residual.as_ref()) + roundings * (right + norm_of_matrix * solution);
            inverse.norm * residual * 1.01
        });
        let errors: Vec<f64> = errors.collect();
        errors.iter().all(|error| error.is_finite()).then_some((solution, errors))
    }

    /// The exact solution.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the determinant is divisible by each of the primes tried: never seen;
    /// [`Error::Interrupted`] if `steps` says so.
    pub(super) fn solve_exactly(&self, right: &[i64], steps: &Steps<'_>) -> Result<Fractions> {
        let order = self.order();
        if self.lifting.get().is_none() {
            let elements = (0..order * order).map(|k| self.matrix[(k / order, k % order)] as i64);
            // Not within `get_or_init`, where threads that help out would wait for each other. Another may have been
            // first; what it found is the same.
            let _ = self.lifting.set(Lifting::new(elements.collect(), order, steps)?);
        }
        let lifting = self.lifting.get().and_then(Option::as_ref);
        let lifting = lifting.ok_or_else(|| Error::Parameter {
            what: "Gram matrix",
            expected: "a determinant not divisible by 2^61 - 1, 2^60 - 93 and 2^59 - 55 alike".into(),
            found: "one that is".into(),
        })?;
        lifting.solve(right, steps)
    }
}

/// An approximate inverse and what it proves, some columns at a time: the factorisation alone is done in one.
fn invert(matrix: MatRef<'_, f64>, done: impl Fn(usize) -> Result<()>) -> Result<Option<Inverse>> {
    let order = matrix.nrows();
    let blocks = || (0..order).step_by(COLUMNS).map(|start| (start, COLUMNS.min(order - start)));
    done(0)?;
    let Ok(factors) = Llt::new(matrix, Side::Lower) else { return Ok(None) };
    let mut inverse = Mat::<f64>::identity(order, order);
    for (start, columns) in blocks() {
        done(0)?;
        factors.solve_in_place(inverse.subcols_mut(start, columns));
    }
    drop(factors);
    // Of RA − I, of which a block of columns stands in memory.
    let mut sums = vec![0.0; order];
    for (start, columns) in blocks() {
        done(0)?;
        let mut defect = &inverse * matrix.subcols(start, columns);
        (0..columns).for_each(|column| defect[(start + column, column)] -= 1.0);
        add_rows(&mut sums, defect.as_ref());
        done(columns)?;
    }
    let roundings = (order as f64 + 8.0) * ULP * norm(inverse.as_ref()) * norm(matrix);
    let defect = (largest(&sums) + roundings) * 1.01;
    // Not less than ½, lest the bound be worth nothing.
    Ok((defect < 0.5).then(|| Inverse { norm: norm(inverse.as_ref()) / (1.0 - defect) * 1.01, matrix: inverse }))
}

/// The largest sum of a row's absolute values; infinite if any is not a number.
fn norm(matrix: MatRef<'_, f64>) -> f64 {
    let mut sums = vec![0.0; matrix.nrows()];
    add_rows(&mut sums, matrix);
    largest(&sums)
}

/// Adds the absolute values in each row to its sum.
fn add_rows(sums: &mut [f64], matrix: MatRef<'_, f64>) {
    for column in matrix.col_iter() {
        sums.iter_mut().zip(column.iter()).for_each(|(sum, element)| *sum += element.abs());
    }
}

/// The largest of some sums; infinite if any is not a number.
fn largest(sums: &[f64]) -> f64 {
    sums.iter().fold(0.0, |max: f64, &sum| if sum.is_nan() { f64::INFINITY } else { max.max(sum) })
}

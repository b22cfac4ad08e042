//! Spectra: keys and values as singular vectors of W.
//!
//! Orthogonal keys are right singular vectors of the Hebbian W = Σ y_i x_iᵀ, and values the left ones where they are
//! orthogonal too: W v = σ u with v = x_i/√d, u = y_i/√d′ and σ = √(d·d′). What is not orthogonal is so many percent
//! away from it, and that is what a spectrum tells.

use faer::{Mat, Side as Half};
use rayon::prelude::*;

use super::rule::{Network, Weights, signs};
use crate::dynamics::Plane;
use crate::error::room_for;
use crate::patterns::segments::Side;
use crate::{Error, Memory, Result};

/// The most weights of a W that is taken apart: 2048².
const MOST_WEIGHTS: usize = 1 << 22;

/// The singular values of W, and how near each association is to a pair of singular vectors.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Spectrum {
    /// The singular values σ of W, largest first: as many as the smaller dimension.
    pub singular_values: Vec<f64>,
    /// Those that are not zero, up to rounding: above max(d, d′)·2⁻⁵² of the largest, and above the error of W. `None`
    /// if that error hides them all.
    pub rank: Option<usize>,
    /// The associations, in storing order.
    pub associations: Vec<Association>,
}

/// One association (x, y) as a pair of vectors v = x/√d, u = y/√d′.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Association {
    /// σ = uᵀWv, the best σ for W v = σ u.
    pub sigma: f64,
    /// ‖Wv − σu‖ / ‖Wv‖: 0 if W maps the key onto its value and on nothing else, 1 if it is at right angles to it.
    pub right_residual: f64,
    /// ‖Wᵀu − σv‖ / ‖Wᵀu‖.
    pub left_residual: f64,
}

impl Association {
    /// Whether key and value are singular vectors of W, to within `tolerance`; of a Hebbian W, which is all integers,
    /// a tolerance of 0 asks for the very thing.
    pub fn is_singular_pair(&self, tolerance: f64) -> bool {
        self.right_residual <= tolerance && self.left_residual <= tolerance
    }
}

impl Spectrum {
    /// The spectrum of the W of `network`.
    ///
    /// Cost: with m the smaller of d and d′, some 11·m³ operations, a few times m³ where W is symmetric, and about
    /// 24·d·d′ + 64·m² bytes; n·d·d′ for the associations.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond 2048² weights; [`Error::Parameter`] if the singular values cannot be found; as
    /// [`Network::weights`].
    pub fn new(network: &dyn Network) -> Result<Self> {
        let memory = network.memory().settled()?;
        let (value_dim, dim) = (network.value_dim(), network.dim());
        if value_dim.saturating_mul(dim) > MOST_WEIGHTS {
            return Err(Error::TooLarge {
                what: "spectrum",
                expected: format!("at most {MOST_WEIGHTS} weights"),
                found: format!("{value_dim} x {dim}"),
                bytes: 24 * value_dim as u64 * dim as u64 + 64 * (value_dim.min(dim) as u64).pow(2),
            });
        }
        let weights = network.weights()?;
        let matrix = Mat::from_fn(value_dim, dim, |j, k| weights.elements[j * dim + k]);
        let mut singular_values = singular_values(matrix).ok_or_else(|| Error::Parameter {
            what: "spectrum",
            expected: "weights whose singular values can be found".into(),
            found: "an iteration that does not converge".into(),
        })?;
        singular_values.sort_by(|a, b| b.total_cmp(a));
        let largest = singular_values.first().copied().unwrap_or(0.0);
        let dims = (value_dim.max(dim)) as f64;
        let zero = (dims * f64::EPSILON * largest).max(weights.error * dims);
        let rank = (zero < largest || largest == 0.0).then(|| singular_values.iter().filter(|&&s| s > zero).count());
        let associations = (0..memory.len()).into_par_iter().map(|i| association(&weights, &memory, i)).collect();
        Ok(Self { singular_values, rank, associations })
    }
}

/// The singular values of a matrix, in any order; `None` if they are not found.
///
/// They are taken from eigenvalues: of a symmetric matrix their magnitudes, of any other W those above zero of
/// (0 W; Wᵀ 0), which are as exact. `faer`'s own, version 0.24, are off by parts in 10⁵ of the largest where the rank is
/// just half of the dimension.
fn singular_values(matrix: Mat<f64>) -> Option<Vec<f64>> {
    let tall = if matrix.nrows() < matrix.ncols() { matrix.transpose().to_owned() } else { matrix };
    let size = tall.ncols();
    // W = QR has those of R, which is no larger than it must be.
    let square = if tall.nrows() > size { tall.qr().thin_R().to_owned() } else { tall };
    let is_symmetric = (0..size).all(|j| (0..j).all(|k| square[(j, k)] == square[(k, j)]));
    if is_symmetric {
        let values = square.self_adjoint_eigenvalues(Half::Lower).ok()?;
        return Some(values.into_iter().map(f64::abs).collect());
    }
    let both = Mat::from_fn(2 * size, 2 * size, |j, k| match (j < size, k < size) {
        (true, false) => square[(j, k - size)],
        (false, true) => square[(k, j - size)],
        _ => 0.0,
    });
    let ascending = both.self_adjoint_eigenvalues(Half::Lower).ok()?;
    Some(ascending.into_iter().skip(size).map(|value| value.max(0.0)).collect())
}

fn association(weights: &Weights, memory: &Memory, index: usize) -> Association {
    let signs = |patterns: &Side| -> Vec<f64> { patterns.get(index).iter().flat_map(signs).collect() };
    let (x, y) = (signs(memory.key_side()), signs(memory.value_side()));
    // y_j (Wx)_j and x_k (Wᵀy)_k: constant where key and value are singular vectors.
    let (mut forward, mut backward) = (vec![0.0; y.len()], vec![0.0; x.len()]);
    for ((row, y), forward) in weights.elements.chunks_exact(weights.dim).zip(&y).zip(&mut forward) {
        for ((weight, x), backward) in row.iter().zip(&x).zip(&mut backward) {
            *forward += y * weight * x;
            *backward += y * weight * x;
        }
    }
    let residual = |products: &[f64]| {
        let mean = products.iter().sum::<f64>() / products.len() as f64;
        let square = |center: f64| products.iter().map(|product| (product - center).powi(2)).sum::<f64>();
        let all = square(0.0);
        if all > 0.0 { (square(mean) / all).sqrt() } else { 0.0 }
    };
    let sigma = forward.iter().sum::<f64>() / (x.len() as f64 * y.len() as f64).sqrt();
    Association { sigma, right_residual: residual(&forward), left_residual: residual(&backward) }
}

/// Σ_i y_ij x_ik of a memory of which nothing was forgotten: (value_dim, dim), row by row, integers.
pub(super) fn hebbian(memory: &Memory) -> Result<Vec<f64>> {
    agreements(memory.value_side(), memory.key_side())
}

/// Σ_i a_ij b_ik, the agreements less the disagreements of position j of one list with position k of the other.
///
/// Cost: d·d′·n/64 word operations.
pub(super) fn agreements(a: &Side, b: &Side) -> Result<Vec<f64>> {
    let (rows, columns) = (Plane::new(a, 0..a.words())?, Plane::new(b, 0..b.words())?);
    let mut sums = room_for(a.dim() * b.dim(), "weights")?;
    sums.resize(a.dim() * b.dim(), 0.0);
    sums.par_chunks_exact_mut(b.dim()).enumerate().for_each(|(j, sums)| {
        let row = rows.column(j);
        for (k, sum) in sums.iter_mut().enumerate() {
            let differ: u32 = row.iter().zip(columns.column(k)).map(|(a, b)| (a ^ b).count_ones()).sum();
            *sum = a.len() as f64 - 2.0 * f64::from(differ);
        }
    });
    Ok(sums)
}

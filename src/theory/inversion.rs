//! The distribution of exponential crosstalk at finite d and n, by inversion of its characteristic function.
//!
//! In units of the signal, crosstalk X is a sum of n − 1 independent terms whose characteristic function φ is a sum
//! over the places of S_d. Gil-Pelaez (1951): P(X > 1) + ½ P(X = 1) = ½ + (1/π) ∫ Im(φ(u)^{n−1} e^{−iu})/u du, taken by
//! the midpoint rule (Davies 1973) and under a Gaussian window, which is X with normal noise of deviation 1/[`WINDOW`].

use std::f64::consts::PI;

use super::walk;

/// The window's deviation: what X has within its inverse of 1 is told apart from 1 only in part.
const WINDOW: f64 = 300.0;

/// The step in u. Values of X of like probability at distances of 2π/`STEP` are taken for one another, with alternating
/// signs.
const STEP: f64 = 0.005;

/// How far the sum goes: the window is below 10⁻¹⁰ there.
const POINTS: u32 = (7.0 * WINDOW / STEP) as u32;

/// Terms below this are so small that up to the last point their first two moments stand for them, to 10⁻⁴.
const SMALL: f64 = 0.02 / (7.0 * WINDOW);

/// Places less likely than this are none, however many keys there are.
const NONE: f64 = 1e-35;

/// Terms above this are never balanced by others to within a signal's size: their phase is lost.
const LARGE: f64 = 1e6;

/// The terms that crosstalk is a sum of.
pub(super) struct Terms {
    /// Sizes, and how likely each is.
    single: Vec<(f64, f64)>,
    /// Σ p·w and Σ p·w² over small terms.
    moments: [f64; 2],
    /// How likely a large term is.
    lost: f64,
    /// Whether terms have random signs.
    signed: bool,
}

impl Terms {
    /// Terms e^{beta·(S_d − own)}, of random sign or positive; given that none is above `most`.
    pub(super) fn new(dim: u64, own: i64, beta: f64, signed: bool, most: f64) -> Self {
        let mut terms = Self { single: Vec::new(), moments: [0.0; 2], lost: 0.0, signed };
        let size = |place: i64| (beta * (place - own) as f64).exp();
        let given: f64 = walk::upwards(dim).filter(|term| size(term.0) <= most).map(|term| term.1).sum();
        for (place, probability) in walk::upwards(dim) {
            let (size, probability) = (size(place), probability / given);
            if size > most {
                break;
            }
            if probability < NONE {
                continue;
            }
            if size > LARGE {
                terms.lost += probability;
            } else if size > SMALL {
                terms.single.push((size, probability));
            } else {
                terms.moments[0] += probability * size;
                terms.moments[1] += probability * size * size;
            }
        }
        terms
    }

    /// P(X > 1) + ½ P(X = 1) for `count` of these terms.
    pub(super) fn above_one(&self, count: u64) -> f64 {
        if count == 0 {
            return 0.0;
        }
        let sum: f64 = (0..POINTS).map(|k| self.point(f64::from(k) + 0.5, count as f64)).sum();
        (0.5 + sum / PI).clamp(0.0, 1.0)
    }

    /// The mean of X and the mean square of its terms, `count` times.
    pub(super) fn mean_and_square(&self, count: u64) -> (f64, f64) {
        let of = |power: i32| self.single.iter().map(|&(size, p)| p * size.powi(power)).sum::<f64>();
        (count as f64 * (of(1) + self.moments[0]), count as f64 * (of(2) + self.moments[1]))
    }

    /// Im(φ(u)^count e^{−iu})/`index`, u = `index`·[`STEP`], under the window.
    fn point(&self, index: f64, count: f64) -> f64 {
        let u = index * STEP;
        let [first, second] = self.moments;
        // φ = 1 − fall + i·turn.
        let mut fall = self.lost + 0.5 * u * u * second;
        let mut turn = u * first;
        for &(size, probability) in &self.single {
            let (sin, cos) = (0.5 * u * size).sin_cos();
            fall += probability * 2.0 * sin * sin;
            turn += probability * 2.0 * sin * cos;
        }
        if self.signed {
            turn = 0.0;
        }
        let logarithm = 0.5 * count * (fall * (fall - 2.0) + turn * turn).max(-1.0).ln_1p();
        let window = -0.5 * (u / WINDOW) * (u / WINDOW);
        (logarithm + window).exp() * (count * turn.atan2(1.0 - fall) - u).sin() / index
    }
}

//! The distribution of exponential crosstalk at finite d and n, by inversion of its characteristic function.
//!
//! In units of the signal, crosstalk X is a sum of n − 1 independent terms whose characteristic function φ is a sum
//! over the places of S_d. Gil-Pelaez (1951): P(X > 1) + ½ P(X = 1) = ½ + (1/π) ∫ Im(φ(u)^{n−1} e^{−iu})/u du, taken by
//! the midpoint rule (Davies 1973) and under a Gaussian window, which is X with normal noise of deviation 1/[`WINDOW`].
//!
//! Terms far larger than the signal turn φ faster than any rule follows. A sum in which they do not cancel is far above
//! 1 or far below it, either as likely, and adds nothing to the integral. They cancel where as many of one place are
//! plus as are minus; what is left then is crosstalk of so many terms fewer. So X is a mixture over that number.

use std::f64::consts::PI;

use rayon::prelude::*;

use super::walk;

/// The window's deviation: what X has within its inverse of 1 is told apart from 1 only in part.
const WINDOW: f64 = 300.0;

/// Steps in u. A value of X as near as a signal to a multiple of 2π over the step is taken for one on the other side of
/// 1: by one step, not by two.
const STEPS: [f64; 3] = [0.005, 0.004_712_3, 0.004_455_7];

/// Where no term is so large, only crowds get as far as that, which are smooth, and one step is enough.
const DISTANT: f64 = 100.0;

/// Terms below this are so small that up to the last point their first two moments stand for them, to 10⁻⁴.
const SMALL: f64 = 0.02 / (7.0 * WINDOW);

/// Places less likely than this are none, however many keys there are.
const NONE: f64 = 1e-35;

/// Terms above this are large: none but their own kind balances them to within a signal.
const LARGE: f64 = 1e6;

/// Large terms that there may be on average: with more, they are taken never to cancel, which is right to 2 %.
const MOST_LARGE: f64 = 500.0;

/// The terms that crosstalk is a sum of.
pub(super) struct Terms {
    /// Sizes, and how likely each is, given that the term is not large.
    single: Vec<(f64, f64)>,
    /// Σ p·w and Σ p·w² over small terms.
    moments: [f64; 2],
    /// How likely each large place is.
    large: Vec<f64>,
    /// The logarithm of how likely it is that a term is not large.
    log_rest: f64,
    /// Whether terms have random signs.
    signed: bool,
}

/// How X is had from terms that are not large.
struct Rule<'a> {
    step: f64,
    /// How likely it is that 2k large terms cancel and no other one is large.
    cancelled: &'a [f64],
    count: u64,
}

impl Terms {
    /// Terms e^{beta·(S_d − own)} of random sign.
    pub(super) fn signed(dim: u64, own: i64, beta: f64) -> Self {
        Self::new(dim, own, beta, i64::MAX, true)
    }

    /// The same positive, given that S_d is below `own`.
    pub(super) fn positive(dim: u64, own: i64, beta: f64) -> Self {
        Self::new(dim, own, beta, own - 1, false)
    }

    fn new(dim: u64, own: i64, beta: f64, farthest: i64, signed: bool) -> Self {
        let places = walk::upwards(dim).take_while(|term| term.0 <= farthest);
        // Sizes rise with places.
        let all: Vec<(f64, f64)> = places.map(|(place, p)| ((beta * (place - own) as f64).exp(), p)).collect();
        let (rest, heavy) = all.split_at(all.partition_point(|term| term.0 <= LARGE));
        let given: f64 = all.iter().map(|term| term.1).sum();
        let usual: f64 = rest.iter().map(|term| term.1).sum();
        let large: Vec<f64> = heavy.iter().map(|term| term.1 / given).collect();
        let share: f64 = large.iter().sum();
        let log_rest = if share < 0.5 { (-share).ln_1p() } else { (usual / given).ln() };
        let mut terms = Self { single: Vec::new(), moments: [0.0; 2], large, log_rest, signed };
        for &(size, probability) in rest.iter().filter(|term| term.1 >= NONE) {
            let probability = probability / usual;
            if size > SMALL {
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
        let cancelled = self.cancelled(count);
        let by = |&step: &f64| {
            let rule = Rule { step, cancelled: &cancelled, count };
            // The window is below 10⁻¹⁰ there.
            let points = (7.0 * WINDOW / step) as u32;
            0.5 + (0..points).map(|k| self.point(f64::from(k) + 0.5, &rule)).sum::<f64>() / PI
        };
        let distant = self.single.iter().any(|term| term.0 > DISTANT);
        let mut values: Vec<f64> = STEPS[..if distant { STEPS.len() } else { 1 }].par_iter().map(by).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2].clamp(0.0, 1.0)
    }

    /// The mean of X and the mean square of its terms, `count` times; without large terms.
    pub(super) fn mean_and_square(&self, count: u64) -> (f64, f64) {
        let of = |power: i32| self.single.iter().map(|&(size, p)| p * size.powi(power)).sum::<f64>();
        (count as f64 * (of(1) + self.moments[0]), count as f64 * (of(2) + self.moments[1]))
    }

    /// The probabilities of [`Rule::cancelled`]: N!/(N−2k)! rest^{N−2k} [x^{2k}] Π_j I₀(p_j x) over the large places j,
    /// with I₀(x) = Σ (x/2)^{2i}/i!², as many of a place plus as minus. In units in which large terms are a Poisson
    /// process, and the factor that makes them N draws, nothing overflows.
    fn cancelled(&self, count: u64) -> Vec<f64> {
        let n = count as f64;
        let mean: f64 = self.large.iter().map(|p| n * p).sum();
        if mean > MOST_LARGE {
            return Vec::new();
        }
        let most = ((0.5 * mean + 6.0 * mean.sqrt()) as u64 + 12).min(count / 2) as usize;
        let mut pairs = vec![0.0; most + 1];
        pairs[0] = 1.0;
        for mean in self.large.iter().map(|p| n * p) {
            let mut own = vec![(-mean).exp()];
            for i in 1..=most {
                own.push(own[i - 1] * (0.5 * mean / i as f64).powi(2));
            }
            pairs = (0..=most).map(|k| (0..=k).map(|i| own[i] * pairs[k - i]).sum()).collect();
        }
        let mut draws = 1.0;
        for (k, pairs) in pairs.iter_mut().enumerate() {
            let left = n - 2.0 * k as f64;
            // Where every term is large, all must cancel.
            let others = if left > 0.0 { left * self.log_rest } else { 0.0 };
            *pairs *= draws * (others + mean).exp();
            draws *= (left / n) * ((left - 1.0) / n);
        }
        pairs
    }

    /// Im(φ_X(u) e^{−iu})/`index`, u = `index`·step, under the window.
    fn point(&self, index: f64, rule: &Rule<'_>) -> f64 {
        let u = index * rule.step;
        let [first, second] = self.moments;
        // φ of a term that is not large is 1 − fall + i·turn.
        let mut fall = 0.5 * u * u * second;
        let mut turn = u * first;
        for &(size, probability) in &self.single {
            let (sin, cos) = (0.5 * u * size).sin_cos();
            fall += probability * 2.0 * sin * sin;
            turn += probability * 2.0 * sin * cos;
        }
        let window = -0.5 * (u / WINDOW) * (u / WINDOW);
        let count = rule.count as f64;
        if !self.signed {
            let logarithm = 0.5 * count * (fall * (fall - 2.0) + turn * turn).max(-1.0).ln_1p();
            return (logarithm + window).exp() * (count * turn.atan2(1.0 - fall) - u).sin() / index;
        }
        // Σ_k cancelled_k φ^{count − 2k}, the powers of φ² after the lowest of φ.
        let square = (1.0 - fall) * (1.0 - fall);
        let logarithm = (fall * (fall - 2.0)).max(-1.0).ln_1p();
        let mixture = rule.cancelled.iter().fold(0.0, |sum, probability| sum * square + probability);
        let least = count - 2.0 * (rule.cancelled.len() as f64 - 1.0);
        let lowest = if least > 0.0 { 0.5 * least * logarithm } else { 0.0 };
        let size = mixture * (lowest + window).exp();
        let sign = if fall > 1.0 && rule.count % 2 == 1 { -1.0 } else { 1.0 };
        -sign * size * u.sin() / index
    }
}

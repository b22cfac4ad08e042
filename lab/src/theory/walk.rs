//! Sums S_k of k independent fair ±1, exactly.
//!
//! A probability is Loader's saddle-point form of the binomial (Loader 2000, "Fast and accurate computation of binomial
//! probabilities"): Stirling's formula with its error kept apart, so that no large logarithms cancel. A tail is the sum
//! of its probabilities by their ratios, from its largest term outwards.

use std::f64::consts::{LN_2, PI};

use super::numeric::bisect;

/// Terms of a sum that are had from their neighbours before one is computed afresh: rounding stays below 10⁻¹³.
const FRESH: usize = 4096;

/// P(S_k = place), k = `steps`: 0 at a place of the other parity or beyond reach.
///
/// Relative error below 10⁻¹² where the result is above 10⁻³⁰⁰ and `steps` ≤ [`MOST`](super::MOST).
///
/// # Example
/// ```
/// use popfield_lab::theory::walk;
/// assert_eq!(walk::at(4, 3), 0.0);
/// assert!((walk::at(4, 2) - 4.0 / 16.0).abs() < 1e-15);
/// ```
pub fn at(steps: u64, place: i64) -> f64 {
    let far = place.unsigned_abs();
    if far > steps || (steps - far) % 2 == 1 {
        return 0.0;
    }
    let fewer = (steps - far) / 2;
    if fewer == 0 {
        return (-LN_2 * steps as f64).exp();
    }
    let (k, x, y) = (steps as f64, (steps - fewer) as f64, fewer as f64);
    let u = far as f64 / k;
    // Near the ends the two logarithms of the rate are apart; in between they are taken together.
    let deviance = if u < 0.5 { k * rate(u) } else { x * (2.0 * x / k).ln() + y * (2.0 * y / k).ln() };
    (k / (2.0 * PI * x * y)).sqrt() * (stirling(k) - stirling(x) - stirling(y) - deviance).exp()
}

/// P(S_k > place).
///
/// Relative error and range as [`at`]. Cost: O(√k) at the centre, less in the tails: 10 ms at k = 10¹².
pub fn above(steps: u64, place: i64) -> f64 {
    if place < 0 {
        // S > −t if and only if not S ≥ t, by symmetry.
        return 1.0 - above(steps, -(place + 1));
    }
    if place.unsigned_abs() >= steps {
        return 0.0;
    }
    let first = place.saturating_add(1 + i64::from((steps - place.unsigned_abs()).is_multiple_of(2)));
    let (mut total, mut block) = (0.0, 0.0);
    for (index, (s, probability)) in outwards(steps, first).enumerate() {
        if index % FRESH == 0 {
            total += block;
            block = 0.0;
        }
        block += probability;
        // What is left is less than a geometric series from here.
        let (s, k) = (s as f64, steps as f64);
        if probability * (k - s) < (total + block) * 1e-17 * (2.0 * s + 2.0) {
            break;
        }
    }
    total + block
}

/// P(S_k < place).
///
/// Error and cost as [`above`].
pub fn below(steps: u64, place: i64) -> f64 {
    above(steps, place.saturating_neg())
}

/// P(S_k ≥ place).
///
/// Error and cost as [`above`].
pub fn at_least(steps: u64, place: i64) -> f64 {
    above(steps, place.saturating_sub(1))
}

/// E f(S_k).
///
/// Exact up to rounding for an f of one sign that does not exceed 10⁵⁰ where P(S_k = s) underflows. Cost: O(√k).
pub fn mean(steps: u64, f: impl Fn(i64) -> f64) -> f64 {
    let first = i64::from(steps % 2 == 1);
    outwards(steps, first).map(|(s, p)| if s == 0 { p * f(0) } else { p * (f(s) + f(-s)) }).sum()
}

/// E (S_k/√k)^order, which tends to (order − 1)!! for even orders and is 0 for odd ones.
///
/// Cost: O(√k).
pub fn moment(steps: u64, order: u32) -> f64 {
    if order % 2 == 1 {
        return 0.0;
    }
    let scale = (steps.max(1) as f64).sqrt();
    mean(steps, |s| (s as f64 / scale).powi(order as i32))
}

/// I(a) = ½[(1+a) ln(1+a) + (1−a) ln(1−a)] for |a| ≤ 1, the rate of large deviations: P(S_k ≥ ak) = e^{−kI(a) + O(ln
/// k)}. ln 2 at ±1, infinite beyond.
///
/// Source: Cramér's theorem for fair ±1.
pub fn rate(a: f64) -> f64 {
    let a = a.abs();
    if a < 0.5 {
        a * a.atanh() + 0.5 * (-a * a).ln_1p()
    } else if a < 1.0 {
        0.5 * ((1.0 + a) * a.ln_1p() + (1.0 - a) * (-a).ln_1p())
    } else if a == 1.0 {
        LN_2
    } else if a.is_nan() {
        a
    } else {
        f64::INFINITY
    }
}

/// The a in [0, 1] of I(a) = `rate`: 0 for a rate of 0 or less, 1 for ln 2 or more, NaN for NaN.
pub fn inverse_rate(of: f64) -> f64 {
    if of.is_nan() {
        of
    } else if of <= 0.0 {
        0.0
    } else if of >= LN_2 {
        1.0
    } else {
        bisect(0.0, 1.0, |a| rate(a) >= of)
    }
}

/// ln cosh x, which is ln E e^{xS_1}.
pub(super) fn ln_cosh(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        let sinh = x.sinh();
        0.5 * (sinh * sinh).ln_1p()
    } else {
        x - LN_2 + (-2.0 * x).exp().ln_1p()
    }
}

/// All places of a probability that does not underflow, from the lowest up, with their probabilities.
pub(super) fn upwards(steps: u64) -> impl Iterator<Item = (i64, f64)> {
    let half: Vec<(i64, f64)> = outwards(steps, i64::from(steps % 2 == 1)).collect();
    let below: Vec<(i64, f64)> = half.iter().rev().filter(|term| term.0 > 0).map(|&(s, p)| (-s, p)).collect();
    below.into_iter().chain(half)
}

/// Places and their probabilities from `first` ≥ 0, of the parity of `steps`, upwards, until they are 0.
fn outwards(steps: u64, first: i64) -> impl Iterator<Item = (i64, f64)> {
    let k = steps as f64;
    let (mut s, mut probability) = (first, at(steps, first));
    let mut stale = 0;
    std::iter::from_fn(move || {
        if probability == 0.0 {
            return None;
        }
        let here = (s, probability);
        stale += 1;
        let place = s as f64;
        s = s.saturating_add(2);
        probability = if stale % FRESH == 0 { at(steps, s) } else { probability * ((k - place) / (k + place + 2.0)) };
        Some(here)
    })
}

/// ln n! − ½ ln(2πn) − n ln n + n for n ≥ 1: what Stirling's formula leaves out.
fn stirling(n: f64) -> f64 {
    let mut rest = 0.0;
    let mut n = n;
    // The series is asymptotic: from 16 on its first six terms have an error below 10⁻¹⁷.
    while n < 16.0 {
        rest += (n + 0.5) * (1.0 / n).ln_1p() - 1.0;
        n += 1.0;
    }
    let square = 1.0 / (n * n);
    let series = 1.0 / 1188.0 - square * (691.0 / 360_360.0);
    rest + (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square * series))))
        / n
}

//! Integrals by Simpson's rule, and maxima by golden section.

use std::f64::consts::PI;

/// ∫ f from `low` to `high` in `intervals` steps, an even number.
pub fn simpson(low: f64, high: f64, intervals: u32, f: impl Fn(f64) -> f64) -> f64 {
    let step = (high - low) / f64::from(intervals);
    let inner: f64 = (1..intervals).map(|i| f64::from(2 + 2 * (i % 2)) * f(low + step * f64::from(i))).sum();
    (f(low) + inner + f(high)) * step / 3.0
}

/// P[Z > z] of a standard normal Z.
pub fn normal_above(z: f64) -> f64 {
    let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
    if z < 0.0 { 1.0 - normal_above(-z) } else { simpson(z, z + 14.0, 20_000, density) }
}

/// The maximum of a concave f between `low` and `high`.
pub fn maximum(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    for _ in 0..200 {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if f(left) < f(right) {
            low = left;
        } else {
            high = right;
        }
    }
    f(low).max(f(high))
}

/// Where an increasing f passes 0.
pub fn root(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if f(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

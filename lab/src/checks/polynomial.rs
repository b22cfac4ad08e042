//! Polynomial separations: errors where n is of the order of d^K, and that it is.

use popfield::separation::Degree;

use super::check::{Check, Expected};
use super::trials::{Measured, Trials};
use crate::effort::{Effort, Way};
use crate::error::Result;
use crate::experiment::{Experiment, Rule, Setting};
use crate::outcome::Outcome;
use crate::point::Point;
use crate::stats::Interval;
use crate::theory::polynomial;

/// The bit error that sizes are chosen for, near enough.
const ERROR: f64 = 0.05;

const SOURCE: &str = "Krotov, Hopfield 2016; normal crosstalk with the moments at d";

pub fn checks() -> Vec<Check> {
    let mut checks = Vec::new();
    for (setting, degree, dims) in [
        (Setting::Hetero, 2, [64, 128, 256]),
        (Setting::Hetero, 3, [64, 128, 256]),
        (Setting::EnergyDifference, 2, [32, 64, 128]),
        (Setting::EnergyDifference, 3, [20, 40, 80]),
    ] {
        checks.push(rate(setting, degree, dims[2]));
        checks.push(exponent(setting, degree, dims));
    }
    checks
}

/// n = α_K d^K.
fn point(dim: usize, degree: u32) -> Result<Point> {
    let patterns = polynomial::krotov_hopfield_patterns(dim as u64, 0.0, Degree::new(degree)?, ERROR)?;
    Ok(Point { dim, patterns: patterns.round() as u64 })
}

fn effort(setting: Setting) -> Effort {
    match setting {
        Setting::Hetero => Effort { way: Some(Way::Sampled), ..Effort::new(2000) },
        _ => Effort::new(200),
    }
}

/// The law of finite d.
fn law(setting: Setting, point: Point, degree: u32) -> Result<f64> {
    let law = if setting == Setting::Hetero { polynomial::hetero } else { polynomial::energy_difference };
    law(point.dim as u64, point.patterns, 0, Degree::new(degree)?)
}

fn rate(setting: Setting, degree: u32, dim: usize) -> Check {
    let experiment = Experiment::new(Rule::Polynomial(degree), setting);
    Check::new(
        format!("K = {degree}, {}, d = {dim}, n of the order of d^{degree}: bit error", setting),
        SOURCE,
        move || {
            let point = point(dim, degree)?;
            let error = law(setting, point, degree)?;
            // What the kurtosis of the terms makes, which is below 50.
            Ok(Expected::rate(error).within(50.0 / point.patterns as f64 * error))
        },
        move |trials| trials.mean(&experiment, point(dim, degree)?, effort(setting), Outcome::bit_error),
    )
}

/// The slope of ln n against ln d at one bit error. n at a given error is proportional to z², where a standard normal
/// exceeds z with the probability that is the error measured.
fn exponent(setting: Setting, degree: u32, dims: [usize; 3]) -> Check {
    let experiment = Experiment::new(Rule::Polynomial(degree), setting);
    Check::new(
        format!("K = {degree}, {}, d = {} to {}: slope of ln n against ln d", setting, dims[0], dims[2]),
        "Krotov, Hopfield 2016: n ~ d^K",
        // Moments at d are off their limits, and move the slope by so much, or twice.
        move || {
            let exponent = f64::from(degree);
            let [first, .., last] = dims;
            let ln_size = |dim| Ok(ln_size(point(dim, degree)?, law(setting, point(dim, degree)?, degree)?));
            let drift = |a: Result<f64>, b: Result<f64>| Ok((b? - a?) / (last as f64 / first as f64).ln() - exponent);
            let drift: Result<f64> = drift(ln_size(first), ln_size(last));
            Ok(Expected::threshold(exponent).within(2.0 * drift?.abs()))
        },
        move |trials: &Trials| {
            let mut sizes = Vec::new();
            for dim in dims {
                let point = point(dim, degree)?;
                let outcomes = trials.outcomes(&experiment, point, effort(setting))?;
                let errors: Vec<f64> = outcomes.iter().map(Outcome::bit_error).collect();
                let Interval { value, low, high } = trials.one_of(2, &errors);
                // By rising n.
                sizes.push((dim, [value, high, low].map(|error| ln_size(point, error))));
            }
            let (first, last) = (sizes[0], sizes[sizes.len() - 1]);
            let span = (last.0 as f64 / first.0 as f64).ln();
            let slope = |from: usize, to: usize| (last.1[to] - first.1[from]) / span;
            let interval = Interval { value: slope(0, 0), low: slope(2, 1), high: slope(1, 2) };
            let drift = sizes.windows(2).map(|two| {
                let span = (two[1].0 as f64 / two[0].0 as f64).ln();
                (two[1].0, (two[1].1[0] - two[0].1[0]) / span)
            });
            Ok(Measured { interval, drift: drift.collect() })
        },
    )
}

/// ln n at which a bit would err as often as it should, but for a constant, if it errs so at `point`.
fn ln_size(point: Point, error: f64) -> f64 {
    (point.patterns as f64).ln() + 2.0 * normal_above_at(error).ln()
}

/// The z that a standard normal exceeds with this probability, from 0 to 40.
fn normal_above_at(probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..64 {
        let middle: f64 = 0.5 * (low + high);
        let above = 0.5 * libm::erfc(middle * std::f64::consts::FRAC_1_SQRT_2);
        if above > probability { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

//! Exponential separations: errors on both sides of the thresholds, the thresholds, and Demircigil et al.'s bound.

use popfield::patterns::flips;
use popfield::separation::Beta;

use super::check::{Check, Expected, FALSE_RATE, Relation};
use super::slope::{Growth, slope};
use super::trials::Trials;
use crate::effort::{Asked, Effort, Way};
use crate::error::Result;
use crate::experiment::{BetaScaling, Experiment, Rule, Setting, Values};
use crate::outcome::{Observable, Outcome};
use crate::point::Point;
use crate::theory::exponential;

const REM: &str = "random energy model: Derrida 1981; Lucibello, Mézard 2024";

/// β and the fraction flipped.
const TYPICAL: [(f64, f64); 6] = [(1.0, 0.0), (1.0, 0.1), (1.0, 0.2), (0.25, 0.0), (0.25, 0.1), (0.25, 0.2)];
const WORST: [(f64, f64); 2] = [(1.0, 0.0), (1.0, 0.1)];

/// Where errors are measured: dimension, and by which factor the rate is off the threshold.
const DIM: usize = 40;
const SIDES: [f64; 2] = [0.97, 1.03];

pub fn checks() -> Vec<Check> {
    let mut checks = Vec::new();
    for (beta, noise) in TYPICAL {
        checks.extend(SIDES.map(|side| error(beta, noise, Values::Random, side)));
    }
    for (beta, noise) in WORST {
        checks.extend(SIDES.map(|side| error(beta, noise, Values::Worst, side)));
    }
    checks.extend(TYPICAL.map(|(beta, noise)| threshold(beta, noise, Values::Random)));
    checks.extend(WORST.map(|(beta, noise)| threshold(beta, noise, Values::Worst)));
    checks.extend(all());
    checks
}

fn experiment(beta: f64, noise: f64, values: Values) -> Experiment {
    Experiment::new(Rule::Exponential(BetaScaling::Fixed(beta)), Setting::Hetero).noise(noise).values(values)
}

fn critical(beta: f64, noise: f64, values: Values) -> Result<f64> {
    let law = if values == Values::Worst { exponential::worst_threshold } else { exponential::random_threshold };
    law(noise, Beta::new(beta)?)
}

fn named(beta: f64, noise: f64, values: Values) -> String {
    let kind = if values == Values::Worst { "worst-case" } else { "random" };
    format!("β = {beta}, {noise} flipped, {kind}")
}

/// The error of a bit on one side of the threshold, against its law at this size.
fn error(beta: f64, noise: f64, values: Values, side: f64) -> Check {
    let point = move || -> Result<Point> {
        let rate = side * critical(beta, noise, values)?;
        Ok(Point { dim: DIM, patterns: libm::exp(rate * DIM as f64).round() as u64 })
    };
    let experiment = experiment(beta, noise, values);
    let where_ = if side < 1.0 { "below" } else { "above" };
    Check::new(
        format!("{}, 3 % {where_} threshold, d = {DIM}: bit error", named(beta, noise, values)),
        "exact law at d and n, its characteristic function inverted: Gil-Pelaez 1951, Davies 1973",
        move || {
            let law = if values == Values::Worst { exponential::worst_error } else { exponential::random_error };
            let (patterns, flips) = (point()?.patterns, flips(noise, DIM) as u64);
            let error = law(DIM as u64, patterns, flips, Beta::new(beta)?)?;
            // The law's own error: see `theory::exponential::random_error`.
            let planted = if error < 0.7 { FALSE_RATE * error } else { error / FALSE_RATE };
            Ok(Expected::rate(error).planted(planted).within(0.02 * error.min(1.0 - error)))
        },
        move |trials| {
            // Where one key decides, bits of a query err together.
            let few = match values {
                // Rare there: the many outweigh the own key within a narrow range.
                Values::Worst if noise == 0.0 && side < 1.0 => 300_000,
                Values::Worst => 20_000,
                Values::Random if beta < 1.0 => 5000,
                Values::Random => 40_000,
            };
            let effort = Effort { way: Some(Way::Sampled), ..Effort::new(few) };
            trials.mean(&experiment, point()?, effort, Outcome::bit_error)
        },
    )
}

/// The rate as d → ∞ at which a bit errs as often as it does at the threshold.
fn threshold(beta: f64, noise: f64, values: Values) -> Check {
    let experiment = experiment(beta, noise, values);
    Check::new(
        format!("{}: threshold of (ln n)/d, d → ∞", named(beta, noise, values)),
        REM,
        move || Ok(Expected::threshold(critical(beta, noise, values)?).within(0.006)),
        move |trials: &Trials| {
            let level = if values == Values::Worst { 0.5 } else { 0.2 };
            // A single nearer key decides where 1 − 2·noise is below tanh w, and keys at one distance thin out by √d.
            let weight = if values == Values::Worst { beta } else { 2.0 * beta };
            let single = 1.0 - 2.0 * noise < weight.tanh();
            let growth = Growth { rate: critical(beta, noise, values)?, level, root: single };
            let few = if values == Values::Worst { 20_000 } else { 8000 };
            slope(trials, &growth, [20, 40], |dim, patterns, pilot| {
                let effort = Effort { way: Some(Way::Sampled), ..Effort::new(if pilot { 200 } else { few }) };
                let outcomes = trials.outcomes(&experiment, Point { dim, patterns }, effort)?;
                Ok(outcomes.iter().map(Outcome::bit_error).collect())
            })
        },
    )
}

/// All patterns at once, by difference of energies, below the bound on the rate.
fn all() -> Vec<Check> {
    const RATE: f64 = 0.22;
    let experiment = Experiment::new(Rule::Exponential(BetaScaling::Fixed(1.0)), Setting::EnergyDifference);
    let point = |dim: usize| Point { dim, patterns: libm::exp(RATE * dim as f64).round() as u64 + 1 };
    let effort = |few| Effort { asked: Asked::All, ..Effort::new(few) };
    let wrong_bits = |dim: usize, patterns: u64| -> Result<f64> {
        let each = exponential::energy_difference(dim as u64, patterns, 0, Beta::new(1.0)?)?.high;
        Ok(each * dim as f64 * patterns as f64)
    };
    let mut checks = vec![Check::new(
        "energy difference, β = 1, (ln n)/d = 0.22, d = 16: bit error".to_owned(),
        "exact law at d and n, its characteristic function inverted: Gil-Pelaez 1951, Davies 1973",
        move || {
            let patterns = point(16).patterns;
            let error = exponential::energy_difference_error(16, patterns, 0, Beta::new(1.0)?)?;
            Ok(Expected::rate(error).within(0.05 * error))
        },
        move |trials| trials.mean(&experiment, point(16), effort(16_000), Outcome::bit_error),
    )];
    // The union bound over all bits falls to 0 as d grows.
    for (dim, few) in [(14, 2000), (20, 2000), (26, 2000)] {
        let patterns = point(dim).patterns;
        checks.push(
            Check::new(
                format!("energy difference, β = 1, d = {dim}, all n = {patterns}: memories that fail"),
                "Demircigil et al. 2017, below the rate of its theorem on e^x; union bound, falsified: a hundredth",
                move || {
                    let most = wrong_bits(dim, patterns)?;
                    Ok(Expected::rate(most).planted(most / 100.0))
                },
                move |trials: &Trials| {
                    let fails = |outcome: &Outcome| 1.0 - Observable::All.fraction(outcome);
                    trials.mean(&experiment, point(dim), effort(few), fails)
                },
            )
            .relation(Relation::AtMost),
        );
    }
    checks
}

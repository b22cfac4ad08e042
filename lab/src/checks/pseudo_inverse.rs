//! Linearly independent keys: the pseudo-inverse rule, and orthogonal keys, for which Hebb's is one.

use popfield::{Memory, Patterns};

use super::check::{Check, Expected};
use super::trials::{Trials, limit, wrong};
use crate::effort::Effort;
use crate::error::Result;
use crate::experiment::{Experiment, Rule, Setting};
use crate::outcome::Outcome;
use crate::point::Point;
use crate::theory::{one_step, pseudo_inverse};

/// Load and noise of single steps, diagonal zeroed.
const STEPS: [(f64, f64); 3] = [(0.3, 0.2), (0.5, 0.1), (0.5, 0.2)];

/// Dimensions that the limit is taken from, and memories at each.
const SIZES: [(usize, u64); 3] = [(50, 600), (100, 300), (200, 150)];

pub fn checks() -> Vec<Check> {
    let mut checks: Vec<Check> = STEPS.into_iter().map(|(load, noise)| step(load, noise)).collect();
    checks.push(at_capacity());
    checks.extend([64, 256, 512].map(hadamard));
    checks
}

fn step(load: f64, noise: f64) -> Check {
    let experiment = Experiment::new(Rule::PseudoInverse, Setting::AutoZeroed).noise(noise);
    Check::new(
        format!("one step, diagonal zeroed, n/d = {load}, {noise} flipped: bit error, d → ∞"),
        "Kanter, Sompolinsky 1987; normal field",
        move || Ok(Expected::rate(pseudo_inverse::auto_zeroed(load, noise)?)),
        move |trials| {
            let figures = SIZES.map(|(dim, few)| {
                let point = Point { dim, patterns: (load * dim as f64).round() as u64 };
                let outcomes = trials.outcomes(&experiment, point, Effort::new(few))?;
                Ok((dim, outcomes.iter().map(Outcome::bit_error).collect()))
            });
            let figures = figures.into_iter().collect::<Result<Vec<_>>>()?;
            Ok(limit(&figures, trials.confidence))
        },
    )
}

/// n = d, random keys and values.
fn at_capacity() -> Check {
    let experiment = Experiment::new(Rule::PseudoInverse, Setting::Hetero);
    let point = Point { dim: 100, patterns: 100 };
    Check::new(
        "random keys, diagonal kept, n = d = 100: bit error",
        "Personnaz, Guyon, Dreyfus 1985; falsified: Hebb's",
        || Ok(Expected::rate(0.0).planted(one_step::hetero(100, 100, 0)?.wrong)),
        move |trials| trials.mean(&experiment, point, Effort::new(100), Outcome::bit_error),
    )
}

fn hadamard(dim: usize) -> Check {
    Check::new(
        format!("Hadamard keys, Hebb's rule, n = d = {dim}: bit error"),
        "orthogonal keys: the field is d y; falsified: random keys",
        move || Ok(Expected::rate(0.0).planted(one_step::hetero(dim as u64, dim as u64, 0)?.wrong)),
        move |trials: &Trials| {
            let figures = trials.draws(&format!("values of {dim} rows"), 100, |seed| {
                let values = Patterns::random(dim, dim, seed, "values")?;
                let keys = Patterns::hadamard(dim, dim)?;
                wrong(&Memory::hetero_associative(keys.clone(), values.clone())?, keys, &values)
            })?;
            Ok(trials.interval(&figures).into())
        },
    )
}

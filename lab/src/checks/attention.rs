//! Attention: the own key has more than half of the softmax weight while d is above a multiple of ln n.

use popfield::patterns::{NoiseModel, add_noise, flips};
use popfield::separation::Beta;
use popfield::{Memory, Patterns};

use super::check::{Check, Expected};
use super::slope::{Growth, slope};
use super::trials::{Measured, Trials};
use crate::error::Result;
use crate::stats::Interval;
use crate::theory::{attention, exponential};

/// β is 1; fractions flipped.
const NOISES: [f64; 2] = [0.0, 0.1];

pub fn checks() -> Vec<Check> {
    NOISES.into_iter().map(share).chain(NOISES.into_iter().map(constant)).collect()
}

/// Whether the own key of a noisy query fails to have more than half of the weight, in each of `few` memories.
fn failures(trials: &Trials, dim: usize, patterns: u64, noise: f64, few: u64) -> Result<Vec<f64>> {
    let beta = Beta::new(1.0)?;
    trials.draws(&format!("attention to {patterns} keys of dimension {dim}, {noise} flipped"), few, |seed| {
        let keys = Patterns::random(patterns as usize, dim, seed, "keys")?;
        let query = add_noise(&keys.range(0..1)?, noise, NoiseModel::Exact, seed)?;
        let weights = Memory::auto_associative(keys)?.attention_weights(&query.into(), beta)?;
        Ok(f64::from(u8::from(weights[0] <= 0.5)))
    })
}

/// At one size.
fn share(noise: f64) -> Check {
    const DIM: usize = 10;
    let patterns = move || -> Result<u64> {
        Ok(libm::exp(exponential::worst_threshold(noise, Beta::new(1.0)?)? * DIM as f64).round() as u64)
    };
    Check::new(
        format!("{noise} flipped, d = {DIM}, n at threshold: queries with top weight up to 1/2"),
        "exact law at d and n, its characteristic function inverted: Gil-Pelaez 1951, Davies 1973",
        move || {
            let error = exponential::worst_error(DIM as u64, patterns()?, flips(noise, DIM) as u64, Beta::new(1.0)?)?;
            Ok(Expected::rate(error).within(0.02 * error))
        },
        move |trials| Ok(trials.interval(&failures(trials, DIM, patterns()?, noise, 8000)?).into()),
    )
}

/// c of d = c ln n.
fn constant(noise: f64) -> Check {
    Check::new(
        format!("{noise} flipped: c of d = c ln n for top weight above 1/2"),
        "random energy model, worst-case values",
        move || {
            let slope = attention::slope(noise, Beta::new(1.0)?)?;
            Ok(Expected::threshold(slope).within(0.02 * slope))
        },
        move |trials| {
            let growth =
                Growth { rate: exponential::worst_threshold(noise, Beta::new(1.0)?)?, level: 0.5, root: false };
            let dims = if noise == 0.0 { [8, 18] } else { [10, 30] };
            let found = slope(trials, &growth, dims, |dim, patterns, pilot| {
                failures(trials, dim, patterns, noise, if pilot { 100 } else { 1200 })
            })?;
            let Interval { value, low, high } = found.interval;
            let drift = found.drift.into_iter().map(|(dim, rate)| (dim, 1.0 / rate)).collect();
            Ok(Measured { interval: Interval { value: 1.0 / value, low: 1.0 / high, high: 1.0 / low }, drift })
        },
    )
}

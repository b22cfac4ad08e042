//! Overlaps of random patterns: the bound on pairs and its constant, and the largest overlap.

use popfield::{Memory, Patterns};

use super::check::{Check, Expected, Relation};
use super::trials::{Measured, Trials};
use crate::error::Result;
use crate::stats::Interval;
use crate::theory::{overlaps, walk};

/// Sets of random patterns, of which some two overlap by ε·d or more.
const DIM: u64 = 100;
const PATTERNS: u64 = 10;
const FRACTION: f64 = 0.3;
const SETS: u64 = 20_000;

pub fn checks() -> Vec<Check> {
    let mut checks = pairs();
    checks.extend([(256, 1_000), (256, 100_000)].map(|(dim, patterns)| mean_largest(dim, patterns)));
    checks.push(constant());
    checks
}

/// The probability that some two of a set overlap so.
fn pairs() -> Vec<Check> {
    let set = format!("some two of {PATTERNS} overlap by {FRACTION} d, d = {DIM}");
    let any = |bound: fn(u64, f64) -> Result<f64>| -> Result<f64> {
        overlaps::any_pair_bound(PATTERNS, bound(DIM, FRACTION)?)
    };
    let truth = || -> Result<(f64, f64)> {
        let bounds = overlaps::any_pair(DIM, PATTERNS, FRACTION)?;
        Ok((0.5 * (bounds.low + bounds.high), 0.5 * (bounds.high - bounds.low)))
    };
    vec![
        Check::new(
            format!("{set}: probability"),
            "exact pair; union and Bonferroni bounds",
            move || truth().map(|(value, half)| Expected::rate(value).within(half)),
            any_two,
        ),
        Check::new(
            format!("{set}: no more than e^(-ε²d/2) a pair"),
            "Hoeffding 1963; falsified: e^(-ε²d)",
            move || Ok(Expected::rate(any(overlaps::hoeffding_pair)?).planted(any(overlaps::printed_pair)?)),
            any_two,
        )
        .relation(Relation::AtMost),
        Check::new(
            format!("{set}: times the printed e^(-ε²d)"),
            "exact pair: the print is violated; falsified: it holds",
            move || {
                let (value, half) = truth()?;
                let printed = any(overlaps::printed_pair)?;
                Ok(Expected::rate(value / printed).planted(1.0).within(half / printed))
            },
            move |trials| {
                let printed = any(overlaps::printed_pair)?;
                let Interval { value, low, high } = any_two(trials)?.interval;
                Ok(Interval { value: value / printed, low: low / printed, high: high / printed }.into())
            },
        ),
    ]
}

fn any_two(trials: &Trials) -> Result<Measured> {
    let least = (FRACTION * DIM as f64).round() as i32;
    let figures = trials.draws("sets of patterns", SETS, |seed| {
        let patterns = Patterns::random(PATTERNS as usize, DIM as usize, seed, "keys")?;
        let memory = Memory::auto_associative(patterns.clone())?;
        let overlaps = memory.overlaps(&patterns.into())?;
        let row = PATTERNS as usize;
        let near = overlaps.iter().enumerate().any(|(place, &s)| place / row != place % row && s >= least);
        Ok(f64::from(u8::from(near)))
    })?;
    Ok(trials.interval(&figures).into())
}

/// The largest overlap of a random query with n random keys, by √(d ln n): figures of each draw.
fn largest(trials: &Trials, dim: u64, patterns: u64, few: u64) -> Result<Interval> {
    let unit = (dim as f64 * (patterns as f64).ln()).sqrt();
    // As a fraction of d.
    let figures = trials.draws(&format!("queries to {patterns} keys"), few, |seed| {
        let keys = Patterns::random(patterns as usize, dim as usize, seed, "keys")?;
        let queries = Patterns::random(1, dim as usize, seed, "queries")?;
        let nearest = Memory::auto_associative(keys)?.search_top(&queries.into(), 1)?;
        let distance = nearest[0].first().map_or(dim as u32, |neighbor| neighbor.distance);
        Ok(1.0 - f64::from(distance) / dim as f64)
    })?;
    let interval = trials.interval(&figures);
    let by = |fraction: f64| (2.0 * fraction - 1.0) * dim as f64 / unit;
    Ok(Interval { value: by(interval.value), low: by(interval.low), high: by(interval.high) })
}

fn mean_largest(dim: u64, patterns: u64) -> Check {
    Check::new(
        format!("largest of n = {patterns} overlaps, d = {dim}, by √(d ln n): mean"),
        "exact, P[max < s] = (1 - P[S_d >= s])^n; falsified: by a twentieth",
        move || {
            // E max = Σ P(max ≥ s) over steps of 2, from the least place on.
            let reached = |s: i64| -(patterns as f64 * (-walk::at_least(dim, s)).ln_1p()).exp_m1();
            let d = dim as i64;
            let mean = -(d as f64) + (1 - d / 2..=d / 2).map(|half| 2.0 * reached(2 * half)).sum::<f64>();
            let value = mean / (dim as f64 * (patterns as f64).ln()).sqrt();
            Ok(Expected::rate(value).planted(1.05 * value))
        },
        move |trials| Ok(largest(trials, dim, patterns, if patterns > 10_000 { 400 } else { 2000 })?.into()),
    )
}

fn constant() -> Check {
    let (dim, patterns) = (1024, 1000);
    Check::new(
        format!("largest of n = {patterns} overlaps, d = {dim}, by √(d ln n): no more than √2"),
        "Hoeffding 1963; falsified: 1, of the printed e^(-ε²d)",
        || Ok(Expected::rate(std::f64::consts::SQRT_2).planted(1.0)),
        move |trials| Ok(largest(trials, dim, patterns, 400)?.into()),
    )
    .relation(Relation::AtMost)
}

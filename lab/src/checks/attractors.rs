//! Hebb's networks run to the limit: Amit, Gutfreund and Sompolinsky's overlap, and where it ends.
//!
//! A run from a pattern is *retrieved* if it ends with an overlap above 0.8: lost ones end around 0.35, and hardly any
//! in between once d is 1000. m is the mean over retrieved runs.

use super::check::{Check, Expected};
use super::trials::{Measured, Trials, limit};
use crate::effort::{Asked, Effort};
use crate::error::Result;
use crate::experiment::{Experiment, Rule, Setting, Steps};
use crate::outcome::Outcome;
use crate::point::Point;
use crate::stats::{self, Interval};
use crate::theory::ags;

const AGS: &str = "Amit, Gutfreund, Sompolinsky 1987";

/// The most wrong bits, as a fraction, of a retrieved run: m = 0.8.
const RETRIEVED: f64 = 0.1;

/// A load, memories at the smaller of two dimensions, and the share of 1 − m that the theory may be off by. It is
/// replica symmetric, and of lowest energies, where runs stop at the first minimum on their way: beyond 0.12 they
/// keep nearer to the pattern, by 10 % at 0.13 and 20 % at 0.135, and no larger d changes that.
const LOADS: [(f64, u64, f64); 6] = [
    (0.05, 16_000, 0.05),
    (0.08, 4000, 0.05),
    (0.1, 2000, 0.05),
    (0.12, 1000, 0.15),
    (0.13, 800, 0.2),
    (0.135, 800, 0.3),
];

pub fn checks() -> Vec<Check> {
    let mut checks: Vec<Check> =
        LOADS.into_iter().map(|(load, few, tolerance)| overlap(load, few, tolerance)).collect();
    checks.push(critical());
    checks
}

fn runs() -> Experiment {
    Experiment::new(Rule::Hebb, Setting::AutoZeroed).steps(Steps::Async)
}

/// (n − 1)/(d − 1), which a position sees, is the load.
fn point(dim: usize, load: f64) -> Point {
    Point { dim, patterns: (load * (dim - 1) as f64).round() as u64 + 1 }
}

/// The overlap m at a load, in the limit d → ∞.
fn overlap(load: f64, few: u64, tolerance: f64) -> Check {
    Check::new(
        format!("n/d = {load}: overlap m of retrieved runs, d → ∞"),
        AGS,
        move || {
            let m = |load: f64| -> Result<f64> { Ok(ags::retrieval(load)?.map_or(f64::NAN, |state| state.overlap)) };
            let most = ags::critical_load().next_down();
            // A tenth further on, or at the end.
            let planted = m((1.1 * load).min(most))?;
            let value = m(load)?;
            Ok(Expected::rate(value).planted(planted).within(tolerance * (1.0 - value)))
        },
        move |trials: &Trials| {
            let first = if trials.full { 2001 } else { 1001 };
            let mut figures = Vec::new();
            for (dim, few) in [(first, few), (2 * first - 1, few / 2)] {
                let outcomes = trials.outcomes(&runs(), point(dim, load), Effort::new(few))?;
                let errors: Vec<f64> = outcomes.iter().filter_map(retrieved).collect();
                figures.push((dim, errors));
            }
            let found = limit(&figures, trials.confidence);
            let m = |error: f64| 1.0 - 2.0 * error;
            let Interval { value, low, high } = found.interval;
            let drift = found.drift.into_iter().map(|(dim, error)| (dim, m(error))).collect();
            Ok(Measured { interval: Interval { value: m(value), low: m(high), high: m(low).min(1.0) }, drift })
        },
    )
}

/// The mean bit error of the retrieved runs of a memory, if there are any.
fn retrieved(outcome: &Outcome) -> Option<f64> {
    let most = (RETRIEVED * outcome.bits as f64) as u64;
    let kept = outcome.by_wrong.iter().filter(|entry| entry.0 <= most);
    let (wrong, runs) = kept.fold((0, 0), |(wrong, runs), entry| (wrong + entry.0 * entry.1, runs + entry.1));
    (runs > 0).then(|| wrong as f64 / (runs * outcome.bits) as f64)
}

/// Below α_c more runs are retrieved as d grows, above it fewer: the load at which it makes no difference. Its interval
/// lies between the nearest loads at which the difference is beyond doubt.
fn critical() -> Check {
    const LOADS: [(f64, u64); 4] = [(0.125, 3000), (0.133, 300), (0.143, 300), (0.15, 500)];
    Check::new(
        "n/d at which larger d neither helps nor hurts retrieval".to_owned(),
        AGS,
        || Ok(Expected::threshold(ags::critical_load())),
        |trials| {
            let dims = if trials.full { [1001, 4001] } else { [501, 3001] };
            let asked = |few| Effort { asked: Asked::Some(1), ..Effort::new(few) };
            let mut gains: Vec<(f64, Interval)> = Vec::new();
            for (load, few) in LOADS {
                let mut shares = Vec::new();
                for dim in dims {
                    let outcomes = trials.outcomes(&runs(), point(dim, load), asked(few))?;
                    let kept = outcomes.iter().filter(|outcome| retrieved(outcome).is_some()).count();
                    // The interval of the gain may fail at any load.
                    let confidence = 1.0 - (1.0 - trials.confidence) / LOADS.len() as f64;
                    shares.push(stats::proportion(kept as u64, outcomes.len() as u64, confidence));
                }
                let (small, large) = (shares[0], shares[1]);
                // Newcombe 1998, method 10, from the limits of the two.
                let reach = |a: f64, b: f64| (a * a + b * b).sqrt();
                let value = large.value - small.value;
                let low = value - reach(large.value - large.low, small.high - small.value);
                let high = value + reach(large.high - large.value, small.value - small.low);
                gains.push((load, Interval { value, low, high }));
            }
            let low = gains.iter().filter(|gain| gain.1.low > 0.0).map(|gain| gain.0).fold(0.0, f64::max);
            let high = gains.iter().filter(|gain| gain.1.high < 0.0).map(|gain| gain.0).fold(1.0, f64::min);
            let mut value = 0.5 * (low + high);
            for two in gains.windows(2) {
                let [(from, before), (to, after)] = [two[0], two[1]];
                if before.value > 0.0 && after.value <= 0.0 {
                    value = from + (to - from) * before.value / (before.value - after.value);
                }
            }
            Ok(Interval { value, low, high }.into())
        },
    )
}

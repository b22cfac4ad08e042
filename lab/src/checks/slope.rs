//! Where a probability passes a level, and how that place moves with the dimension: the slope of ln n against d.

use super::trials::{Measured, Trials};
use crate::error::Result;
use crate::stats::Interval;

/// Patterns whose number grows like e^{rate·d}.
pub struct Growth {
    /// Where to start looking.
    pub rate: f64,
    /// The probability that is passed, rising with n.
    pub level: f64,
    /// Whether n grows by √d beside e^{rate·d}.
    pub root: bool,
}

/// Steps in ln n.
const STEP: f64 = 0.35;

/// The steepness of ln n against d, between two dimensions, n being the number of patterns at which the mean of
/// `figures` passes the level: the rate (ln n)/d as d → ∞, free of its first correction in 1/d.
///
/// `figures` are those of each memory, a few if it is but a pilot.
pub fn slope(
    trials: &Trials,
    growth: &Growth,
    dims: [usize; 2],
    figures: impl Fn(usize, u64, bool) -> Result<Vec<f64>>,
) -> Result<Measured> {
    let mut places = Vec::new();
    for dim in dims {
        let place = passing(trials, growth, dim, |patterns, pilot| figures(dim, patterns, pilot))?;
        let correction = if growth.root { 0.5 * (dim as f64).ln() } else { 0.0 };
        let moved = |place: f64| place - correction;
        places.push(Interval { value: moved(place.value), low: moved(place.low), high: moved(place.high) });
    }
    let [first, last] = [places[0], places[1]];
    let span = dims[1] as f64 - dims[0] as f64;
    let interval = Interval {
        value: (last.value - first.value) / span,
        low: (last.low - first.high) / span,
        high: (last.high - first.low) / span,
    };
    let drift = dims.iter().zip(&places).map(|(&dim, place)| (dim, place.value / dim as f64)).collect();
    Ok(Measured { interval, drift })
}

/// ln n at which the level is passed: between two numbers of patterns a few steps apart, on the line through their
/// means. Its interval is where the bands of both intervals let it pass.
fn passing(
    trials: &Trials,
    growth: &Growth,
    dim: usize,
    figures: impl Fn(u64, bool) -> Result<Vec<f64>>,
) -> Result<Interval> {
    let patterns = |step: i32| libm::exp(growth.rate * dim as f64 + STEP * f64::from(step)).round() as u64;
    let above = |step: i32| -> Result<bool> {
        let figures = figures(patterns(step), true)?;
        Ok(figures.iter().sum::<f64>() > growth.level * figures.len() as f64)
    };
    // From where it should be, to where it is.
    let mut step = 0;
    while step > -40 && patterns(step) > 2 && above(step)? {
        step -= 1;
    }
    while step < 40 && !above(step)? {
        step += 1;
    }
    let ends = [step - 2, step + 1].map(|step| -> Result<(f64, Interval)> {
        let patterns = patterns(step).max(2);
        Ok(((patterns as f64).ln(), trials.one_of(4, &figures(patterns, false)?)))
    });
    let [below, beyond] = ends;
    let ((from, below), (to, beyond)) = (below?, beyond?);
    let pass = |below: f64, beyond: f64| {
        let share = (growth.level - below) / (beyond - below);
        (share.is_finite() && (-1.0..=2.0).contains(&share) && beyond > below).then_some(from + share * (to - from))
    };
    let found = (pass(below.value, beyond.value), pass(below.high, beyond.high), pass(below.low, beyond.low));
    Ok(match found {
        (Some(value), Some(low), Some(high)) => Interval { value, low, high },
        // The level is passed nowhere near: what no prediction agrees with.
        _ => Interval { value: f64::NAN, low: f64::NAN, high: f64::NAN },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A probability that is known to pass the level at ln n = 0.4 d + 1.5 (+ ½ ln d).
    #[test]
    fn a_slope_is_found_from_wherever_the_search_begins() {
        for (root, rate) in [(false, 0.4), (false, 0.3), (true, 0.55)] {
            let trials = Trials::new(5, false, 1.0 - 1e-5);
            let growth = Growth { rate, level: 0.25, root };
            let found = slope(&trials, &growth, [20, 40], |dim, patterns, pilot| {
                let d = dim as f64;
                let place = 0.4 * d + 1.5 + if root { 0.5 * d.ln() } else { 0.0 };
                // 1/4 at the place.
                let probability = 1.0 / (1.0 + 3.0 * (place - (patterns as f64).ln()).exp());
                trials.draws(&format!("{dim} {patterns}"), if pilot { 200 } else { 20_000 }, |seed| {
                    Ok(f64::from(u8::from(((seed >> 11) as f64 / (1u64 << 53) as f64) < probability)))
                })
            });
            let interval = found.unwrap().interval;
            assert!(interval.low <= 0.4 && 0.4 <= interval.high, "{interval:?}");
            assert!(interval.high - interval.low < 0.04, "no test: {interval:?}");
        }
    }

    #[test]
    fn what_never_passes_agrees_with_nothing() {
        let trials = Trials::new(5, false, 0.99);
        let growth = Growth { rate: 0.4, level: 0.5, root: false };
        let Interval { low, high, .. } =
            slope(&trials, &growth, [10, 20], |_, _, _| Ok(vec![0.0; 40])).unwrap().interval;
        assert!(!(low..=high).contains(&0.4));
    }
}

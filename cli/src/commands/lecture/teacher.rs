//! The teacher: measures studies, and says the commands by which a reader measures them too.

use popfield::Progress;
use popfield_lab::{CONFIDENCE, Crossing, Findings, Interval, MeasuredPoint, Observable, Point, Range, Study};

use crate::commands::capacity::command_line;
use crate::failure::{Failure, Result};

/// Memories at a point at the least: from fewer an interval says little.
pub const FEWEST: u64 = 40;

/// How measurements are made.
pub struct Teacher {
    pub seed: u64,
    /// A tenth of the memories but no fewer than [`FEWEST`], and smaller ones.
    pub quick: bool,
}

/// A study and what it found.
pub struct Run {
    /// The `popfield capacity` that measures it.
    pub command: String,
    pub study: Study,
    pub findings: Findings,
}

impl Teacher {
    /// The first of two where time is no matter, else the second.
    pub fn choose<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// ` --seed S`, where the seed is not what commands take without.
    pub fn seed_option(&self) -> String {
        if self.seed == 1 { String::new() } else { format!(" --seed {}", self.seed) }
    }

    /// Measures `study`, with so many memories a point, fewer where it is to be quick.
    pub fn measure(&self, study: Study, trials: u64) -> Result<Run> {
        self.compare(&[], study, trials)
    }

    /// Measures a study that is compared with others by these options, which its command states whatever they are.
    pub fn compare(&self, options: &[&str], study: Study, trials: u64) -> Result<Run> {
        let study = study.trials(self.choose(trials, trials.div_ceil(10).max(FEWEST))).seed(self.seed);
        let findings = study.run(Progress::NONE, &mut ())?;
        Ok(Run { command: command_line(&study, options), study, findings })
    }
}

/// These numbers of patterns, or loads, or rates.
pub fn list<const N: usize>(values: [f64; N]) -> Result<Range> {
    Ok(Range::list(&values)?)
}

impl Run {
    /// The point of n patterns in d dimensions.
    pub fn at(&self, dim: usize, patterns: u64) -> Result<&MeasuredPoint> {
        let point = Point { dim, patterns };
        self.findings
            .at(point)
            .ok_or_else(|| Failure::usage(format!("{}: expected a point at {point:?}, found none", self.command)))
    }

    /// MeasuredPoint points of one dimension, each where `x` puts it.
    pub fn dots(&self, dim: usize, x: impl Fn(Point) -> f64) -> Vec<(f64, Interval)> {
        self.of(dim).map(|measured| (x(measured.point), measured.estimate)).collect()
    }

    /// The same of another observable of the same answers.
    pub fn observed(&self, observable: Observable, dim: usize, x: impl Fn(Point) -> f64) -> Vec<(f64, Interval)> {
        let estimate = |MeasuredPoint { point, outcomes, .. }: &MeasuredPoint| {
            observable.estimate(&self.study.experiment, *point, outcomes, CONFIDENCE)
        };
        self.of(dim).map(|measured| (x(measured.point), estimate(measured))).collect()
    }

    /// The points of a dimension.
    pub fn of(&self, dim: usize) -> impl Iterator<Item = &MeasuredPoint> {
        self.findings.of_dim(dim)
    }

    /// What prediction `name` says at a measured point.
    pub fn predicted(&self, name: &str, measured: &MeasuredPoint) -> Option<f64> {
        let number = self.findings.predictions.iter().position(|prediction| prediction.name == name)?;
        measured.predicted.get(number).copied().flatten()
    }

    /// What prediction `name` says of one dimension along the measured points and between them.
    pub fn law(&self, name: &str, dim: usize, x: impl Fn(Point) -> f64) -> Vec<(f64, f64)> {
        let Some(law) = self.findings.predictions.iter().find(|prediction| prediction.name == name) else {
            return Vec::new();
        };
        if law.slow {
            let at = |measured: &MeasuredPoint| Some((x(measured.point), self.predicted(name, measured)?));
            return self.of(dim).filter_map(at).collect();
        }
        let mut patterns: Vec<u64> = self.of(dim).map(|measured| measured.point.patterns).collect();
        patterns.sort_unstable();
        let between = patterns.windows(2).flat_map(|ends| {
            let (low, high) = (ends[0] as f64, ends[1] as f64);
            (0..STEPS).map(move |k| low * libm::pow(high / low, f64::from(k) / f64::from(STEPS)))
        });
        // Sums of even and of odd numbers of coins differ a little: a line keeps to those that were measured.
        let step = if patterns.iter().all(|n| n % 2 == 0) { 2 } else { 1 };
        let whole = |n: f64| step * (n / step as f64).round() as u64;
        let mut all: Vec<u64> = between.map(whole).chain(patterns.last().copied()).collect();
        all.dedup();
        let at = |patterns| {
            let point = Point { dim, patterns };
            Some((x(point), law.at(&self.study.experiment, self.study.observable, point)?))
        };
        all.into_iter().filter_map(at).collect()
    }

    /// The n at which half of the answers were right, as a search found it.
    pub fn half(&self, dim: usize) -> Result<Interval> {
        match self.findings.capacity(dim).map(|capacity| capacity.half) {
            Some(Crossing::At(found)) => Ok(found),
            _ => Err(Failure::Resource(format!("{}: expected to find where half succeed, found not", self.command))),
        }
    }
}

/// Places of a law from one measured point to the next.
const STEPS: u32 = 8;

/// Where what rises or falls along `dots` first meets `level`, with the interval that those of its neighbours make of it.
/// Straight lines join neighbours, in the logarithm of both.
pub fn crossing(dots: &[(f64, Interval)], level: f64) -> Option<Interval> {
    dots.windows(2).find_map(|pair| {
        let value = meeting(&[(pair[0].0, pair[0].1.value), (pair[1].0, pair[1].1.value)], level)?;
        // By as much as the level is wide, relative to it, along the same line.
        let slope = libm::log(pair[1].1.value / pair[0].1.value) / libm::log(pair[1].0 / pair[0].0);
        let wide = |end: fn(&Interval) -> f64| {
            let ratios = pair.iter().map(|(_, interval)| libm::log(end(interval) / interval.value).abs());
            ratios.fold(0.0, f64::max) / slope.abs()
        };
        let (below, above) = (wide(|interval| interval.low), wide(|interval| interval.high));
        let reach = below.max(above);
        reach.is_finite().then(|| Interval { value, low: value * libm::exp(-reach), high: value * libm::exp(reach) })
    })
}

/// Where a line through `points` first meets `level`.
pub fn meeting(points: &[(f64, f64)], level: f64) -> Option<f64> {
    points.windows(2).find_map(|pair| {
        let [(x, y), (next_x, next_y)] = pair else { return None };
        let (before, after) = (libm::log(y / level), libm::log(next_y / level));
        let meets = before.signum() != after.signum() && before.is_finite() && after.is_finite();
        meets.then(|| x * libm::pow(next_x / x, before / (before - after)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_met_where_they_are_and_as_surely_as_they_were_measured() {
        let law = |x: f64| x * x * x / 1e6;
        let dot = |x: f64| (x, Interval { value: law(x), low: law(x) / 1.1, high: law(x) * 1.1 });
        let dots = [1.0, 4.0, 16.0, 64.0].map(dot);
        let Interval { value, low, high } = crossing(&dots, 1e-3).unwrap();
        // x³ = 1000, and a tenth of y is a third of that in x.
        assert!((value - 10.0).abs() < 1e-9, "{value}");
        assert!((high / value - 1.1f64.cbrt()).abs() < 1e-9 && (value / low - 1.1f64.cbrt()).abs() < 1e-9);
        assert!(crossing(&dots, 1.0).is_none());
        assert_eq!(meeting(&[(1.0, 4.0), (4.0, 1.0)], 2.0), Some(2.0));
        assert_eq!(meeting(&[(1.0, 0.0), (4.0, 1.0)], 0.5), None);
    }
}

//! The trials behind the checks: made once, whichever and however many checks look at them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use popfield::patterns::stream;
use popfield::{Memory, Patterns, Recall, Separation, Steps, Tie};
use rand_xoshiro::rand_core::Rng;
use rayon::prelude::*;

use crate::effort::Effort;
use crate::error::Result;
use crate::experiment::Experiment;
use crate::outcome::Outcome;
use crate::point::Point;
use crate::stats::{self, Interval};

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Measured {
    /// The figure with its interval.
    pub interval: Interval,
    /// Dimensions and what was found there, where the measured quantity is their limit; empty else.
    pub drift: Vec<(usize, f64)>,
}

impl From<Interval> for Measured {
    fn from(interval: Interval) -> Self {
        Self { interval, drift: Vec::new() }
    }
}

/// How much is done, and with which seed.
pub struct Trials<'a> {
    pub seed: u64,
    /// More trials and larger dimensions.
    pub full: bool,
    /// Of each interval.
    pub confidence: f64,
    /// Who may stop it.
    steps: Option<&'a Steps<'a>>,
    finished: Mutex<HashMap<String, Arc<Vec<Outcome>>>>,
}

impl<'a> Trials<'a> {
    pub fn new(seed: u64, full: bool, confidence: f64) -> Self {
        Self { seed, full, confidence, steps: None, finished: Mutex::default() }
    }

    /// The same, asking whether to go on after each trial.
    pub fn watched(self, steps: &'a Steps<'a>) -> Self {
        Self { steps: Some(steps), ..self }
    }

    fn tick(&self) -> popfield::Result<()> {
        self.steps.map_or(Ok(()), Steps::check)
    }

    /// How many of what is `few` by default.
    pub fn many(&self, few: u64) -> u64 {
        if self.full { 4 * few } else { few }
    }

    /// The outcomes of `few` memories, or more if it is to be full.
    pub fn outcomes(&self, experiment: &Experiment, point: Point, few: Effort) -> Result<Arc<Vec<Outcome>>> {
        let key = format!("{experiment:?} {point:?} {few:?}");
        let finished = || self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcomes) = finished().get(&key) {
            return Ok(Arc::clone(outcomes));
        }
        let effort = Effort { trials: self.many(few.trials), ..few };
        let outcomes = Arc::new(effort.measure_ticking(experiment, point, self.seed, &|| self.tick())?);
        finished().insert(key, Arc::clone(&outcomes));
        Ok(outcomes)
    }

    /// The mean over memories of one figure of each.
    pub fn mean(
        &self,
        experiment: &Experiment,
        point: Point,
        few: Effort,
        figure: impl Fn(&Outcome) -> f64,
    ) -> Result<Measured> {
        let outcomes = self.outcomes(experiment, point, few)?;
        let figures: Vec<f64> = outcomes.iter().map(figure).collect();
        Ok(self.interval(&figures).into())
    }

    /// The interval of the mean of independent `figures`, fractions in [0, 1].
    pub fn interval(&self, figures: &[f64]) -> Interval {
        self.one_of(1, figures)
    }

    /// The same, as one of so many that must all hold for a check.
    pub fn one_of(&self, intervals: u32, figures: &[f64]) -> Interval {
        stats::cautious(figures, 1.0 - (1.0 - self.confidence) / f64::from(intervals))
    }

    /// `few` draws, or more if it is to be full: each a figure that is a function of its own seed alone.
    pub fn draws(&self, what: &str, few: u64, draw: impl Fn(u64) -> Result<f64> + Sync) -> Result<Vec<f64>> {
        let one = |trial| {
            self.tick()?;
            draw(stream(self.seed, what, trial).next_u64())
        };
        (0..self.many(few)).into_par_iter().map(one).collect()
    }
}

/// The limit d → ∞ of means measured at several dimensions: the value at 1/d = 0 of the polynomial in 1/d through them,
/// which is what Richardson's extrapolation comes to.
pub fn limit(figures: &[(usize, Vec<f64>)], confidence: f64) -> Measured {
    let inverse = |index: usize| 1.0 / figures[index].0 as f64;
    let weight = |i: usize| {
        let others = (0..figures.len()).filter(|&j| j != i);
        others.map(|j| inverse(j) / (inverse(j) - inverse(i))).product::<f64>()
    };
    let parts: Vec<(f64, &[f64])> =
        figures.iter().enumerate().map(|(i, (_, figures))| (weight(i), &figures[..])).collect();
    let mean = |figures: &[f64]| figures.iter().sum::<f64>() / figures.len() as f64;
    let drift = figures.iter().map(|(dim, figures)| (*dim, mean(figures))).collect();
    Measured { interval: stats::combined(&parts, confidence), drift }
}

/// The fraction of bits in which the linear rule's answers, ties staying, are not as `wanted`.
pub fn wrong(memory: &Memory, queries: Patterns, wanted: &Patterns) -> Result<f64> {
    let recall = Recall::new(Separation::Linear).tie(Tie::Stay);
    let answers = memory.recall(&queries.into(), &recall)?.patterns;
    let distances = answers.iter().zip(wanted.iter()).map(|(a, b)| Ok(u64::from(a.distance(&b)?)));
    let wrong: u64 = distances.sum::<Result<u64>>()?;
    Ok(wrong as f64 / (wanted.len() * wanted.dim()) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_free_of_corrections_in_powers_of_the_inverse_dimension() {
        let at = |d: f64| 0.3 + 2.0 / d - 70.0 / (d * d);
        let figures = [50, 100, 200].map(|dim| (dim, vec![at(dim as f64) - 1e-9, at(dim as f64) + 1e-9]));
        let found = limit(&figures, 0.9);
        assert!((found.interval.value - 0.3).abs() < 1e-12, "{found:?}");
        assert_eq!(found.drift.iter().map(|place| place.0).collect::<Vec<_>>(), [50, 100, 200]);
        let two = limit(&figures[1..], 0.9).interval.value;
        assert!((two - (2.0 * at(200.0) - at(100.0))).abs() < 1e-12);
    }

    #[test]
    fn draws_are_functions_of_the_seed_and_their_place() {
        let draw = |seed: u64, few| Trials::new(seed, false, 0.9).draws("x", few, |seed| Ok(seed as f64)).unwrap();
        assert_eq!(draw(1, 5)[..3], draw(1, 3));
        assert_ne!(draw(1, 3), draw(2, 3));
        assert_eq!(Trials::new(1, true, 0.9).draws("x", 3, |_| Ok(0.0)).unwrap().len(), 12);
    }
}

//! Theory against measurement, check by check: a [`Validation`] is the whole table of them, or a part.
//!
//! ```text
//! Check: a prediction, and a measurement → trials of an experiment → interval → Judged: can the one be the other?
//! one file a subject                       trials.rs  slope.rs       stats       check.rs
//! ```
//!
//! Each interval fails with probability [`FAMILY`] over twice the number of checks, so that all of a right theory passes
//! with probability 1 − [`FAMILY`] or more, however checks depend on one another. To each prediction belongs the error
//! that may be planted in it, which a check must be able to tell from it.
//!
//! # Example
//! ```
//! use popfield::Progress;
//! use popfield_lab::checks::Validation;
//!
//! let verdicts = Validation::new().only("hadamard").run(Progress::NONE)?;
//! assert!(verdicts.holds() && verdicts.judged.len() == 3);
//! assert!(Validation::new().only("hadamard").plant_errors(true).run(Progress::NONE)?.passed() == 0);
//! # Ok::<(), popfield_lab::Error>(())
//! ```

mod attention;
mod attractors;
mod check;
mod exponential;
mod linear;
mod overlaps;
mod polynomial;
mod pseudo_inverse;
mod slope;
mod trials;

use popfield::Progress;
use rayon::prelude::*;

use crate::error::{Error, Result};
pub use check::{Check, Expected, FAMILY, Judged, Relation};
pub use trials::Measured;
use trials::Trials;

/// A name, and its checks.
type Subject = (&'static str, fn() -> Vec<Check>);

/// What is checked, by subject: a new one is a file and a line here.
const SUBJECTS: [Subject; 7] = [
    ("Linear rule, one step", linear::checks),
    ("Hopfield network, asynchronous from the pattern, diagonal zeroed", attractors::checks),
    ("Linearly independent keys", pseudo_inverse::checks),
    ("Polynomial separation", polynomial::checks),
    ("Exponential separation", exponential::checks),
    ("Overlaps of random patterns", overlaps::checks),
    ("Attention, β = 1", attention::checks),
];

/// Every check, by subject.
pub fn all() -> Vec<Check> {
    SUBJECTS.into_iter().flat_map(|(subject, checks)| checks().into_iter().map(|c| c.of(subject))).collect()
}

/// A run of the checks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Validation {
    /// Seed of all that is drawn.
    pub seed: u64,
    /// Whether there are more trials and larger dimensions: narrower intervals, in a few minutes.
    pub full: bool,
    /// Whether every prediction is falsified.
    pub planted: bool,
    /// Only checks whose name, subject or source holds this.
    pub only: Option<String>,
}

impl Default for Validation {
    fn default() -> Self {
        Self { seed: 1, full: false, planted: false, only: None }
    }
}

/// How a validation went.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Verdicts {
    /// The checks that were made, by subject.
    pub judged: Vec<Judged>,
    /// Whether their predictions were falsified.
    pub planted: bool,
    /// Of each measured interval.
    pub confidence: f64,
}

impl Validation {
    /// All checks, seed 1.
    pub fn new() -> Self {
        Self::default()
    }

    /// Draws from this seed.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Makes more trials, in larger dimensions.
    pub fn full(self, full: bool) -> Self {
        Self { full, ..self }
    }

    /// Falsifies every prediction: every check should fail.
    pub fn plant_errors(self, planted: bool) -> Self {
        Self { planted, ..self }
    }

    /// Makes only checks whose name, subject or source holds this, in whatever case. Intervals are those of the whole
    /// table.
    pub fn only(self, part: impl Into<String>) -> Self {
        Self { only: Some(part.into()), ..self }
    }

    /// Makes the checks: the same verdicts on any number of threads. `progress` counts checks, and is asked between trials
    /// whether to go on. It takes seconds; minutes where it is full.
    ///
    /// # Errors
    /// [`Error::NoCheck`] if none is named so; what the engine fails with, [`popfield::Error::Interrupted`] among it.
    pub fn run(&self, progress: Progress<'_>) -> Result<Verdicts> {
        let all = all();
        // Of the whole table, whatever part of it is asked for. Half is spent; half is left to what the skewness of means
        // does beyond the first order, to which intervals allow for it.
        let confidence = 1.0 - 0.5 * FAMILY / all.len() as f64;
        let wanted = |check: &Check| self.only.as_deref().is_none_or(|only| check.is_named(only));
        let checks: Vec<Check> = all.into_iter().filter(wanted).collect();
        if checks.is_empty() {
            return Err(Error::NoCheck { found: self.only.clone().unwrap_or_default() });
        }
        let steps = progress.begin(checks.len() as u64);
        steps.check()?;
        let trials = Trials::new(self.seed, self.full, confidence).watched(&steps);
        let expected = checks.par_iter().map(Check::predict).collect::<Result<Vec<_>>>()?;
        let mut judged = Vec::with_capacity(checks.len());
        for (check, expected) in checks.iter().zip(expected) {
            judged.push(check.judge(expected, &trials, self.planted)?);
            steps.advance(1)?;
        }
        Ok(Verdicts { judged, planted: self.planted, confidence })
    }
}

impl Verdicts {
    /// Checks that passed.
    pub fn passed(&self) -> usize {
        self.judged.iter().filter(|judged| judged.passes()).count()
    }

    /// The answer: all checks pass, or, where errors were planted, none does.
    pub fn holds(&self) -> bool {
        self.passed() == if self.planted { 0 } else { self.judged.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_apart_and_parts_of_them_choose() {
        let checks = all();
        let names: std::collections::HashSet<&str> = checks.iter().map(|check| check.name.as_str()).collect();
        assert_eq!(names.len(), checks.len());
        assert!(checks.iter().all(|check| !check.source.is_empty() && !check.subject.is_empty()));
        let hadamard = checks.iter().filter(|check| check.is_named("hadamard")).count();
        assert_eq!(hadamard, 3);
        let none = Validation::new().only("nonsense").run(Progress::NONE);
        assert!(matches!(none, Err(Error::NoCheck { found }) if found == "nonsense"));
    }

    #[test]
    fn every_planted_error_is_one() {
        for check in all() {
            let Expected { value, planted, tolerance } = check.predict().unwrap();
            let name = &check.name;
            assert!(value.is_finite() && planted.is_finite() && tolerance >= 0.0, "{name}");
            match check.relation {
                Relation::Equal => assert!((planted - value).abs() > 1.5 * tolerance, "{name}: {value}, {planted}"),
                Relation::AtMost => assert!(planted < value && tolerance == 0.0, "{name}: {value}, {planted}"),
                Relation::AtLeast => assert!(planted > value && tolerance == 0.0, "{name}: {value}, {planted}"),
            }
        }
    }

    #[test]
    fn the_answer_is_yes_if_all_pass_or_all_that_is_planted_fails() {
        let run = |planted| Validation::new().only("hadamard").plant_errors(planted).run(Progress::NONE).unwrap();
        for planted in [false, true] {
            let verdicts = run(planted);
            assert!(verdicts.holds());
            // One verdict turned.
            let mut turned = verdicts;
            turned.judged[1] = run(!planted).judged[1].clone();
            assert!(!turned.holds());
        }
    }

    #[test]
    fn a_run_that_is_stopped_ends() {
        let stopped = Validation::new().run(Progress::new(&|_, _| false)).unwrap_err();
        assert_eq!(stopped.kind(), popfield::ErrorKind::Interrupted);
        // Once it is under way.
        let asked = std::sync::atomic::AtomicU64::new(0);
        let stop = |_: u64, _: u64| asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 1;
        let stopped = Validation::new().only("hadamard").run(Progress::new(&stop)).unwrap_err();
        assert_eq!(stopped.kind(), popfield::ErrorKind::Interrupted);
    }
}

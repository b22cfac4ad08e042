//! Checks: what theory says, what is measured, and whether the one can be the other.
//!
//! An interval holds the measured quantity but for a probability of [`FAMILY`] over the number of checks (Bonferroni)
//! or less, so that a right theory passes the whole table with probability 1 − [`FAMILY`] or more, however the checks depend on
//! one another. A falsified theory is told from the right one by the same interval.

use crate::error::Result;
use crate::stats::Interval;
use std::fmt;

use super::trials::{Measured, Trials};

/// The probability that anything fails although all of theory is right.
pub const FAMILY: f64 = 1e-3;

/// What a rate is multiplied by to falsify it, where nothing else is said.
pub const FALSE_RATE: f64 = 1.25;

/// What a threshold or an exponent is multiplied by.
pub const FALSE_THRESHOLD: f64 = 1.1;

/// How what is measured stands to what is predicted.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Relation {
    /// It is that.
    Equal,
    /// The prediction is a bound: it is no more.
    AtMost,
    /// It is no less.
    AtLeast,
}

/// What theory says.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Expected {
    /// The prediction.
    pub value: f64,
    /// What is put in its place to falsify it.
    pub planted: f64,
    /// How far the truth may be from it on either side, where it is asymptotic or known between bounds alone.
    pub tolerance: f64,
}

type Predict = dyn Fn() -> Result<Expected> + Send + Sync;
type Measure = dyn Fn(&Trials<'_>) -> Result<Measured> + Send + Sync;

/// A check: a prediction, and how what it speaks of is measured.
#[non_exhaustive]
pub struct Check {
    /// What it belongs to.
    pub subject: &'static str,
    /// What is measured, and where.
    pub name: String,
    /// Who says so.
    pub source: &'static str,
    /// How what is measured stands to what is predicted.
    pub relation: Relation,
    predict: Box<Predict>,
    measure: Box<Measure>,
}

/// A check and how it went.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Judged {
    /// What it belongs to.
    pub subject: &'static str,
    /// What was measured, and where.
    pub name: String,
    /// Who says so.
    pub source: &'static str,
    /// How what was measured should stand to what was predicted.
    pub relation: Relation,
    /// What theory says.
    pub expected: Expected,
    /// What was found.
    pub measured: Measured,
    /// The lower end of the predictions that what was measured allows: the measured interval, widened by the tolerance,
    /// and open on the far side of a bound.
    pub low: f64,
    /// The upper end of these.
    pub high: f64,
    /// What stood for the prediction: itself, or the planted error.
    pub held: f64,
}

impl Relation {
    /// Its sign: =, ≤ or ≥.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::AtMost => "≤",
            Self::AtLeast => "≥",
        }
    }
}

impl Expected {
    /// A rate that is exact, or nearly.
    pub(super) fn rate(value: f64) -> Self {
        Self { value, planted: FALSE_RATE * value, tolerance: 0.0 }
    }

    /// A threshold or an exponent.
    pub(super) fn threshold(value: f64) -> Self {
        Self { value, planted: FALSE_THRESHOLD * value, tolerance: 0.0 }
    }

    /// The same, falsified otherwise.
    pub(super) fn planted(self, planted: f64) -> Self {
        Self { planted, ..self }
    }

    /// The same, known to this alone.
    pub(super) fn within(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }
}

impl Check {
    /// That what `measure` finds is what `predict` says.
    pub(super) fn new<P, M>(name: impl Into<String>, source: &'static str, predict: P, measure: M) -> Self
    where
        P: Fn() -> Result<Expected> + Send + Sync + 'static,
        M: Fn(&Trials<'_>) -> Result<Measured> + Send + Sync + 'static,
    {
        let (predict, measure) = (Box::new(predict), Box::new(measure));
        Self { subject: "", name: name.into(), source, relation: Relation::Equal, predict, measure }
    }

    /// The same of a bound.
    pub(super) fn relation(self, relation: Relation) -> Self {
        Self { relation, ..self }
    }

    /// The same, filed under `subject`.
    pub(super) fn of(self, subject: &'static str) -> Self {
        Self { subject, ..self }
    }

    /// What theory says.
    ///
    /// # Errors
    /// Those of its laws, which take what the check asks them.
    pub fn predict(&self) -> Result<Expected> {
        (self.predict)()
    }

    /// Whether its name, subject or source holds this, in whatever case.
    pub fn is_named(&self, part: &str) -> bool {
        let part = part.to_lowercase();
        [self.name.as_str(), self.subject, self.source].iter().any(|text| text.to_lowercase().contains(&part))
    }

    /// Measures, and holds the result against what is expected, or against the error planted in it.
    pub(super) fn judge(&self, expected: Expected, trials: &Trials<'_>, plant: bool) -> Result<Judged> {
        let measured = (self.measure)(trials)?;
        let Interval { value, low, high } = measured.interval;
        let held = if plant { expected.planted } else { expected.value };
        let (mut low, mut high) = (low - expected.tolerance, high + expected.tolerance);
        // What was measured says nothing against a bound that it keeps.
        match self.relation {
            Relation::Equal => {}
            Relation::AtMost => high = value.max(expected.value).max(expected.planted),
            Relation::AtLeast => low = value.min(expected.value).min(expected.planted),
        }
        let Self { subject, name, source, relation, .. } = self;
        let (subject, name, source, relation) = (*subject, name.clone(), *source, *relation);
        Ok(Judged { subject, name, source, relation, expected, measured, low, high, held })
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Check({}: {})", self.subject, self.name)
    }
}

impl Judged {
    /// Whether what was held against the measurement can be so.
    pub fn passes(&self) -> bool {
        (self.low..=self.high).contains(&self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(relation: Relation, expected: Expected, plant: bool) -> (bool, f64, f64) {
        let interval = Interval { value: 0.5, low: 0.4, high: 0.6 };
        let check = Check::new("a", "b", move || Ok(expected), move |_| Ok(interval.into())).relation(relation);
        let trials = Trials::new(1, false, 0.99);
        let judged = check.judge(check.predict().unwrap(), &trials, plant).unwrap();
        assert!(judged.low <= judged.measured.interval.value && judged.measured.interval.value <= judged.high);
        (judged.passes(), judged.low, judged.high)
    }

    #[test]
    fn a_prediction_passes_within_the_interval_and_its_tolerance() {
        for (value, tolerance, passes) in
            [(0.4, 0.0, true), (0.61, 0.0, false), (0.61, 0.02, true), (0.3, 0.05, false), (f64::NAN, 0.1, false)]
        {
            let (passed, low, high) = judge(Relation::Equal, Expected::rate(value).within(tolerance), false);
            assert_eq!(passed, passes, "{value} ± {tolerance}");
            assert_eq!((low, high), (0.4 - tolerance, 0.6 + tolerance));
        }
    }

    #[test]
    fn bounds_fail_only_beyond_the_interval() {
        for (relation, holds, fails) in
            [(Relation::AtMost, [0.45, 7.0], [0.39, -1.0]), (Relation::AtLeast, [0.55, -7.0], [0.61, 2.0])]
        {
            assert!(holds.iter().all(|&value| judge(relation, Expected::rate(value), false).0));
            assert!(fails.iter().all(|&value| !judge(relation, Expected::rate(value), false).0));
        }
    }

    #[test]
    fn a_planted_error_is_judged_by_the_same_interval() {
        let (passed, low, high) = judge(Relation::Equal, Expected::rate(0.5), true);
        assert_eq!((passed, low, high), (false, 0.4, 0.6), "a quarter more");
        assert!(judge(Relation::Equal, Expected::threshold(0.5), true).0, "a tenth more is within");
        assert!(!judge(Relation::AtMost, Expected::rate(0.7).planted(0.1), true).0);
    }
}

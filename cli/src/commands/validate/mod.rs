//! `popfield validate`: theory against measurement, check by check.

mod attention;
mod attractors;
mod check;
mod crossing;
mod exponential;
mod linear;
mod overlaps;
mod polynomial;
mod pseudo_inverse;
mod trials;

use popfield_lab::Interval;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::args::Validate;
use crate::failure::{Failure, Result};
use crate::output::say;
use crate::report::{progress, table};
use check::{Check, FAMILY, Judged, Relation};
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
fn all() -> Vec<Check> {
    SUBJECTS.into_iter().flat_map(|(subject, checks)| checks().into_iter().map(|c| c.of(subject))).collect()
}

pub fn run(args: &Validate) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    let all = all();
    // Of the whole table, whatever part of it is asked for. Half is spent; half is left to what the skewness of means does
    // beyond the first order, to which intervals allow for it.
    let trials = Trials::new(args.seed, args.full, 1.0 - 0.5 * FAMILY / all.len() as f64);
    let wanted = |check: &&Check| args.only.as_deref().is_none_or(|only| check.is_named(only));
    let checks: Vec<&Check> = all.iter().filter(wanted).collect();
    if checks.is_empty() {
        return Err(Failure::usage(format!(
            "--only: expected a part of the name, subject or source of a check, found {:?}",
            args.only.as_deref().unwrap_or_default()
        )));
    }
    let bar = progress(checks.len() as u64, "checks");
    let predictions = checks.par_iter().map(|check| check.predict()).collect::<Result<Vec<_>>>()?;
    let mut judged = Vec::with_capacity(checks.len());
    for (check, prediction) in checks.iter().zip(predictions) {
        judged.push(check.judge(prediction, &trials, args.plant_errors)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let passed = judged.iter().filter(|judged| judged.passes()).count();
    let well = is_well(passed, judged.len(), args.plant_errors);
    let said = if args.json {
        say(json!({
            "seed": args.seed,
            "full": args.full,
            "planted": args.plant_errors,
            "family_error": FAMILY,
            "confidence": trials.confidence,
            "threads": threads,
            "passed": passed,
            "failed": judged.len() - passed,
            "ok": well,
            "checks": judged.iter().map(Judged::json).collect::<Vec<Value>>(),
        }))
    } else {
        print(&judged, args.plant_errors).and_then(|()| say(summary(&judged, passed, args.plant_errors)))
    };
    match said {
        // The answer is no, whether it is read to its end or not.
        Ok(()) | Err(Failure::Unread) if !well => Err(Failure::No),
        said => said,
    }
}

/// The answer: all checks pass, or, where errors were planted, none does.
fn is_well(passed: usize, all: usize, planted: bool) -> bool {
    passed == if planted { 0 } else { all }
}

/// A table for each subject, its checks by source.
fn print(judged: &[Judged], planted: bool) -> Result<()> {
    for subject in judged.chunk_by(|a, b| a.check.subject == b.check.subject) {
        let predicted = if planted { "planted" } else { "predicted" };
        let mut rows = table(&[subject[0].check.subject, "", predicted, "measured", "from", "to", "verdict"]);
        for source in subject.chunk_by(|a, b| a.check.source == b.check.source) {
            rows.add_row([source[0].check.source]);
            for judged in source {
                rows.add_row(judged.row());
            }
        }
        say(format_args!("{rows}\n"))?;
    }
    Ok(())
}

fn summary(judged: &[Judged], passed: usize, planted: bool) -> String {
    let all = judged.len();
    let names = |pass: bool| {
        let which = judged.iter().filter(|judged| judged.passes() == pass);
        which.map(|judged| format!("\n  {}", judged.check.name)).collect::<String>()
    };
    match planted {
        true if passed == 0 => format!("{all} errors planted, all of them caught."),
        true => format!("{passed} OF {all} PLANTED ERRORS NOT CAUGHT:{}", names(true)),
        false if passed == all => {
            format!(
                "All {all} checks pass. Were all of theory right, one would fail in at most one run of {:.0}.",
                1.0 / FAMILY
            )
        }
        false => format!("{} OF {all} CHECKS FAIL:{}", all - passed, names(false)),
    }
}

impl Check {
    /// Whether its name, subject or source holds this, in whatever case.
    fn is_named(&self, part: &str) -> bool {
        let part = part.to_lowercase();
        [self.name.as_str(), self.subject, self.source].iter().any(|text| text.to_lowercase().contains(&part))
    }
}

impl Judged<'_> {
    fn verdict(&self) -> &'static str {
        if self.passes() { "pass" } else { "fail" }
    }

    fn row(&self) -> [String; 7] {
        let number = |value| digits(value, self.step());
        let drift = |&(dim, value): &(usize, f64)| format!("d = {dim}: {}", number(value));
        let drift: Vec<String> = self.measured.drift.iter().map(drift).collect();
        let drift = if drift.is_empty() { String::new() } else { format!("\n    {}", drift.join(", ")) };
        [
            format!("  {}{drift}", self.check.name),
            self.check.relation.sign().into(),
            number(self.held),
            number(self.measured.interval.value),
            number(self.low),
            number(self.high),
            self.verdict().into(),
        ]
    }

    /// A tenth of the measured interval's width, or a hundredth of what is measured.
    fn step(&self) -> f64 {
        let Interval { value, low, high } = self.measured.interval;
        let width = if high > low { 0.1 * (high - low) } else { f64::INFINITY };
        if value == 0.0 { width } else { width.min(0.01 * value.abs()) }
    }

    fn json(&self) -> Value {
        let drift: Vec<Value> =
            self.measured.drift.iter().map(|&(dim, value)| json!({ "dim": dim, "measured": value })).collect();
        json!({
            "name": self.check.name,
            "subject": self.check.subject,
            "source": self.check.source,
            "relation": self.check.relation.sign(),
            "predicted": self.held,
            "theory": self.prediction.value,
            "tolerance": self.prediction.tolerance,
            "measured": self.measured.interval.value,
            "low": self.low,
            "high": self.high,
            "drift": drift,
            "verdict": self.verdict(),
        })
    }
}

impl Relation {
    /// Of what is measured to what is predicted.
    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::AtMost => "≤",
            Self::AtLeast => "≥",
        }
    }
}

/// As many digits as tell apart what is `step` apart.
fn digits(value: f64, step: f64) -> String {
    if value == 0.0 || step <= 0.0 || !step.is_finite() {
        return format!("{value}");
    }
    let places = (-step.log10().floor()).clamp(0.0, 9.0);
    if value.abs() < 0.5 * 10f64.powf(-places) {
        return format!("{value:.1e}");
    }
    format!("{value:.0$}", places as usize)
}

#[cfg(test)]
mod tests {
    use super::check::Prediction;
    use super::*;

    #[test]
    fn names_are_apart_and_parts_of_them_choose() {
        let checks = all();
        let names: std::collections::HashSet<&str> = checks.iter().map(|check| check.name.as_str()).collect();
        assert_eq!(names.len(), checks.len());
        assert!(checks.iter().all(|check| !check.source.is_empty() && !check.subject.is_empty()));
        let hadamard = checks.iter().filter(|check| check.is_named("hadamard")).count();
        assert_eq!(hadamard, 3);
    }

    #[test]
    fn every_planted_error_is_one() {
        for check in all() {
            let Prediction { value, planted, tolerance } = check.predict().unwrap();
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
        assert!(is_well(3, 3, false) && !is_well(2, 3, false));
        assert!(is_well(0, 3, true) && !is_well(1, 3, true));
        assert_eq!(Failure::No.status(), 1);
    }

    #[test]
    fn numbers_show_what_the_interval_tells_apart() {
        assert_eq!(digits(0.123_456, 0.002), "0.123");
        assert_eq!(digits(2.0, 0.3), "2.0");
        assert_eq!(digits(0.0, 0.1), "0");
        assert_eq!(digits(5.0, 0.0), "5");
        assert_eq!(digits(4.5e-24, 0.01), "4.5e-24");
    }
}

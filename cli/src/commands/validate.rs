//! `popfield validate`: theory against measurement, check by check.

use popfield::Progress;
use popfield_lab::Interval;
use popfield_lab::checks::{FAMILY, Judged, Validation, Verdicts};
use serde_json::{Value, json};

use crate::args::Validate;
use crate::failure::{Failure, Result};
use crate::output::{say, wrapped};
use crate::report::{progress, tell};
use crate::table::Table;

pub fn run(args: &Validate) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    let mut validation = Validation::new().seed(args.seed).full(args.full).plant_errors(args.plant_errors);
    validation.only = args.only.clone();
    let bar = progress(0, "checks");
    let verdicts = validation.run(Progress::new(&tell(&bar)))?;
    bar.finish_and_clear();
    let said = if args.json {
        let (passed, judged) = (verdicts.passed(), &verdicts.judged);
        say(json!({
            "seed": args.seed,
            "full": args.full,
            "planted": args.plant_errors,
            "family_error": FAMILY,
            "confidence": verdicts.confidence,
            "threads": threads,
            "passed": passed,
            "failed": judged.len() - passed,
            "ok": verdicts.holds(),
            "checks": judged.iter().map(to_json).collect::<Vec<Value>>(),
        }))
    } else {
        print(&verdicts).and_then(|()| say(summary(&verdicts)))
    };
    match said {
        // The answer is no, whether it is read to its end or not.
        Ok(()) | Err(Failure::Unread) if !verdicts.holds() => Err(Failure::No),
        said => said,
    }
}

/// A table for each subject, its checks by source.
fn print(verdicts: &Verdicts) -> Result<()> {
    for subject in verdicts.judged.chunk_by(|a, b| a.subject == b.subject) {
        let predicted = if verdicts.planted { "planted" } else { "predicted" };
        let mut rows = Table::new([subject[0].subject, "", predicted, "measured", "from", "to", "verdict"]).folds();
        for source in subject.chunk_by(|a, b| a.source == b.source) {
            rows.add_row([source[0].source]);
            for judged in source {
                rows.add_row(row(judged));
            }
        }
        rows.say()?;
        say("")?;
    }
    Ok(())
}

fn summary(verdicts: &Verdicts) -> String {
    let Verdicts { judged, planted, .. } = verdicts;
    let (all, passed) = (judged.len(), verdicts.passed());
    let names = |pass: bool| {
        let which = judged.iter().filter(|judged| judged.passes() == pass);
        which.map(|judged| format!("\n  {}", judged.name)).collect::<String>()
    };
    match *planted {
        true if passed == 0 => format!("{all} errors planted, all of them caught."),
        true => format!("{passed} OF {all} PLANTED ERRORS NOT CAUGHT:{}", names(true)),
        false if passed == all => {
            let runs = 1.0 / FAMILY;
            let words = "Were all of theory right, one would fail in at most one run of";
            wrapped(&format!("All {all} checks pass. {words} {runs:.0}."), 0)
        }
        false => format!("{} OF {all} CHECKS FAIL:{}", all - passed, names(false)),
    }
}

fn verdict(judged: &Judged) -> &'static str {
    if judged.passes() { "pass" } else { "fail" }
}

fn row(judged: &Judged) -> [String; 7] {
    let number = |value| digits(value, step(judged));
    let drift = |&(dim, value): &(usize, f64)| format!("d = {dim}: {}", number(value));
    let drift: Vec<String> = judged.measured.drift.iter().map(drift).collect();
    let drift = if drift.is_empty() { String::new() } else { format!("\n    {}", drift.join(", ")) };
    [
        format!("  {}{drift}", judged.name),
        judged.relation.sign().into(),
        number(judged.held),
        number(judged.measured.interval.value),
        number(judged.low),
        number(judged.high),
        verdict(judged).into(),
    ]
}

/// A tenth of the measured interval's width, or a hundredth of what is measured.
fn step(judged: &Judged) -> f64 {
    let Interval { value, low, high } = judged.measured.interval;
    let width = if high > low { 0.1 * (high - low) } else { f64::INFINITY };
    if value == 0.0 { width } else { width.min(0.01 * value.abs()) }
}

fn to_json(judged: &Judged) -> Value {
    let drift: Vec<Value> =
        judged.measured.drift.iter().map(|&(dim, value)| json!({ "dim": dim, "measured": value })).collect();
    json!({
        "name": judged.name,
        "subject": judged.subject,
        "source": judged.source,
        "relation": judged.relation.sign(),
        "predicted": judged.held,
        "theory": judged.expected.value,
        "tolerance": judged.expected.tolerance,
        "measured": judged.measured.interval.value,
        "low": judged.low,
        "high": judged.high,
        "drift": drift,
        "verdict": verdict(judged),
    })
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
    use super::*;

    #[test]
    fn a_no_has_a_status_of_its_own() {
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

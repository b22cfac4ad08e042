//! What was measured, as rows for people, objects for programs and rows for spreadsheets.

use std::io::{self, Write};

use comfy_table::Table;
use serde_json::{Map, Value, json};

use super::search::Sought;
use super::theory::{Prediction, Says};
use crate::lab::experiment::Experiment;
use crate::lab::outcome::{Observable, Outcome, histogram};
use crate::lab::point::{Effort, Point, Way};
use crate::lab::stats::Interval;
use crate::report::table;

/// The confidence of all intervals.
pub const CONFIDENCE: f64 = 0.95;

/// A point and its outcomes.
pub struct Measured {
    pub point: Point,
    pub outcomes: Vec<Outcome>,
    /// Of the observable.
    pub estimate: Interval,
    /// What each prediction says here, in order.
    pub predicted: Vec<Option<f64>>,
}

/// What was searched for in one dimension: the numbers of patterns of which half, and 99 %, succeed.
pub struct Crossing {
    pub dim: usize,
    pub half: Sought,
    pub nearly_all: Sought,
    /// Where success rises again.
    pub rises: Option<u64>,
}

/// What all points share.
pub struct Study {
    pub experiment: Experiment,
    pub effort: Effort,
    pub observable: Observable,
    pub predictions: Vec<Prediction>,
}

impl Study {
    pub fn measured(&self, point: Point, outcomes: Vec<Outcome>) -> Measured {
        let estimate = self.observable.estimate(&self.experiment, &outcomes, CONFIDENCE);
        let says = |prediction: &Prediction| prediction.at(&self.experiment, self.observable, point);
        Measured { point, estimate, predicted: self.predictions.iter().map(says).collect(), outcomes }
    }

    /// The name of what is measured.
    pub fn quantity(&self) -> &'static str {
        match self.observable {
            Observable::BitError => "bit error",
            Observable::Pattern => "patterns recalled",
            Observable::All => "memories recalled",
            Observable::Overlap => "overlap m",
        }
    }

    fn curves(&self) -> impl Iterator<Item = (usize, &Prediction)> {
        self.predictions.iter().enumerate().filter(|prediction| !matches!(prediction.1.says, Says::Patterns(_)))
    }

    /// The points as a table.
    pub fn table(&self, points: &[Measured]) -> Table {
        let mut header = vec!["dim", "n", "n/d", "(ln n)/d", "trials × queries", self.quantity(), "from", "to", "tied"];
        let names: Vec<String> =
            self.curves().map(|curve| curve.1.heading(&self.experiment, self.observable)).collect();
        header.extend(names.iter().map(String::as_str));
        let mut rows = table(&header);
        for measured in points {
            let Measured { point: Point { dim, patterns }, estimate, .. } = measured;
            let mut row = vec![
                dim.to_string(),
                patterns.to_string(),
                number(*patterns as f64 / *dim as f64),
                number(libm::log(*patterns as f64) / *dim as f64),
                format!("{} × {}", measured.outcomes.len(), measured.queries()),
                number(estimate.value),
                number(estimate.low),
                number(estimate.high),
                number(measured.mean(Outcome::tied_fraction)),
            ];
            row.extend(self.curves().map(|(index, _)| measured.predicted[index].map_or_else(|| "–".into(), number)));
            rows.add_row(row);
        }
        rows
    }

    /// Predictions of numbers of patterns and what was found by the search, by dimension.
    pub fn capacities(&self, dims: &[usize], crossings: &[Crossing]) -> Option<Table> {
        let lines: Vec<&Prediction> =
            self.predictions.iter().filter(|prediction| matches!(prediction.says, Says::Patterns(_))).collect();
        if lines.is_empty() && crossings.is_empty() {
            return None;
        }
        let mut header = vec!["dim"];
        if !crossings.is_empty() {
            header.extend(["n of 99 %", "from", "to", "n of 50 %", "from", "to"]);
        }
        header.extend(lines.iter().map(|line| line.name));
        let mut rows = table(&header);
        for &dim in dims {
            let mut row = vec![dim.to_string()];
            for crossing in crossings.iter().filter(|crossing| crossing.dim == dim) {
                for found in [crossing.nearly_all, crossing.half] {
                    row.extend(match found {
                        Sought::At(Interval { value, low, high }) => [count(value), count(low), count(high)],
                        Sought::Below => ["below 1".into(), "–".into(), "–".into()],
                        Sought::Above(most) => [format!("above {most}"), "–".into(), "–".into()],
                    });
                }
            }
            let says = |line: &&Prediction| line.patterns(&self.experiment, self.observable, dim);
            row.extend(lines.iter().map(|line| says(line).map_or_else(|| "–".into(), count)));
            rows.add_row(row);
        }
        Some(rows)
    }

    /// A point for programs.
    pub fn json(&self, measured: &Measured) -> Value {
        let Measured { point: Point { dim, patterns }, estimate, outcomes, .. } = measured;
        let way = self.effort.way(&self.experiment, measured.point);
        let of = |observable: Observable| interval(observable.estimate(&self.experiment, outcomes, CONFIDENCE));
        let theory: Map<String, Value> =
            self.curves().map(|(index, curve)| (curve.name.into(), json!(measured.predicted[index]))).collect();
        let mut object = json!({
            "dim": dim,
            "patterns": patterns,
            "load": *patterns as f64 / *dim as f64,
            "rate": libm::log(*patterns as f64) / *dim as f64,
            "memories": if matches!(way, Ok(Way::Sampled)) { "sampled" } else { "stored" },
            "trials": outcomes.len(),
            "queries": measured.queries(),
            "bits": outcomes.first().map(|outcome| outcome.bits),
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "bit_error": of(Observable::BitError),
            "tied": measured.mean(Outcome::tied_fraction),
            "pattern": of(Observable::Pattern),
            // Only where every key was asked.
            "all": (measured.queries() == *patterns).then(|| of(Observable::All)),
            "overlap": of(Observable::Overlap),
            "unsettled": outcomes.iter().map(|outcome| outcome.unsettled).sum::<u64>(),
            "theory": theory,
        });
        if self.observable == Observable::Overlap {
            let bits = outcomes.first().map_or(1, |outcome| outcome.bits) as f64;
            let bins = histogram(outcomes).into_iter();
            object["histogram"] =
                bins.map(|(wrong, queries)| json!([1.0 - 2.0 * wrong as f64 / bits, queries])).collect();
        }
        object
    }

    /// Numbers of patterns for programs, by dimension.
    pub fn capacities_json(&self, dims: &[usize], crossings: &[Crossing]) -> Value {
        let of = |&dim: &usize| {
            let says = |p: &Prediction| p.patterns(&self.experiment, self.observable, dim);
            let lines = self.predictions.iter().filter(|p| matches!(p.says, Says::Patterns(_)));
            let theory: Map<String, Value> = lines.map(|p| (p.name.into(), json!(says(p)))).collect();
            let mut object = json!({ "dim": dim, "theory": theory });
            if let Some(crossing) = crossings.iter().find(|crossing| crossing.dim == dim) {
                for (name, found) in [("n50", crossing.half), ("n99", crossing.nearly_all)] {
                    object[name] = match found {
                        Sought::At(found) => interval(found),
                        Sought::Below => json!({ "below": 1 }),
                        Sought::Above(most) => json!({ "above": most }),
                    };
                }
                object["rises_again_at"] = json!(crossing.rises);
            }
            object
        };
        dims.iter().map(of).collect()
    }

    /// A row for each trial.
    pub fn write_csv(&self, file: &mut impl Write, points: &[Measured]) -> io::Result<()> {
        let overlap = self.observable == Observable::Overlap;
        let more = if overlap { ",queries_by_wrong_bits" } else { "" };
        writeln!(file, "dim,patterns,trial,queries,bits,wrong_bits,tied_bits,whole,unsettled{more}")?;
        for Measured { point: Point { dim, patterns }, outcomes, .. } in points {
            for outcome in outcomes {
                let Outcome { trial, bits, tied, unsettled, by_wrong } = outcome;
                let (queries, wrong, whole) = (outcome.queries(), outcome.wrong(), outcome.whole());
                write!(file, "{dim},{patterns},{trial},{queries},{bits},{wrong},{tied},{whole},{unsettled}")?;
                if overlap {
                    let bins: Vec<String> =
                        by_wrong.iter().map(|(wrong, queries)| format!("{wrong}:{queries}")).collect();
                    write!(file, ",{}", bins.join(" "))?;
                }
                writeln!(file)?;
            }
        }
        Ok(())
    }
}

impl Measured {
    /// Queries to each memory.
    pub fn queries(&self) -> u64 {
        self.outcomes.first().map_or(0, Outcome::queries)
    }

    fn mean(&self, of: fn(&Outcome) -> f64) -> f64 {
        self.outcomes.iter().map(of).sum::<f64>() / self.outcomes.len() as f64
    }
}

fn interval(Interval { value, low, high }: Interval) -> Value {
    json!({ "value": value, "low": low, "high": high })
}

/// A number of patterns.
fn count(value: f64) -> String {
    match value {
        f64::INFINITY => "∞".into(),
        value if value < 1e7 => format!("{value:.1}"),
        value => format!("{value:.3e}"),
    }
}

/// Four digits.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if !(1e-3..1e7).contains(&size) => format!("{value:.3e}"),
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        _ => format!("{value:.4}"),
    }
}

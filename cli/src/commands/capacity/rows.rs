//! What was measured, as rows for people, objects for programs and rows for spreadsheets.

use std::io::{self, Write};

use popfield::Named as _;
use popfield_lab::{
    CONFIDENCE, Crossing, Findings, Interval, MeasuredPoint, Observable, Outcome, Point, Prediction, Study, Way,
    histogram,
};
use serde_json::{Map, Value, json};

use crate::table::Table;

/// What a study found, to be shown.
pub struct Rows<'a> {
    pub study: &'a Study,
    pub findings: &'a Findings,
}

impl Rows<'_> {
    /// What the prediction says in a legend.
    pub fn legend(&self, prediction: &Prediction) -> String {
        prediction.legend(&self.study.experiment, self.study.observable)
    }

    fn curves(&self) -> impl Iterator<Item = (usize, &Prediction)> {
        self.findings.predictions.iter().enumerate().filter(|prediction| !prediction.1.is_place())
    }

    /// The points as a table.
    pub fn table(&self) -> Table {
        let Study { experiment, observable, .. } = self.study;
        // As narrow as the numbers below.
        let narrow = |name: &str| name.replacen(' ', "\n", 1);
        let mut header = ["dim", "n", "n/d", "(ln n)/d", "trials ×\nqueries"].map(str::to_owned).to_vec();
        header.push(narrow(observable.quantity()));
        header.extend(["from", "to", "tied"].map(str::to_owned));
        header.extend(self.curves().map(|curve| curve.1.heading(experiment, *observable)));
        let mut rows = Table::new(header).keys(2);
        for measured in &self.findings.points {
            let MeasuredPoint { point: point @ Point { dim, patterns }, estimate, .. } = measured;
            let mut row = vec![
                dim.to_string(),
                patterns.to_string(),
                number(point.load()),
                number(point.rate()),
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
    pub fn capacities(&self) -> Option<Table> {
        let Findings { dims, predictions, capacities, .. } = self.findings;
        let lines: Vec<&Prediction> = predictions.iter().filter(|prediction| prediction.is_place()).collect();
        if lines.is_empty() && capacities.is_empty() {
            return None;
        }
        let mut header = vec!["dim"];
        if !capacities.is_empty() {
            header.extend(["n of 99 %", "from", "to", "n of 50 %", "from", "to"]);
        }
        header.extend(lines.iter().map(|line| line.name));
        let mut rows = Table::new(header);
        for &dim in dims {
            let mut row = vec![dim.to_string()];
            if let Some(capacity) = self.findings.capacity(dim) {
                for found in [capacity.nearly_all, capacity.half] {
                    row.extend(match found {
                        Crossing::At(Interval { value, low, high }) => [count(value), end(low), end(high)],
                        Crossing::Above(most) => [format!("above {most}"), "–".into(), "–".into()],
                        _ => ["below 1".into(), "–".into(), "–".into()],
                    });
                }
            }
            let says = |line: &&Prediction| line.patterns(&self.study.experiment, self.study.observable, dim);
            row.extend(lines.iter().map(|line| says(line).map_or_else(|| "–".into(), count)));
            rows.add_row(row);
        }
        Some(rows)
    }

    /// The points for programs.
    pub fn points_json(&self) -> Value {
        self.findings.points.iter().map(|measured| self.point_json(measured)).collect()
    }

    fn point_json(&self, measured: &MeasuredPoint) -> Value {
        let MeasuredPoint { point: point @ Point { dim, patterns }, estimate, outcomes, .. } = measured;
        let Study { experiment, observable, .. } = self.study;
        let of = |observable: Observable| interval(observable.estimate(experiment, *point, outcomes, CONFIDENCE));
        let theory: Map<String, Value> =
            self.curves().map(|(index, curve)| (curve.name.into(), json!(measured.predicted[index]))).collect();
        let mut object = json!({
            "dim": dim,
            "patterns": patterns,
            "load": point.load(),
            "rate": point.rate(),
            "memories": self.way(*point).name(),
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
        if *observable == Observable::Overlap {
            let bits = outcomes.first().map_or(1, |outcome| outcome.bits) as f64;
            let bins = histogram(outcomes).into_iter();
            object["histogram"] =
                bins.map(|(wrong, queries)| json!([1.0 - 2.0 * wrong as f64 / bits, queries])).collect();
        }
        object
    }

    /// Numbers of patterns for programs, by dimension.
    pub fn capacities_json(&self) -> Value {
        let of = |&dim: &usize| {
            let says = |p: &Prediction| p.patterns(&self.study.experiment, self.study.observable, dim);
            let lines = self.findings.predictions.iter().filter(|prediction| prediction.is_place());
            let theory: Map<String, Value> = lines.map(|p| (p.name.into(), json!(says(p)))).collect();
            let mut object = json!({ "dim": dim, "theory": theory });
            if let Some(capacity) = self.findings.capacity(dim) {
                for (name, found) in [("n50", capacity.half), ("n99", capacity.nearly_all)] {
                    object[name] = match found {
                        Crossing::At(found) => interval(found),
                        Crossing::Above(most) => json!({ "above": most }),
                        _ => json!({ "below": 1 }),
                    };
                }
                object["rises_again_at"] = json!(capacity.rises);
            }
            object
        };
        self.findings.dims.iter().map(of).collect()
    }

    /// How memories were had.
    fn way(&self, point: Point) -> Way {
        let way = self.study.effort().and_then(|effort| effort.way(&self.study.experiment, point));
        way.unwrap_or(Way::Stored)
    }

    /// A row for each point: what was measured, what theory says, what the search found in the dimension, and `settings`,
    /// which are the same in all of them.
    pub fn write_csv(&self, file: &mut impl Write, settings: &Map<String, Value>) -> io::Result<()> {
        let Study { experiment, .. } = self.study;
        // What stands in a column of its own already, or is a range.
        let told = ["dims", "load_range", "rate_range", "patterns_range", "trials", "queries", "memories"];
        let settings: Vec<(&String, &Value)> =
            settings.iter().filter(|setting| !told.contains(&setting.0.as_str())).collect();
        let also = [Observable::BitError, Observable::Pattern, Observable::Overlap];
        let searched = !self.findings.capacities.is_empty();
        let mut header: Vec<String> =
            ["dim", "patterns", "load", "rate", "memories", "trials", "queries", "bits", "value", "low", "high"]
                .map(str::to_owned)
                .into();
        header.extend(also.iter().flat_map(|observable| {
            let name = observable.name().replace('-', "_");
            [name.clone(), format!("{name}_low"), format!("{name}_high")]
        }));
        header.extend(["tied", "unsettled"].map(str::to_owned));
        header.extend(self.findings.predictions.iter().map(|prediction| {
            let of = if prediction.is_place() { "theory_n" } else { "theory" };
            format!("{of}_{}", prediction.name.replace('-', "_"))
        }));
        if searched {
            header.extend(["n50", "n50_low", "n50_high", "n99", "n99_low", "n99_high"].map(str::to_owned));
        }
        header.extend(settings.iter().map(|setting| setting.0.clone()));
        header.push("confidence".into());
        writeln!(file, "{}", header.join(","))?;
        let three = |Interval { value, low, high }: Interval| [value, low, high].map(|number| number.to_string());
        for measured in &self.findings.points {
            let MeasuredPoint { point: point @ Point { dim, patterns }, estimate, outcomes, predicted, .. } = measured;
            let mut row = vec![
                dim.to_string(),
                patterns.to_string(),
                point.load().to_string(),
                point.rate().to_string(),
                self.way(*point).name().to_owned(),
                outcomes.len().to_string(),
                measured.queries().to_string(),
                outcomes.first().map_or(0, |outcome| outcome.bits).to_string(),
            ];
            row.extend(three(*estimate));
            row.extend(also.iter().flat_map(|o| three(o.estimate(experiment, *point, outcomes, CONFIDENCE))));
            row.push(measured.mean(Outcome::tied_fraction).to_string());
            row.push(outcomes.iter().map(|outcome| outcome.unsettled).sum::<u64>().to_string());
            row.extend(self.findings.predictions.iter().zip(predicted).map(|(prediction, predicted)| {
                let place = prediction.patterns(experiment, self.study.observable, *dim);
                place.or(*predicted).map_or_else(String::new, |number| number.to_string())
            }));
            if let Some(capacity) = self.findings.capacity(*dim) {
                for found in [capacity.half, capacity.nearly_all] {
                    row.extend(match found {
                        Crossing::At(found) => three(found),
                        // Beyond what was tried, on either side.
                        Crossing::Above(most) => [String::new(), most.to_string(), "inf".into()],
                        _ => [String::new(), "0".into(), "1".into()],
                    });
                }
            }
            row.extend(settings.iter().map(|(_, value)| match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                value => value.to_string(),
            }));
            row.push(CONFIDENCE.to_string());
            writeln!(file, "{}", row.join(","))?;
        }
        Ok(())
    }

    /// Why bars at 0 and 1 are as long as they are, where there are some.
    pub fn agreement(&self) -> Option<String> {
        let agreeing = self.findings.points.iter().find(|measured| measured.agree(self.study.observable))?;
        // What counts is the answer, or where answers hang together the memory.
        let apart = self.study.experiment.design_effect(agreeing.point, agreeing.queries());
        let counted = apart.filter(|_| self.study.observable != Observable::All).map_or("memories", |_| "answers");
        Some(format!("where all agree, the interval is what so many {counted} leave open"))
    }

    /// What to do about ends of a search that the trials do not bound, where there are some.
    pub fn open_ends(&self) -> Option<&'static str> {
        let open =
            |found: Crossing| matches!(found, Crossing::At(found) if found.low <= 0.0 || found.high.is_infinite());
        let any = self.findings.capacities.iter().any(|capacity| open(capacity.half) || open(capacity.nearly_all));
        any.then_some("so many trials do not bound that end; raise --trials")
    }

    /// A row for each trial.
    pub fn write_raw(&self, file: &mut impl Write) -> io::Result<()> {
        let overlap = self.study.observable == Observable::Overlap;
        let more = if overlap { ",queries_by_wrong_bits" } else { "" };
        writeln!(file, "dim,patterns,trial,queries,bits,wrong_bits,tied_bits,whole,unsettled{more}")?;
        for MeasuredPoint { point: Point { dim, patterns }, outcomes, .. } in &self.findings.points {
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

fn interval(Interval { value, low, high }: Interval) -> Value {
    json!({ "value": value, "low": low, "high": high })
}

/// An end of an interval of numbers of patterns.
fn end(value: f64) -> String {
    if value <= 0.0 || value.is_infinite() { "open".into() } else { count(value) }
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

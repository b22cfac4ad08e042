//! What is known of each answer of a recall: as records, as lines of a table, and counted.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;

use popfield::recall::Report;
use popfield::{Memory, Queries};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::failure::Result;
use crate::input::unknown_of;
use crate::output::OutFile;
use crate::report::{called, quoted};
use crate::table::Table;

/// What a file of reports is.
#[derive(Clone, Copy, Debug)]
pub enum Listing {
    Json,
    Csv,
}

impl Listing {
    /// As the ending of the name says.
    pub fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            _ => Ok(Self::Json),
        }
    }
}

/// The answers to some queries.
pub struct Answers<'a> {
    pub reports: &'a [Report],
    pub queries: &'a Queries,
    pub memory: &'a Memory,
}

impl Answers<'_> {
    fn has_unknown(&self) -> bool {
        self.queries.known().is_some()
    }

    /// A record of query `q`; where positions are unknown, it says of how many of its own.
    fn record(&self, q: usize, report: &Report) -> Value {
        let mut record = json!({
            "nearest_id": report.nearest.id,
            "nearest_distance": report.nearest.distance,
            "nearest_count": report.nearest.count,
            "top_weight": report.top_weight,
            "certificate": report.certificate.reason.name(),
            "tied_bits": report.tied_bits,
            "keys_touched": report.certificate.keys_touched,
        });
        if report.certificate.probes > 0 {
            record["probes"] = json!(report.certificate.probes);
        }
        if self.memory.has_labels() {
            record["nearest_label"] = json!(self.memory.label(report.nearest.id));
        }
        if self.has_unknown() {
            record["unknown_positions"] = json!(unknown_of(self.queries, q));
        }
        record
    }

    /// A JSON array with one record a query, a line each.
    pub fn write_json(&self, file: &mut OutFile) -> io::Result<()> {
        for (q, report) in self.reports.iter().enumerate() {
            write!(file, "{}\n{}", if q == 0 { "[" } else { "," }, self.record(q, report))?;
        }
        writeln!(file, "\n]")
    }

    /// A line for each query; what is not there is left empty.
    pub fn write_csv(&self, file: &mut OutFile) -> io::Result<()> {
        let labelled = self.memory.has_labels();
        let [label, unknown] =
            [if labelled { ",nearest_label" } else { "" }, if self.has_unknown() { ",unknown_positions" } else { "" }];
        writeln!(
            file,
            "query,nearest_id{label},nearest_distance,nearest_count,top_weight_low,top_weight_high,certificate,\
             tied_bits{unknown},keys_touched,probes"
        )?;
        for (q, report) in self.reports.iter().enumerate() {
            let Report { nearest, certificate, .. } = report;
            write!(file, "{q},{}", nearest.id)?;
            if labelled {
                write!(file, ",{}", quoted(self.memory.label(nearest.id).unwrap_or_default()))?;
            }
            let [low, high] = report.top_weight.map_or_else(Default::default, |ends| ends.map(|end| end.to_string()));
            let (reason, tied) = (certificate.reason, report.tied_bits);
            write!(file, ",{},{},{low},{high},{reason},{tied}", nearest.distance, nearest.count)?;
            if self.has_unknown() {
                write!(file, ",{}", unknown_of(self.queries, q))?;
            }
            writeln!(file, ",{},{}", certificate.keys_touched, certificate.probes)?;
        }
        Ok(())
    }

    /// A row for each query.
    pub fn table(&self) -> Table {
        let mut header = vec!["query", "nearest", "distance", "as near", "certificate", "tied bits"];
        if self.has_unknown() {
            header.push("unknown");
        }
        let mut table = Table::new(header).words(&[1, 4]);
        for (q, report) in self.reports.iter().enumerate() {
            let Report { nearest, certificate, .. } = report;
            let numbers = [nearest.distance.to_string(), nearest.count.to_string()];
            let mut row = vec![q.to_string(), called(self.memory, nearest.id)];
            row.extend(numbers.into_iter().chain([certificate.reason.to_string(), report.tied_bits.to_string()]));
            row.extend(self.has_unknown().then(|| unknown_of(self.queries, q).to_string()));
            table.add_row(row);
        }
        table
    }
}

/// One record after the other.
impl Serialize for Answers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.reports.iter().enumerate().map(|(q, report)| self.record(q, report)))
    }
}

/// An object with the answers among what it holds: as a value they would take several times the room of the reports.
pub struct Told<'a> {
    pub object: Map<String, Value>,
    pub per_query: Option<&'a Answers<'a>>,
}

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.object {
            map.serialize_entry(name, value)?;
        }
        if let Some(answers) = self.per_query {
            map.serialize_entry("per_query", answers)?;
        }
        map.end()
    }
}

/// How many answers were proven by what, the most frequent first.
pub fn certificates(reports: &[Report]) -> Vec<(&'static str, usize)> {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for name in reports.iter().map(|report| report.certificate.reason.name()) {
        match counts.iter_mut().find(|counted| counted.0 == name) {
            Some(counted) => counted.1 += 1,
            None => counts.push((name, 1)),
        }
    }
    counts.sort_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
    counts
}

//! What is told of each size: a row of the table, an object for programs.

use popfield_lab::stress::{Measured, quantile};
use serde_json::{Map, Value, json};

use crate::report::{bytes, seconds};
use crate::table::Table;

/// A size, and the most memory that the process ever held by then.
pub struct Size {
    pub measured: Measured,
    pub peak_rss_bytes: Option<u64>,
}

const COLUMNS: [&str; 14] = [
    "patterns",
    "% recalled",
    "95 % interval",
    "theory, %",
    "dominant/\nvotes/full",
    "queries/s",
    "one query:\np50",
    "p99",
    "batch:\np50",
    "p99",
    "patterns/s\ntaken in",
    "bytes/s",
    "peak of\nthe process",
    "bytes a\npattern",
];

pub fn table_of(sizes: &[Size]) -> Table {
    let mut rows = Table::new(COLUMNS);
    for size in sizes {
        rows.add_row(row(size));
    }
    rows
}

/// Per cent, with digits where they tell.
fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent == 0.0 || percent >= 10.0 { format!("{percent:.2}") } else { format!("{percent:.3}") }
}

fn row(Size { measured, peak_rss_bytes }: &Size) -> [String; 14] {
    let Measured { patterns, recalled, predicted, certificates, .. } = measured;
    let theory = predicted.map_or_else(
        || "–".into(),
        |bounds| {
            let [low, high] = [bounds.low, bounds.high].map(percent);
            if low == high { low } else { format!("{low} to {high}") }
        },
    );
    let counts: Vec<String> = certificates.iter().map(|(_, count)| count.to_string()).collect();
    let ingest = ingest(measured);
    [
        patterns.to_string(),
        percent(recalled.value),
        format!("{} to {}", percent(recalled.low), percent(recalled.high)),
        theory,
        counts.join("/"),
        format!("{:.0}", measured.queries_per_second),
        seconds(quantile(&measured.singles, 0.5)),
        seconds(quantile(&measured.singles, 0.99)),
        seconds(quantile(&measured.batches, 0.5)),
        seconds(quantile(&measured.batches, 0.99)),
        format!("{ingest:.3e}"),
        bytes(ingest * measured.bytes as f64 / *patterns as f64),
        peak_rss_bytes.map_or_else(|| "?".into(), |peak| bytes(peak as f64)),
        format!("{:.2}", measured.bytes as f64 / *patterns as f64),
    ]
}

/// Patterns a second: in a store without drawing them, in memory with it.
fn ingest(measured: &Measured) -> f64 {
    measured.taken_in as f64 / measured.store_seconds.unwrap_or(measured.seconds)
}

pub fn json_of(Size { measured, peak_rss_bytes }: &Size) -> Value {
    let certificates: Map<String, Value> =
        measured.certificates.iter().map(|(reason, count)| (reason.name().into(), json!(count))).collect();
    let bytes_per_pattern = measured.bytes as f64 / measured.patterns as f64;
    json!({
        "patterns": measured.patterns,
        "queries": measured.queries,
        "recalled": { "value": measured.recalled.value, "low": measured.recalled.low, "high": measured.recalled.high },
        "theory": measured.predicted.map(|bounds| json!({ "low": bounds.low, "high": bounds.high })),
        "certificates": certificates,
        "differing": measured.differing,
        "judged": measured.judged,
        "judged_open": measured.open,
        "wrong": measured.wrong.len(),
        "batch": measured.batch,
        "batches": measured.batches.len(),
        "queries_per_second": measured.queries_per_second,
        "batch_seconds_p50": quantile(&measured.batches, 0.5),
        "batch_seconds_p99": quantile(&measured.batches, 0.99),
        "singles": measured.singles.len(),
        "single_seconds_p50": quantile(&measured.singles, 0.5),
        "single_seconds_p99": quantile(&measured.singles, 0.99),
        "taken_in": measured.taken_in,
        "take_in_seconds": measured.seconds,
        "store_seconds": measured.store_seconds,
        "open_seconds": measured.open_seconds,
        "patterns_per_second": ingest(measured),
        "bytes_per_second": ingest(measured) * bytes_per_pattern,
        "bytes": measured.bytes,
        "bytes_per_pattern": bytes_per_pattern,
        "peak_rss_bytes": peak_rss_bytes,
    })
}

//! The records of a file, as they are written.

use serde::Deserialize;

/// Formats of receipts that were ever: this one.
pub(super) const FORMAT: &str = "popfield receipts";
pub(super) const VERSION: u32 = 1;

/// What every line begins with; the first says what it is the first of.
#[derive(Debug, Deserialize)]
pub(super) struct Start {
    pub(super) record: String,
    pub(super) format: Option<String>,
    pub(super) version: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    #[serde(rename = "record")]
    _record: String,
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u32,
    pub(super) memory: String,
    pub(super) generation: u64,
    pub(super) dim: u64,
    pub(super) value_dim: u64,
    pub(super) keys: u64,
    pub(super) in_scope: u64,
    pub(super) only: Option<Vec<u64>>,
    pub(super) except: Option<Vec<u64>>,
    pub(super) call: String,
    pub(super) separation: Option<String>,
    pub(super) beta: Option<String>,
    pub(super) degree: Option<u32>,
    pub(super) steps: Option<u32>,
    pub(super) tie: Option<String>,
    pub(super) top: Option<u64>,
    pub(super) radius: Option<u32>,
    pub(super) queries: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chunks {
    #[serde(rename = "record")]
    _record: String,
    pub(super) positions: Vec<Vec<u64>>,
    pub(super) read: Vec<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    #[serde(rename = "record")]
    _record: String,
    pub(super) id: u64,
    pub(super) copies: Vec<u64>,
    pub(super) radius: u64,
    pub(super) near: Vec<(u64, u64)>,
    pub(super) rest: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recalled {
    #[serde(rename = "record")]
    _record: String,
    pub(super) query: u64,
    pub(super) step: u32,
    pub(super) bits: String,
    pub(super) known: Option<String>,
    pub(super) unknown: u64,
    pub(super) nearest_id: u64,
    pub(super) nearest_distance: u64,
    pub(super) nearest_count: u64,
    pub(super) tied_bits: u64,
    pub(super) answer: String,
    pub(super) certificate: String,
    pub(super) basin: Option<Basin>,
    pub(super) probe: Option<Probe>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Found {
    #[serde(rename = "record")]
    _record: String,
    pub(super) query: u64,
    pub(super) bits: String,
    pub(super) known: Option<String>,
    pub(super) unknown: u64,
    /// (id, distance), nearest first.
    pub(super) found: Vec<(u64, u64)>,
    pub(super) certificate: String,
    pub(super) basin: Option<Basin>,
    pub(super) probe: Option<Probe>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Basin {
    pub(super) key: u64,
    pub(super) cost: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Probe {
    /// (which, ρ, its unknown positions).
    pub(super) chunks: Vec<(u64, u64, u64)>,
    pub(super) bound: u64,
    /// (id, distance), nearest first.
    pub(super) met: Vec<(u64, u64)>,
    /// (distance, count).
    pub(super) read: Vec<(u64, u64)>,
    pub(super) unseen: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    #[serde(rename = "record")]
    _record: String,
    pub(super) lines: u64,
}

//! One case: random patterns, recalled over and over.

use std::time::{Duration, Instant};

use popfield::patterns::{NoiseModel, add_noise};
use popfield::tiers::TILE;
use popfield::{Memory, Patterns, Queries, Recall, Recalled, Separation, Tie};
use serde_json::{Value, json};

use super::machine::Machine;
use crate::commands::answers::certificates;
use crate::failure::{Failure, Result};
use crate::report::{Latency, Run, bytes, peak_rss_bytes};

/// Queries that are taken one by one for their latency, at the most and at the least, and for how long.
const SINGLES: usize = 1000;
const SINGLES_AT_LEAST: usize = 20;
const A_WHILE: Duration = Duration::from_secs(2);

/// Queries of a memory, and how they are recalled.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub batch: usize,
    pub noise: f64,
    pub model: NoiseModel,
    pub separation: Separation,
    pub repeats: u32,
    pub seed: u64,
}

/// What was measured of a case.
pub struct Measured {
    pub seconds: f64,
    tied_bits: u64,
    load_seconds: f64,
    pub recalled: f64,
    certificates: Vec<(&'static str, usize)>,
    latency: Option<Latency>,
    pub bits_read_per_query: f64,
    /// Of the process, while patterns were drawn, stored and recalled.
    pub peak_rss_bytes: Option<u64>,
}

impl Case {
    /// Recalls once to warm up and then `repeats` times; `tick` is called after each.
    pub fn measure(&self, memory: &Memory, load_seconds: f64, tick: impl Fn()) -> Result<Measured> {
        let originals = memory.keys().choose(self.batch, self.seed, "queries")?;
        let queries: Queries = add_noise(&originals, self.noise, self.model, self.seed)?.into();
        let recall = Recall::new(self.separation);
        let recalled = memory.recall(&queries, &recall)?;
        tick();
        let mut times = Vec::new();
        for _ in 0..self.repeats {
            let start = Instant::now();
            let again = memory.recall(&queries, &recall)?;
            times.push(start.elapsed().as_secs_f64());
            if again.patterns != recalled.patterns {
                return Err(Failure::Resource("two runs recalled different bits: expected the same".into()));
            }
            tick();
        }
        times.sort_unstable_by(f64::total_cmp);
        let latency = if self.batch == 1 { Some(self.latency(memory)?) } else { None };
        Ok(Measured {
            seconds: median(&times),
            tied_bits: recalled.tied_bits(),
            load_seconds,
            recalled: share_recalled(&recalled, &originals),
            certificates: certificates(&recalled.reports),
            latency,
            bits_read_per_query: recalled.reports.iter().map(|report| report.bits_read).sum::<u64>() as f64
                / self.batch as f64,
            peak_rss_bytes: peak_rss_bytes(),
        })
    }
}

impl Case {
    /// How long queries of different patterns take one by one: many, or as many as come to an end in a while.
    fn latency(&self, memory: &Memory) -> Result<Latency> {
        let originals = memory.keys().choose(SINGLES.min(memory.len()), self.seed, "singles")?;
        let queries: Queries = add_noise(&originals, self.noise, self.model, self.seed)?.into();
        let recall = Recall::new(self.separation);
        let (mut times, begun) = (Vec::new(), Instant::now());
        for q in 0..queries.len() {
            let one = queries.range(q..q + 1)?;
            let start = Instant::now();
            memory.recall(&one, &recall)?;
            times.push(start.elapsed().as_secs_f64());
            if times.len() >= SINGLES_AT_LEAST && begun.elapsed() > A_WHILE {
                break;
            }
        }
        Ok(Latency::of(times))
    }
}

/// The middle of sorted times, of which there is at least one.
fn median(times: &[f64]) -> f64 {
    (times[times.len() / 2] + times[(times.len() - 1) / 2]) / 2.0
}

/// The share of queries recalled in every bit.
fn share_recalled(recalled: &Recalled, originals: &Patterns) -> f64 {
    let right = recalled.patterns.iter().zip(originals.iter()).filter(|(a, b)| a == b).count();
    right as f64 / originals.len() as f64
}

/// Everything that is known of a case.
pub struct Figures<'a> {
    pub case: &'a Case,
    pub memory: &'a Memory,
    pub measured: &'a Measured,
    pub machine: Machine,
    pub threads: usize,
}

impl Figures<'_> {
    fn run(&self) -> Run<'_> {
        Run {
            memory: self.memory,
            in_scope: None,
            queries: self.case.batch,
            form: None,
            unknown: 0,
            separation: self.case.separation,
            learned: None,
            steps: 1,
            tie: Tie::Plus,
            tied_bits: self.measured.tied_bits,
            certificates: self.measured.certificates.clone(),
            latency: self.measured.latency,
            seconds: self.measured.seconds,
            load_seconds: self.measured.load_seconds,
            threads: self.threads,
        }
    }

    /// Keys compared, with all their bits, whether they were read or not.
    fn effective_bits_per_second(&self) -> f64 {
        (self.memory.len() as f64 * self.memory.dim() as f64) * self.run().queries_per_second()
    }

    fn read_bits_per_second(&self) -> f64 {
        self.measured.bits_read_per_query * self.run().queries_per_second()
    }

    fn ns_per_query_and_key(&self) -> f64 {
        1e9 / (self.run().queries_per_second() * self.memory.len() as f64)
    }

    fn share_of_peak(&self) -> f64 {
        self.read_bits_per_second() / self.machine.peak_bits_per_second
    }

    /// A tile of queries fetches the keys once.
    fn share_of_bandwidth(&self) -> Option<f64> {
        let fetched = self.read_bits_per_second() / 8.0 / self.case.batch.min(TILE) as f64;
        self.machine.bandwidth_bytes_per_second.map(|bandwidth| fetched / bandwidth)
    }

    fn flips(&self) -> Option<usize> {
        (self.case.model == NoiseModel::Exact).then(|| popfield::patterns::flips(self.case.noise, self.memory.dim()))
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let mut object = self.run().json();
        let more = json!({
            "recalled": self.measured.recalled,
            "noise": self.case.noise,
            "flips": self.flips(),
            "ns_per_query_and_key": self.ns_per_query_and_key(),
            "effective_bits_per_second": self.effective_bits_per_second(),
            "read_bits_per_second": self.read_bits_per_second(),
            "bits_read_per_query": self.measured.bits_read_per_query,
            "instruction_peak_bits_per_second": self.machine.peak_bits_per_second,
            "share_of_instruction_peak": self.share_of_peak(),
            "memory_bandwidth_bytes_per_second": self.machine.bandwidth_bytes_per_second,
            "share_of_memory_bandwidth": self.share_of_bandwidth(),
            "bytes_per_pattern": self.memory.bytes() as f64 / self.memory.len() as f64,
            "peak_rss_bytes": self.measured.peak_rss_bytes,
            "repeats": self.case.repeats,
            "seed": self.case.seed,
        });
        object.extend(more.as_object().cloned().unwrap_or_default());
        Value::Object(object)
    }

    /// For people.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let noise = match self.flips() {
            Some(flips) => format!("{flips} of {} bits flipped", self.memory.dim()),
            None => format!("each of {} bits flipped with probability {}", self.memory.dim(), self.case.noise),
        };
        let peak = self.machine.peak_bits_per_second / 1e12;
        let bandwidth = match self.machine.bandwidth_bytes_per_second.zip(self.share_of_bandwidth()) {
            Some((bytes, share)) => format!("{:.1} % of the {:.1} GB/s of memory", 100.0 * share, bytes / 1e9),
            None => "memory bandwidth unknown".into(),
        };
        let mut facts = self.run().facts();
        facts.extend([
            ("noise", noise),
            ("recalled", format!("{:.2} % of queries in every bit", 100.0 * self.measured.recalled)),
            ("per pair", format!("{:.4} ns a query and key", self.ns_per_query_and_key())),
            ("effective", format!("{:.3} Tbit/s of keys compared", self.effective_bits_per_second() / 1e12)),
            (
                "read",
                format!(
                    "{:.3} Tbit/s, {:.0} bits a query",
                    self.read_bits_per_second() / 1e12,
                    self.measured.bits_read_per_query
                ),
            ),
            (
                "limits",
                format!(
                    "{:.0} % of the {peak:.2} Tbit/s that instructions count; {bandwidth}",
                    100.0 * self.share_of_peak()
                ),
            ),
            (
                "bytes",
                format!(
                    "{:.1} B a pattern; peak {} while patterns were stored and recalled",
                    self.memory.bytes() as f64 / self.memory.len() as f64,
                    self.measured.peak_rss_bytes.map_or_else(|| "unknown".into(), |peak| bytes(peak as f64))
                ),
            ),
        ]);
        facts
    }

    /// Columns of the suite's table.
    pub const COLUMNS: [&'static str; 11] = [
        "separation",
        "n",
        "d",
        "batch",
        "noise",
        "queries/s",
        "ns/pair",
        "eff. Tbit/s",
        "read Tbit/s",
        "% peak",
        "% memory",
    ];

    /// A row of the suite's table.
    pub fn row(&self) -> [String; 11] {
        let percent = |share: Option<f64>| share.map_or_else(|| "?".into(), |share| format!("{:.0}", 100.0 * share));
        [
            self.case.separation.to_string(),
            self.memory.len().to_string(),
            self.memory.dim().to_string(),
            self.case.batch.to_string(),
            self.case.noise.to_string(),
            format!("{:.0}", self.run().queries_per_second()),
            format!("{:.4}", self.ns_per_query_and_key()),
            format!("{:.3}", self.effective_bits_per_second() / 1e12),
            format!("{:.3}", self.read_bits_per_second() / 1e12),
            percent(Some(self.share_of_peak())),
            percent(self.share_of_bandwidth()),
        ]
    }
}

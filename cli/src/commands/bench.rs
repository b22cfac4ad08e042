//! `popfield bench`: how fast random patterns are recalled, and how many of them.

use std::time::Instant;

use popfield::{Memory, Patterns, Queries, Recall, Recalled, Tie, add_noise, flips};
use serde_json::{Value, json};

use crate::args::{Bench, NoiseArg, SeparationArg};
use crate::failure::{Failure, Result};
use crate::output::say;
use crate::report::{Run, bytes, facts, peak_rss_bytes, progress};

pub fn run(args: &Bench) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    let separation = args.separation.resolve(SeparationArg::Exponential, args.dim)?;
    let start = Instant::now();
    let memory = Memory::auto_associative(Patterns::random(args.patterns, args.dim, args.seed, "keys")?)?;
    let originals = memory.keys().choose(args.batch, args.seed, "queries")?;
    let queries: Queries = add_noise(&originals, args.noise, args.noise_model.into(), args.seed)?.into();
    let load_seconds = start.elapsed().as_secs_f64();

    let recall = Recall::new(separation);
    let bar = progress(u64::from(args.repeats) + 1, "recalling");
    let recalled = memory.recall(&queries, &recall)?;
    bar.inc(1);
    let mut times = Vec::new();
    for _ in 0..args.repeats {
        let start = Instant::now();
        let again = memory.recall(&queries, &recall)?;
        times.push(start.elapsed().as_secs_f64());
        if again.patterns != recalled.patterns {
            return Err(Failure::Resource("two runs recalled different bits: expected the same".into()));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    times.sort_unstable_by(f64::total_cmp);
    let run = Run {
        memory: &memory,
        queries: args.batch,
        separation,
        learned: None,
        steps: 1,
        tie: Tie::Plus,
        tied_bits: recalled.tied_bits(),
        seconds: median(&times),
        load_seconds,
        threads,
    };
    let figures = Figures::of(&run, &recalled, &originals);
    if args.json {
        let mut object = run.json();
        object.extend(figures.json(args));
        return say(Value::Object(object));
    }
    let mut rows = run.facts();
    rows.extend(figures.facts(args));
    facts(&rows)
}

/// The middle of sorted times, of which there is at least one.
fn median(times: &[f64]) -> f64 {
    (times[times.len() / 2] + times[(times.len() - 1) / 2]) / 2.0
}

/// What a bench adds to a run.
struct Figures {
    recalled: f64,
    effective_bits_per_second: f64,
    bits_read_per_query: f64,
    bytes_per_pattern: f64,
    peak_rss_bytes: Option<u64>,
}

impl Figures {
    fn of(run: &Run<'_>, recalled: &Recalled, originals: &Patterns) -> Self {
        let right = recalled.patterns.iter().zip(originals.iter()).filter(|(a, b)| a == b).count();
        let memory = run.memory;
        Self {
            recalled: right as f64 / run.queries as f64,
            effective_bits_per_second: memory.len() as f64 * memory.dim() as f64 * run.queries as f64 / run.seconds,
            bits_read_per_query: recalled.reports.iter().map(|report| report.bits_read).sum::<u64>() as f64
                / run.queries as f64,
            bytes_per_pattern: memory.bytes() as f64 / memory.len() as f64,
            peak_rss_bytes: peak_rss_bytes(),
        }
    }

    fn json(&self, args: &Bench) -> impl IntoIterator<Item = (String, Value)> {
        let object = json!({
            "recalled": self.recalled,
            "noise": args.noise,
            "flips": flips_of(args),
            "effective_bits_per_second": self.effective_bits_per_second,
            "bits_read_per_query": self.bits_read_per_query,
            "bytes_per_pattern": self.bytes_per_pattern,
            "peak_rss_bytes": self.peak_rss_bytes,
            "repeats": args.repeats,
            "seed": args.seed,
        });
        object.as_object().cloned().unwrap_or_default()
    }

    fn facts(&self, args: &Bench) -> Vec<(&'static str, String)> {
        let flips = match flips_of(args) {
            Some(flips) => format!("{flips} of {} bits flipped", args.dim),
            None => format!("each of {} bits flipped with probability {}", args.dim, args.noise),
        };
        vec![
            ("noise", flips),
            ("recalled", format!("{:.2} % of queries in every bit", 100.0 * self.recalled)),
            ("effective", format!("{:.3} Tbit/s of keys compared", self.effective_bits_per_second / 1e12)),
            ("read", format!("{:.0} bits a query", self.bits_read_per_query)),
            (
                "bytes",
                format!(
                    "{:.1} B a pattern; peak {} of the process",
                    self.bytes_per_pattern,
                    self.peak_rss_bytes.map_or_else(|| "unknown".into(), |peak| bytes(peak as f64))
                ),
            ),
        ]
    }
}

/// Positions flipped in each query, where that is a fixed number.
fn flips_of(args: &Bench) -> Option<usize> {
    (args.noise_model == NoiseArg::Exact).then(|| flips(args.noise, args.dim))
}

//! Latency of certified recall by an index, against noise: `cargo bench --bench index -- [N [D]]`, 10⁶ and 1024 unless
//! told. Every answer is held to what was stored. One thread.
//!
//! Budgets are learned first, as in use: a key that a scan has found twice is looked around.

use std::collections::BTreeMap;
use std::time::Instant;

use popfield::index::IndexOptions;
use popfield::patterns::{NoiseModel, add_noise};
use popfield::{Memory, Patterns, Progress, Queries, Recall, Separation};

/// Keys that queries are made of.
const ASKED: usize = 2000;

fn main() {
    let mut sizes = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (keys, dim) = (sizes.next().unwrap_or(1_000_000), sizes.next().unwrap_or(1024));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    pool.install(|| measure(keys, dim)).expect("recall");
}

fn measure(keys: usize, dim: usize) -> popfield::Result<()> {
    let mut memory = Memory::auto_associative(Patterns::random(keys, dim, 1, "keys")?)?;
    let start = Instant::now();
    memory.build_index(IndexOptions::default(), Progress::NONE)?;
    let built = start.elapsed().as_secs_f64();
    if let Some(info) = memory.index_info() {
        let (tables, chunk, megabytes) = (info.tables, info.chunk, info.bytes / 1_000_000);
        println!(
            "{keys} keys of dimension {dim}, tier {}: {tables} tables of {chunk} bits, {megabytes} MB, in {built:.1} s",
            memory.tier().name()
        );
    }
    let recall = Recall::new(Separation::exponential(1.0)?);
    let step = (keys / ASKED).max(1);
    let originals: Patterns = {
        let mut signs = Vec::new();
        for place in (0..keys).step_by(step).take(ASKED) {
            signs.extend(memory.keys().range(place..place + 1)?.to_signs());
        }
        Patterns::from_signs(&signs, dim)?
    };
    let noisy = |noise: f64, seed: u64| -> popfield::Result<Queries> {
        Ok(add_noise(&originals, noise, NoiseModel::Exact, seed)?.into())
    };
    table("budgets unknown", &memory, &originals, &recall, &[0.0, 0.02], &noisy, 300)?;
    let start = Instant::now();
    for seed in 0..3 {
        // In small batches, as no more than some keys are looked around after each.
        let queries = noisy(0.1, 100 + seed)?;
        for first in (0..originals.len()).step_by(64) {
            let some = Queries::from(queries.signs().range(first..first + 64)?);
            memory.view().indexed(true).recall(&some, &recall)?;
        }
    }
    println!("budgets of {} keys learned in {:.1} s", originals.len(), start.elapsed().as_secs_f64());
    table("budgets known", &memory, &originals, &recall, &[0.0, 0.02, 0.05, 0.1, 0.15], &noisy, originals.len())
}

fn table(
    title: &str,
    memory: &Memory,
    originals: &Patterns,
    recall: &Recall,
    noises: &[f64],
    noisy: &dyn Fn(f64, u64) -> popfield::Result<Queries>,
    asked: usize,
) -> popfield::Result<()> {
    println!("{title}\n  noise   p50 µs   p99 µs  mean µs   batch Mq/s   certified by");
    for &noise in noises {
        let queries = noisy(noise, 7)?;
        let mut took = Vec::new();
        let mut proofs: BTreeMap<&str, usize> = BTreeMap::new();
        for query in 0..asked {
            let one = Queries::from(queries.signs().range(query..query + 1)?);
            let start = Instant::now();
            let recalled = memory.recall(&one, recall)?;
            took.push(start.elapsed().as_secs_f64() * 1e6);
            assert_eq!(recalled.patterns.get(0), originals.get(query), "query {query} at noise {noise}");
            *proofs.entry(recalled.reports[0].certificate.reason.name()).or_default() += 1;
        }
        let mean = took.iter().sum::<f64>() / took.len() as f64;
        took.sort_by(f64::total_cmp);
        let all = Queries::from(queries.signs().range(0..asked)?);
        let mut rates = Vec::new();
        for _ in 0..5 {
            let start = Instant::now();
            let recalled = memory.recall(&all, recall)?;
            rates.push(asked as f64 / start.elapsed().as_secs_f64() / 1e6);
            assert_eq!(recalled.patterns, originals.range(0..asked)?);
        }
        rates.sort_by(f64::total_cmp);
        println!(
            "{noise:>7} {:>8.2} {:>8.2} {mean:>8.2} {:>12.2}   {proofs:?}",
            took[took.len() / 2],
            took[took.len() * 99 / 100],
            rates[rates.len() / 2],
        );
    }
    Ok(())
}

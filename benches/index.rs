//! Latency of certified recall by an index, against noise: `cargo bench --bench index -- [N [D]]`, 10⁶ and 1024 unless
//! told, of random keys; or `-- FILE D`, of keys that lie in a file, packed as by numpy's `packbits`, one after the other.
//! Every answer is held to that of the scan. One thread.
//!
//! Budgets are learned first, as in use: a key that a scan has found twice is looked around.

use std::collections::BTreeMap;
use std::time::Instant;

use popfield::index::IndexOptions;
use popfield::patterns::{BitOrder, NoiseModel, add_noise};
use popfield::{Memory, Patterns, Progress, Queries, Recall, Separation};

/// Keys that queries are made of.
const ASKED: usize = 2000;

fn main() {
    let mut asked = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let (keys, dim) = (asked.next().unwrap_or("1000000".into()), asked.next().map(|dim| dim.parse().expect("D")));
    let dim: usize = dim.unwrap_or(1024);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let keys = match keys.parse::<usize>() {
        Ok(keys) => Patterns::random(keys, dim, 1, "keys"),
        Err(_) => Patterns::from_packed(&std::fs::read(keys).expect("FILE"), dim, BitOrder::Big),
    };
    pool.install(|| measure(keys.expect("keys"))).expect("recall");
}

fn measure(keys: Patterns) -> popfield::Result<()> {
    let mut memory = Memory::auto_associative(keys)?;
    let (keys, dim) = (memory.keys().len(), memory.dim());
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
    table("budgets unknown", &memory, &recall, &[0.0, 0.02], &noisy, 300)?;
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
    table("budgets known", &memory, &recall, &[0.0, 0.02, 0.05, 0.1, 0.15], &noisy, originals.len())
}

fn table(
    title: &str,
    memory: &Memory,
    recall: &Recall,
    noises: &[f64],
    noisy: &dyn Fn(f64, u64) -> popfield::Result<Queries>,
    asked: usize,
) -> popfield::Result<()> {
    println!("{title}\n  noise   p50 µs   p99 µs  mean µs   batch Mq/s   certified by");
    for &noise in noises {
        let all = noisy(noise, 7)?.signs().range(0..asked)?;
        let queries = Queries::from(all);
        let expected = memory.view().indexed(false).recall(&queries, recall)?;
        let mut took = Vec::new();
        let mut proofs: BTreeMap<&str, usize> = BTreeMap::new();
        for query in 0..queries.len() {
            let one = Queries::from(queries.signs().range(query..query + 1)?);
            let start = Instant::now();
            let recalled = memory.recall(&one, recall)?;
            took.push(start.elapsed().as_secs_f64() * 1e6);
            assert_eq!(recalled.patterns.get(0), expected.patterns.get(query), "query {query} at noise {noise}");
            assert_eq!(recalled.reports[0].nearest, expected.reports[query].nearest);
            *proofs.entry(recalled.reports[0].certificate.reason.name()).or_default() += 1;
        }
        let mean = took.iter().sum::<f64>() / took.len() as f64;
        took.sort_by(f64::total_cmp);
        let mut rates = Vec::new();
        for _ in 0..5 {
            let start = Instant::now();
            let recalled = memory.recall(&queries, recall)?;
            rates.push(queries.len() as f64 / start.elapsed().as_secs_f64() / 1e6);
            assert_eq!(recalled.patterns, expected.patterns);
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

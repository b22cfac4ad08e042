//! Recall by separation, single and batched, each way that an answer can be proven, and search beside it; networks run to
//! their limits; memories that are the worst for a scan.

#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use popfield::dynamics::Order;
use popfield::patterns::{NoiseModel, add_noise};
use popfield::recall::Reason;
use popfield::separation::Beta;
use popfield::tiers::Tier;
use popfield::{Dynamics, Memory, Pattern, Patterns, Queries, Recall, Separation};
use popfield_reference as reference;
use std::hint::black_box;

const PATTERNS: usize = 20_000;

fn separations() -> [(&'static str, Separation); 6] {
    let exponential = |beta| Separation::exponential(beta).expect("β in range");
    let polynomial = |degree| Separation::polynomial(degree).expect("a degree in range");
    [
        ("exponential, β = 1", exponential(1.0)),
        ("exponential, β = 0.02", exponential(0.02)),
        ("linear", Separation::Linear),
        ("polynomial, degree 3", polynomial(3)),
        ("polynomial, degree 64", polynomial(64)),
        ("max", Separation::Max),
    ]
}

/// Columns that the reference checks: all of them would take it minutes.
const CHECKED: usize = 8;

fn leading(pattern: &Pattern) -> Vec<i8> {
    pattern.to_signs()[..CHECKED].to_vec()
}

/// What the reference recalls in the first columns, prompted with the first query.
fn expected(memory: &Memory, queries: &Queries, separation: Separation) -> Vec<i8> {
    let keys: Vec<Vec<i8>> = memory.keys().iter().map(|key| key.to_signs()).collect();
    let values: Vec<Vec<i8>> = memory.values().iter().map(|value| leading(&value)).collect();
    let query = queries.signs().get(0).expect("a query").to_signs();
    let separation = match separation {
        Separation::Exponential(beta) => reference::Separation::Exponential(beta.get()),
        Separation::Polynomial(degree) => reference::Separation::Polynomial(degree.get()),
        Separation::Linear => reference::Separation::Linear,
        Separation::Max => reference::Separation::Max,
        other => panic!("the reference has no separation {other}"),
    };
    reference::Oracle::default().recall(&keys, &values, &query, separation, reference::Tie::Plus).0
}

fn recall(criterion: &mut Criterion) {
    for dim in [64, 512] {
        let memory =
            Memory::auto_associative(Patterns::random(PATTERNS, dim, 1, "keys").expect("keys")).expect("memory");
        for batch in [1, 64] {
            let originals = memory.keys().range(0..batch).unwrap();
            let queries: Queries = add_noise(&originals, 0.1, NoiseModel::Exact, 1).expect("noise").into();
            let mut group = criterion.benchmark_group(format!("recall, n = {PATTERNS}, d = {dim}, batch {batch}"));
            group.throughput(Throughput::Elements(batch as u64)).sample_size(20);
            for (name, separation) in separations() {
                let recall = Recall::new(separation);
                let recalled = memory.recall(&queries, &recall).expect("an answer");
                assert_eq!(
                    leading(&recalled.patterns.get(0).expect("an answer")),
                    expected(&memory, &queries, separation)
                );
                if dim == 512 && matches!(name, "exponential, β = 1" | "max") {
                    assert_eq!(recalled.patterns, originals);
                    assert!(recalled.reports.iter().all(|report| report.certificate.reason == Reason::Dominant));
                }
                group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                    bencher.iter(|| memory.recall(black_box(&queries), &recall));
                });
            }
            let found = memory.search_top(&queries, 10).expect("neighbours");
            assert!(found.iter().all(|found| found.len() == 10));
            group.bench_function("search, 10 nearest", |bencher| {
                bencher.iter(|| memory.search_top(black_box(&queries), 10));
            });
            group.finish();
        }
    }
}

/// Memories in which pruning fails, or bits tie, beside a scan that takes every overlap.
fn worst_cases(criterion: &mut Criterion) {
    const DIM: usize = 512;
    const BATCH: usize = 64;
    let sharp = Recall::new(Separation::exponential(1.0).expect("β in range"));
    let random = |count, seed| Patterns::random(count, DIM, seed, "keys").expect("keys");
    let centre = random(1, 1).get(0).expect("a pattern");
    let of = |patterns: &mut dyn Iterator<Item = Pattern>| {
        let mut all = Patterns::new(DIM).expect("a dimension");
        patterns.for_each(|pattern| all.push(&pattern).expect("room"));
        all
    };
    let copies = |count| of(&mut std::iter::repeat_n(centre.clone(), count));
    let away = |flips: f64, seed| {
        let noisy = add_noise(&copies(1), flips / DIM as f64, NoiseModel::Exact, seed).expect("noise");
        noisy.get(0).expect("a pattern")
    };
    let queries: Queries = copies(BATCH).into();
    let equidistant = add_noise(&copies(PATTERNS), 0.3, NoiseModel::Exact, 7).expect("noise");
    let approaching = of(&mut (0..PATTERNS).map(|i| away(((PATTERNS - i) * DIM / 2 / PATTERNS) as f64, i as u64)));
    let half = random(PATTERNS / 2, 5);
    let twins = of(&mut half.iter().chain(half.iter()));
    let complement = |value: Pattern| {
        Pattern::from_words(value.words().iter().map(|word| !word).collect(), DIM).expect("whole words")
    };
    let values = random(PATTERNS / 2, 3);
    let opposed = of(&mut values.iter().chain(values.iter().map(complement)));
    let auto = |keys: Patterns| Memory::auto_associative(keys).expect("a memory");
    let cases = [
        ("random keys", auto(random(PATTERNS, 1))),
        ("copies of the query", auto(copies(PATTERNS))),
        ("keys that are all as far", auto(equidistant)),
        ("keys that come ever nearer", auto(approaching)),
        ("votes that cancel, every bit a tie", Memory::hetero_associative(twins, opposed).expect("a memory")),
    ];
    let mut group = criterion.benchmark_group(format!("worst cases, n = {PATTERNS}, d = {DIM}, batch {BATCH}"));
    group.throughput(Throughput::Elements((PATTERNS * BATCH) as u64)).sample_size(10);
    let plain = auto(random(PATTERNS, 1));
    assert_eq!(plain.overlaps(&queries).expect("room").len(), PATTERNS * BATCH);
    group.bench_function("every overlap, stored", |bencher| bencher.iter(|| plain.overlaps(black_box(&queries))));
    for (name, memory) in cases {
        let best = memory.tier();
        let memory = memory.with_tier(Tier::by_name("scalar").expect("the tier of every CPU"));
        let expected = memory.recall(&queries, &sharp).expect("an answer");
        let memory = memory.with_tier(best);
        let recalled = memory.recall(&queries, &sharp).expect("an answer");
        assert_eq!(recalled.patterns, expected.patterns, "{name}");
        if name.starts_with("copies") {
            assert_eq!(&recalled.patterns, queries.signs());
        }
        if name.starts_with("votes") {
            assert_eq!(recalled.tied_bits(), (DIM * BATCH) as u64);
        }
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| memory.recall(black_box(&queries), &sharp));
        });
    }
    group.finish();
}

/// A classical network run to its limit, all positions at once and one after the other; and attention.
fn limits(criterion: &mut Criterion) {
    const DIM: usize = 1024;
    let memory = Memory::auto_associative(Patterns::random(20, DIM, 1, "keys").expect("keys")).expect("memory");
    let originals = memory.keys().range(0..20).unwrap();
    let starts: Queries = add_noise(&originals, 0.1, NoiseModel::Exact, 1).expect("noise").into();
    let mut group = criterion.benchmark_group(format!("limits, n = 20, d = {DIM}, 20 starts"));
    group.throughput(Throughput::Elements(20)).sample_size(20);
    for (name, order) in [("synchronous", Order::Synchronous), ("one after the other", Order::Fixed)] {
        let dynamics = Dynamics::new(Separation::Linear).order(order);
        let runs = memory.relax(&starts, &dynamics).expect("limits");
        assert!(runs.iter().zip(originals.iter()).all(|(run, original)| run.state == original), "{name}");
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| memory.relax(black_box(&starts), &dynamics));
        });
    }
    let beta = Beta::new(1.0).expect("β in range");
    assert_eq!(memory.attend(&starts, beta).expect("values").len(), 20 * DIM);
    group.bench_function("attention", |bencher| bencher.iter(|| memory.attend(black_box(&starts), beta)));
    group.finish();
}

criterion_group!(benches, recall, limits, worst_cases);
criterion_main!(benches);

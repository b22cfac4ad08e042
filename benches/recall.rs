//! Recall by separation, single and batched, each way that an answer can be proven; and search beside it.

#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use popfield::{Memory, NoiseModel, Pattern, Patterns, Queries, Reason, Recall, Separation, add_noise};
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
    };
    reference::Oracle::default().recall(&keys, &values, &query, separation, reference::Tie::Plus).0
}

fn recall(criterion: &mut Criterion) {
    for dim in [64, 512] {
        let memory =
            Memory::auto_associative(Patterns::random(PATTERNS, dim, 1, "keys").expect("keys")).expect("memory");
        for batch in [1, 64] {
            let originals = memory.keys().range(0..batch);
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

criterion_group!(benches, recall);
criterion_main!(benches);

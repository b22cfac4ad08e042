//! The matrix of overlaps as programs ask for it: all queries with all keys, into an array that is there, and all keys
//! with one another.

#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use popfield::tiers::Tier;
use popfield::{Memory, Patterns, Queries};

const PATTERNS: usize = 200_000;
const BATCH: usize = 256;

/// Keys that meet one another.
const MUTUAL: usize = 8192;

fn memory(patterns: usize, dim: usize) -> Memory {
    Memory::auto_associative(Patterns::random(patterns, dim, 1, "keys").expect("keys")).expect("a memory")
}

fn with_queries(criterion: &mut Criterion) {
    for dim in [64, 256, 1024] {
        let memory = memory(PATTERNS, dim);
        let queries: Queries = Patterns::random(BATCH, dim, 2, "queries").expect("queries").into();
        let (mut overlaps, mut distances) = (vec![0i32; PATTERNS * BATCH], vec![0u16; PATTERNS * BATCH]);
        // Another tier, and the other type, say the same.
        memory.distances_into(&queries, &mut distances).expect("distances");
        let plain = memory.clone().with_tier(Tier::by_name("scalar").expect("the tier of every CPU"));
        plain.overlaps_into(&queries, &mut overlaps).expect("overlaps");
        assert!(overlaps.iter().zip(&distances).all(|(&s, &h)| s == dim as i32 - 2 * i32::from(h)));
        let mut group = criterion.benchmark_group(format!("matrix, n = {PATTERNS}, d = {dim}, batch {BATCH}"));
        // One element is one bit of a key compared with one query.
        group.throughput(Throughput::Elements((PATTERNS * BATCH * dim) as u64)).sample_size(10);
        group.bench_function("overlaps, i32", |bencher| {
            bencher.iter(|| memory.overlaps_into(black_box(&queries), &mut overlaps));
        });
        group.bench_function("distances, u16", |bencher| {
            bencher.iter(|| memory.distances_into(black_box(&queries), &mut distances));
        });
        group.finish();
    }
}

fn mutual(criterion: &mut Criterion) {
    for dim in [64, 256, 1024] {
        let memory = memory(MUTUAL, dim);
        let mut distances = vec![0u16; MUTUAL * MUTUAL];
        let mut expected = distances.clone();
        memory.mutual_distances_into(&mut distances).expect("distances");
        memory.distances_into(&memory.keys().range(0..MUTUAL).expect("keys").into(), &mut expected).expect("distances");
        assert!(distances == expected);
        let mut group = criterion.benchmark_group(format!("matrix, {MUTUAL} keys with one another, d = {dim}"));
        // Each pair is told twice.
        group.throughput(Throughput::Elements((MUTUAL * MUTUAL * dim) as u64)).sample_size(10);
        group.bench_function("distances, u16", |bencher| bencher.iter(|| memory.mutual_distances_into(&mut distances)));
        let queries: Queries = memory.keys().range(0..MUTUAL).expect("keys").into();
        group.bench_function("distances, u16, as queries", |bencher| {
            bencher.iter(|| memory.distances_into(black_box(&queries), &mut distances));
        });
        group.finish();
    }
}

criterion_group!(benches, with_queries, mutual);
criterion_main!(benches);

//! Distances by tier and dimension: the kernels alone, keys in the L2 cache.

#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use popfield_kernels::{LANES, Lanes, QueryPanel, Slab, TIERS};
use std::hint::black_box;

const PATTERNS: usize = 2048;

/// SplitMix64.
fn words(count: usize, mut state: u64) -> Vec<u64> {
    let next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn distances(criterion: &mut Criterion) {
    for dim in [64, 256, 512, 1024, 4096] {
        let words_each = dim / 64;
        let flat = words(PATTERNS * words_each, 1);
        let lanes: Vec<Lanes> = flat.chunks_exact(LANES).map(|c| Lanes(std::array::from_fn(|lane| c[lane]))).collect();
        let slab = Slab::new(&lanes, words_each).expect("whole blocks");
        for batch in [1, 64] {
            let queries = words(batch * words_each, 2);
            let known = words(batch * words_each, 3);
            for (name, known) in [("all known", None), ("masked", Some(known.as_slice()))] {
                let panel = QueryPanel::new(&queries, known, words_each).expect("whole rows");
                let mut group = criterion.benchmark_group(format!("distances, d = {dim}, batch {batch}, {name}"));
                // One element is one bit of a key compared with one query.
                group.throughput(Throughput::Elements((PATTERNS * batch * dim) as u64));
                let mut out = vec![0; PATTERNS * batch];
                let mut expected = None;
                for info in TIERS {
                    let Some(tier) = info.tier() else {
                        eprintln!("{}: skipped: CPU lacks {}", info.name, info.needs);
                        continue;
                    };
                    tier.distances(slab, &panel, &mut out).expect("shapes that fit");
                    assert_eq!(*expected.get_or_insert_with(|| out.clone()), out, "{} disagrees", info.name);
                    group.bench_function(BenchmarkId::from_parameter(info.name), |bencher| {
                        bencher.iter(|| tier.distances(black_box(slab), &panel, black_box(&mut out)));
                    });
                }
                group.finish();
            }
        }
    }
}

criterion_group!(benches, distances);
criterion_main!(benches);

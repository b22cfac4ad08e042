//! The kernels alone, by tier and dimension, keys in the L2 cache: every distance, near keys under screens, and weights
//! added up.

#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use popfield_kernels::{LANES, Lanes, QueryPanel, Screen, Slab, TIERS, Tier, WeightTable, Weights};

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

fn keys(words_each: usize) -> Vec<Lanes> {
    words(PATTERNS * words_each, 1).chunks_exact(LANES).map(|c| Lanes(std::array::from_fn(|lane| c[lane]))).collect()
}

fn slab(lanes: &[Lanes], words_each: usize) -> Slab<'_> {
    let blocks = PATTERNS / LANES;
    Slab::new(lanes, words_each, blocks, blocks).expect("planes of all blocks")
}

/// Benches `call` on every tier of this CPU, once all agree on what it answers.
fn on_every_tier<T: PartialEq + Clone>(
    criterion: &mut Criterion,
    group: String,
    bits: usize,
    mut call: impl FnMut(Tier) -> T,
) {
    let mut group = criterion.benchmark_group(group);
    // One element is one bit of a key compared with one query.
    group.throughput(Throughput::Elements(bits as u64));
    let mut expected = None;
    for info in TIERS {
        let Some(tier) = info.tier() else {
            eprintln!("{}: skipped: CPU lacks {}", info.name, info.needs);
            continue;
        };
        let answer = call(tier);
        assert!(*expected.get_or_insert_with(|| answer.clone()) == answer, "{} disagrees", info.name);
        group.bench_function(BenchmarkId::from_parameter(info.name), |bencher| bencher.iter(|| call(tier)));
    }
    group.finish();
}

fn distances(criterion: &mut Criterion) {
    for dim in [64, 256, 512, 1024, 4096] {
        let words_each = dim / 64;
        let lanes = keys(words_each);
        for batch in [1, 64] {
            for (name, known) in [("all known", None), ("masked", Some(words(batch * words_each, 3)))] {
                let panel = QueryPanel::new(words(batch * words_each, 2), known, words_each).expect("whole rows");
                let mut out = vec![0; PATTERNS * batch];
                let group = format!("distances, d = {dim}, batch {batch}, {name}");
                on_every_tier(criterion, group, PATTERNS * batch * dim, |tier| {
                    tier.distances(black_box(slab(&lanes, words_each)), &panel, &mut out).expect("shapes that fit");
                    out.iter().map(|&h| u64::from(h)).max()
                });
            }
        }
    }
}

fn near(criterion: &mut Criterion) {
    // Screens and bounds of queries with a tenth of their bits flipped, and of clean ones, at a million keys.
    let cases = [(64, 1, 15), (256, 2, 35), (256, 1, 9), (512, 3, 60), (1024, 6, 111), (1024, 16, 400)];
    for (dim, depth, bound) in cases {
        let words_each = dim / 64;
        let lanes = keys(words_each);
        let screen = Screen { words: depth, joined: depth < 16 };
        for batch in [1, 64] {
            let panel = QueryPanel::new(words(batch * words_each, 2), None, words_each).expect("whole rows");
            let mut found = Vec::new();
            let group = format!("near, d = {dim}, {depth} words, bound {bound}, batch {batch}");
            on_every_tier(criterion, group, PATTERNS * batch * dim, |tier| {
                found.clear();
                let slab = black_box(slab(&lanes, words_each));
                tier.near(slab, &panel, screen, &vec![bound; batch], &mut found).expect("shapes that fit");
                found.len()
            });
        }
    }
}

/// Weights looked up, and added up: overlaps as in linear recall, whose sums fit 16 bits; of two bytes; of three as at
/// small β.
fn weigh(criterion: &mut Criterion) {
    for dim in [64, 1024] {
        let words_each = dim / 64;
        let lanes = keys(words_each);
        let usual = (dim / 2 - dim / 16) as u32..(dim / 2 + dim / 16) as u32;
        for batch in [1, 64] {
            let panel = QueryPanel::new(words(batch * words_each, 2), None, words_each).expect("whole rows");
            let (mut made, mut sums) = (Weights::new(), vec![0; batch * dim]);
            for (kind, scale) in
                [("overlaps", 2), ("2 bytes", 20_000 / dim as i64), ("3 bytes", 5_000_000 / dim as i64)]
            {
                let by_distance = (0..=dim as i64).map(|h| (dim as i64 / 2 - h) * scale).collect();
                let table = WeightTable::new(by_distance, usual.clone());
                let tables = vec![&table; batch];
                for add_up in [false, true] {
                    let what = if add_up { "weights added up" } else { "weights" };
                    let group = format!("{what}, d = {dim}, {kind}, batch {batch}");
                    on_every_tier(criterion, group, PATTERNS * batch * dim, |tier| {
                        let slab = black_box(slab(&lanes, words_each));
                        tier.weights(slab, PATTERNS, &panel, &tables, &mut made).expect("shapes that fit");
                        sums.fill(0);
                        if add_up {
                            tier.weigh(slab, &made, &mut sums).expect("shapes that fit");
                        }
                        made.totals()[0] + sums.iter().sum::<i64>()
                    });
                }
            }
        }
    }
}

/// What anyone would write first, built for the same baseline as `wide`: pattern by pattern, word by word.
fn plain(criterion: &mut Criterion) {
    for dim in [64, 512, 1024] {
        let words_each = dim / 64;
        let lanes = keys(words_each);
        let word = |p: usize, w: usize| lanes[w * PATTERNS / LANES + p / LANES].0[p % LANES];
        let rows: Vec<u64> =
            (0..PATTERNS).flat_map(|p| (0..words_each).map(move |w| (p, w))).map(|(p, w)| word(p, w)).collect();
        let queries = words(64 * words_each, 2);
        let panel = QueryPanel::new(queries.clone(), None, words_each).expect("whole rows");
        let (mut out, mut expected) = (vec![0; PATTERNS * 64], vec![0; PATTERNS * 64]);
        let mut every_distance = || {
            for (query, out) in queries.chunks_exact(words_each).zip(out.chunks_exact_mut(PATTERNS)) {
                for (key, distance) in rows.chunks_exact(words_each).zip(out) {
                    *distance = key.iter().zip(query).map(|(a, b)| (a ^ b).count_ones()).sum();
                }
            }
            out.iter().map(|&h| u64::from(h)).sum::<u64>()
        };
        Tier::detect().distances(slab(&lanes, words_each), &panel, &mut expected).expect("shapes that fit");
        assert_eq!(every_distance(), expected.iter().map(|&h| u64::from(h)).sum::<u64>());
        let mut group = criterion.benchmark_group(format!("distances, d = {dim}, batch 64, all known"));
        group.throughput(Throughput::Elements((PATTERNS * 64 * dim) as u64));
        group.bench_function("plain loop", |bencher| bencher.iter(&mut every_distance));
        group.finish();
    }
}

criterion_group!(benches, distances, plain, near, weigh);
criterion_main!(benches);

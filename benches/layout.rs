//! Keys read one by one, as an index would: from pages of planes, as they lie, and from rows as they might lie beside.
//!
//! What decides whether a second copy of the keys, row by row, is worth its bits.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use popfield::{Memory, Patterns};

const LANES: usize = 8;
const KEYS: usize = 1 << 20;
const CANDIDATES: usize = 1024;

/// Distances of `CANDIDATES` keys here and there to a query.
fn verify(c: &mut Criterion) {
    let mut group = c.benchmark_group("verify one candidate");
    group.throughput(Throughput::Elements(CANDIDATES as u64));
    for dim in [64, 256, 1024] {
        let keys = Patterns::random(KEYS, dim, 1, "keys").unwrap();
        let query = Patterns::random(1, dim, 2, "queries").unwrap().get(0).unwrap();
        let memory = Memory::auto_associative(keys.clone()).unwrap();
        let ids = memory.keys().choose_ids(CANDIDATES, 3, "candidates").unwrap();
        let words = dim / 64;
        let rows: Vec<u64> = keys.iter().flat_map(|key| key.words().to_vec()).collect();
        // [page][word][block][lane], as `patterns/pages.rs` says.
        let blocks = (4096 / words).clamp(16, 256);
        let place = |id: usize, word: usize| {
            let (block, lane) = (id / LANES, id % LANES);
            ((block / blocks * words + word) * blocks + block % blocks) * LANES + lane
        };
        let mut pages = vec![0u64; rows.len()];
        rows.iter().enumerate().for_each(|(at, &bits)| pages[place(at / words, at % words)] = bits);
        let from_rows = |id: u64| -> u32 {
            let row = &rows[id as usize * words..][..words];
            row.iter().zip(query.words()).map(|(key, query)| (key ^ query).count_ones()).sum()
        };
        let from_pages = |id: u64| -> u32 {
            let first = place(id as usize, 0);
            let bits = query.words().iter().enumerate();
            bits.map(|(word, query)| (pages[first + word * blocks * LANES] ^ query).count_ones()).sum()
        };
        assert!(ids.iter().all(|&id| from_rows(id) == from_pages(id)));
        group.bench_function(BenchmarkId::new("rows", dim), |b| {
            b.iter(|| ids.iter().map(|&id| from_rows(black_box(id))).sum::<u32>());
        });
        group.bench_function(BenchmarkId::new("pages", dim), |b| {
            b.iter(|| ids.iter().map(|&id| from_pages(black_box(id))).sum::<u32>());
        });
    }
    group.finish();
}

criterion_group!(layout, verify);
criterion_main!(layout);

//! Scans that look at leading words first, over several pages and more than one tile of queries: guesses, second scans,
//! screens learned from the first tile, and fields over all keys in fixed point.

use popfield::{Neighbor, Separation, Tie};
use popfield_reference as reference;
use proptest::prelude::*;

use crate::worlds::{KINDS, Kind, World, check_everywhere, on_threads, tiers};

fn kinds() -> impl Strategy<Value = Kind> {
    prop::sample::select(KINDS.to_vec())
}

/// From those that the nearest key decides to those to which every key matters.
fn separations() -> impl Strategy<Value = Separation> {
    let exponential = |beta| Separation::exponential(beta).unwrap();
    prop::sample::select(vec![
        exponential(2.0),
        exponential(1.0),
        exponential(0.3),
        exponential(0.1),
        exponential(0.02),
        exponential(0.001),
        Separation::Linear,
        Separation::polynomial(2).unwrap(),
        Separation::polynomial(5).unwrap(),
        Separation::Max,
    ])
}

/// None, few, most.
fn erasures() -> impl Strategy<Value = f64> {
    prop::sample::select(vec![0.0, 0.0, 0.1, 0.8])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn recall_over_pages(
        kind in kinds(), n in 2048usize..5000, dim in 1usize..600, value_dim in 1usize..70, erased in erasures(),
        separation in separations(), seed: u64,
    ) {
        check_everywhere(&World::new(kind, n, dim, value_dim, 3, erased, seed), separation, Tie::Plus);
    }

    #[test]
    fn recall_over_tiles(
        kind in kinds(), n in 100usize..3000, dim in 1usize..300, erased in erasures(), separation in separations(), seed: u64,
    ) {
        check_everywhere(&World::new(kind, n, dim, 3, 70, erased, seed), separation, Tie::Minus);
    }

    #[test]
    fn search_over_pages_and_tiles(
        kind in kinds(), n in 1024usize..6000, dim in 1usize..600, erased in erasures(), top in 1usize..60, seed: u64,
    ) {
        let world = World::new(kind, n, dim, 1, 70, erased, seed);
        let all: Vec<_> = world.queries.iter().map(|query| reference::search(&world.keys, query, usize::MAX)).collect();
        let radius = all[0][n / 300].0;
        let (memory, queries) = (world.memory(), world.packed_queries());
        let plain = |found: &[Neighbor]| found.iter().map(|f| (f.distance, f.id as usize)).collect::<Vec<_>>();
        for tier in tiers() {
            let memory = memory.clone().with_tier(tier);
            on_threads(|_| {
                let found = memory.search_top(&queries, top).unwrap();
                let within = memory.search_radius(&queries, radius).unwrap();
                for (q, all) in all.iter().enumerate() {
                    assert_eq!(plain(&found[q]), all[..top]);
                    assert_eq!(plain(&within[q]), all[..all.partition_point(|key| key.0 <= radius)]);
                }
            });
        }
    }
}

/// A memory that changes is scanned as it is, not as it was when its sample was taken.
#[test]
fn what_is_forgotten_no_longer_bounds_a_scan() {
    let world = World::new(Kind::Random, 3000, 128, 5, 1, 0.0, 3);
    let mut memory = world.memory();
    let near = memory.keys().get(0).unwrap();
    let query = popfield::Queries::from(popfield::Query::new(near.clone()));
    assert_eq!(memory.search_top(&query, 1).unwrap()[0][0].distance, 0);
    memory.forget(0).unwrap();
    let second = memory.search_top(&query, 1).unwrap()[0][0];
    assert!(second.distance > 0);
    let value = memory.values().get(0).unwrap();
    memory.store(&near, Some(&value)).unwrap();
    assert_eq!(memory.search_top(&query, 1).unwrap()[0][0], Neighbor { distance: 0, id: 3000 });
    assert_eq!(memory.search_top(&query, 2).unwrap()[0][1], second);
}

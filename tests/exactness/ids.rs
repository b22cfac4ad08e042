//! Memories with own ids, in no order, and after associations were forgotten, against the reference.

use std::collections::BTreeSet;

use popfield::patterns::stream;
use popfield::{Memory, Recall, Tie};
use popfield_reference as reference;
use proptest::prelude::*;
use rand_xoshiro::rand_core::Rng;

use crate::worlds::{KINDS, World, dims, erasures, on_threads, separations, tiers};

/// A memory of a world, under other ids and of some of the associations alone, and the world of these by ascending id.
fn some_of(world: &World, forgotten: u64, seed: u64) -> (Memory, World, Vec<u64>) {
    let (n, mut rng, mut ids) = (world.keys.len(), stream(seed, "ids", 0), Vec::new());
    let mut given = BTreeSet::new();
    while ids.len() < n {
        let id = rng.next_u64() % (20 * n as u64);
        if given.insert(id) {
            ids.push(id);
        }
    }
    let mut memory = world.memory().with_ids(ids.clone()).unwrap();
    let mut left: Vec<(u64, usize)> = ids.iter().copied().zip(0..).collect();
    for &forgotten in ids[..n - 1].iter().filter(|_| rng.next_u64() % 8 < forgotten) {
        memory.forget(forgotten).unwrap();
        left.retain(|(id, _)| *id != forgotten);
    }
    assert!(memory.ids().eq(left.iter().map(|left| left.0)));
    left.sort_unstable();
    let rows = |rows: &[Vec<i8>]| left.iter().map(|&(_, place)| rows[place].clone()).collect();
    let world = World { keys: rows(&world.keys), values: rows(&world.values), queries: world.queries.clone() };
    (memory, world, left.into_iter().map(|left| left.0).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn answers_are_those_of_what_is_there(
        kind in prop::sample::select(KINDS.to_vec()), n in prop_oneof![6 => 1usize..200, 1 => 1100usize..1500], dim in dims(),
        value_dim in 1usize..100, erased in erasures(), separation in separations(), forgotten in 0u64..8, top in 1usize..30,
        seed: u64,
    ) {
        let (memory, world, ids) = some_of(&World::new(kind, n, dim, value_dim, 4, erased, seed), forgotten, seed);
        let (queries, expected) = (world.packed_queries(), world.expected(separation, Tie::Plus));
        let recall = Recall::new(separation);
        for tier in tiers() {
            let memory = memory.clone().with_tier(tier);
            on_threads(|threads| {
                let mut recalled = memory.recall(&queries, &recall).unwrap();
                for report in &mut recalled.reports {
                    report.nearest.id = ids.binary_search(&report.nearest.id).unwrap() as u64;
                }
                world.check(&recalled, &expected, separation, &format!("{}, {threads} threads", tier.name()));
                let found = memory.search_top(&queries, top).unwrap();
                for (query, found) in world.queries.iter().zip(found) {
                    let nearest = reference::search(&world.keys, query, usize::MAX).into_iter().take(top);
                    assert!(found.iter().map(|f| (f.distance, f.id)).eq(nearest.map(|(h, at)| (h, ids[at]))));
                }
            });
        }
    }
}
